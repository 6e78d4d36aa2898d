"""Logins, and every change of who may what, are recorded wherever they are done; of a password nothing."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from messages_app import account_acts
from messages_app.audit import NotRecorded
from tests.archive.own_database import another
from tests.conftest import person
from tests.trail import last, recorded

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"


@pytest.fixture(autouse=True)
def _no_limits():
    cache.clear()
    yield
    cache.clear()


def log_in(client: Client, name: str, password: str = PASSWORD) -> int:
    return client.post(
        reverse("account_login"), {"login": name, "password": password}, REMOTE_ADDR="192.0.2.9"
    ).status_code


def told(lines) -> list[tuple[str, str, str]]:
    return [(line.act, line.about, line.note) for line in lines]


@pytest.mark.parametrize("typed", ["support", "SUPPORT", "support@example.org"])
def test_login_failure_and_logout_are_recorded(support, typed):
    client = Client()
    with recorded() as lines:
        assert log_in(client, typed, "something else") == 200
        assert log_in(client, typed) == 302
        client.post(reverse("account_logout"))
    assert [(one.act, one.name) for one in lines] == [
        ("login_failed", "support"), ("login", "support"), ("logout", "support"),
    ]  # fmt: skip
    assert lines[0].address == "192.0.2.9"


@pytest.mark.parametrize("typed", ["hunter2 my password", "nobody@example.org", "a\x00b"])
def test_of_a_login_without_an_account_nothing_is_kept_that_was_typed(support, typed):
    with recorded() as lines:
        log_in(Client(), typed, "another")
    assert [(one.act, one.user, one.name) for one in lines] in ([], [("login_failed", None, "")])
    assert not any(typed in str(vars(one)) for one in lines)


def test_who_cannot_be_recorded_is_not_logged_in(support, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise NotRecorded

    client = Client()
    monkeypatch.setattr(account_acts, "record", refuse)
    answer = client.post(reverse("account_login"), {"login": "support", "password": PASSWORD})
    assert answer.status_code == 503
    assert "This cannot be recorded, so it is not done" in answer.content.decode()
    assert client.get("/messages/").status_code == 302


def test_whoever_wants_to_leave_may_though_it_cannot_be_recorded(support_client, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise NotRecorded

    monkeypatch.setattr(account_acts, "record", refuse)
    support_client.post(reverse("account_logout"))
    assert support_client.get("/messages/").status_code == 302


def test_a_new_password_is_recorded_and_no_word_of_it(support_client, support):
    new = "another long password"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    with recorded() as lines:
        support_client.post(reverse("account_change_password"), form)
    assert ("password_changed", "account support", "") in told(lines)
    support.refresh_from_db()
    assert support.check_password(new)
    kept = str([vars(one) for one in lines])
    assert new not in kept
    assert support.password not in kept


def test_t5_roles_in_the_admin_are_recorded_with_who_changed_them(administrator_client, support):
    group = Group.objects.get(name="Administrator")
    page = reverse("admin:auth_user_change", args=[support.pk])
    form = {
        "username": "support",
        "email": "new@example.org",
        "groups": [group.pk],
        "is_staff": "on",
    }
    form |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    with recorded() as lines:
        assert administrator_client.post(page, form).status_code == 302
    assert {(one.act, one.name) for one in lines} == {("role_changed", "administrator")}
    assert {(one.about, one.note) for one in lines} == {
        ("account support", "email: support@example.org → new@example.org, is_active: True → False, "
         "is_staff: False → True"),
        ("account support", "+Administrator"),
        ("account support", "−Support"),
    }  # fmt: skip


def test_accounts_and_roles_that_are_made_and_deleted_are_recorded():
    with recorded() as lines:
        call_command(
            "createsuperuser", interactive=False, username="root", email="r@example.org",
            stdout=StringIO(),
        )  # fmt: skip
        User.objects.get(username="root").delete()
        role = Group.objects.create(name="Guests")
        role.permissions.add(Permission.objects.get(codename="review"))
        role.permissions.clear()
        role.name = "Friends"
        role.save()
        role.delete()
    assert told(lines) == [
        ("role_changed", "account root", "made, is_staff, is_superuser"),
        ("role_changed", "account root", "deleted"),
        ("role_changed", "role Guests", "made"),
        ("role_changed", "role Guests", "+review"),
        ("role_changed", "role Guests", "−all"),
        ("role_changed", "role Friends", "was Guests"),
        ("role_changed", "role Friends", "deleted"),
    ]
    assert "@" in lines[0].address


@pytest.mark.parametrize("change", [User.save, User.delete])
def test_t26_who_waits_for_an_account_does_not_hold_the_trail_meanwhile(
    own_database, monkeypatch, change
):
    """Else somebody who asks for a file with that account waits for the trail, and both for ever."""
    user, recorded = person("somebody"), []
    user.email = "new@example.org"
    monkeypatch.setattr(account_acts, "record", lambda *_args, **more: recorded.append(more))
    with another() as other:
        other.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
        other.execute(f"UPDATE auth_user SET first_name = 'Ada' WHERE id = {user.pk}")
        with pytest.raises(OperationalError), transaction.atomic():
            change(user)
    assert recorded == []


def test_what_changes_nothing_is_not_recorded(support):
    with recorded() as lines:
        support.save()
        support.save(update_fields=["last_login"])
        support.groups.add(*support.groups.all())
    assert lines == []


def test_people_of_a_role_are_recorded_from_the_roles_side_too():
    user = person("somebody")
    role = Group.objects.create(name="Guests")
    role.user_set.add(user)
    assert (last().about, last().note) == ("role Guests", "+somebody")
