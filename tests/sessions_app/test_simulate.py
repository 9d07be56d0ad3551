"""The simulated candidates: what they read, what they plan, what they count, and one real room."""

import json
import subprocess
from datetime import date

import pytest
from django.core.management.base import CommandError

from sessions_app.management.commands import simulate
from sessions_app.simulation import people
from sessions_app.simulation.colleague import Colleague
from sessions_app.simulation.pages import Page, Unexpected
from sessions_app.simulation.people import Person
from sessions_app.simulation.plans import QUESTIONS, dice, plan_room
from sessions_app.simulation.summary import COUNTED, Summary, percentile
from tests.demo_server import MANAGE, Demo, serving

QUESTION = """
<div data-stage="question">
  <form action="/candidat/repondre/"><input type="hidden" name="question" value="3">
    <input type="radio" name="answer" value="a"><input type="radio" name="answer" value="b">
    <button name="ignored">Valider</button></form>
  <form action="/candidat/signaler/"><input type="radio" name="subject" value="image">
    <input name="text"></form>
</div>"""
BOARD = """
<ul><li data-candidate="4" data-state="in_progress" data-flags="alert away" data-row-version="12">
</li></ul>"""


def test_a_page_is_read_as_a_browser_reads_it():
    page = Page(QUESTION)
    form = page.form_asking("answer")
    assert page.stage == "question"
    assert form.action == "/candidat/repondre/"
    assert form.choices == {"answer": ["a", "b"]}
    assert form.filled(answer="b") == {"question": "3", "answer": "b"}
    assert page.form_asking("subject").filled(subject="image") == {"text": "", "subject": "image"}


def test_a_page_without_what_is_looked_for_says_so():
    with pytest.raises(Unexpected):
        Page(QUESTION).form_asking("access_code")
    with pytest.raises(Unexpected):
        Page("<p>Rien</p>").only_form()


def test_the_rows_of_the_board_are_read():
    (row,) = Page(BOARD).rows
    assert (row.candidate_id, row.state, row.version) == (4, "in_progress", "12")
    assert row.flags == {"alert", "away"}


def test_the_same_seed_plans_the_same_room():
    first, second, other = (
        plan_room(28, seed=seed, seconds=300, grace_seconds=60) for seed in (1, 1, 2)
    )
    assert first == second != other


def test_a_room_has_its_share_of_everything():
    plans = plan_room(40, seed=3, seconds=300, grace_seconds=60)
    absences = [plan.absent_for for plan in plans if plan.loses_at]
    assert sum(not plan.comes for plan in plans) == 2
    assert sum(plan.alerts_at is not None for plan in plans) == 3
    assert sum(plan.overruns_at is not None for plan in plans) == 1
    assert sorted(absence > 60 for absence in absences) == [False, False, True, True]
    # A blip is not shown: who loses the connection is away for longer than 10 real seconds.
    assert min(absences) >= 12


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_small_room_simply_takes_the_test_in_time(count):
    plans = plan_room(count, seed=1, seconds=60, grace_seconds=60)
    assert len(plans) == count
    for plan in plans:
        assert plan.comes
        assert plan.loses_at is plan.alerts_at is plan.overruns_at is None
        assert plan.arrives_after + plan.seconds_a_question * QUESTIONS <= 60


def test_names_are_typed_in_many_ways_that_all_name_the_same_person():
    person = Person("D’Aubigné-Ünal", "Zoé", date(2010, 4, 23))
    typed = [people.typed(person, "100042", "ABC234", dice(seed, "typing")) for seed in range(60)]
    assert {"D’Aubigné-Ünal", "d’aubigne unal", "D’AUBIGNÉ-ÜNAL"} < {
        each["last_name"] for each in typed
    }
    assert {each["birthdate"] for each in typed} == {"23/04/2010", "2010-04-23"}
    assert {"ABC234", "abc234", "ABC 234", "abc-234"} <= {each["access_code"] for each in typed}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_list_is_the_mass_import_file(tmp_path, encoding):
    file = tmp_path / "list.csv"
    file.write_text(
        "* Nom de la salle;* Nom de naissance;* Prénom;* Date de naissance (format: JJ/MM/AAAA)\n"
        "CDI;Lefèvre;Éloïse;06/09/2008\n;Martin;Louis;01/02/2009\n;;;\n",
        encoding=encoding,
    )
    assert people.listed(file) == [
        Person("Lefèvre", "Éloïse", date(2008, 9, 6)),
        Person("Martin", "Louis", date(2009, 2, 1)),
    ]


@pytest.mark.parametrize("content", ["", "Nom;Prénom\nA;B\n", "Nom de naissance,Prénom\nA,B\n"])
def test_another_file_is_refused(tmp_path, content):
    file = tmp_path / "list.csv"
    file.write_text(content)
    with pytest.raises(people.Unreadable):
        people.listed(file)


def test_percentiles_are_values_that_were_measured():
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, rank) for rank in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7.0], 99) == 7.0
    assert percentile([], 50) is None


def test_the_summary_counts_who_is_left_and_names_nobody():
    summary = Summary()
    for name in ("joined", "joined", "joined", "finished", "ended_by_supervisor"):
        summary.count(name)
    told = summary.as_dict()
    assert told["left"] == 1
    assert set(told) == {*COUNTED, "left", "push_latency_ms", "click_latency_ms", "seconds"}
    with pytest.raises(KeyError):
        summary.count("misspelt")


def colleague_who(*, leaves_some: bool) -> Colleague:
    return Colleague(
        browser=None,
        number="100042",
        clicks={},
        speed=20,
        chance=dice(1, "colleague"),
        leaves_some=leaves_some,
        ends_at=None,
    )


def test_the_colleague_of_a_demonstration_leaves_some_to_the_person():
    colleague = colleague_who(leaves_some=True)
    left = {
        flag: [colleague._moment(flag) == float("inf") for _ in range(4)]
        for flag in ("asks-start", "asks-resume", "alert", "overtime")
    }
    assert left == {
        "asks-start": [False] * 4,
        "asks-resume": [False, True] * 2,
        "alert": [False, True] * 2,
        "overtime": [True] * 4,
    }


def test_a_thorough_colleague_leaves_nothing():
    colleague = colleague_who(leaves_some=False)
    for flag in ("asks-start", "asks-resume", "alert", "overtime"):
        assert colleague._moment(flag) < float("inf")


def test_the_password_never_comes_from_the_command_line(monkeypatch):
    monkeypatch.delenv(simulate.PASSWORD, raising=False)
    with pytest.raises(CommandError, match=simulate.PASSWORD):
        simulate._colleague("someone@demo.example")


@pytest.fixture(scope="module")
def demo():
    with serving("--no-simulation", "--candidates", "4") as running:
        yield running


@pytest.fixture(scope="module")
def runs(demo):
    """What each of several simulations told, run side by side on one server."""
    large, small = demo.contract["sessions"]
    email, password = demo.contract["supervisor"].values()
    wrong = {simulate.PASSWORD: "wrong", simulate.SUPERVISOR_CODE: large["supervisor_code"]}
    right = {simulate.PASSWORD: password, simulate.SUPERVISOR_CODE: small["supervisor_code"]}
    asked = {
        "whole": (small, 3, ["--supervisor-email", email], right),
        "alone": (large, 9, ["--patience", "5"], {}),
        "wrong code": (large | {"access_code": "XXXXXX"}, 2, [], {}),
        "unknown session": (large | {"number": "000000"}, 3, [], {}),
        "wrong colleague": (large, 2, ["--supervisor-email", "nobody@demo.example"], wrong),
    }
    started = {name: _start(demo, *words) for name, words in asked.items()}
    return {name: _end(process) for name, process in started.items()}


def _start(demo: Demo, session: dict, candidates: int, options: list[str], secrets: dict):
    command = [*MANAGE, "simulate", "--json", "--url", demo.contract["url"], *options]
    command += ["--session", session["number"], "--access-code", session["access_code"]]
    command += ["--candidates", str(candidates), "--minutes", "5", "--speed", "100"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=demo.environment | secrets, **pipes)


def _end(process: subprocess.Popen) -> tuple[dict, str]:
    """The summary, and what a person was told."""
    with process:
        out, told = process.communicate(timeout=60)
    return json.loads(out.splitlines()[-1]), told


def test_a_real_room_from_the_first_arrival_to_the_last_end(runs):
    counted, told = runs["whole"]
    assert counted["joined"] == counted["started"] == 3, told
    assert counted["answered"] == 3 * QUESTIONS
    assert counted["finished"] + counted["ended_by_supervisor"] == 3
    assert counted["errors"] == counted["refused"] == counted["left"] == 0, told
    assert counted["push_latency_ms"]["p99"] < 5_000
    assert counted["click_latency_ms"]["p50"] is not None


def test_where_nobody_lets_them_in_they_leave_at_the_end(runs):
    counted, told = runs["alone"]
    assert counted["joined"] == counted["left"] == 4
    assert counted["started"] == counted["errors"] == 0
    assert "9 candidats demandés, 4 inscrits" in told


def test_a_wrong_access_code_is_refused_and_said(runs):
    counted, told = runs["wrong code"]
    assert counted["refused"] == 2
    assert counted["joined"] == counted["errors"] == 0
    assert "2 candidats n’ont pas pu rejoindre la session" in told


def test_an_unknown_session_is_refused_and_said(runs):
    counted, told = runs["unknown session"]
    assert counted["refused"] == 3
    assert "La session 000000 n’existe pas" in told


def test_a_refused_colleague_ends_the_simulation_at_once(runs):
    counted, told = runs["wrong colleague"]
    assert counted["errors"] == 1
    assert counted["joined"] == 0
    assert "le compte du collègue simulé est refusé." in told
