"""A tiny OpenID Connect provider on the loopback, that can be told to lie in one place."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "surveillance", "a secret between them"


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class IdentityProvider:
    """Real HTTP: discovery, keys, token and signed user-info.

    `person` is what it says of who logs in; `id_token` and `user_info` replace claims of the two
    tokens (None removes one); `forged` names the token that another key signs; `signed` is
    whether user-info is a JWT.
    """

    def __init__(self):
        self.key, self.other_key = new_key(), new_key()
        self.person = {"sub": "p-1", "email": "lea@lycee.example", "email_verified": True}
        self.id_token, self.user_info = {}, {}
        self.forged, self.signed, self.asked = "", True, []
        self.codes: dict[str, str] = {}
        self.moved = ""  # the path that sends elsewhere
        self.issuer = ""
        handler = type("Handler", (_Handler,), {"provider": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def authorize(self, address: str) -> dict:
        """What a browser brings back from the authorisation page `address`."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked.append(asked)
        code = f"code-{len(self.asked)}"
        self.codes[code] = asked["nonce"]
        return {"code": code, "state": asked["state"]}

    def sign(self, name: str, claims: dict, replaced: dict) -> str:
        claims = {"iss": self.url, "aud": CLIENT} | claims | replaced
        claims = {key: value for key, value in claims.items() if value is not None}
        key = self.other_key if self.forged == name else self.key
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k1"})

    def answer(self, path: str, body: dict) -> tuple[str, object]:
        if path == "/.well-known/openid-configuration":
            names = ("authorize", "token", "userinfo", "jwks")
            authorize, token, userinfo, jwks = (f"{self.url}/{name}" for name in names)
            return "application/json", {
                "issuer": self.issuer or self.url,
                "authorization_endpoint": authorize,
                "token_endpoint": token,
                "userinfo_endpoint": userinfo,
                "jwks_uri": jwks,
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/jwks":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return "application/json", {"keys": [public | {"kid": "k1", "use": "sig"}]}
        if path == "/token":
            nonce = self.codes.pop(body["code"])  # a code is good once
            assert body["client_secret"] == SECRET
            assert body["code_verifier"]
            now = int(time.time())
            claims = {"sub": "p-1", "iat": now, "exp": now + 60, "nonce": nonce}
            token = self.sign("id_token", claims, self.id_token)
            return "application/json", {
                "access_token": "t",
                "token_type": "Bearer",
                "id_token": token,
            }
        if self.signed:
            return "application/jwt", self.sign("user_info", self.person, self.user_info)
        return "application/json", self.person | self.user_info


class _Handler(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def do_GET(self):
        self._answer({})

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer({name: values[0] for name, values in parse_qs(sent).items()})

    def _answer(self, body: dict):
        if self.provider.moved == urlsplit(self.path).path:
            self.provider.moved = ""
            self.send_response(307)
            self.send_header("Location", self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        try:
            kind, content = self.provider.answer(urlsplit(self.path).path, body)
            status = 200
        except (KeyError, AssertionError):
            status, kind, content = 400, "application/json", {"error": "invalid_grant"}
        sent = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *args):
        pass
