"""The files of `deploy/` agree with the product; where there is an nginx, they work."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.http import HttpResponse
from django.urls import Resolver404, resolve
from websockets import connect

from candidates import access
from candidates.import_files import MAX_BYTES
from pix_surveillance.asgi import SOCKETS
from pix_surveillance.serve import OPTIONS
from sessions_app.floods import LONGEST_MESSAGE
from sessions_app.models import Guesses
from tests import factories
from tests.ports import free_port
from tests.servers import UVICORN, process

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
CONFIGURED = (DEPLOY / "nginx.conf").read_text()
UNITS = {
    name: (DEPLOY / f"surveillance-{name}@.service").read_text() for name in ("pages", "sockets")
}
GUIDE = (DEPLOY.parent / "docs" / "deploy.md").read_text()
UNPACKED = DEPLOY.parent / ".nginx/usr/sbin"  # by `make test`, where none is installed
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:{UNPACKED}")
NAME = "surveillance.example.org"


def test_the_ports_are_the_same_everywhere():
    for name, unit in UNITS.items():
        block = re.search(rf"upstream {name} {{(.*?)}}", CONFIGURED, re.DOTALL)[1]
        ports = re.findall(r"127\.0\.0\.1:(\d+)", block)
        assert len(ports) == 2
        assert all(f"surveillance-{name}@{port}" in unit for port in ports)
        assert all(f"{name}@{port}" in GUIDE for port in ports)


def test_each_exact_path_is_one_of_the_site():
    paths = re.findall(r"location = (\S+)", CONFIGURED)
    assert set(paths) >= {"/candidat/", "/surveillance/", "/metrics"}
    for path in paths:
        assert resolve(path)


@pytest.mark.parametrize("prefix", ["/admin/", "/compte/", "/static/", "/ws/"])
def test_each_folder_is_one_of_the_site(prefix):
    assert f"location {prefix} {{" in CONFIGURED
    if prefix == "/static/":
        assert prefix == settings.STATIC_URL
    elif prefix == "/ws/":
        assert all(f"/{each.pattern}".startswith(prefix) for each in SOCKETS)
        with pytest.raises(Resolver404):
            resolve(prefix)
    else:
        assert resolve(prefix + "login/")


def test_the_limits_are_those_of_the_product():
    megabytes = int(re.search(r"client_max_body_size (\d+)m;", CONFIGURED)[1])
    assert MAX_BYTES < megabytes * 1024 * 1024 <= 2 * MAX_BYTES
    assert f"--ws-max-size {LONGEST_MESSAGE}" in " ".join(OPTIONS)
    assert all("-m pix_surveillance.serve " in unit for unit in UNITS.values())


def test_only_strong_ciphers_are_spoken():
    assert re.search(r"ssl_protocols (.*);", CONFIGURED)[1] == "TLSv1.2 TLSv1.3"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_ciphers(re.search(r"ssl_ciphers (\S+);", CONFIGURED)[1])
    spoken = [each for each in context.get_ciphers() if each["protocol"] == "TLSv1.2"]
    assert len(spoken) == 6
    assert all(each["kea"] == "kx-ecdhe" and each["aead"] for each in spoken)


def test_static_files_carry_the_headers_that_nginx_alone_gives_them():
    static = CONFIGURED.partition("location /static/ {")[2].partition("# For whoever")[0]
    blocks = static.split("location ~")  # the second hears nothing of the first's headers
    assert len(blocks) == 2
    for block in blocks:
        told = dict(re.findall(r'add_header (\S+) "?([^";][^"]*?)"? always;', block))
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        assert "frame-ancestors 'none'" in told["Content-Security-Policy"]


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_a_unit_starts_what_uvicorn_understands(unit):
    module, words = re.search(
        r"ExecStart=\S+/python -m (\S+) (.*?)\nRestart", unit, re.DOTALL
    ).groups()
    given = set(re.findall(r"--[a-z-]+", words))
    known = subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True
    )
    assert given == {"--host", "--port", "--forwarded-allow-ips"}
    assert [each for each in given if each not in known.stdout] == []


def test_the_environment_names_settings_of_the_product():
    text = (DEPLOY / "pix-surveillance.env.example").read_text()
    names = re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)
    source = Path(settings.ROOT, "pix_surveillance", "settings.py").read_text()
    known = {f"OPERATOR_{name.upper()}" for name in settings.OPERATOR}
    assert {"SECRET_KEY", "ORIGINS", "DATABASE_URL"} <= set(names)
    assert [name for name in set(names) - known if f'"{name}"' not in source] == []


class Site:
    """nginx with our file, on ports of its own, before one process of the product."""

    def __init__(self, folder: Path):
        self.folder, self.port, self.plain = folder, free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.log = folder / "access.log"
        certify(folder)
        self.trusted = ssl.create_default_context(cafile=folder / "cert.pem")
        self.client = httpx.Client(base_url=self.url, verify=self.trusted, trust_env=False)

    def write(self, behind: str) -> Path:
        site = re.sub(r"127\.0\.0\.1:(8001|9001)", behind, CONFIGURED)
        site = re.sub(r"^ +server 127.0.0.1:\d002.*\n", "", site, flags=re.MULTILINE)
        site = re.sub(r"^ +listen \[::\].*\n", "", site, flags=re.MULTILINE)
        changed = {
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            f"server_name {NAME}": "server_name localhost",
            "/var/log/nginx/surveillance.log": str(self.log),
            "/var/log/nginx/surveillance-errors.log": str(self.folder / "errors.log"),
            f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(self.folder / "cert.pem"),
            f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(self.folder / "key.pem"),
            "/srv/pix-surveillance/var/static/": f"{self.folder}/static/",
            "proxy_set_header Host $host;": "proxy_set_header Host $host:$server_port;",
        }
        for before, after in changed.items():
            assert before in site, before
            site = site.replace(before, after)
        kept = [f"{kind}_temp_path {self.folder}/{kind};" for kind in TEMPORARY]
        # Started by root, it would read our files as somebody else.
        who = "" if os.getuid() else "user root root; "
        text = (
            f"{who}daemon off; pid {self.folder}/pid; error_log {self.folder}/errors.log;\n"
            f"events {{}}\nhttp {{ {' '.join(kept)}\n{site} }}\n"
        )
        path = self.folder / "nginx.conf"
        path.write_text(text)
        return path


TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def certify(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, kind, plain))


@pytest.fixture
def site(tmp_path, transactional_db):
    site = Site(tmp_path)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.0123456789ab.css").write_text("a {}")
    with process(UVICORN, ORIGINS=site.url, ALLOWED_HOSTS="localhost,127.0.0.1") as (behind, _):
        path = site.write(behind.removeprefix("http://"))
        checked = subprocess.run([NGINX, "-t", "-c", path], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        started = subprocess.Popen([NGINX, "-c", path])
        try:
            wait_for(site)
            yield site
        finally:
            site.client.close()
            started.terminate()
            started.wait(15)


def wait_for(site: Site) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        try:
            if site.client.get("/health/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError((site.folder / "errors.log").read_text())


async def first_frame(site: Site, seat: str) -> str:
    where = site.url.replace("https", "wss") + "/ws/candidat/"
    told = {"Origin": site.url, "Cookie": f"__Host-seat={seat}"}
    async with connect(where, ssl=site.trusted, additional_headers=told) as socket:
        return await asyncio.wait_for(socket.recv(), 20)


def through_nginx(site):
    plain = httpx.get(f"http://localhost:{site.plain}/candidat/?a=b", trust_env=False)
    assert (plain.status_code, plain.headers["location"]) == (
        301,
        "https://localhost/candidat/?a=b",
    )
    page = site.client.get("/candidat/?secret=1")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"]
    static = site.client.get("/static/a.0123456789ab.css")
    assert static.headers["strict-transport-security"] == page.headers["strict-transport-security"]
    assert (static.status_code, "immutable" in static.headers["cache-control"]) == (200, True)
    assert site.client.get("/metrics").status_code == 404
    assert site.client.post("/candidat/", content=b"x" * 100_000).status_code == 413
    answer, person = HttpResponse(), factories.candidate(factories.session())
    access.give_seat(answer, factories.seat_of(person))
    seat = answer.cookies[access.COOKIE].value
    assert '"hello"' in asyncio.run(first_frame(site, seat))
    assert guess_from(site, "203.0.113.1") == guess_from(site, "203.0.113.2") == 422
    # One address of the table, however the browser names its own: nginx tells the real one.
    places = Guesses.objects.filter(failures=2).count()
    assert places == 4
    written = site.log.read_text()
    assert "/candidat/" in written
    assert "secret" not in written


def guess_from(site, forged: str) -> int:
    token = site.client.get("/candidat/").cookies or site.client.cookies
    typed = {"session_number": "999999", "last_name": "a", "first_name": "b"}
    typed |= {"birthdate": "01/01/2000", "access_code": "AAAAAA"}
    headers = {"X-Forwarded-For": forged, "Origin": site.url}
    headers["X-CSRFToken"] = next(value for name, value in token.items() if "csrf" in name)
    return site.client.post("/candidat/", data=typed, headers=headers).status_code


# Only where there is one: `apt install nginx`, or its folder in PATH.
if NGINX:
    test_through_nginx = through_nginx
