"""What supervisors type about who is on the list: each field by the rule of its import cell."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from . import import_cells
from .import_cells import CellError

NAME = {"required": _("Indiquez le nom de naissance.")}
FIRST_NAME = {"required": _("Indiquez le prénom.")}
BIRTHDATE = {"required": _("Indiquez la date de naissance, par exemple 23/04/2010.")}


class CellField(forms.CharField):
    """`rule` takes the text and gives its value; `blank` stands for nothing typed."""

    def __init__(self, rule: Callable[[str], Any], *, blank: Any = None, **options):
        super().__init__(**options)
        self.rule, self.blank = rule, blank

    def clean(self, value: str | None) -> Any:
        text = super().clean(value)
        if not text:
            return self.blank
        try:
            return self.rule(text)
        except CellError as error:
            raise forms.ValidationError(error.sentence) from error


class IdentityFields(forms.Form):
    """Left out or empty, a part of the identity stays as it is: its value is None."""

    birth_name = CellField(import_cells.person_name, required=False)
    first_name = CellField(import_cells.person_name, required=False)
    birthdate = CellField(import_cells.birthdate, required=False)


class AddCandidateForm(forms.Form):
    """A line of the list that had been forgotten."""

    birth_name = CellField(import_cells.person_name, error_messages=NAME)
    first_name = CellField(import_cells.person_name, error_messages=FIRST_NAME)
    birthdate = CellField(import_cells.birthdate, error_messages=BIRTHDATE)
    extra_time_percent = CellField(import_cells.extra_time, blank=Decimal(0), required=False)
