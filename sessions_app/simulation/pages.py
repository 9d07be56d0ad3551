"""Reads the pages as a browser does: the stage, the forms, the rows of the board."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


class Unexpected(Exception):
    """The page does not hold what a person would look for."""


@dataclass
class Form:
    """A form: what it already holds (hidden fields included) and what may be chosen."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, **values: str) -> dict[str, str]:
        return self.values | values

    def asks(self, name: str) -> bool:
        return name in self.values or name in self.choices


@dataclass(frozen=True)
class Row:
    """One candidate as the board shows them."""

    candidate_id: int
    state: str
    flags: frozenset[str]
    version: str


class Page(HTMLParser):
    """One page, or a part of one. `stage` is None outside the candidate's test."""

    def __init__(self, html: str):
        super().__init__()
        self.stage: str | None = None
        self.csrf: str | None = None
        self.forms: list[Form] = []
        self.rows: list[Row] = []
        self._form: Form | None = None
        self.feed(html)
        self.close()

    def form_asking(self, name: str) -> Form:
        """The form that holds a field of this name; raises `Unexpected`."""
        for form in self.forms:
            if form.asks(name):
                return form
        raise Unexpected(f"no form asks for {name}")

    def only_form(self) -> Form:
        """The one button of a page that offers a single move; raises `Unexpected`."""
        if not self.forms:
            raise Unexpected(f"no button at stage {self.stage}")
        return self.forms[0]

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self.stage = attributes.get("data-stage", self.stage)
        self.csrf = attributes.get("data-csrf", self.csrf)
        if "data-candidate" in attributes:
            self.rows.append(_row(attributes))
        if tag == "form":
            self._form = Form(attributes.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None and attributes.get("name"):
            self._note_field(self._form, tag, attributes)

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None

    def _note_field(self, form: Form, tag: str, attributes: dict[str, str]) -> None:
        name, value = attributes["name"], attributes.get("value", "")
        if attributes.get("type") in {"radio", "checkbox"}:
            form.choices.setdefault(name, []).append(value)
        elif tag in {"input", "textarea", "select"}:
            form.values[name] = value


def _row(attributes: dict[str, str]) -> Row:
    return Row(
        int(attributes["data-candidate"]),
        attributes.get("data-state", ""),
        frozenset(attributes.get("data-flags", "").split()),
        attributes.get("data-row-version", ""),
    )
