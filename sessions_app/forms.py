"""The supervisor's entry."""

from django import forms
from django.utils.translation import gettext_lazy as _


def first_error(form: forms.Form) -> str:
    """The first thing to mend, in one sentence."""
    return str(next(iter(form.errors.values()))[0])


class EntryForm(forms.Form):
    """Number and code, typed with any spaces, dashes and case. Field names are a contract."""

    session_number = forms.CharField(label=_("Numéro de session"), max_length=20)
    supervisor_code = forms.CharField(label=_("Code surveillant"), max_length=20)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["session_number"].widget.attrs.update(inputmode="numeric", autocomplete="off")
        self.fields["supervisor_code"].widget.attrs.update(
            autocomplete="off", autocapitalize="characters", spellcheck="false"
        )
