"""What is typed about incidents; the table of categories decides what is required."""

from django import forms
from django.utils.translation import gettext_lazy as _

from candidates.enrolment_fields import IdentityFields
from candidates.forms import ActionForm, ResumeForm

from .categories import LONGEST_TEXT
from .models import Alert

NOT_A_NUMBER = {"invalid": _("Le numéro de question va de 1 à 500.")}
TOO_LONG = {"max_length": _("Le texte est trop long : 2 000 signes au plus.")}


class RoomIncidentForm(forms.Form):
    category = forms.CharField(max_length=3, required=False)
    text = forms.CharField(max_length=LONGEST_TEXT, required=False, error_messages=TOO_LONG)
    hour = forms.TimeField(
        input_formats=["%H:%M", "%H:%M:%S", "%Hh%M", "%H h %M"],
        required=False,
        error_messages={"invalid": _("Écrivez l’heure ainsi : 09:41.")},
    )


class CorrectionForm(RoomIncidentForm):
    question = forms.IntegerField(required=False, error_messages=NOT_A_NUMBER)


class IncidentForm(CorrectionForm, ActionForm):
    pass


class AcceptAlertForm(ResumeForm):
    category = forms.CharField(max_length=3, required=False)
    text = forms.CharField(max_length=LONGEST_TEXT, required=False, error_messages=TOO_LONG)


class RejectAlertForm(ResumeForm):
    text = forms.CharField(max_length=200, required=False)


class EntryForm(ActionForm):
    """An entry of the day: the table of entries decides what words are required."""

    text = RoomIncidentForm.base_fields["text"]
    hour = RoomIncidentForm.base_fields["hour"]


class IdentityForm(IdentityFields, EntryForm):
    """The entry that corrects an identity, and the line of the list with it."""

    # The identity that the fields started from.
    shown = forms.CharField(max_length=280, required=False)
    # With the values before and after, it makes one text of an incident.
    text = forms.CharField(
        max_length=500,
        required=False,
        error_messages={"max_length": _("Le texte est trop long : 500 signes au plus.")},
    )


class SignatureForm(forms.Form):
    """Who signs the PV, and their password again."""

    name = forms.CharField(label=_("Nom et prénom"), max_length=120)
    role = forms.CharField(
        label=_("Fonction"), max_length=120, help_text=_("Exemple : surveillante de session")
    )
    password = forms.CharField(
        label=_("Votre mot de passe"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    field_hints = {"name": {"autocomplete": "name"}, "role": {"autocomplete": "organization-title"}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, hints in self.field_hints.items():
            self.fields[name].widget.attrs.update(hints)


class ReopeningForm(forms.Form):
    """Why a finalised session is reopened, and the password of who does it."""

    reason = forms.CharField(
        label=_("Motif"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Il sera lu par les surveillants, et écrit dans le journal et le prochain PV."),
        error_messages={
            "required": _("Dites pourquoi la session est rouverte."),
            "max_length": _("Le motif est trop long : 300 signes au plus."),
        },
    )
    password = SignatureForm.base_fields["password"]


class AlertForm(forms.Form):
    subject = forms.ChoiceField(
        choices=Alert.Subject,
        error_messages={
            "required": _("Choisissez ce qui ne va pas."),
            "invalid_choice": _("Choisissez ce qui ne va pas."),
        },
    )
    text = forms.CharField(max_length=500, required=False)
    question = forms.IntegerField(required=False)


class RemarksForm(forms.Form):
    """`version` is that of the words that the page started from."""

    remarks = forms.CharField(
        max_length=10_000,
        required=False,
        strip=False,
        error_messages={"max_length": _("Le texte est trop long : 10 000 signes au plus.")},
    )
    version = forms.IntegerField(min_value=0, required=False)
