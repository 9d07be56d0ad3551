"""What of a text can be printed: a pure function.

The fonts are those that typst carries in its package (Libertinus Serif, then DejaVu Sans Mono):
Latin with every accent of Europe and Vietnam, Greek, Cyrillic, Armenian, Georgian, Hebrew and
Arabic, and the usual signs. No Chinese, Japanese, Korean, no script of India, no Thai, no emoji:
each such sign is printed as �, so that what is missing is seen.
"""

import re
import unicodedata

MISSING = "\ufffd"
LONGEST_WORD = 20  # letters; a longer one may be cut anywhere rather than leave its cell
PIECE = 10
MAY_BREAK = "\u200b"
MOST_MARKS = 2  # accents on one letter; more would climb over the lines above

# In regular and in bold (`test_documents` prints them all).
PRINTED = re.compile(
    "["
    " -~\u00a0-\u00ac\u00ae-\u034e\u0350-\u036f"  # Latin, phonetics, accents
    "\u0374-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce"  # Greek
    "\u0400-\u045f\u0490-\u04c4\u04cf-\u04f9"  # Cyrillic
    "\u0531-\u0556\u0559-\u055f\u0561-\u0587"  # Armenian
    "\u05d0-\u05ea\u05f0-\u05f4"  # Hebrew
    "\u060c\u061b\u061f\u0621-\u063a\u0640-\u0655\u0660-\u066d\u0679-\u067b\u067e-\u0680"  # Arabic
    "\u0683\u0684\u0686\u0687\u0691\u0698\u06a4\u06a9\u06af\u06be\u06cc\u06f0-\u06f9"
    "\u10d0-\u10fc"  # Georgian
    "\u1e00-\u1e9b\u1e9e-\u1ef9"  # more Latin: Vietnamese, Welsh, Kabyle
    "\u2010-\u2027\u2030-\u2037\u2039-\u203e\u2070\u2074-\u208e"  # punctuation, small figures
    "\u20a0-\u20b5\u20bd\u2116\u2122\u2190-\u21ff\u2200-\u2220\u2223-\u222d\u2241-\u226b"
    "\u25a0-\u25ff\u2713-\u2718\ufffd"
    "]"
)
_SPACES = re.compile(r"\s+")
_TOO_LONG = re.compile(rf"[^ \u00a0\-–—{MAY_BREAK}]{{{LONGEST_WORD + 1},}}")


def printable(text: str) -> str:
    """One line of `text` as a document shows it; unchanged when it is ordinary.

    Control signs and those that turn the direction of writing are left out, spaces are one
    space (no-break spaces stay), signs that no font holds become others that look the same, or
    �. A word of more than LONGEST_WORD letters gets places to break.
    """
    text = _SPACES.sub(_space, unicodedata.normalize("NFC", text)).strip()
    shown = "".join(_sign(each) for each in text)
    return _TOO_LONG.sub(_with_breaks, _fewer_marks(shown))


def lines(text: str) -> list[str]:
    """Each line of `text`, printable; empty ones are left out."""
    return [shown for line in text.splitlines() if (shown := printable(line))]


def _space(found: re.Match[str]) -> str:
    return found[0] if set(found[0]) <= {"\u00a0", "\u202f"} else " "


def _sign(sign: str) -> str:
    if PRINTED.fullmatch(sign):
        return sign
    if sign == "\u202f":
        return "\u00a0"
    if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp"}:
        return ""
    alike = unicodedata.normalize("NFKC", sign)
    if alike != sign and all(map(PRINTED.fullmatch, alike)):
        return alike
    return MISSING


def _fewer_marks(text: str) -> str:
    """An accent stands on a letter of its own script, with one other at most."""
    shown: list[str] = []
    marks, base = 0, ""
    for sign in text:
        if unicodedata.category(sign) not in {"Mn", "Me"}:
            marks, base = 0, sign
        elif _is_arabic(sign) != _is_arabic(base) or not base.isalpha() or marks == MOST_MARKS:
            continue
        else:
            marks += 1
        shown.append(sign)
    return "".join(shown)


def _is_arabic(sign: str) -> bool:
    return "\u0600" <= sign <= "\u06ff"


def _with_breaks(found: re.Match[str]) -> str:
    word = found[0]
    pieces = (word[at : at + PIECE] for at in range(0, len(word), PIECE))
    return MAY_BREAK.join(pieces)
