"""The lines of a candidate list as forms: the same rules as the import."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from sessions_app.models import SessionEvent

from . import enrolment, import_cells
from .admin_pages import Page
from .models import Candidate
from .states import State

IDENTITY = ["birth_name", "first_name", "birthdate", "external_id"]


class CandidateForm(forms.ModelForm):
    """Who the person is, and their extra time while the test has not started."""

    class Meta:
        model = Candidate
        fields = ["session", *IDENTITY, "extra_time_percent"]
        widgets = {
            "birthdate": forms.DateInput(
                attrs={"placeholder": _("JJ/MM/AAAA"), "inputmode": "numeric", "size": 11}
            ),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.state != State.NOT_STARTED:
            self._close("extra_time_percent", enrolment.HAS_STARTED)
        if self.instance.state == State.FINISHED:
            for name in IDENTITY:
                self._close(name)
        if "extra_time_percent" in self.fields:
            self.fields["extra_time_percent"].widget.attrs |= {"min": 0, "max": 300, "step": 1}
            self.initial["extra_time_percent"] = _short(self.instance.extra_time_percent)

    def _close(self, name: str, reason: str = "") -> None:
        if name in self.fields:
            self.fields[name].disabled = True
            self.fields[name].help_text = reason

    def clean_birth_name(self) -> str:
        return self._as_imported("birth_name", import_cells.person_name)

    def clean_first_name(self) -> str:
        return self._as_imported("first_name", import_cells.person_name)

    def clean_birthdate(self):
        return self._as_imported("birthdate", import_cells.birthdate)

    def _as_imported(self, name: str, rule):
        try:
            return rule(str(self.cleaned_data[name]))
        except import_cells.CellError as error:
            raise ValidationError(error.sentence) from error

    def validate_unique(self) -> None:
        """Nobody is enrolled twice: Django looks at fields only, and the key is in none."""
        super().validate_unique()
        exclude = self._get_validation_exclusions() - {"session", "identity_key"}
        try:
            self.instance.validate_constraints(exclude=exclude)
        except ValidationError as error:
            self._update_errors(error)


def _short(percent: Decimal) -> Decimal:
    """33.00 as 33, and 12.50 as it is."""
    whole = percent.to_integral_value()
    return whole if percent == whole else percent


class CandidateFormSet(BaseInlineFormSet):
    """Some lines of the list of one session: those of `page`, or those that a browser sends back.

    Whoever the journal speaks of cannot be ticked for removal.
    """

    page: Page  # set on the class that the admin makes for one request

    def __init__(self, *args, queryset=None, **kwargs):
        events = SessionEvent.objects.filter(candidate=OuterRef("pk"))
        super().__init__(*args, queryset=queryset.annotate(is_followed=Exists(events)), **kwargs)

    def get_queryset(self):
        """What comes back is found by its key: the lines of a page move when the list does."""
        if not hasattr(self, "_lines"):
            rows = super().get_queryset()
            sent = self.is_bound
            self._lines = rows.filter(pk__in=self._sent()) if sent else rows[self.page.lines]
        return self._lines

    def _sent(self) -> list[int]:
        names = [f"{self.add_prefix(at)}-id" for at in range(self.initial_form_count())]
        keys = [self.data.get(name, "") for name in names]
        return [int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) < 19]

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if getattr(form.instance, "is_followed", False) and "DELETE" in form.fields:
            form.fields["DELETE"].disabled = True
            form.fields["DELETE"].widget.attrs["title"] = enrolment.IS_FOLLOWED

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.forms:
            if form.errors or not form.cleaned_data or form in self.deleted_forms:
                continue
            if form.instance.identity_key in seen:
                raise ValidationError(
                    _("%(person)s figure deux fois dans la liste."),
                    params={"person": form.instance},
                )
            seen.add(form.instance.identity_key)
