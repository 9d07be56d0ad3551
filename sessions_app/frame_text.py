"""Frames as the text that crosses the sockets."""

import json
from collections.abc import Callable, Mapping
from typing import Any

# Of an ASGI scope, an extension: `write(text, with_ping) -> bool`, where the server can write at
# once; `with_ping`, of what comes at regular times, lets the ping of the socket go along.
WRITE_NOW = "pix_surveillance.write"

# ASCII only: such a text is put together and encoded at the speed of a copy.
as_text: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":")).encode


def rows_text(epoch: str, since: int, version: int, rows: Mapping[int, str], counters: str) -> str:
    """A frame `rows` that says nothing aloud; `rows` and `counters` are JSON already.

    Put together by hand: it tells of answers, and so is what happens most.
    """
    told = ",".join(f'"{candidate_id}":{row}' for candidate_id, row in rows.items())
    return (
        f'{{"type":"rows","epoch":"{epoch}","from":{since},"v":{version},'
        f'"rows":{{{told}}},"counters":{counters},"say":[]}}'
    )
