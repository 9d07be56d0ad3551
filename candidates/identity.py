"""Telling that two names are the same person's, however they were typed."""

import unicodedata
from datetime import date

# Letters that Unicode does not take apart into a plain letter and an accent.
_PLAIN = str.maketrans(
    {
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ı": "i",
        "ə": "e",
    }
)
# A name holds at most 120 signs; only ligatures could make its key longer than the column.
LONGEST_KEY = 120


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def fold(text: str) -> str:
    """Lower case, no accents, no ligatures; spaces and punctuation stay."""
    # Twice: folding the case of some letters brings new accents.
    return _without_marks(_without_marks(text).casefold()).translate(_PLAIN)


def match_key(text: str) -> str:
    """Only the letters and digits of a name, folded: at most 120 signs, "" when there are none.

    "D'AUBIGNÉ" and "d’aubigne" give "daubigne"; "Jean-Pierre" and "jean pierre" "jeanpierre".
    """
    # Category Lm holds the letters that serve as apostrophes (ʼ, ʻ).
    letters = (sign for sign in fold(text) if sign.isalnum() and unicodedata.category(sign) != "Lm")
    return "".join(letters)[:LONGEST_KEY]


def same_person_key(birth_name: str, first_name: str, birthdate: date) -> str:
    """One key a person within a session, at most 252 signs: "daubigne paul 2010-04-23"."""
    return f"{match_key(birth_name)} {match_key(first_name)} {birthdate.isoformat()}"
