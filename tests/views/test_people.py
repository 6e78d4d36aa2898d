"""The list of accounts: roles, last login, closed ones, and who may go on to change them."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import person
from tests.views.conftest import NOW
from tests.views.test_message_page import words as run_on
from tests.views.test_personal import somebody_with

PAGE = "/review/people/"


@pytest.fixture(autouse=True)
def _clock(monkeypatch, db):
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)


def words(text: str) -> str:
    """The words of a page, cells of a table apart."""
    return run_on(text.replace("><", "> <"))


def shown(client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_account_is_told_with_roles_and_last_login(administrator_client, support):
    User.objects.filter(pk=support.pk).update(last_login=NOW - timedelta(days=3))
    person("newcomer")
    User.objects.filter(username="newcomer").update(is_active=False)
    User.objects.create_superuser("root", "", "a long password")
    text = words(shown(administrator_client))
    assert "support Support 15 Nov 2026 15:00" in text
    assert "newcomer none never" in text
    assert "○closed newcomer@example.org" in text
    assert "root superuser never" in text
    assert ("Second factor" in text) == apps.is_installed("allauth.mfa")


def test_accounts_lead_to_the_admin_as_far_as_it_lets_this_person_in(administrator_client, support):
    root = User.objects.create_superuser("root", "", "a long password")
    text = shown(administrator_client)
    assert f'href="/admin/auth/user/{support.pk}/change/"' in text
    assert f"/admin/auth/user/{root.pk}/" not in text
    assert administrator_client.get(f"/admin/auth/user/{support.pk}/change/").status_code == 200
    reviewer = somebody_with("review")
    assert "/admin/" not in shown(reviewer)


def test_many_accounts_are_paged_and_cost_no_more_statements(administrator_client):
    def count() -> int:
        shown(administrator_client)
        with CaptureQueriesContext(connection) as statements:
            shown(administrator_client)
        return len(statements)

    before = count()
    User.objects.bulk_create(User(username=f"person{n:03}", password="!") for n in range(150))
    assert count() <= before + 1
    assert "Page 1 of 2" in shown(administrator_client)
    assert "person149" in administrator_client.get(f"{PAGE}?page=2").content.decode()


def test_only_who_reviews_sees_who_is_there(support_client):
    assert support_client.get(PAGE).status_code == 403


def test_the_pages_of_the_review_lead_to_each_other_with_their_counts(
    administrator_client, support
):
    text = words(shown(administrator_client))
    assert "Traffic Flags 0 Archive People 2 Shared links 0 Audit trail" in text
    assert "Shared links" not in shown(somebody_with("review")).split("</nav>")[1]


def test_roles_are_told_in_the_readers_language_and_own_ones_as_they_are_called(
    administrator_client, support
):
    support.groups.add(Group.objects.create(name="Nuit"))
    administrator_client.cookies["django_language"] = "fr"
    text = words(shown(administrator_client))
    assert "Administrateur" in text
    assert "Nuit, Support" in text
