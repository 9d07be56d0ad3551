"""The supervisors' own words on the PV: nobody's are ever lost under somebody else's."""

import uuid

import pytest
from bs4 import BeautifulSoup

from incidents import remark_services
from incidents.models import Remark
from sessions_app.refusals import Conflict
from tests import factories
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
PAGE, PROGRAM = {"accept": "text/html"}, {"accept": "application/json"}


@pytest.fixture
def pv(client, room, by):
    client.force_login(by)
    return f"/surveillance/{room.number}/pv/"


def save(room, user, text: str, seen: int | None = None) -> Remark:
    return remark_services.save_remark(room, user=user, text=text, seen=seen)


def test_each_writes_in_a_block_of_their_own(room, by):
    other = factories.supervisor(room)
    save(room, by, "Bus en retard.", seen=0)
    save(room, other, "Salle froide.", seen=0)
    save(room, by, "Bus en retard de 10 minutes.", seen=1)
    kept = {(each.author_id, each.text, each.version) for each in Remark.objects.all()}
    assert kept == {(by.pk, "Bus en retard de 10 minutes.", 2), (other.pk, "Salle froide.", 1)}


def test_two_pages_of_one_person_do_not_overwrite_each_other(room, by):
    save(room, by, "Sur le téléphone.", seen=0)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        save(room, by, "Sur l’ordinateur.", seen=0)
    assert (refusal.value.details["version"], refusal.value.details["text"]) == (
        1,
        "Sur le téléphone.",
    )
    assert changes(before, everything()) == set()


def test_the_same_words_again_change_nothing(room, by):
    save(room, by, "Retard du bus.", seen=0)
    before = everything()
    assert save(room, by, "Retard du bus.", seen=0).version == 1
    assert changes(before, everything()) == set()


def test_empty_words_write_nothing_at_all(room, by):
    before = everything()
    save(room, by, "", seen=0)
    assert changes(before, everything()) == set()


def test_the_journal_is_told_once_for_a_spell_of_writing(room, by, db_clock):
    for words in ("B", "Bu", "Bus"):
        save(room, by, words)
        db_clock.forward(seconds=3)
    assert [event.type for event in room.events.all()] == ["report_changed"]
    db_clock.forward(minutes=6)
    save(room, by, "Bus en retard.")
    assert [event.type for event in room.events.all()] == ["report_changed"] * 2


def test_the_page_saves_by_a_button_and_without_scripts(client, room, by, pv):
    page = BeautifulSoup(client.get(pv, headers=PAGE).content, "html.parser")
    form = page.select_one("#remarks-form")
    body = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    answer = client.post(pv, body | {"remarks": "Retard du bus."}, headers=PAGE)
    assert (answer.status_code, answer["Location"]) == (302, pv)
    page = BeautifulSoup(client.get(pv, headers=PAGE).content, "html.parser")
    assert page.select_one("#remarks").text.strip() == "Retard du bus."
    assert page.select_one("#remarks-form [name=version]")["value"] == "1"


def test_a_page_that_is_older_keeps_what_was_typed_and_shows_what_is_saved(client, room, by, pv):
    save(room, by, "Sur le téléphone.")
    answer = client.post(pv, {"remarks": "Sur l’ordinateur.", "version": "0"}, headers=PAGE)
    page = BeautifulSoup(answer.content, "html.parser")
    assert answer.status_code == 409
    assert page.select_one("#remarks").text.strip() == "Sur l’ordinateur."
    assert "Sur le téléphone." in page.select_one(".words-of-others").text
    # Having read both, the person decides.
    version = page.select_one("#remarks-form [name=version]")["value"]
    client.post(pv, {"remarks": "Les deux.", "version": version}, headers=PAGE)
    assert Remark.objects.get().text == "Les deux."


def test_the_script_is_told_the_version_or_what_another_page_saved(client, room, by, pv):
    first = client.post(pv, {"remarks": "Un", "version": "0"}, headers=PROGRAM)
    assert (first.status_code, first.json()) == (200, {"version": 1})
    stale = client.post(pv, {"remarks": "Deux", "version": "0"}, headers=PROGRAM)
    assert stale.status_code == 409
    assert {**stale.json(), "message": ""} == {"message": "", "version": 1, "text": "Un"}


def test_nobody_reads_their_own_words_as_those_of_another(client, room, by, pv):
    other = factories.supervisor(room, name="M. Diallo")
    save(room, by, f"À moi {uuid.uuid4().hex}")
    save(room, other, "À l’autre")
    page = BeautifulSoup(client.get(pv, headers=PAGE).content, "html.parser")
    others = page.select_one(".words-of-others")
    assert "À l’autre" in others.text
    assert "M. Diallo" in others.text
    assert "À moi" not in others.text
    assert page.select_one("#remarks").text.strip().startswith("À moi")


def test_a_namesake_is_somebody_else(client, room, by, pv):
    by.name = "Camille Roy"
    by.save()
    save(room, factories.supervisor(room, name=by.name), "Salle froide.", seen=0)
    save(room, by, "Bus en retard.", seen=0)
    page = BeautifulSoup(client.get(pv, headers=PAGE).content, "html.parser")
    told = [each.get_text() for each in page.select(".words-of-others blockquote")]
    assert told == ["Salle froide."]
