"""Who belongs to a centre, and as what; and who has been invited to."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("administration du centre")
    SUPERVISOR = "supervisor", _("surveillance")


class Membership(models.Model):
    """A person of a centre. A supervisor of its pool opens no session without its code."""

    center = models.ForeignKey(
        "sessions_app.Center", models.CASCADE, related_name="memberships", verbose_name=_("centre")
    )
    user = models.ForeignKey(
        "sessions_app.User", models.CASCADE, related_name="memberships", verbose_name=_("compte")
    )
    role = models.CharField(_("rôle"), max_length=13, choices=Role, default=Role.SUPERVISOR)

    class Meta:
        db_table = "sessions_app_center_members"
        unique_together = [("center", "user")]
        verbose_name = _("membre d’un centre")
        verbose_name_plural = _("membres des centres")
        ordering = ["center", "user"]

    def __str__(self) -> str:
        return f"{self.user} · {self.center}"


class Invitation(models.Model):
    """An address that a centre has invited. `attempt` counts the sendings: one link lives."""

    center = models.ForeignKey(
        "sessions_app.Center", models.CASCADE, related_name="invitations", verbose_name=_("centre")
    )
    email = models.EmailField(_("adresse e-mail"))
    role = models.CharField(_("rôle"), max_length=13, choices=Role, default=Role.SUPERVISOR)
    invited_by = models.ForeignKey(
        "sessions_app.User", models.SET_NULL, related_name="+", null=True, verbose_name=_("par")
    )
    attempt = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField(_("envoyée le"))
    accepted_at = models.DateTimeField(_("acceptée le"), null=True)
    withdrawn_at = models.DateTimeField(_("retirée le"), null=True)

    class Meta:
        verbose_name = _("invitation")
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["center", "email"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.center}"
