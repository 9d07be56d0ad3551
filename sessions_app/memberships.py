"""Who belongs to a centre, and as what; and who has been invited to."""

from django.db import models
from django.db.models import Q


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", "administration du centre"
    SUPERVISOR = "supervisor", "surveillance"


class Membership(models.Model):
    """A person of a centre. A supervisor of its pool opens no session without its code."""

    center = models.ForeignKey(
        "sessions_app.Center", models.CASCADE, related_name="memberships", verbose_name="centre"
    )
    user = models.ForeignKey(
        "sessions_app.User", models.CASCADE, related_name="memberships", verbose_name="compte"
    )
    role = models.CharField("rôle", max_length=13, choices=Role, default=Role.SUPERVISOR)

    class Meta:
        db_table = "sessions_app_center_members"
        unique_together = [("center", "user")]
        verbose_name = "membre d’un centre"
        verbose_name_plural = "membres des centres"
        ordering = ["center", "user"]

    def __str__(self) -> str:
        return f"{self.user} · {self.center}"


class Invitation(models.Model):
    """An address that a centre has invited. `attempt` counts the sendings: one link lives."""

    center = models.ForeignKey(
        "sessions_app.Center", models.CASCADE, related_name="invitations", verbose_name="centre"
    )
    email = models.EmailField("adresse e-mail")
    role = models.CharField("rôle", max_length=13, choices=Role, default=Role.SUPERVISOR)
    invited_by = models.ForeignKey(
        "sessions_app.User", models.SET_NULL, related_name="+", null=True, verbose_name="par"
    )
    attempt = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField("envoyée le")
    accepted_at = models.DateTimeField("acceptée le", null=True)
    withdrawn_at = models.DateTimeField("retirée le", null=True)

    class Meta:
        verbose_name = "invitation"
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
