"""Two records that only grow: who passed a door or took something away, and who was erased.

Both hold identifiers only, and refuse in the database what they do not foresee (migration
`security_log`).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SecurityEvent(models.Model):
    """One line of the security log. Written by `security_log.note` only.

    It outlives the account and the session that it names, hence plain keys. `origin` is a keyed
    hash of the address.
    """

    at = models.DateTimeField(_("le"))
    kind = models.CharField(_("événement"), max_length=40)
    user_ref = models.PositiveBigIntegerField(_("compte"), null=True)
    session_number = models.CharField(_("session"), max_length=6, blank=True)
    origin = models.CharField(_("provenance"), max_length=16, blank=True)
    data = models.JSONField(_("détails"), default=dict)

    class Meta:
        verbose_name = _("événement de sécurité")
        verbose_name_plural = _("événements de sécurité")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at"], name="security_by_time"),
            models.Index(fields=["user_ref", "kind", "at"], name="security_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


class Erasure(models.Model):
    """A candidate whose identity and words were replaced, at the request of `ground`.

    Open (`bridges` empty) within its own transaction only: the growing tables then let go of
    words. `bridges` let the seals of the journal hold: see `journal_chain`.
    """

    class Ground(models.TextChoices):
        PERSON = "person", _("Demande de la personne")
        PARENTS = "parents", _("Demande de ses parents ou représentants")
        OFFICER = "officer", _("Décision du délégué à la protection des données")
        MISTAKE = "mistake", _("Inscription faite par erreur")

    session = models.ForeignKey("sessions_app.Session", models.CASCADE, related_name="erasures")
    candidate = models.OneToOneField("candidates.Candidate", models.PROTECT, related_name="erasure")
    user = models.ForeignKey("sessions_app.User", models.PROTECT, related_name="+")
    ground = models.CharField(max_length=10, choices=Ground)
    at = models.DateTimeField()
    bridges = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.session_id} {self.candidate_id}"
