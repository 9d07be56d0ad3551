"""The page of all components: in development only, and every state is on it."""

import re

import pytest

from candidates.states import State
from candidates.style_page import COLOURS, ICONS

pytestmark = pytest.mark.django_db


def test_nowhere_but_in_development(client):
    assert client.get("/style/").status_code == 404


def test_every_state_and_every_need(client, settings):
    settings.DEBUG = True
    html = client.get("/style/").content.decode()
    for state in State:
        assert f'data-state="{state.value}"' in html
    for need in ("alert", "asks-resume", "asks-start", "away", "overtime"):
        assert f'class="need {need}"' in html
    for live in ("on", "stale", "off"):
        assert f'data-live="{live}"' in html
    for number, room in (1, "open"), (2, "open"), (3, "planned"):
        assert f'id="room-{number}" data-session="{number}" data-state="{room}"' in html
    for part in ("paused-room", "lost-together", "over-bar", "group-bar", "reorder", "gap"):
        assert f'class="{part}"' in html


def test_every_colour_and_icon_exists(settings):
    css = (settings.ROOT / "static/css/site.css").read_text()
    page = (settings.ROOT / "static/css/style-page.css").read_text()
    named = set(re.findall(r"--([\w-]+): light-dark\(", css)) - {"shadow", "on-accent", "on-bad"}
    assert set(COLOURS.split()) == named
    assert set(re.findall(r"\.swatch\.([\w-]+) ", page)) == named
    icons = (settings.ROOT / "static/icons/icons.svg").read_text()
    assert set(ICONS.split()) == set(re.findall(r'<symbol id="([\w-]+)"', icons))
