"""A pytest plugin: PostgreSQL test databases are copies of the prepared template database."""

import os

import pytest


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Overrides pytest-django's hook, and keeps what it does for parallel runs."""
    from django.db import connections

    template = os.environ.get("TEST_DATABASE_TEMPLATE")
    if template:
        # The template's own encoding and locale are what the copy gets.
        connections["default"].settings_dict["TEST"].update(TEMPLATE=template, CHARSET=None)
