"""`manage.py import_sessions`: what it prints, and how it ends."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from candidates.models import Candidate
from sessions_app.models import Session
from tests import factories

SAMPLE = Path(__file__).parents[2] / "candidates" / "sample-import.csv"
pytestmark = pytest.mark.django_db


@pytest.fixture
def command(capsys):
    def run(*arguments):
        """The exit code, what is on stdout and what is on stderr."""
        code = 0
        try:
            call_command("import_sessions", *map(str, arguments))
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def center():
    return factories.center(external_id="0750001A")


@pytest.fixture
def broken(tmp_path):
    """The sample with one impossible birthdate."""
    path = tmp_path / "liste.csv"
    path.write_text(SAMPLE.read_text().replace("05/07/2010", "31/02/2010", 1))
    return path


def test_json_is_one_line_with_the_numbers_and_codes(command, center):
    code, out, err = command(SAMPLE, "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    answer = json.loads(out)
    assert (answer["dry_run"], answer["errors"], answer["warnings"]) == (False, [], [])
    assert [session["candidates"] for session in answer["sessions"]] == [14, 10, 7]
    first = answer["sessions"][0]
    session = Session.objects.get(number=first["number"])
    assert first == {
        "number": session.number,
        "site": "Collège Ada-Lovelace",
        "room": "Salle informatique 2",
        "date": "2027-06-15",
        "start_time": "09:00",
        "candidates": 14,
        "supervisor_code": session.supervisor_code,
        "access_code": session.access_code,
    }


def test_json_of_a_dry_run_invents_no_number(command, center):
    code, out, _ = command(SAMPLE, "--json", "--dry-run")
    answer = json.loads(out)
    assert (code, answer["dry_run"], len(answer["sessions"])) == (0, True, 3)
    assert answer["sessions"][0]["number"] is None
    assert not Session.objects.exists()


def test_errors_are_in_the_json_and_the_exit_code(command, center, broken):
    code, out, _ = command(broken, "--json")
    answer = json.loads(out)
    assert (code, answer["sessions"]) == (1, [])
    (error,) = answer["errors"]
    assert set(error) == {"line", "column", "code", "message"}
    assert (error["line"], error["code"]) == (2, "BIRTHDATE_INVALID")
    assert not Session.objects.exists()


def test_errors_are_read_on_stderr(command, center, broken):
    code, out, err = command(broken)
    assert (code, out) == (1, "")
    assert err.startswith("Ligne 2, «\xa0Date de naissance")
    assert "[BIRTHDATE_INVALID]" in err


def test_people_read_what_was_done(command, center):
    code, out, err = command(SAMPLE)
    assert (code, err) == (0, "")
    assert "Salle informatique 2, 15/06/2027 09:00 · 14 candidats" in out
    assert "sessions\xa0: 3, candidats\xa0: 31" in out
    assert Candidate.objects.count() == 31


def test_a_missing_file_is_one_sentence(command, center, tmp_path):
    code, out, err = command(tmp_path / "absent.csv")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "introuvable" in err
    code, out, _ = command(tmp_path, "--json")  # a folder
    assert (code, json.loads(out)["errors"][0]["code"]) == (1, "FILE_NOT_FOUND")


def test_the_centre_is_named_by_its_identifier_or_its_key(command, center):
    other = factories.center()
    assert command(SAMPLE, "--center", "0750001A")[0] == 0
    assert command(SAMPLE, "--center", other.pk)[0] == 0
    assert (center.sessions.count(), other.sessions.count()) == (3, 3)


def test_an_identifier_wins_over_a_key(command, center):
    other = factories.center(external_id=str(center.pk))
    command(SAMPLE, "--center", center.pk)
    assert (center.sessions.count(), other.sessions.count()) == (0, 3)


@pytest.mark.parametrize("wanted", ["9" * 30, "²", "nulle-part"])
def test_an_unknown_centre_is_refused(command, center, wanted):
    code, _, err = command(SAMPLE, "--center", wanted)
    assert (code, wanted in err) == (1, True)


def test_with_several_centres_one_must_be_chosen(command, center):
    factories.center(external_id="autre")
    code, _, err = command(SAMPLE)
    assert (code, "0750001A" in err, "autre" in err) == (1, True, True)
    assert not Session.objects.exists()


def test_without_any_centre_the_way_out_is_said(command):
    code, _, err = command(SAMPLE)
    assert (code, "créez-en un" in err) == (1, True)
