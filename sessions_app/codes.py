"""The numbers and codes that people read aloud and type on a phone."""

import re
import secrets

# No O/0, I/1/L, U/V: what is read from a board at five metres is typed right.
ALPHABET = "ABCDEFGHJKMNPQRSTWXYZ23456789"


def new_number() -> str:
    """Six digits, never starting with 0."""
    return str(100_000 + secrets.randbelow(900_000))


def new_code(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_access_code() -> str:
    """The candidates' code: six signs (29⁶ ≈ 6 × 10⁸)."""
    return new_code(6)


def new_supervisor_code() -> str:
    """The supervisors' code: eight signs (29⁸ ≈ 5 × 10¹¹)."""
    return new_code(8)


def clean(typed: str) -> str:
    """A number or code as typed, without its spaces and dashes, in capitals."""
    return re.sub(r"[\s\-‐-―]", "", typed).upper()


def spaced(value: str, size: int) -> str:
    """Groups of `size` signs, for the eye: `100042` → `100 042` (no-break spaces)."""
    return "\u00a0".join(value[i : i + size] for i in range(0, len(value), size))
