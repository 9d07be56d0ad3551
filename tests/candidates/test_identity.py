import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.identity import LONGEST_KEY, match_key, same_person_key

BORN = date(2010, 4, 23)


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ("D'AUBIGNÉ", "d’aubigne", "daubigne"),
        ("Jean-Pierre", "jean pierre", "jeanpierre"),
        ("Jean\N{NON-BREAKING HYPHEN}Pierre", "Jean\N{NO-BREAK SPACE}Pierre", "jeanpierre"),
        ("Ørsted-Çelik", "Orsted Celik", "orstedcelik"),
        ("Œuvrard", "OEUVRARD", "oeuvrard"),
        ("Lætitia", "Laetitia", "laetitia"),
        ("Straßer", "STRASSER", "strasser"),
        ("Łukasik", "lukasik", "lukasik"),
        ("Nguyễn", "NGUYEN", "nguyen"),
        ("İbrahim", "ibrahim", "ibrahim"),
        ("Işık", "isik", "isik"),
        ("Oʼbrien", "O`Brien", "obrien"),
        ("Le  Goff ", "LE GOFF", "legoff"),
        ("E\N{COMBINING ACUTE ACCENT}milie", "Émilie", "emilie"),
    ],
)
def test_one_person_typed_in_two_ways(one, other, key):
    assert match_key(one) == match_key(other) == key


@pytest.mark.parametrize("text", ["", " ", "'", "’-·", "\N{ZERO WIDTH SPACE}"])
def test_nothing_to_compare(text):
    assert match_key(text) == ""


@pytest.mark.parametrize(("one", "other"), [("Anaïs", "Agnès"), ("Ahmed", "أحمد"), ("李", "王")])
def test_other_people_stay_apart(one, other):
    assert match_key(one) != match_key(other)


@given(st.text(max_size=150))
def test_a_key_is_its_own_key(text):
    assert match_key(match_key(text)) == match_key(text)


@given(st.text(max_size=150))
def test_a_key_is_letters_and_digits_and_fits_its_column(text):
    key = match_key(text)
    assert len(key) <= LONGEST_KEY
    assert all(sign.isalnum() for sign in key)


@given(st.text(alphabet=st.characters(categories=["Ll", "Lu"]), max_size=60))
def test_composed_and_decomposed_accents_are_the_same(text):
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert match_key(composed) == match_key(decomposed)


def test_every_sign_before_the_ideographs_gives_a_stable_key():
    signs = [chr(code) for code in range(0x3000)]
    assert [sign for sign in signs if match_key(match_key(sign)) != match_key(sign)] == []


def test_same_person_key_holds_the_name_and_the_birthdate():
    assert same_person_key("D'AUBIGNÉ", "Paul", BORN) == "daubigne paul 2010-04-23"


def test_same_person_key_keeps_name_and_first_name_apart():
    assert same_person_key("Paul", "Pierre", BORN) != same_person_key("Pierre", "Paul", BORN)
    assert same_person_key("Paul", "Jo Anne", BORN) != same_person_key("Paul Jo", "Anne", BORN)


def test_same_person_key_fits_its_column_whatever_the_names():
    assert len(same_person_key("œ" * 120, "ﬃ" * 120, BORN)) <= 280
