"""No column without its line in the register, no line without its column, and the page of it."""

import pytest
from django.apps import apps
from django.conf import settings

from sessions_app import data_page, retention
from sessions_app.data_register import REGISTER, Kept

COLUMNS = {
    model._meta.label: sorted(field.name for field in model._meta.local_fields)
    for model in apps.get_models(include_auto_created=True)
    if model.__module__.split(".")[0] != "tests"
}


def test_every_table_has_its_lines():
    assert sorted(REGISTER) == sorted(COLUMNS), (
        "A table of the database and its lines of data_register.py come and go together."
    )


@pytest.mark.parametrize("label", COLUMNS)
def test_every_column_has_one_line(label):
    told = sorted(name for line in REGISTER[label] for name in line.fields.split())
    assert told == COLUMNS[label], f"Say in data_register.py why {label} keeps this column."


def test_every_category_says_until_when():
    assert set(retention.UNTIL) == set(Kept)
    for kept, days in settings.RETENTION_DAYS.items():
        assert str(days) in retention.until(Kept[kept])


def test_every_line_is_a_sentence():
    for lines in REGISTER.values():
        for line in lines:
            assert line.why
            assert line.why[0].islower()
            assert not line.why.endswith(".")


def test_the_page_of_the_register_is_up_to_date():
    page = settings.ROOT / "docs" / "data.md"
    assert page.read_text() == data_page.written(), "Run manage.py data_register > docs/data.md."
