"""What is typed about incidents; the table of categories decides what is required."""

from django import forms

from candidates.forms import ActionForm

from .categories import LONGEST_TEXT
from .models import Alert

NOT_A_NUMBER = {"invalid": "Le numéro de question va de 1 à 500."}
TOO_LONG = {"max_length": "Le texte est trop long : 2 000 signes au plus."}


class IncidentForm(ActionForm):
    category = forms.CharField(max_length=3, required=False)
    question = forms.IntegerField(required=False, error_messages=NOT_A_NUMBER)
    text = forms.CharField(max_length=LONGEST_TEXT, required=False, error_messages=TOO_LONG)


class RoomIncidentForm(forms.Form):
    category = forms.CharField(max_length=3, required=False)
    text = forms.CharField(max_length=LONGEST_TEXT, required=False, error_messages=TOO_LONG)


class AcceptAlertForm(ActionForm):
    category = forms.CharField(max_length=3, required=False)
    text = forms.CharField(max_length=LONGEST_TEXT, required=False, error_messages=TOO_LONG)


class RejectAlertForm(ActionForm):
    text = forms.CharField(max_length=200, required=False)


class AlertForm(forms.Form):
    subject = forms.ChoiceField(
        choices=Alert.Subject,
        error_messages={
            "required": "Choisissez ce qui ne va pas.",
            "invalid_choice": "Choisissez ce qui ne va pas.",
        },
    )
    text = forms.CharField(max_length=500, required=False)


class RemarksForm(forms.Form):
    remarks = forms.CharField(max_length=10_000, required=False, strip=False)
