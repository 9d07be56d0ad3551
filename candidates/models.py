"""The people who take the test: enrolment, state, facts, time and answers."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, FilteredRelation, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from sessions_app.models import shown_name

from . import identity, timing
from .display import RowDisplay
from .facts import HasFacts
from .states import State


def open_alert() -> FilteredRelation:
    """The alert of a candidate that waits for the supervisor, to annotate with; one at most."""
    return FilteredRelation("alerts", condition=Q(alerts__closed_at=None))


class CandidateQuerySet(models.QuerySet):
    def with_facts(self) -> "CandidateQuerySet":
        """Adds, in the same query: last timer, open alert, time granted, who goes there."""
        granted = (
            TimeGrant.objects.filter(candidate=models.OuterRef("pk"), undone_at=None)
            .order_by()
            .values("candidate")
            .annotate(total=Sum("seconds"))
            .values("total")
        )
        return self.annotate(open_alert=open_alert()).annotate(
            started_at=F("timer__started_at"),
            ends_at=F("timer__ends_at"),
            alert_id=F("open_alert__id"),
            alert_question=F("open_alert__question"),
            alert_raised_at=F("open_alert__raised_at"),
            granted_seconds=Coalesce(models.Subquery(granted), 0),
            claimed_by_name=shown_name("claimed_by"),
        )


class Candidate(RowDisplay, HasFacts, models.Model):
    """One person enrolled in one session.

    `state` is one of three; every other fact stands in a column of its own, so that none hides
    another. `row_version` is the session's version at the last change that a decision may hang
    on: a person who acts on an older sight is told so.
    """

    class EndedBy(models.TextChoices):
        CANDIDATE = "candidate", _("candidat")
        SUPERVISOR = "supervisor", _("surveillant")
        SYSTEM = "system", _("heure de fin")

    session = models.ForeignKey(
        "sessions_app.Session",
        models.CASCADE,
        related_name="candidates",
        verbose_name=_("session"),
        db_index=False,  # the constraint's begins with it
    )
    birth_name = models.CharField(_("nom de naissance"), max_length=120)
    first_name = models.CharField(_("prénom"), max_length=120)
    birthdate = models.DateField(_("date de naissance"))
    external_id = models.CharField(_("identifiant externe"), max_length=60, blank=True)
    extra_time_percent = models.DecimalField(
        _("temps majoré (%)"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0), MaxValueValidator(300)],
    )
    # Written at each save from the name and birthdate: sorts without accents, finds one person.
    sort_key = models.CharField(max_length=260, editable=False)
    identity_key = models.CharField(max_length=280, editable=False)

    state = models.CharField(
        _("statut"), max_length=12, choices=State, default=State.NOT_STARTED, editable=False
    )
    authorized_until = models.DateTimeField(null=True, editable=False)
    # That the authorisation is about to lapse: written with each one, says nothing without one.
    lapse_told = models.BooleanField(default=False, editable=False)
    asks_start_at = models.DateTimeField(null=True, editable=False)
    asks_resume_at = models.DateTimeField(null=True, editable=False)
    away_since = models.DateTimeField(null=True, editable=False)
    # The start of an absence that outlasted the grace; the test waits until a resume.
    lost_since = models.DateTimeField(null=True, editable=False)
    # Away with many others in the same seconds (the room's network): told once for all of them.
    away_together = models.BooleanField(default=False, editable=False)
    # The last mark before the end hour (15, then 5 minutes) that has been told.
    warned_minutes = models.PositiveSmallIntegerField(null=True, editable=False)
    overtime_at = models.DateTimeField(null=True, editable=False)
    question = models.PositiveSmallIntegerField(null=True, editable=False)
    question_opened_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.CharField(max_length=10, choices=EndedBy, blank=True, editable=False)
    end_reason = models.CharField(max_length=200, blank=True, editable=False)
    row_version = models.PositiveBigIntegerField(default=0, editable=False)

    # The supervisor who has said that they go there, as long as this candidate needs someone.
    claimed_by = models.ForeignKey(
        "sessions_app.User", models.PROTECT, related_name="+", null=True, editable=False
    )
    claimed_at = models.DateTimeField(null=True, editable=False)
    # The last action on this candidate that their computer has not acknowledged, and the instant
    # of the first such one. See `acknowledgements`.
    unseen_version = models.PositiveBigIntegerField(null=True, editable=False)
    unseen_since = models.DateTimeField(null=True, editable=False)

    # The browser that holds the seat, the one that asks for it, and the process it speaks to.
    seat = models.CharField(max_length=32, blank=True, editable=False)
    waiting_seat = models.CharField(max_length=32, blank=True, editable=False)
    node = models.CharField(max_length=32, blank=True, editable=False)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        verbose_name = _("candidat")
        ordering = ["sort_key", "pk"]
        indexes = [
            # Asked every few seconds, among all candidates of all times.
            models.Index(
                fields=["session"],
                condition=Q(away_since__isnull=False),
                name="candidates_who_are_away",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "identity_key"],
                name="one_row_per_person",
                violation_error_message=_("Ce candidat est déjà inscrit dans cette session."),
            ),
            models.CheckConstraint(
                condition=Q(state=State.FINISHED, ended_at__isnull=False, ended_by__gt="")
                | (~Q(state=State.FINISHED) & Q(ended_at=None, ended_by="")),
                name="finished_has_its_end",
            ),
            models.CheckConstraint(
                condition=Q(state=State.IN_PROGRESS) | Q(asks_resume_at=None),
                name="only_a_running_test_resumes",
            ),
            models.CheckConstraint(
                condition=Q(state=State.NOT_STARTED) | Q(asks_start_at=None),
                name="only_who_waits_asks_to_start",
            ),
            models.CheckConstraint(
                condition=Q(extra_time_percent__gte=0, extra_time_percent__lte=300),
                name="extra_time_is_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    def save(self, *args, **kwargs):
        self.set_keys()
        super().save(*args, **kwargs)

    def clean_fields(self, exclude=None):
        """The keys exist before the admin checks that nobody is enrolled twice."""
        super().clean_fields(exclude)
        if self.birthdate:
            self.set_keys()

    def set_keys(self) -> None:
        keys = (identity.match_key(self.birth_name), identity.match_key(self.first_name))
        self.sort_key = " ".join(keys)
        self.identity_key = identity.same_person_key(
            self.birth_name, self.first_name, self.birthdate
        )


class Node(models.Model):
    """A server process; while its lease runs, the candidates it speaks to are not orphans."""

    name = models.CharField(max_length=32, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Timer(models.Model):
    """The running time of a test. `ends_at` moves in SQL only; what remains is never stored."""

    candidate = models.OneToOneField(Candidate, models.CASCADE, related_name="timer")
    started_at = models.DateTimeField()
    duration_minutes = models.PositiveSmallIntegerField()
    extra_time_percent = models.DecimalField(max_digits=5, decimal_places=2)
    ends_at = models.DateTimeField()
    paused_seconds = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("chronomètre")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("started_at")), name="timer_ends_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} → {self.ends_at:%H:%M:%S}"


class TimeGrant(models.Model):
    """One line of the ledger of added time. Undone by a date, never erased or overwritten."""

    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="time_grants")
    seconds = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey("sessions_app.User", models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("sessions_app.User", models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name = _("temps ajouté")
        verbose_name_plural = _("temps ajoutés")
        ordering = ["granted_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seconds__gt=0, seconds__lte=timing.LONGEST_GRANT_MINUTES * 60),
                name="grant_is_sane",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="who_undid_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"+{self.minutes} min"

    @property
    def minutes(self) -> int:
        return self.seconds // 60


class Answer(models.Model):
    """What the candidate answered; `late` when the time of a timed question was over."""

    # The constraint's index begins with it.
    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="answers", db_index=False)
    question = models.PositiveSmallIntegerField()
    value = models.CharField(max_length=200, blank=True)
    late = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "question"], name="one_answer_per_question"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} n° {self.question}"
