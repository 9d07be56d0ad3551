"""The import in the admin: looked at first, then confirmed."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from candidates import admin_import
from candidates.import_files import MAX_BYTES
from candidates.models import Candidate
from sessions_app.models import Session
from tests import factories
from tests.admin_page import text, url

SAMPLE = (Path(__file__).parents[2] / "candidates" / "sample-import.csv").read_bytes()
SESSION = "sessions_app_session"
pytestmark = pytest.mark.django_db


@pytest.fixture
def center(client):
    """The one centre of the member of staff who is logged in."""
    center = factories.center(name="Mon centre")
    client.force_login(factories.head(center))
    return center


def send(client, center, content: bytes = SAMPLE, **fields):
    file = SimpleUploadedFile("liste.csv", content)
    data = {"file": file, "center": center.pk} | fields
    return client.post(url(SESSION, "import"), data, follow=True)


def test_the_button_leads_to_the_page(client, center):
    assert f'href="{url(SESSION, "import")}"' in client.get(url(SESSION)).content.decode()
    page = client.get(url(SESSION, "import"))
    assert page.status_code == 200
    assert f'<option value="{center.pk}" selected>' in page.content.decode()


def test_a_list_is_imported_and_shown(client, center):
    factories.session(center=center, room="Salle d’avant")
    answer = send(client, center)
    page = text(answer)
    numbers = [session.spaced_number for session in Session.objects.filter(site__contains="Ada")]
    assert "3 sessions et 31 candidats importés" in page
    assert all(number.replace("\xa0", " ") in page for number in numbers)
    assert "Salle d’avant" not in page
    assert answer.redirect_chain[0][1] == 302  # a reload does not import again
    assert Candidate.objects.count() == 31


def test_faults_are_a_table_and_nothing_is_written(client, center):
    answer = send(client, center, SAMPLE.replace(b"05/07/2010", b"31/02/2010", 1))
    page = text(answer)
    assert answer.status_code == 422
    assert "Rien n’a été importé" in page
    assert "2 Date de naissance (format: JJ/MM/AAAA) Écrivez une date qui existe" in page
    assert not Session.objects.exists()


def test_checking_writes_nothing(client, center):
    answer = send(client, center, dry_run="Vérifier seulement")
    assert answer.status_code == 200
    assert "3 sessions et 31 candidats. Rien n’a encore été écrit." in text(answer)
    assert not Session.objects.exists()


def confirm(client, looked_at, **changes):
    """The second step, as the page of the first one proposes it."""
    (form,) = BeautifulSoup(looked_at.content, "html.parser").select("form.confirm")
    data = {each["name"]: each["value"] for each in form.select("input[type=hidden]")}
    return client.post(url(SESSION, "import"), data | changes, follow=True)


def test_the_file_is_chosen_once(client, center):
    looked_at = send(client, center, dry_run="1")
    assert "Fichier : liste.csv · Centre : Mon centre" in text(looked_at)
    assert 'value="Importer 3 sessions et 31 candidats"' in looked_at.content.decode()
    assert not Session.objects.exists()
    assert "3 sessions et 31 candidats importés" in text(confirm(client, looked_at))
    assert Candidate.objects.count() == 31


def test_what_is_confirmed_is_checked_again(client, center):
    room = factories.session(center=center)
    content = SAMPLE.replace(b"\n;Coll", f"\n{room.number};Coll".encode(), 1)
    looked_at = send(client, center, content, dry_run="1")
    factories.running(room, factories.supervisor(room))
    answer = confirm(client, looked_at)
    assert (answer.status_code, "Rien n’a été importé" in text(answer)) == (422, True)
    assert Candidate.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"kept": ""}, {"kept": "é"}, {"kept": "abc"}, {"kept_name": ""}],
    ids=["nothing", "no base64", "cut", "no name"],
)
def test_a_file_that_does_not_come_back_is_asked_again(client, center, changes):
    answer = confirm(client, send(client, center, dry_run="1"), **changes)
    assert (answer.status_code, "obligatoire" in text(answer)) == (422, True)
    assert not Session.objects.exists()


def test_nobody_confirms_for_a_centre_that_is_not_theirs(client, center):
    looked_at = send(client, center, dry_run="1")
    answer = confirm(client, looked_at, center=factories.center(name="Autre centre").pk)
    assert (answer.status_code, Session.objects.count()) == (422, 0)


def test_a_file_too_large_to_come_back_is_chosen_again(client, center, monkeypatch):
    monkeypatch.setattr(admin_import, "MOST_KEPT", len(SAMPLE) - 1)
    page = send(client, center, dry_run="1").content.decode()
    assert "choisissez-le de nouveau" in page
    assert 'type="file"' in page
    assert 'name="kept"' not in page
    assert 'value="Importer"' in page


def test_the_first_step_imports_nothing(client, center):
    """Its only button looks at the list."""
    page = BeautifulSoup(client.get(url(SESSION, "import")).content, "html.parser")
    (button,) = page.select("#content-main [type=submit]")
    assert (button["name"], button["value"]) == ("dry_run", "Vérifier la liste")


def test_what_was_imported_is_proposed_for_print(client, center):
    """Each of these sessions and no other, ticked in the two forms of the list."""
    factories.session(center=center, room="Salle d’avant")
    answer = send(client, center)
    (form,) = BeautifulSoup(answer.content, "html.parser").select("form.papers")
    chosen = {int(each["value"]) for each in form.select("[name=_selected_action]")}
    imported = Session.objects.exclude(room="Salle d’avant")
    assert chosen == set(imported.values_list("pk", flat=True))
    assert {button["value"] for button in form.select("button")} == {
        "print_kits",
        "print_attendance",
    }


def test_what_is_doubtful_is_said(client, center):
    send(client, center)
    assert "Une session existe déjà dans cette salle" in text(send(client, center, dry_run="1"))
    assert "Ligne 2 : Une session existe déjà" in text(send(client, center))


def test_the_file_is_text_whatever_it_says(client, center):
    name = "<b>Gras</b>"
    answer = send(client, center, SAMPLE.replace(b"Salle informatique 2", name.encode()))
    assert name not in answer.content.decode()
    assert name in text(answer)


def test_a_file_too_large_is_refused(client, center):
    answer = send(client, center, b"x" * (MAX_BYTES + 1))
    assert (answer.status_code, "dépasse 5 Mo" in text(answer)) == (422, True)


@pytest.mark.parametrize("missing", ["file", "center"])
def test_both_fields_are_needed(client, center, missing):
    file = SimpleUploadedFile("liste.csv", SAMPLE)
    data = {"file": file, "center": center.pk} | {missing: ""}
    answer = client.post(url(SESSION, "import"), data)
    assert (answer.status_code, "obligatoire" in text(answer)) == (422, True)


def test_only_ones_own_centres_are_offered_and_accepted(client, center):
    theirs = factories.center(name="Autre centre")
    assert "Autre centre" not in text(client.get(url(SESSION, "import")))
    assert send(client, theirs).status_code == 422
    room = factories.session(center=theirs, room="Ailleurs")
    content = SAMPLE.replace(b"\n;Coll", f"\n{room.number};Coll".encode(), 1)
    answer = send(client, center, content)
    assert "Ce numéro n’est celui d’aucune session de ce centre." in text(answer)
    assert not Candidate.objects.exists()


def test_without_a_centre_there_is_no_page(client):
    client.force_login(factories.user(is_staff=True))
    assert client.get(url(SESSION, "import")).status_code == 403
    assert "Importer une liste" not in text(client.get(url(SESSION)))
    client.force_login(factories.user())
    assert send(client, factories.center()).status_code == 403
    assert not Session.objects.exists()


def test_another_site_cannot_send_the_form(center):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(center.members.get())
    assert send(strict, center).status_code == 403
    assert not Session.objects.exists()


def test_the_template_has_the_columns_that_the_import_reads(client, center):
    answer = client.get(url(SESSION, "import_template"))
    assert answer.headers["Content-Disposition"].endswith('"modele-import.csv"')
    columns, line = answer.content.decode("utf-8-sig"), SAMPLE.decode("utf-8-sig").split("\n", 1)[1]
    assert "3 sessions" in text(send(client, center, (columns + line).encode(), dry_run="1"))


def template_of(client, asked) -> str:
    answer = client.get(url(SESSION, "import_template"), {"center": asked})
    return answer.content.decode("utf-8-sig") if answer.status_code == 200 else ""


def test_the_template_is_filled_with_what_the_centre_has_planned(client, center):
    """Its lines are read back as they are, once candidates are typed there."""
    planned = factories.session(center=center, room="Salle “B” ; rez", remarks="")
    Session.objects.filter(pk=planned.pk).update(state=Session.State.PLANNED)
    open_room = factories.session(center=center)
    other = factories.session(room="Ailleurs")
    Session.objects.filter(pk=other.pk).update(state=Session.State.PLANNED)
    page = client.get(url(SESSION, "import")).content.decode()
    assert f'{url(SESSION, "import_template")}?center={center.pk}"' in page
    head, line, *more = template_of(client, center.pk).splitlines()
    assert more == []
    assert planned.number in line
    assert open_room.number not in line
    assert "Ailleurs" not in line
    typed = ";".join(["Durand", "Élise", "23/04/2010", "F", "", "", "", "France"])
    line = line.rstrip(";") + ";" * (2 if not planned.remarks else 1) + typed
    answer = send(client, center, f"{head}\r\n{line}\r\n".encode())
    assert "1 session et 1 candidat" in text(answer)
    assert planned.candidates.get().birth_name == "Durand"
    planned.refresh_from_db()
    assert planned.room == "Salle “B” ; rez"


@pytest.mark.parametrize("asked", ["another", "0", "abc", "²", "9" * 30])
def test_the_template_of_no_centre_of_theirs(client, center, asked):
    asked = factories.session().center_id if asked == "another" else asked
    answer = client.get(url(SESSION, "import_template"), {"center": asked})
    assert answer.status_code == 404
    assert "Ailleurs" not in answer.content.decode()
