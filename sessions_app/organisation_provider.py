"""The OpenID Connect provider of the settings, known to allauth once this module is loaded, as it
is with the site map. Under the name where allauth looks, every process would load it to start.

Stricter than allauth's own: every token is verified with the provider's keys, the user-info may
be a signed JWT (as ProConnect answers), and a login is bound to its browser by a nonce too.
Rules: OpenID Connect Core 1.0, 3.1.3.7 (ID token) and 5.3.2 (user-info).
"""

import secrets

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest

# Signed with a key that the provider keeps: never `none`, never a secret that is shared.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
CLOCKS_APART = 30  # seconds


class Exchange(OpenIDConnectOAuth2Adapter):
    """What is asked of the provider's server, and what is believed of its answers."""

    @property
    def openid_config(self) -> dict:
        config = super().openid_config
        if str(config["issuer"]).rstrip("/") != settings.OIDC["url"]:
            raise OAuth2Error("The provider is not the one of the settings.")
        return config

    def complete_login(self, request: HttpRequest, app, token, **kwargs) -> SocialLogin:
        claims = self._verified(kwargs["response"].get("id_token") or "", "exp", "iat", "sub")
        person = self._fetch_user_info(token.token)
        if person.get("sub") != claims["sub"]:
            raise OAuth2Error("The user-info speaks of somebody else.")
        login = self.get_provider().sociallogin_from_response(request, {"userinfo": person})
        login.nonce = str(claims.get("nonce", ""))
        return login

    def _fetch_user_info(self, access_token: str) -> dict:
        """The claims, out of JSON or of a signed JWT."""
        headers = {"Authorization": f"Bearer {access_token}"}
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.profile_url, headers=headers)
            answer.raise_for_status()
        if answer.headers.get("Content-Type", "").split(";")[0].strip() == "application/jwt":
            return self._verified(answer.text.strip(), "sub")
        return dict(answer.json())

    def _verified(self, token: str, *required: str) -> dict:
        """The claims of a token that this provider signed for us, and that still holds."""
        try:
            keys = jwt.PyJWKClient(self.openid_config["jwks_uri"], timeout=5)
            return jwt.decode(
                token,
                keys.get_signing_key_from_jwt(token).key,
                algorithms=ALGORITHMS,
                audience=settings.OIDC["client_id"],
                issuer=self.openid_config["issuer"],
                leeway=CLOCKS_APART,
                options={"require": ["iss", "aud", *required]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error("A token of the provider does not hold.") from error


class Provider(OpenIDConnectProvider):
    oauth2_adapter_class = Exchange

    def redirect(self, request: HttpRequest, process, next_url=None, data=None, **kwargs):
        """To the provider, with a nonce that is kept beside the state."""
        nonce = secrets.token_urlsafe(24)
        # What the address asks for is not listened to: scopes and parameters are the settings'.
        kwargs |= {"scope": self.get_scope(), "auth_params": {"nonce": nonce}}
        return super().redirect(request, process, next_url, data, nonce=nonce, **kwargs)

    def extract_email_addresses(self, data: dict) -> list:
        """As allauth; but an address is verified when the provider says `true`, and only then."""
        addresses = super().extract_email_addresses(data)
        for address in addresses:
            address.verified = data["userinfo"].get("email_verified") is True
        return addresses

    def extract_extra_data(self, data: dict) -> dict:
        """Nothing of what the provider tells is kept, but the name that it gives the person."""
        return {"userinfo": {"sub": data["userinfo"]["sub"]}}


registry.register(Provider)
