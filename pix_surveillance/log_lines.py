"""How a line of the log is written: identifiers only, whatever an error says of its data.

The words of an exception quote what was typed, a row of the database, an address. Its kind and
the places it went through are enough to find a fault, and are all that is written. A path may
hold what an e-mail gave to one person (an invitation, a key to a new password): its route is
written in its place.
"""

import copy
import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

from django.core.exceptions import ImproperlyConfigured

FORMATS = {
    "line": {
        "()": "pix_surveillance.log_lines.Lines",
        "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
    },
    "json": {"()": "pix_surveillance.log_lines.JsonLines"},
}


def configured(name: str) -> dict:
    """Django's LOGGING, for one of FORMATS. Nothing of an error leaves by e-mail."""
    if name not in FORMATS:
        raise ImproperlyConfigured(f"LOG_FORMAT must be json or line, not “{name}”.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": FORMATS,
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": name}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"django": {"handlers": []}, "sessions_app.purge": {"level": "INFO"}},
    }


class Lines(logging.Formatter):
    """One line for a person, followed by the places of an error."""

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        record.msg, record.args = _words(record), ()
        return super().format(record)

    def formatException(self, ei) -> str:  # noqa: N802 (the name is the library's)
        return "\n".join(_places(ei[1]))


class JsonLines(Lines):
    """One JSON object a line: `at`, `level`, `logger`, `message`, and `error` when there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _words(record),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info and record.exc_info[1]:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _words(record: logging.LogRecord) -> str:
    """The message on one line, whoever chose its signs; of a request, the route that it took."""
    text = record.getMessage()
    request = getattr(record, "request", None)
    if path := getattr(request, "path", ""):
        match = getattr(request, "resolver_match", None)
        route = f"/{match.route}" if match else "an unknown address"
        for written in (path, path.encode("unicode_escape").decode()):  # as Django writes it
            text = text.replace(written, route)
    return _on_one_line(text)


def _on_one_line(text: str) -> str:
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def _places(error: BaseException | None) -> Iterator[str]:
    """The kind of an error and of those behind it, each with its places; never their words."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
        error = error.__cause__ or error.__context__
