"""What goes wrong in the room: alerts of candidates, incidents, the PV."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .categories import LONGEST_TEXT, Category


class Alert(models.Model):
    """A problem that a candidate reports on a question; one open at a time."""

    class Subject(models.TextChoices):
        IMAGE = "image", _("Une image ne s’affiche pas")
        EMBED = "embed", _("Un simulateur ne fonctionne pas")
        FILE = "file", _("Un fichier ne s’ouvre pas")
        FOCUS = "focus", _("La page dit que je l’ai quittée")
        PAGE = "page", _("La page ne s’affiche pas correctement")
        OTHER = "other", _("Autre problème")

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("accepté")
        REJECTED = "rejected", _("refusé")
        DROPPED = "dropped", _("sans suite : le test est terminé")

    candidate = models.ForeignKey(
        "candidates.Candidate", models.CASCADE, related_name="alerts", verbose_name=_("candidat")
    )
    question = models.PositiveSmallIntegerField(_("question"))
    subject = models.CharField(_("objet"), max_length=10, choices=Subject)
    text = models.CharField(_("précisions"), max_length=500, blank=True)
    raised_at = models.DateTimeField(_("signalé à"))
    closed_at = models.DateTimeField(_("traité à"), null=True)
    outcome = models.CharField(_("suite"), max_length=10, choices=Outcome, blank=True)
    closed_by = models.ForeignKey("sessions_app.User", models.PROTECT, related_name="+", null=True)
    reply = models.CharField(_("réponse"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("signalement")
        ordering = ["raised_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate"], condition=Q(closed_at=None), name="one_open_alert"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="")
                | Q(closed_at__isnull=False, outcome__gt=""),
                name="closed_alert_has_its_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.question} : {self.get_subject_display()}"


class Incident(models.Model):
    """One line of the PV. Append-only: a correction is a new line that names the one it replaces.

    `noted_at` is when it was written down, `occurred_at` when it happened. A correction that is
    `withdrawn` says that the line was noted by mistake.
    """

    session = models.ForeignKey(
        "sessions_app.Session", models.CASCADE, related_name="incidents", verbose_name=_("session")
    )
    candidate = models.ForeignKey(
        "candidates.Candidate",
        models.PROTECT,
        related_name="incidents",
        null=True,
        verbose_name=_("candidat"),
    )
    category = models.CharField(_("catégorie"), max_length=3, choices=Category)
    question = models.PositiveSmallIntegerField(_("question"), null=True)
    text = models.CharField(_("description"), max_length=LONGEST_TEXT, blank=True)
    occurred_at = models.DateTimeField(_("survenu à"))
    noted_at = models.DateTimeField(_("noté à"))
    author = models.ForeignKey(
        "sessions_app.User", models.PROTECT, related_name="incidents", verbose_name=_("noté par")
    )
    alert = models.OneToOneField(Alert, models.PROTECT, related_name="incident", null=True)
    corrects = models.OneToOneField("self", models.PROTECT, related_name="correction", null=True)
    withdrawn = models.BooleanField(_("noté par erreur"), default=False)

    class Meta:
        verbose_name = _("incident")
        ordering = ["occurred_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(question=None) | Q(question__gte=1, question__lte=500),
                name="incident_question_is_sane",
            ),
            models.CheckConstraint(
                condition=~Q(category__startswith="E") | Q(question__isnull=False),
                name="incident_has_its_question",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} · {self.occurred_at:%H:%M}"


class Remark(models.Model):
    """One supervisor's own words on the PV: each writes in a block of their own.

    `version` counts its saves, so that two pages of one person do not overwrite each other.
    """

    session = models.ForeignKey(
        "sessions_app.Session", models.CASCADE, related_name="pv_remarks", verbose_name=_("session")
    )
    author = models.ForeignKey(
        "sessions_app.User", models.PROTECT, related_name="+", verbose_name=_("écrit par")
    )
    text = models.TextField(_("observations"), max_length=10_000, blank=True)
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(_("modifié à"))

    class Meta:
        verbose_name = _("observations d’un surveillant")
        verbose_name_plural = _("observations des surveillants")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "author"], name="one_block_per_supervisor"),
        ]

    def __str__(self) -> str:
        return f"{self.author} · {self.session}"


class IncidentReport(models.Model):
    """The PV d’incident as it was signed when the session was finalised, with its seal.

    `pdf` is the document that was signed, `pdf_sha256` its digest; `journal_digest` closes the
    chain of the session's events (see `journal_chain`). Digests are 64 hexadecimal signs.
    """

    session = models.OneToOneField(
        "sessions_app.Session", models.CASCADE, related_name="incident_report"
    )
    signed_name = models.CharField(_("signé par"), max_length=120)
    signed_role = models.CharField(_("en qualité de"), max_length=120)
    signed_by = models.ForeignKey("sessions_app.User", models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(_("signé à"))
    journal_digest = models.CharField(_("empreinte du journal"), max_length=64, blank=True)
    pdf = models.BinaryField(default=bytes, editable=False)
    pdf_sha256 = models.CharField(_("empreinte du PDF"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("PV d’incident")
        verbose_name_plural = _("PV d’incident")

    def __str__(self) -> str:
        return f"PV · {self.session}"
