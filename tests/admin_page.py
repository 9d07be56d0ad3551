"""Pages of the admin as a person uses them: open, change some fields, save."""

from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse


def url(model: str, page: str = "changelist", *args) -> str:
    """`url("candidates_candidate", "change", 5)`."""
    return reverse(f"admin:{model}_{page}", args=args)


def fields(html: bytes, form: str) -> dict[str, str | list[str]]:
    """What a browser would send of the form with this id, unchanged and without its buttons."""
    data: dict[str, str | list[str]] = {}
    (page,) = BeautifulSoup(html, "html.parser").select(f"form#{form}")
    for control in page.select("input[name], textarea[name], select[name]"):
        kind = control.get("type", "")
        if "disabled" in control.attrs or kind in ("submit", "file"):
            continue
        if kind in ("checkbox", "radio") and "checked" not in control.attrs:
            continue
        if control.name == "select":
            data[control["name"]] = [option["value"] for option in control.select("[selected]")]
        else:
            data[control["name"]] = control.get("value", control.text)
    return data


def save(client: Client, address: str, form: str, **changes):
    """Open the page, change these fields, send the form."""
    opened = client.get(address)
    assert opened.status_code == 200, opened.status_code
    return client.post(address, fields(opened.content, form) | changes)


def text(response) -> str:
    """What the page says, spaces tidied."""
    page = BeautifulSoup(response.content, "html.parser")
    return " ".join(page.get_text(" ").split())
