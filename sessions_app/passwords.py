"""Passwords made of the site's own words are guessed first (ASVS 6.2.11)."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

WORDS = ["surveillance", "surveillant", "certification", "administration", "session", "pix"]
LEAST = 6  # signs that are left without them
REFUSED = _("Ce mot de passe ressemble trop au nom du site : ajoutez d’autres mots.")


class OwnWordsValidator:
    """Refuses what is hardly more than WORDS, whatever case, accents and signs are between."""

    def validate(self, password: str, user=None) -> None:
        plain = unicodedata.normalize("NFKD", password).casefold()
        letters = "".join(sign for sign in plain if sign.isalnum())
        left = re.sub("|".join(WORDS), "", letters)
        if left != letters and len(left) < LEAST:
            raise ValidationError(REFUSED, code="own_words")

    def get_help_text(self) -> str:
        return gettext("Le nom du site ne suffit pas à faire un mot de passe.")
