"""Named people and their browsers: one in each role, and a stranger without permissions."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from hypothesis import settings as hypothesis_settings

from tests.archive.own_database import migrated, own_database, production_database
from tests.trail import _emptied

# How long an example takes says something of the machine, nothing of the code.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

__all__ = ["_emptied", "migrated", "own_database", "production_database"]


@pytest.fixture(autouse=True)
def _test_settings(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Tests run inside transactions that another thread's connection would wait for.
    settings.SMSFACTOR_SHARED_PACE = False


def make_roles() -> None:
    """The groups of the migration: a browser test empties the database behind it, these included."""
    for name in ("0002_roles", "0015_roles"):
        import_module(f"messages_app.migrations.{name}").make_roles(apps, None)


def person(name: str, group: str = "") -> User:
    user = User.objects.create_user(name, f"{name}@example.org", "a long password")
    if group:
        make_roles()
        user.groups.add(Group.objects.get(name=group))
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def support(db) -> User:
    return person("support", "Support")


@pytest.fixture
def administrator(db) -> User:
    user = person("administrator", "Administrator")
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def analyst(db) -> User:
    return person("analyst", "Analyst")


@pytest.fixture
def manager(db) -> User:
    return person("manager", "Manager")


@pytest.fixture
def stranger(db) -> User:
    return person("stranger")


@pytest.fixture
def support_client(support) -> Client:
    return browser(support)


@pytest.fixture
def administrator_client(administrator) -> Client:
    return browser(administrator)


@pytest.fixture
def analyst_client(analyst) -> Client:
    return browser(analyst)


@pytest.fixture
def manager_client(manager) -> Client:
    return browser(manager)


@pytest.fixture
def stranger_client(stranger) -> Client:
    return browser(stranger)
