"""Who may supervise what. The one place where a key from outside becomes an object.

Every function returns the object or raises a `Refusal`; views and consumers both pass here.
What does not exist and what is not yours get the same answer.
"""

import secrets
from functools import wraps

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import parse_cookie
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from . import codes, logins, windows
from .memberships import Membership, Role
from .models import Center, Session, SupervisorAccess, User
from .refusals import Forbidden, Invalid, Missing, wants_page

NO_SUCH_SESSION = _("Cette session n’existe pas, ou vous n’y avez pas accès.")
NO_SUCH_CENTER = _("Ce centre n’existe pas, ou vous n’y avez pas accès.")
NO_SUCH_CANDIDATE = _("Ce candidat n’est pas inscrit dans cette session.")
NO_CODE = "?" * 8  # what a session that does not exist is compared with
LOG_IN = _("Connectez-vous pour continuer.")
FOR_THE_CENTER = _("Seule l’administration du centre peut le faire.")
WRONG_CODES = _(
    "Numéro de session ou code surveillant incorrect. Vérifiez-les sur le kit de session."
)


def account_required(view):
    """A page for people with an account, never kept by a cache.

    Anyone else goes to the login page; a script or a program gets a 403.
    """

    @wraps(view)
    def checked(request, *args, **kwargs):
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if wants_page(request):
            return redirect_to_login(request.get_full_path())
        raise Forbidden(LOG_IN)

    return never_cache(checked)


def cookies_of_socket(scope: dict) -> dict[str, str]:
    """The cookies that the browser of a socket has sent."""
    headers = [value.decode("latin1") for name, value in scope["headers"] if name == b"cookie"]
    return parse_cookie("; ".join(headers))


def login_of_socket(scope: dict) -> str:
    """The key of the login that a socket claims, or ""; no query."""
    return cookies_of_socket(scope).get(settings.SESSION_COOKIE_NAME, "")


def account_of_socket(scope: dict) -> tuple[User, str]:
    """Who opens a socket, and the key of their login; raises `Missing` for nobody."""
    login = login_of_socket(scope)
    user = logins.accounts([login]).get(login)
    if user is None:
        raise Missing(NO_SUCH_SESSION)
    return user, login


def centers_of(user: User) -> QuerySet[Center]:
    """The centres that this account administers: by its role there, or all."""
    if user.is_superuser:
        return Center.objects.all()
    own = Membership.objects.filter(user=user, role=Role.ADMINISTRATOR)
    return Center.objects.filter(pk__in=own.values("center"))


def centers_of_each(user_ids: RawSQL) -> QuerySet:
    """`center_id`, `user_id`: as `centers_of`, for many accounts (no superusers) at once; they are
    told as `many_keys.among` does."""
    return Membership.objects.filter(user_id__in=user_ids, role=Role.ADMINISTRATOR)


def center_of(user: User, center_id: int) -> Center:
    """The centre whose rooms this account may watch together; `Missing` otherwise."""
    center = centers_of(user).filter(pk=center_id).first() if user.is_active else None
    if center is None:
        raise Missing(NO_SUCH_CENTER)
    return center


def session_to_enter(number: str, code: str) -> Session:
    """The session behind a number and a supervisor code, typed with any spacing and case.

    Raises `Invalid`, with one sentence for an unknown number, a wrong code or a finalised
    session.
    """
    session = Session.objects.filter(number=codes.clean(number)[:12]).first()
    expected = session.supervisor_code if session else NO_CODE
    is_right = secrets.compare_digest(codes.clean(code).encode(), expected.encode())
    if session is None or not is_right or session.state == Session.State.FINALIZED:
        raise Invalid(WRONG_CODES)
    return session


def numbers_entered(user: User) -> set[str]:
    """The numbers of the sessions that the account has entered, and may still come back to."""
    entered = SupervisorAccess.objects.filter(user=user, revoked_at=None)
    return set(entered.values_list("session__number", flat=True))


def sessions_of(user: User) -> QuerySet[Session]:
    """Those the account has entered and those of the centres it administers; a superuser's, all."""
    sessions = Session.objects.select_related("center")
    if user.is_superuser:
        return sessions
    entered = SupervisorAccess.objects.filter(user=user, revoked_at=None)
    return sessions.filter(Q(pk__in=entered.values("session")) | Q(center__in=centers_of(user)))


def supervised_session(user: User, number: str) -> Session:
    """The session of this number when the account supervises it; `Missing` otherwise.

    Administrators of a centre supervise its sessions, too, without their codes and at any time.
    Others in its time only (`windows`); `Forbidden` before and after.
    """
    sessions = sessions_of(user).filter(number=number)
    session = sessions.first() if user.is_active else None
    if session is None:
        raise Missing(NO_SUCH_SESSION)
    check_time(user, session)
    return session


def check_time(user: User, session: Session) -> None:
    """`Forbidden` for a supervisor too early or too late; administrators pass at any time."""
    sentence = windows.refusal(session)
    if sentence and not administers(user, session):
        raise Forbidden(sentence)


def check_still_supervises(user: User, session: Session) -> None:
    """Asked again under the lock, for a right withdrawn since; raises `Forbidden`."""
    if not User.objects.filter(pk=user.pk, is_active=True).exists():
        raise Forbidden(NO_SUCH_SESSION)
    granted = SupervisorAccess.objects.filter(session=session, user=user, revoked_at=None)
    if user.is_superuser:
        return
    if granted.exists():
        check_time(user, session)
        return
    if not centers_of(user).filter(pk=session.center_id).exists():
        raise Forbidden(NO_SUCH_SESSION)


def administers(user: User, session: Session) -> bool:
    """Whether the account is an administrator of the centre of this session."""
    return user.is_active and centers_of(user).filter(pk=session.center_id).exists()


def administered_session(user: User, number: str) -> Session:
    """As `supervised_session`, for what only an administrator of its centre does; `Forbidden`."""
    session = supervised_session(user, number)
    if not administers(user, session):
        raise Forbidden(FOR_THE_CENTER)
    return session


def candidate_of(session: Session, candidate_id: int):
    """The candidate of this session, with facts; `Missing` when of another."""
    candidate = session.candidates.with_facts().filter(pk=candidate_id).first()
    if candidate is None:
        raise Missing(NO_SUCH_CANDIDATE)
    candidate.session = session
    return candidate


def candidates_of(session: Session, candidate_ids: list[int]) -> list:
    """The named candidates, in the order of the board; `Missing` unless all are of this session."""
    found = list(session.candidates.with_facts().filter(pk__in=candidate_ids))
    if not found or len(found) != len(set(candidate_ids)):
        raise Missing(NO_SUCH_CANDIDATE)
    for candidate in found:
        candidate.session = session
    return found


def entered_sessions(user: User):
    """The sessions that the account has entered and may come back to."""
    sessions = Session.objects.select_related("center").exclude(state=Session.State.FINALIZED)
    return sessions.filter(accesses__user=user, accesses__revoked_at=None)[:20]
