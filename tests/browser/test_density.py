"""How many candidates one sees without scrolling, and that nothing overflows."""

import pytest

from tests import factories

from .lines import open_room
from .people import LAPTOP, PHONE

pytestmark = pytest.mark.browser

IN_SIGHT = """() => {
  const bar = document.querySelector(".where").getBoundingClientRect().bottom;
  return [...document.querySelectorAll(".row")].filter((row) => {
    const { top, bottom, height } = row.getBoundingClientRect();
    return height > 0 && top >= bar && bottom <= innerHeight;
  }).length;
}"""
NAMES = """Abdallah Léa Aubert Zoé Bernard Paul Blanchard Noé Chevalier Arthur
    Costa Maxime-Alexandre D’Aubigné Maurice Dupuis Fatou Essome Daniel Faure Inès Gillet Zoé
    Hamon Noé Ibrahim Élise Jacquet Fatou Kaya Léa Lefèvre-Dumontier Paul Martin Arthur
    Nguyen Maurice Ollivier Daniel Petit Inès Quéré Zoé Rousseau Noé Salmon Maxime-Alexandre
    Traoré Fatou Urbain Léa Vasseur Paul Weber Arthur Xavier Maurice Yilmaz Daniel Zola Inès"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll(".row :is(button, a, .who)")]
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""
TABLET = {"width": 820, "height": 1180}


@pytest.fixture
def people(room, by):
    """Thirty at work, some with extra or added time."""
    people, words = [], NAMES.split()
    for at, (birth_name, first_name) in enumerate(zip(words[::2], words[1::2], strict=True)):
        named = {"birth_name": birth_name, "first_name": first_name}
        extra = 33 if at % 10 == 3 else 0
        people.append(factories.running(room, by, **named, extra_time_percent=extra))
    return people


@pytest.mark.parametrize("minutes", [None, 15], ids=["calm", "near the end"])
@pytest.mark.parametrize(("size", "least"), [(PHONE, 12), (TABLET, 30), (LAPTOP, 30)])
def test_rows_in_sight(browser, site, room, people, size, least, minutes):
    room.candidates.update(warned_minutes=minutes)
    person, _ = open_room(browser, site, room, size=size)
    assert person.page.evaluate(IN_SIGHT) >= least
    assert person.page.evaluate(SMALLEST) >= 13
    assert person.page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_thirty_in_sight_while_some_need_me(browser, site, room, by, people):
    for each in people[:4]:
        factories.waiting(room, birth_name=f"Arrivé {each.pk}")
    person, _ = open_room(browser, site, room, size=LAPTOP)
    assert person.page.evaluate(IN_SIGHT) >= 34
