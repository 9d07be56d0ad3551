"""Inviting someone to a centre: a signed link by e-mail, for seven days and one use."""

from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import clock, roles
from .memberships import Invitation, Membership, Role
from .models import Center, User
from .refusals import Conflict, Forbidden, Missing

SALT = "sessions_app.invitation"
LIFETIME = timedelta(days=7)
UNKNOWN = _("Ce lien d’invitation n’est pas valable. Vérifiez qu’il est entier.")
REPLACED = _("Cette invitation a été renvoyée : suivez le lien du dernier message reçu.")
WITHDRAWN = _("Cette invitation a été retirée. Adressez-vous à votre centre.")
USED = _("Cette invitation a déjà servi. Connectez-vous avec votre compte.")
EXPIRED = _("Cette invitation a plus de sept jours. Demandez à votre centre de la renvoyer.")
OTHER_ADDRESS = _(
    "Cette invitation a été envoyée à une autre adresse que celle de votre compte."
    " Déconnectez-vous, puis suivez de nouveau le lien."
)
ALREADY_OPEN = _("Cette adresse a déjà une invitation en attente : renvoyez-la ou retirez-la.")
ALREADY_MEMBER = _("Cette personne fait déjà partie du centre.")
OVER = _("Cette invitation a déjà servi, ou a été retirée.")


def invite(request: HttpRequest, center: Center, email: str, role: str) -> Invitation:
    """One open invitation for each address of a centre, sent at once; or `Conflict`."""
    email = email.lower()
    known = Membership.objects.filter(center=center, user__email=email)
    if known.filter(role__in=[role, Role.ADMINISTRATOR]).exists():
        raise Conflict(ALREADY_MEMBER)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                center=center,
                email=email,
                role=role,
                invited_by=request.user,
                sent_at=clock.now(),
            )
    except IntegrityError:
        raise Conflict(ALREADY_OPEN) from None
    _send(request, invitation)
    return invitation


def send_again(request: HttpRequest, invitation: Invitation) -> None:
    """Seven more days, by another link: the one before is worth nothing any more."""
    with transaction.atomic():
        locked = _still_open(invitation.pk)
        locked.attempt += 1
        locked.sent_at = clock.now()
        locked.save(update_fields=["attempt", "sent_at"])
    _send(request, locked)


def withdraw(invitation: Invitation) -> None:
    """Its link opens nothing any more. `Conflict` once it has served."""
    with transaction.atomic():
        locked = _still_open(invitation.pk)
        Invitation.objects.filter(pk=locked.pk).update(withdrawn_at=clock.now())


def behind(token: str) -> Invitation:
    """The invitation of a link, still open; a `Refusal` says why not."""
    try:
        key, attempt = signing.loads(token, salt=SALT)
        invitation = Invitation.objects.select_related("center").filter(pk=key).first()
    except (signing.BadSignature, ValueError, TypeError):
        raise Missing(UNKNOWN) from None
    if invitation is None:
        raise Missing(UNKNOWN)
    sentence = _why_not(invitation, attempt)
    if sentence:
        raise Conflict(sentence)
    return invitation


def check_is_for(invitation: Invitation, user: User) -> None:
    """The account has shown that the invited address is its own, or `Forbidden`."""
    own = EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True)
    if not own.exists():
        raise Forbidden(OTHER_ADDRESS)


@transaction.atomic
def accept(token: str, user: User) -> Invitation:
    """Effects, in order: the invitation is locked and looked at again, the role is given (never
    a lesser one than the account has), the invitation has served."""
    invitation = behind(token)
    _locked(invitation.pk)
    invitation = behind(token)
    check_is_for(invitation, user)
    held = Membership.objects.filter(center=invitation.center, user=user)
    if not held.filter(role=Role.ADMINISTRATOR).exists():
        roles.give(invitation.center, user, invitation.role)
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=clock.now())
    return invitation


def state_of(invitation: Invitation, now: datetime) -> str:
    """In the language of the reader, at this instant."""
    if invitation.accepted_at:
        return gettext("acceptée")
    if invitation.withdrawn_at:
        return gettext("retirée")
    is_over = now - invitation.sent_at > LIFETIME
    return gettext("expirée") if is_over else gettext("en attente")


def link(invitation: Invitation) -> str:
    token = signing.dumps([invitation.pk, invitation.attempt], salt=SALT)
    return reverse("invitation", args=[token])


def _why_not(invitation: Invitation, attempt: int) -> str:
    if invitation.accepted_at:
        return USED
    if invitation.withdrawn_at:
        return WITHDRAWN
    if attempt != invitation.attempt:
        return REPLACED
    return EXPIRED if clock.now() - invitation.sent_at > LIFETIME else ""


def _still_open(key: int) -> Invitation:
    """Locked; `Conflict` once it has served or is withdrawn."""
    locked = _locked(key)
    if locked.accepted_at or locked.withdrawn_at:
        raise Conflict(OVER)
    return locked


def _locked(key: int) -> Invitation:
    invitations = Invitation.objects.select_related("center")
    return invitations.select_for_update(of=("self",)).get(pk=key)


def _send(request: HttpRequest, invitation: Invitation) -> None:
    context = {
        "center": invitation.center.name,
        "role": invitation.get_role_display(),
        "link": request.build_absolute_uri(link(invitation)),
    }
    get_adapter(request).send_mail("account/email/invitation", invitation.email, context)
