"""What a role in a centre opens, who gives it, and that being of the staff follows from it."""

import importlib

import pytest
from django.apps import apps

from sessions_app import access, roles
from sessions_app.memberships import Membership, Role
from sessions_app.models import User
from sessions_app.refusals import Conflict, Missing
from tests import factories
from tests.admin_page import fields, text, url

pytestmark = pytest.mark.django_db
SESSION = "sessions_app_session"
MEMBERS = "sessions_app_membership"


@pytest.fixture
def center():
    return factories.center()


@pytest.fixture
def head(center):
    return factories.head(center)


def of_pool(center, **known) -> User:
    person = factories.user(**known)
    roles.give(center, person, Role.SUPERVISOR)
    return person


def is_staff(person) -> bool:
    return User.objects.get(pk=person.pk).is_staff


def act(client, action, *memberships):
    chosen = [membership.pk for membership in memberships]
    return client.post(url(MEMBERS), {"action": action, "_selected_action": chosen}, follow=True)


def test_a_supervisor_of_the_pool_needs_the_code_as_anybody(client, center):
    person, room = of_pool(center), factories.session(center=center)
    with pytest.raises(Missing):
        access.supervised_session(person, room.number)
    assert list(access.centers_of(person)) == []
    client.force_login(person)
    assert client.get(f"/surveillance/{room.number}/").status_code == 404
    assert client.get(f"/surveillance/centre/{center.pk}/").status_code == 404
    assert client.get(url("sessions_app_session")).status_code == 302


def test_being_of_the_staff_follows_from_the_roles(center, head):
    another = factories.center()
    roles.give(another, head, Role.ADMINISTRATOR)
    assert is_staff(head)
    roles.give(center, head, Role.SUPERVISOR)
    assert is_staff(head)  # of the other centre
    roles.take(Membership.objects.get(center=another, user=head), by=factories.user(admin=True))
    assert not is_staff(head)
    root = factories.user(admin=True)
    roles.set_all(root, administers=[], supervises=[center])
    assert is_staff(root)


def test_an_administrator_gives_and_takes_roles_in_their_centre_only(client, center, head):
    person = of_pool(center, name="Anne Mercier")
    other = of_pool(factories.center(name="Lycée Simone-Veil"), name="Zoé Roy")
    mine, theirs = (Membership.objects.get(user=each) for each in (person, other))
    client.force_login(head)
    shown = text(client.get(url(MEMBERS)))
    assert "Anne Mercier" in shown
    assert "Zoé Roy" not in shown
    act(client, "make_administrator", mine, theirs)
    assert is_staff(person)
    assert not is_staff(other)
    act(client, "make_supervisor", mine)
    assert not is_staff(person)
    act(client, "remove", mine, theirs)
    assert list(Membership.objects.filter(user__in=[person, other])) == [theirs]


@pytest.mark.parametrize("action", ["make_supervisor", "remove"])
def test_nobody_takes_their_own_role(client, center, head, action):
    own = Membership.objects.get(user=head)
    with pytest.raises(Conflict):
        roles.take(own, by=head)
    client.force_login(head)
    assert "une autre personne" in text(act(client, action, own))
    assert is_staff(head)


def test_a_page_of_an_account_holds_its_roles(client, center):
    person = factories.user()
    client.force_login(factories.user(admin=True))
    page = url("sessions_app_user", "change", person.pk)
    data = fields(client.get(page).content, "user_form")
    client.post(page, data | {"centers": [center.pk], "pool": [center.pk]})
    assert Membership.objects.get(user=person).role == Role.ADMINISTRATOR
    assert is_staff(person)
    client.post(page, data | {"pool": [center.pk]})
    assert Membership.objects.get(user=person).role == Role.SUPERVISOR
    assert not is_staff(person)


def test_the_migration_carries_the_members_over(center):
    module = importlib.import_module("sessions_app.migrations.0008_roles_and_invitations")
    staff, plain, idle = factories.user(is_staff=True), factories.user(), factories.user()
    root = factories.user(admin=True)
    User.objects.filter(pk=idle.pk).update(is_staff=True)
    center.members.add(staff, plain)
    module.give_roles(apps, None)
    assert dict(Membership.objects.values_list("user", "role")) == {
        staff.pk: Role.ADMINISTRATOR,
        plain.pk: Role.SUPERVISOR,
    }
    assert [is_staff(each) for each in (staff, plain, idle, root)] == [True, False, False, True]


def test_the_pool_is_proposed_when_a_session_names_its_supervisors(client, center, head):
    room = factories.session(center=center, supervisors="Mme Lefèvre")
    of_pool(center, name="Anne Mercier")
    of_pool(factories.center(), name="Zoé Roy")
    client.force_login(head)
    for address in (url(SESSION, "change", room.pk), url(SESSION, "add")):
        shown = text(client.get(address))
        assert "Anne Mercier" in shown
        assert "Zoé Roy" not in shown
    page = url(SESSION, "change", room.pk)
    data = fields(client.get(page).content, "session_form")
    assert client.post(page, data | {"pool": ["Zoé Roy"]}).status_code == 200
    assert client.post(page, data | {"pool": ["Anne Mercier"]}).status_code == 302
    room.refresh_from_db()
    assert room.supervisors == "Mme Lefèvre ; Anne Mercier"
    assert room.events.get().data == {"fields": ["supervisors"]}
    assert not room.accesses.exists()
