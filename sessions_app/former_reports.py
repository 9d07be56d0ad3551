"""What a session that was reopened keeps of its closing: the PV as it was signed, and its seal."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class FormerReport(models.Model):
    """A PV that was signed, then reopened. Append-only: the database refuses all but the purge.

    `rank` counts the closings of the session from 1. `sealed_version` is the last event that
    `journal_digest` covers; `report_ref` is the key by which the journal names the PV.
    """

    session = models.ForeignKey(
        "sessions_app.Session", models.CASCADE, related_name="former_reports"
    )
    rank = models.PositiveSmallIntegerField()
    report_ref = models.PositiveBigIntegerField()
    signed_name = models.CharField(_("signé par"), max_length=120)
    signed_role = models.CharField(_("en qualité de"), max_length=120)
    signed_by = models.ForeignKey("sessions_app.User", models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(_("signé à"))
    sealed_version = models.PositiveBigIntegerField()
    journal_digest = models.CharField(_("empreinte du journal"), max_length=64)
    pdf = models.BinaryField(editable=False)
    pdf_sha256 = models.CharField(_("empreinte du PDF"), max_length=64)
    reopened_at = models.DateTimeField(_("rouverte à"))
    reopened_by = models.ForeignKey("sessions_app.User", models.PROTECT, related_name="+")
    reason = models.CharField(_("motif"), max_length=300)

    class Meta:
        verbose_name = _("PV d’une session rouverte")
        verbose_name_plural = _("PV de sessions rouvertes")
        ordering = ["session", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["session", "rank"], name="one_former_report_per_rank"),
        ]

    def __str__(self) -> str:
        return f"PV n° {self.rank} · {self.session}"

    @property
    def sentence(self) -> str:
        """Who had signed, who reopened, and why."""
        zone = self.session.zone
        signed, reopened = self.signed_at.astimezone(zone), self.reopened_at.astimezone(zone)
        return gettext(
            "Un PV a été signé par %(signer)s le %(signed_day)s à %(signed_hour)s. La session a été"
            " rouverte le %(day)s à %(hour)s par %(by)s : « %(reason)s »"
        ) % {
            "signer": self.signed_name,
            "signed_day": f"{signed:%d/%m/%Y}",
            "signed_hour": f"{signed:%H:%M}",
            "day": f"{reopened:%d/%m/%Y}",
            "hour": f"{reopened:%H:%M}",
            "by": self.reopened_by,
            "reason": self.reason,
        }
