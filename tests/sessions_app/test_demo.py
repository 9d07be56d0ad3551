"""The demonstration: its data, its one line of JSON, its server and its end."""

import re
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
from allauth.account.models import EmailAddress
from django.core.management.base import CommandError

from sessions_app import demonstration
from sessions_app.management.commands import demo as command
from sessions_app.models import Session, User
from sessions_app.simulation.pages import Page
from tests import demo_server
from tests.demo_server import MANAGE, serving
from tests.ports import free_port


@pytest.mark.django_db
def test_preparing_again_gives_new_sessions_and_new_passwords():
    first, second = (demonstration.prepare(candidates=28, duration_minutes=105) for _ in "ab")
    assert User.objects.count() == 3
    assert Session.objects.count() == 4
    assert first.room.number != second.room.number
    assert second.room.candidates.count() == 28
    for old, new in ((first.supervisor, second.supervisor), (first.admin, second.admin)):
        user = User.objects.get(email=new.email)
        assert user.check_password(new.password)
        assert not user.check_password(old.password)
        assert EmailAddress.objects.filter(user=user, verified=True, primary=True).count() == 1


@pytest.mark.django_db
def test_only_the_administrator_is_one():
    demo = demonstration.prepare(candidates=1, duration_minutes=105)
    rights = {user.email: user.is_superuser for user in User.objects.all()}
    assert rights == {
        demo.admin.email: True,
        demo.supervisor.email: False,
        demo.colleague.email: False,
    }


@pytest.mark.django_db
def test_a_room_may_be_larger_than_the_list_of_names():
    room = demonstration.prepare(candidates=100, duration_minutes=105).room
    assert len(set(room.candidates.values_list("identity_key"))) == 100
    assert room.candidates.exclude(extra_time_percent=0).exists()


@pytest.mark.parametrize("origin", ["https://pix.example", "http://192.168.1.20:8000"])
def test_never_on_a_site_that_others_reach(settings, origin):
    settings.ORIGINS = ["http://127.0.0.1:8000", origin]
    with pytest.raises(CommandError, match="administrateur"):
        command._only_for_this_machine("http://127.0.0.1:8000")


def test_the_site_answers_on_the_port_that_was_asked(settings):
    settings.ORIGINS = ["http://127.0.0.1:8000"]
    command._only_for_this_machine("http://127.0.0.1:8123")
    assert {"http://127.0.0.1:8123", "http://localhost:8123"} < set(settings.ORIGINS)


@pytest.fixture(scope="module")
def demo():
    with serving("--no-simulation", "--candidates", "5") as running:
        yield running


def test_the_contract(demo):
    contract = demo.contract
    assert set(contract) == {"url", "supervisor", "admin", "sessions"}
    for account in (contract["supervisor"], contract["admin"]):
        assert set(account) == {"email", "password"}
    for session in contract["sessions"]:
        assert set(session) == {"number", "supervisor_code", "access_code"}
        assert re.fullmatch(r"\d{6}", session["number"])


def test_the_supervisor_logs_in_and_sees_the_room(demo):
    account, room = demo.contract["supervisor"], demo.contract["sessions"][0]
    with httpx.Client(
        base_url=demo.contract["url"], headers={"Accept": "text/html"}, follow_redirects=True
    ) as browser:
        login = Page(browser.get("/compte/login/").text).form_asking("login")
        values = login.filled(login=account["email"], password=account["password"])
        entry = Page(browser.post("/compte/login/", data=values).text)
        values = entry.form_asking("supervisor_code").filled(
            session_number=room["number"], supervisor_code=room["supervisor_code"]
        )
        board = browser.post("/surveillance/", data=values)
        assert board.url.path == f"/surveillance/{room['number']}/"
        assert len(Page(board.text).rows) == 5
        styles = re.search(r'href="(/static/[^"]+\.css)"', board.text)[1]
        assert browser.get(styles).status_code == 200


def test_a_taken_port_is_one_readable_sentence(demo):
    port = demo.contract["url"].rpartition(":")[2]
    done = subprocess.run(
        [*MANAGE, "demo", "--json", "--port", port],
        env=demo.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert f"Le port {port} est déjà pris" in sentence


def test_ending_the_demonstration_ends_its_candidates():
    with serving("--candidates", "2", "--speed", "100") as running:
        child = _child_of(running.process.pid)
        assert demo_server.stop(running.process) == 0
        _wait_until_gone(child)
        with pytest.raises(httpx.ConnectError):
            httpx.get(running.contract["url"])


def test_the_candidates_do_not_outlive_a_killed_demonstration():
    with serving("--candidates", "2", "--speed", "100") as running:
        child = _child_of(running.process.pid)
        running.process.kill()
        running.process.wait(demo_server.STOP_SECONDS)
        _wait_until_gone(child)


def _child_of(pid: int) -> int:
    """The process that `pid` started, as soon as there is one."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for child, parent in _running().items():
            if parent == pid:
                return child
        time.sleep(0.1)
    raise AssertionError("no simulation was started")


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if pid not in _running():
            return
        time.sleep(0.1)
    raise AssertionError("the simulation is still running")


def _running() -> dict[int, int]:
    """The parent of each process that has not ended; `ps` is missing from small containers."""
    if Path("/proc/self/stat").exists():
        lines = [_stat(folder) for folder in Path("/proc").glob("[0-9]*")]
    else:
        lines = subprocess.check_output(["ps", "-A", "-o", "pid=,stat=,ppid="], text=True)
        lines = [line.split() for line in lines.splitlines()]
    return {int(pid): int(parent) for pid, state, parent in filter(None, lines) if state[0] != "Z"}


def _stat(folder: Path) -> list[str] | None:
    try:
        pid, _, rest = (folder / "stat").read_text().partition(" ")
    except OSError:
        return None  # ended since it was listed
    return [pid, *rest.rpartition(") ")[2].split()[:2]]


def test_what_a_person_reads_and_a_room_that_comes_alive():
    """Without --json: the address, accounts and codes once it listens; then candidates arrive."""
    port = free_port()
    with demo_server.database() as url:
        command_line = [*MANAGE, "demo", "--port", str(port), "--candidates", "4", "--speed", "60"]
        process = subprocess.Popen(
            command_line,
            env=demo_server.environment(url),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        lost = threading.Timer(60, process.kill)  # a start that never comes ends the reading
        lost.start()
        try:
            told = ""
            while "Ctrl+C" not in told and (line := process.stdout.readline()):
                told += line
            assert "Ctrl+C" in told
            assert f"http://127.0.0.1:{port}" in told
            assert told.count("mot de passe : ") == 2
            assert told.count("code surveillant : ") == 2
            assert _someone_joined(url)
        finally:
            lost.cancel()
            demo_server.stop(process)
            process.stdout.close()


def _someone_joined(database_url: str) -> bool:
    """Within half a minute an event of the room says so, in the server's own database."""
    count = (
        "from sessions_app.models import SessionEvent\n"
        "print(SessionEvent.objects.filter(type='joined').count())"
    )
    for _ in range(10):
        time.sleep(2)
        answer = subprocess.run(
            [*MANAGE, "shell", "--no-imports", "-c", count],
            env=demo_server.environment(database_url),
            capture_output=True,
            text=True,
            check=True,
        )
        if int(answer.stdout) > 0:
            return True
    return False
