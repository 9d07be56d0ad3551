"""Who reads in English gets an English board, live; who does not pays nothing for it."""

import asyncio
import json
import re
from unittest import mock

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from candidates import access, answering, display, frames, services
from candidates.answering import Sent
from candidates.models import Candidate
from pix_surveillance.asgi import application
from sessions_app import board, journal, languages, overviews
from sessions_app.live import Hub, hub
from sessions_app.models import Session
from sessions_app.rooms import Room, Socket
from tests import factories, fresh_boards
from tests.live_page import LivePage
from tests.sessions_app.scenes import seat_cookie

pytestmark = pytest.mark.django_db(transaction=True)
in_db = database_sync_to_async
WORDS = {"fr": "Choisir DURAND", "en": "Select DURAND"}
QUESTIONS = {"fr": "Valider et continuer", "en": "Submit and continue"}
ROOMS = {"fr": "pas commencé", "en": "not started"}


def browser_of(person, language: str) -> Client:
    browser = Client()
    browser.force_login(person)
    browser.post(reverse("language"), {"language": language})
    return browser


def page_of(browser: Client, room) -> str:
    return browser.get(reverse("board", args=[room.number])).content.decode()


def answer(room, person) -> None:
    answering.save_all([Sent(room.pk, factories.seat_of(person), person.question, ["a"])])


HAPPENS = {
    "a start": lambda room, by, people: services.authorize_start(people[0], user=by),
    "more time": lambda room, by, people: services.add_time(people[1], user=by, minutes=10),
    "an answer": lambda room, by, people: answer(room, people[1]),
    "a pause": lambda room, by, people: services.pause_room(room, user=by, reason="Alarme"),
}


@pytest.fixture
def people(room, by):
    return [factories.waiting(room), factories.running(room, by, extra_time_percent="12.50")]


@pytest.mark.parametrize("happens", HAPPENS.values(), ids=HAPPENS)
@pytest.mark.parametrize("language", WORDS)
def test_a_page_and_its_frames_are_a_reload(room, by, people, language, happens):
    browser = browser_of(by, language)
    page = LivePage(page_of(browser, room))
    happens(room, by, people)
    shown = (room.pk, page.epoch, page.version)
    change = board.change(*shown, ["fr", "en"])
    page.apply(change.frames[language])
    assert page.shown() == LivePage(page_of(browser, room)).shown()
    fresh = languages.within(language, fresh_boards.whole, room.pk)
    assert page.shown() == LivePage(fresh["html"]).shown()
    assert WORDS[language] in page.shown()
    assert not any(WORDS[each] in page.shown() for each in WORDS if each != language)


def test_polling_speaks_the_language_of_the_page(room, by, people):
    for language, words in WORDS.items():
        path = reverse("board-live", args=[room.number])
        whole = browser_of(by, language).get(path).json()["frames"][1]
        assert words in whole["html"]


def test_answered_rows_are_those_of_a_reload_in_each_language(room, by, people):
    person = people[1]
    both = {language: languages.within(language, lambda: person.row_html) for language in WORDS}
    assert both["fr"] != both["en"]
    row = person.moving_row()
    row.open(2)
    twin = row.candidate_now()
    Candidate.objects.filter(pk=person.pk).update(question=2)
    for language in WORDS:
        with translation.override(language):
            assert twin.row_html == factories.fresh(person).row_html
            assert person.row_html == both[language]
    assert "12,5" in both["fr"]
    assert "12.5" in both["en"]


@pytest.mark.parametrize("read_in", [["fr"], ["fr", "en"], ["en"], []])
def test_only_what_is_read_is_rendered(room, by, people, read_in):
    """A row is a part of the milliseconds between a click and the other screen."""
    before = board.load(room.pk).session
    services.add_time(people[1], user=by, minutes=10)
    answer(room, factories.fresh(people[1]))
    spoken = []

    def render(*args):
        spoken.append(languages.current())
        return ""

    with mock.patch.object(display, "render_to_string", render):
        change = board.change(room.pk, str(before.epoch), before.version, read_in)
    assert (spoken, list(change.frames)) == (read_in, read_in)
    assert change.version == before.version + 2


def test_an_answer_is_told_in_each_language(room, by, people, django_assert_num_queries):
    before = board.load(room.pk).session
    answer(room, people[1])
    reached = Session.objects.get(pk=room.pk)
    epoch, moved = str(reached.epoch), {people[1].pk: 2}
    news = journal.Announcement(room.pk, reached.version, epoch[:8], before.version, moved)
    with django_assert_num_queries(0):
        told = board.answered(news, epoch, ["fr", "en"])
    assert told.keys() == WORDS.keys()
    for language, text in told.items():
        assert WORDS[language] in json.loads(text)["rows"][str(people[1].pk)]


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_next_question_is_in_the_language_of_the_page(room, by, language):
    sitter = factories.running(room, by)
    told = frames.answered_frame(sitter, 1, language)
    assert QUESTIONS[language] in json.loads(told)["html"]


def test_a_socket_tells_its_language_in_its_address():
    asked = {
        b"": "fr", b"lang=en": "en", b"lang=fr": "fr", b"lang=de": "fr", b"lang=EN": "fr",
        b"lang=": "fr", b"lang=en%00": "fr", b"\xff&lang=en": "en", b"lang=../en": "fr",
        b"a=b&lang=fr&lang=en": "en",
    }  # fmt: skip
    told = {query: languages.of_socket({"query_string": query}) for query in asked}
    assert told == asked
    assert languages.of_socket({}) == "fr"


@pytest.mark.parametrize("name", ["board", "center-rooms", "test"])
def test_a_page_gives_its_language_to_its_socket(room, by, name):
    if name == "test":
        browser, path = Client(), reverse("test")
        browser.cookies[access.COOKIE] = seat_cookie(factories.running(room, by))
    else:
        browser = Client()
        browser.force_login(factories.head(room.center) if name == "center-rooms" else by)
        path = reverse(name, args=[room.center_id if name == "center-rooms" else room.number])
    for language, query in {"fr": "", "en": r"\?lang=en"}.items():
        browser.post(reverse("language"), {"language": language})
        page = browser.get(path, headers={"accept": "text/html"}).content.decode()
        assert re.search(rf'data-socket="/ws/[\w/]+/{query}"', page)


# Live


def open_line(person, room, query: str) -> WebsocketCommunicator:
    browser = Client()
    browser.force_login(person)
    cookie = browser.cookies.output(header="", sep=";").encode()
    headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
    return WebsocketCommunicator(application, f"/ws/surveillance/{room.number}/{query}", headers)


async def hear(line, kind: str) -> str:
    for _ in range(9):
        text = await line.receive_from(20)
        if json.loads(text)["type"] == kind:
            return text
    raise AssertionError(f"no {kind}")


async def test_two_supervisors_of_a_room_each_read_their_own_language():
    room = await in_db(factories.session)()
    first, second = [await in_db(factories.supervisor)(room) for _ in range(2)]
    person = await in_db(factories.waiting)(room)
    lines = {
        "fr": await in_db(open_line)(first, room, ""),
        "en": await in_db(open_line)(second, room, "?lang=en"),
    }
    try:
        for language, line in lines.items():
            assert (await line.connect(timeout=20))[0]
            assert WORDS[language] in await hear(line, "board")
        await in_db(services.authorize_start)(person, user=first)
        texts = {language: await hear(line, "rows") for language, line in lines.items()}
        for line in lines.values():
            await line.send_to(json.dumps({"type": "resume", "epoch": "another", "v": 0}))
        asked = {language: await hear(line, "board") for language, line in lines.items()}
        for told in (texts, asked):
            assert {language: WORDS[language] in told[language] for language in WORDS} == {
                "fr": True, "en": True,
            }  # fmt: skip
            assert WORDS["en"] not in told["fr"]
            assert WORDS["fr"] not in told["en"]
    finally:
        for line in lines.values():
            await line.disconnect()
        await hub.stop()


async def test_two_candidates_each_go_on_in_their_own_language():
    room = await in_db(factories.session)()
    by = await in_db(factories.supervisor)(room)
    asked = json.dumps({"type": "answer", "question": 1, "answer": ["a"]})
    try:
        for language, query in {"fr": "", "en": "?lang=en"}.items():
            person = await in_db(factories.running)(room, by)
            cookie = f"{access.COOKIE}={seat_cookie(person)}".encode()
            headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
            line = WebsocketCommunicator(application, f"/ws/candidat/{query}", headers)
            assert (await line.connect(timeout=20))[0]
            await hear(line, "seat")
            await line.send_to(asked)
            while "answered" not in (frame := json.loads(await hear(line, "seat"))):
                pass
            assert QUESTIONS[language] in frame["html"]
            await line.disconnect()
    finally:
        await hub.stop()


async def test_the_first_in_a_language_is_made_to_ask(room, by, people):
    """Who comes while a change is being read in the languages of the others."""
    ours, told = Hub(), []

    async def send(text):
        told.append(json.loads(text))

    here = Room(room.pk, str(room.epoch), room.version)
    ours.rooms[room.pk] = here
    here.add(Socket(send=send, language="en"))
    change = board.Change(str(room.epoch), room.version + 1, {"fr": {"type": "rows"}})
    with mock.patch("sessions_app.live._changes", mock.AsyncMock(return_value=change)):
        here.heard = room.version + 1
        await ours._pump(here)
    assert [(frame["type"], frame["v"]) for frame in told] == [("hb", room.version + 1)]


async def test_the_duties_of_the_process_speak_french(monkeypatch):
    """They would go on in the language of whoever woke them up, and write in it."""
    spoken = []

    async def duty(self):
        spoken.append(translation.get_language())

    for name in ("_watch", "_beat", "_keep_time", "_keep_leases", "_listen"):
        monkeypatch.setattr(Hub, name, duty)
    ours = Hub()
    with translation.override("en"):
        ours.ensure_running()
        await asyncio.gather(*ours.tasks)
    await ours.stop()
    assert set(spoken) == {"fr"}


async def test_the_rooms_of_a_centre_are_told_in_each_language():
    room = await in_db(factories.session)()
    told: dict[str, list[str]] = {"fr": [], "en": []}
    await in_db(Session.objects.filter(pk=room.pk).update)(date=timezone.localdate())

    async def read(function, *args):
        return await in_db(function)(*args)

    def socket(language):
        async def send(text):
            told[language].append(text)

        return Socket(send=send, language=language)

    ours, sockets = overviews.Overviews(read), [socket(language) for language in told]
    for each in sockets:
        await ours.join(room.center_id, each)
    await in_db(factories.waiting)(room)
    await ours.look()
    await asyncio.gather(*(each.pump for each in ours._by_center.values()))
    for each in sockets:
        ours.leave(room.center_id, each)
    assert ours.sockets() == []
    for language, texts in told.items():
        assert len(texts) == 2
        shown = [str(json.loads(text)["rooms"]) for text in texts]
        assert all(ROOMS[language] in html for html in shown)
