"""Named people and their browsers: one in each role, and a stranger without permissions."""

import logging
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from tests import trail
from tests.archive.own_database import migrated, own_database, production_database
from tests.trail import _emptied

# How long an example takes says something of the machine, nothing of the code.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

__all__ = ["_emptied", "migrated", "own_database", "production_database"]


CANARIES = ("3363998", "3363991", "44770090", "sandbox-token", "sandbox-canary", "a long password",
            "sessionid=", "csrfmiddlewaretoken")  # fmt: skip
"""What tests use for numbers and secrets, all over the suite: it must never reach a log."""


class Overheard(logging.Handler):
    """Listens to every line of the whole suite, as it is before any scrubbing."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if any(canary in line for canary in CANARIES):
            self.told.append(f"{record.name}: {line}")


OVERHEARD = Overheard()


@pytest.fixture(autouse=True)
def _no_log_tells_anything() -> Iterator[None]:
    """T24, I8: over the whole suite."""
    root = logging.getLogger()
    root.addHandler(OVERHEARD)
    yield
    root.removeHandler(OVERHEARD)
    told, OVERHEARD.told = OVERHEARD.told, []
    assert told == []


@pytest.fixture(autouse=True)
def _test_settings(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Tests run inside transactions that another thread's connection would wait for.
    settings.SMSFACTOR_SHARED_PACE = False


@pytest.fixture(autouse=True)
def _in_english():
    """A request leaves its language to the thread that answered it, and so to the next test."""
    with translation.override("en"):
        yield


def make_roles() -> None:
    """The groups of the migration: a browser test empties the database behind it, these included."""
    for name in ("0002_roles", "0014_roles"):
        import_module(f"messages_app.migrations.{name}").make_roles(apps, None)


@pytest.fixture(scope="module")
def roles_again(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Leave the database as the migrations made it, for whatever test comes next: one that commits
    is followed by an empty one."""
    yield
    with django_db_blocker.unblock():
        make_roles()
        trail.empty()


def person(name: str, group: str = "") -> User:
    user = User.objects.create_user(name, f"{name}@example.org", "a long password")
    if group:
        # Behind a test that empties the database there are none.
        if not Group.objects.filter(name=group).exists():
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
