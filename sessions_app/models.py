"""Who supervises, where and when; and the journal of what happened."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from . import codes
from .former_reports import FormerReport  # noqa: F401 (tables of this application)
from .memberships import Invitation, Membership  # noqa: F401
from .purge_models import PurgedSession, PurgeRun  # noqa: F401
from .security_models import Erasure, SecurityEvent  # noqa: F401


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account; the e-mail address is the identity."""

    email = models.EmailField(_("adresse e-mail"), unique=True)
    name = models.CharField(_("nom affiché"), max_length=80, blank=True)
    is_staff = models.BooleanField(_("accès à l’administration"), default=False)
    is_active = models.BooleanField(_("compte actif"), default=True)
    date_joined = models.DateTimeField(_("créé le"), auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("compte")
        ordering = ["email"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return str(self)


def shown_name(path: str) -> Coalesce:
    """`str` of the account at `path` ("user", "claimed_by"), in a query."""
    name = NullIf(F(f"{path}__name"), models.Value(""))
    return Coalesce(name, F(f"{path}__email"), output_field=models.CharField())


def check_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("Ce fuseau horaire n’existe pas (exemple : Indian/Reunion)."))


class Center(models.Model):
    """A certification centre: a school, a university, a training centre."""

    name = models.CharField(_("nom"), max_length=120)
    external_id = models.CharField(_("identifiant externe"), max_length=40, unique=True)
    time_zone = models.CharField(
        _("fuseau horaire"), max_length=40, default="Europe/Paris", validators=[check_time_zone]
    )
    members = models.ManyToManyField(User, verbose_name=_("membres"), through=Membership)

    class Meta:
        verbose_name = _("centre de certification")
        verbose_name_plural = _("centres de certification")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """One room, one start, one list of candidates.

    `version` counts the events of the session and moves only with one of them; `epoch` names
    the history that these versions belong to.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planifiée")
        OPEN = "open", _("ouverte")
        FINALIZED = "finalized", _("finalisée")

    center = models.ForeignKey(
        Center, models.PROTECT, related_name="sessions", verbose_name=_("centre")
    )
    number = models.CharField(
        _("numéro"),
        max_length=6,
        unique=True,
        default=codes.new_number,
        validators=[RegexValidator(r"^\d{6}$", _("Le numéro de session a six chiffres."))],
    )
    site = models.CharField(_("site"), max_length=120)
    room = models.CharField(_("salle"), max_length=120)
    date = models.DateField(_("date"))
    start_time = models.TimeField(_("heure de début (heure locale)"))
    supervisors = models.CharField(_("surveillant(s)"), max_length=240, blank=True)
    remarks = models.CharField(_("observations"), max_length=500, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(
        _("durée (minutes)"),
        default=105,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
    )
    grace_seconds = models.PositiveSmallIntegerField(
        _("retour sans autorisation (secondes)"),
        default=60,
        help_text=_("Au-delà de cette absence, le surveillant autorise la reprise."),
    )
    auto_end = models.BooleanField(
        _("fin automatique"),
        default=False,
        help_text=_("Termine chaque test à son heure de fin. Sinon, le surveillant décide."),
    )
    access_code = models.CharField(
        _("code d’accès (candidats)"), max_length=12, default=codes.new_access_code
    )
    supervisor_code = models.CharField(
        _("code surveillant"), max_length=12, default=codes.new_supervisor_code
    )
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.PLANNED)
    first_started_at = models.DateTimeField(_("premier départ"), null=True, editable=False)
    paused_at = models.DateTimeField(_("suspendue depuis"), null=True, editable=False)
    pause_reason = models.CharField(max_length=200, blank=True, editable=False)
    version = models.PositiveBigIntegerField(default=0, editable=False)
    epoch = models.UUIDField(default=uuid.uuid4, editable=False)

    now: datetime  # set by `journal.lock`: the database's clock, under the lock

    class Meta:
        verbose_name = _("session")
        ordering = ["-date", "start_time", "number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=1, duration_minutes__lte=600),
                name="session_duration_is_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{codes.spaced(self.number, 3)} · {self.room}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.center.time_zone)

    @property
    def scheduled_start(self) -> datetime:
        return datetime.combine(self.date, self.start_time, self.zone)

    @property
    def spaced_number(self) -> str:
        return codes.spaced(self.number, 3)

    def hour_of(self, instant: datetime) -> str:
        """As the clock of the room shows it: "08:31"."""
        return f"{instant.astimezone(self.zone):%H:%M}"

    def at_version(self, version: int) -> "Session":
        """The same session once `version` is reached, when nothing else of it has moved."""
        twin = Session.__new__(Session)
        twin.__dict__ = {**self.__dict__, "version": version}
        return twin

    def is_joinable(self, now: datetime) -> bool:
        """Candidates may join until 24 h after the first start, and never once finalised."""
        if self.state == self.State.FINALIZED:
            return False
        return self.first_started_at is None or now < self.first_started_at + timedelta(hours=24)


class SupervisorAccess(models.Model):
    """The right of an account to supervise a session, won with its number and code."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="accesses")
    user = models.ForeignKey(User, models.CASCADE, related_name="accesses")
    granted_at = models.DateTimeField(_("accordé le"), auto_now_add=True)
    revoked_at = models.DateTimeField(_("retiré le"), null=True, blank=True)

    class Meta:
        verbose_name = _("accès surveillant")
        verbose_name_plural = _("accès surveillants")
        constraints = [
            models.UniqueConstraint(fields=["session", "user"], name="one_access_per_supervisor"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.session}"


class SupervisorPresence(models.Model):
    """An account had the board of a session open at `seen_at`: a lease, see `colleagues`."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="presences")
    user = models.ForeignKey(User, models.CASCADE, related_name="presences")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "user"], name="one_presence_per_supervisor"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.session_id}"


class Guesses(models.Model):
    """Failures to type a code, of one key in one window of time: see `guesses`."""

    key = models.CharField(max_length=32)
    window = models.PositiveBigIntegerField()
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "window"], name="one_count_per_window"),
        ]


class SessionEvent(models.Model):
    """One thing that happened. Append-only: the database refuses updates and deletions.

    It is the audit trail, the source of the PV and the catch-up log of the live boards.
    """

    class Actor(models.TextChoices):
        SUPERVISOR = "supervisor", _("surveillant")
        CANDIDATE = "candidate", _("candidat")
        SYSTEM = "system", _("système")

    # Without indexes that each answer would be entered in for nothing: the constraint's begins with
    # the session, and no answer has a user.
    session = models.ForeignKey(Session, models.PROTECT, related_name="events", db_index=False)
    version = models.PositiveBigIntegerField()
    type = models.CharField(max_length=40)
    candidate = models.ForeignKey(
        "candidates.Candidate", models.PROTECT, related_name="events", null=True
    )
    actor = models.CharField(max_length=10, choices=Actor)
    user = models.ForeignKey(User, models.PROTECT, related_name="events", null=True, db_index=False)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("événement")
        ordering = ["session", "version"]
        indexes = [
            models.Index(
                fields=["user"], condition=Q(user__isnull=False), name="events_of_somebody"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["session", "version"], name="one_event_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} v{self.version} {self.type}"


class Command(models.Model):
    """The stored answer to one intention of one person, so that a repeat is not applied twice."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="commands")
    user = models.ForeignKey(User, models.CASCADE)
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "user", "key"], name="one_answer_per_key"),
        ]
