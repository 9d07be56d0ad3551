"""Giving and taking a role in a centre: the one place that decides who enters the administration.

`User.is_staff` is never typed: it follows from being an administrator of a centre (or of all).
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from .memberships import Membership, Role
from .models import Center, User
from .refusals import Conflict

NOT_ONESELF = _("Demandez à une autre personne de l’administration de changer votre propre rôle.")


@transaction.atomic
def give(center: Center, user: User, role: str) -> None:
    """The person has this role in the centre, and no other there."""
    Membership.objects.update_or_create(center=center, user=user, defaults={"role": role})
    follow(user)


@transaction.atomic
def take(membership: Membership, *, by: User) -> None:
    """The person is of the centre no more. `Conflict` for one's own."""
    _check_not_oneself(membership, by)
    user = membership.user
    membership.delete()
    follow(user)


def change(membership: Membership, role: str, *, by: User) -> None:
    """Another role in the same centre. `Conflict` for one's own."""
    _check_not_oneself(membership, by)
    give(membership.center, membership.user, role)


@transaction.atomic
def set_all(user: User, *, administers: list[Center], supervises: list[Center]) -> None:
    """These roles, and nothing anywhere else. Who is named as both is an administrator."""
    roles = dict.fromkeys(supervises, Role.SUPERVISOR)
    roles |= dict.fromkeys(administers, Role.ADMINISTRATOR)
    Membership.objects.filter(user=user).exclude(center__in=list(roles)).delete()
    for center, role in roles.items():
        Membership.objects.update_or_create(center=center, user=user, defaults={"role": role})
    follow(user)


def follow(user: User) -> None:
    """`is_staff` as the roles now say."""
    administers = Membership.objects.filter(user=user, role=Role.ADMINISTRATOR).exists()
    user.is_staff = user.is_superuser or administers
    User.objects.filter(pk=user.pk).update(is_staff=user.is_staff)


def _check_not_oneself(membership: Membership, by: User) -> None:
    if membership.user_id == by.pk and not by.is_superuser:
        raise Conflict(NOT_ONESELF)
