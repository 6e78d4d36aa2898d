"""The roles as the migrations make them, on which every installation begins."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from messages_app.access import PERMISSIONS, permissions_of
from tests.conftest import make_roles, person

READING = {"see_messages", "see_figures"}
ROLES = {
    "Support": READING | {"see_personal", "flag"},
    "Analyst": READING | {"reveal", "export"},
    "Manager": READING | {"see_personal", "export", "share", "flag"},
    "Administrator": set(PERMISSIONS) - {"reveal"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_the_table_of_roles_says(role):
    assert permissions_of(person("somebody", role)) == ROLES[role]


def test_administrators_alone_edit_accounts(db):
    make_roles()
    editing = {
        group.name for group in Group.objects.filter(permissions__content_type__app_label="auth")
    }
    assert editing == {"Administrator"}


def test_a_group_that_somebody_made_under_a_new_role_s_name_keeps_its_permissions(db):
    Group.objects.filter(name="Analyst").delete()
    Group.objects.create(name="Analyst")
    import_module("messages_app.migrations.0015_roles").make_roles(apps, None)
    assert not Group.objects.get(name="Analyst").permissions.exists()
