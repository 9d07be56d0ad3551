"""The official categories of incidents and what each requires: a pure table.

Source: the incident categories of Pix certification sessions, as listed in the design.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from candidates.rehearsal import Question

QUESTION_NUMBERS = range(1, 501)
LONGEST_TEXT = 2_000


class Category(TextChoices):
    C1 = "C1", _("C1 · Identité à corriger")
    C2 = "C2", _("C2 · Temps majoré à corriger")
    C4 = "C4", _("C4 · Signature manquante")
    C6 = "C6", _("C6 · Suspicion de fraude")
    C7 = "C7", _("C7 · Problème technique non bloquant")
    C8 = "C8", _("C8 · Problème du candidat non bloquant")
    E1 = "E1", _("E1 · Image qui ne s’affiche pas")
    E2 = "E2", _("E2 · Simulateur ou application intégrée")
    E3 = "E3", _("E3 · Fichier à télécharger ou à ouvrir")
    E4 = "E4", _("E4 · Site à visiter indisponible")
    E5 = "E5", _("E5 · Site bloqué par l’établissement")
    E8 = "E8", _("E8 · Temps majoré insuffisant (question chronométrée)")
    E9 = "E9", _("E9 · Logiciel absent ou en panne")
    E10 = "E10", _("E10 · Sortie involontaire de la page")
    E11 = "E11", _("E11 · Page d’erreur de la plateforme")
    E12 = "E12", _("E12 · Problème d’accessibilité")


NEEDS_QUESTION = frozenset(category for category in Category if category.startswith("E"))
NEEDS_TEXT = frozenset({Category.C1, Category.C2, Category.C4, Category.C7, Category.C8})
FRAUD = Category.C6

# What the question must contain for the category to be the reason of an alert on it. The other
# categories about a question (a website, a software, an error page…) fit every question.
NEEDS_CONTENT = {
    Category.E1: "image",
    Category.E2: "embed",
    Category.E3: "file",
    Category.E10: "focus",
}
NEEDS_TIMED = frozenset({Category.E8})


def missing(category: str, question: int | None, text: str) -> str | None:
    """The sentence that says what the category still requires, or None when complete."""
    if category not in Category.values:
        return gettext("Choisissez une catégorie d’incident.")
    if question is not None and question not in QUESTION_NUMBERS:
        return gettext("Le numéro de question va de 1 à 500.")
    if category in NEEDS_QUESTION and question is None:
        return gettext("Indiquez le numéro de la question (de 1 à 500).")
    if category in NEEDS_TEXT and not text.strip():
        return gettext("Décrivez en une phrase ce qui s’est passé.")
    if len(text) > LONGEST_TEXT:
        return gettext("Le texte est trop long : 2 000 signes au plus.")
    return None


def fitting(question: Question) -> list[Category]:
    """The reasons for which an alert on this question may be accepted."""
    return [
        category
        for category in Category
        if category in NEEDS_QUESTION
        and (category not in NEEDS_CONTENT or NEEDS_CONTENT[category] in question.contains)
        and (category not in NEEDS_TIMED or question.seconds is not None)
    ]
