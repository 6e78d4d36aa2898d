"""Three named people and their browsers: support, administrator, and a stranger without permissions."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client


@pytest.fixture(autouse=True)
def _test_settings(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def make_roles() -> None:
    """The groups of the migration: a browser test empties the database behind it, these included."""
    import_module("messages_app.migrations.0002_roles").make_roles(apps, None)


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
def stranger(db) -> User:
    return person("stranger")


@pytest.fixture
def support_client(support) -> Client:
    return browser(support)


@pytest.fixture
def administrator_client(administrator) -> Client:
    return browser(administrator)


@pytest.fixture
def stranger_client(stranger) -> Client:
    return browser(stranger)
