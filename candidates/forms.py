"""What people type, checked once; every error is one sentence."""

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from sessions_app import commands
from sessions_app.forms import first_error
from sessions_app.refusals import Invalid, Malformed

from . import timing

ADDED = _("Le temps ajouté va de 1 à %(most)s minutes.")
GIVEN_BACK = _("Le temps rendu va de 0 à %(most)s minutes.")
_within = lazy(lambda sentence: sentence % {"most": timing.LONGEST_GRANT_MINUTES}, str)


class JoinForm(forms.Form):
    """The candidate's door. Field names are a contract."""

    session_number = forms.CharField(label=_("Numéro de session"), max_length=20)
    last_name = forms.CharField(label=_("Nom de naissance"), max_length=120)
    first_name = forms.CharField(label=_("Prénom"), max_length=120)
    birthdate = forms.DateField(
        label=_("Date de naissance"),
        input_formats=["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d %m %Y"],
        help_text=_("Exemple : 23/04/2010"),
        error_messages={"invalid": _("Écrivez la date ainsi : 23/04/2010.")},
    )
    access_code = forms.CharField(label=_("Code d’accès"), max_length=20)

    field_hints = {
        "session_number": {"inputmode": "numeric", "autocomplete": "off"},
        "last_name": {"autocomplete": "family-name"},
        "first_name": {"autocomplete": "given-name"},
        "birthdate": {
            "inputmode": "numeric",
            "autocomplete": "bday",
            "placeholder": _("JJ/MM/AAAA"),
        },
        "access_code": {
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
        },
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, hints in self.field_hints.items():
            self.fields[name].widget.attrs.update(hints)

    def clean_birthdate(self) -> date:
        birthdate = self.cleaned_data["birthdate"]
        if not date(1900, 1, 1) <= birthdate <= timezone.localdate():
            raise forms.ValidationError(_("Vérifiez l’année de naissance."))
        return birthdate


class ActionForm(forms.Form):
    """What every action carries: the version of the row that the person saw."""

    row_version = forms.IntegerField(min_value=0, required=False)


class ClaimForm(ActionForm):
    instead_of = forms.IntegerField(min_value=1, required=False)


class EndTestForm(ActionForm):
    reason = forms.CharField(max_length=200, required=False)


class MinutesForm(ActionForm):
    minutes = forms.IntegerField(
        min_value=1,
        max_value=timing.LONGEST_GRANT_MINUTES,
        error_messages={
            "required": _("Indiquez le nombre de minutes à ajouter."),
            "invalid": _("Le nombre de minutes doit être un nombre entier."),
            "min_value": _within(ADDED),
            "max_value": _within(ADDED),
        },
    )
    reason = forms.CharField(max_length=200, required=False)


class ResumeForm(ActionForm):
    minutes = forms.IntegerField(
        min_value=0,
        max_value=timing.LONGEST_GRANT_MINUTES,
        required=False,
        error_messages={
            "invalid": _("Le nombre de minutes doit être un nombre entier."),
            "min_value": _within(GIVEN_BACK),
            "max_value": _within(GIVEN_BACK),
        },
    )

    def clean_minutes(self) -> int:
        return self.cleaned_data["minutes"] or 0


class UndoTimeForm(ActionForm):
    grant = forms.IntegerField(min_value=1, required=False)


class PauseForm(forms.Form):
    reason = forms.CharField(max_length=200, required=False)


def cleaned(form: forms.Form) -> dict:
    """The form's values; raises `Malformed` or `Invalid` with the first error's sentence.

    A value that no form of ours can send (a version that is no number) is malformed.
    """
    if form.is_valid():
        return form.cleaned_data
    if "row_version" in form.errors:
        raise Malformed(commands.INCOMPLETE)
    raise Invalid(first_error(form))
