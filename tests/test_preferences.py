"""A person's columns and density as a value: whatever names it is made from, it can be shown."""

from dataclasses import fields
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template
from django.template.loader import get_template
from hypothesis import given
from hypothesis import strategies as st

from messages_app.analysis.query import MessageQuery
from messages_app.models import Preference
from messages_app.preferences import (
    COLUMNS,
    COMFORTABLE,
    COMPACT,
    FIXED,
    USUAL,
    Preferences,
    keep,
    kept,
)
from messages_app.privacy import OPEN
from messages_app.views.columns import choices, columns
from messages_app.views.rows import Row
from tests.views.conftest import NOW

names = st.lists(st.one_of(st.sampled_from(COLUMNS), st.text(max_size=12)), max_size=30)


@given(names, st.one_of(st.sampled_from([COMFORTABLE, COMPACT]), st.text(max_size=12)))
def test_any_names_make_columns_that_can_be_shown(given, density):
    found = Preferences.of(given, density)
    assert FIXED in found.columns
    assert set(found.columns) <= set(COLUMNS)
    assert len(set(found.columns)) == len(found.columns)
    known = [name for name in dict.fromkeys(given) if name in COLUMNS]
    assert [name for name in found.columns if name in known] == known
    assert found.density == (density if density in (COMFORTABLE, COMPACT) else COMFORTABLE)
    assert Preferences.of(found.columns, found.density) == found
    assert sorted(found.offered) == sorted(COLUMNS)
    assert found.offered[: len(found.columns)] == found.columns


@given(names, st.sampled_from(COLUMNS), st.sampled_from([-1, 1]))
def test_a_moved_column_changes_places_with_its_neighbour_alone(given, name, steps):
    before = Preferences.of(given)
    after = before.moved(name, steps)
    assert sorted(after.columns) == sorted(before.columns)
    changed = [at for at, one in enumerate(before.columns) if after.columns[at] != one]
    assert len(changed) in (0, 2)
    if name in before.columns:
        at = before.columns.index(name)
        place = min(max(at + steps, 0), len(before.columns) - 1)
        assert after.columns[place] == name


def test_no_names_are_what_everybody_has():
    assert Preferences.of([]) == Preferences.of(["gone", ""]) == Preferences(USUAL, COMFORTABLE)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_has_its_head_its_cell_and_its_place_in_the_choice(name):
    (column,) = columns("/messages/", MessageQuery(now=NOW, mask=OPEN), [name])
    assert column.name == name
    assert str(column.label)
    assert get_template(f"messages_app/cells/{name}.html")
    assert name in [choice.name for choice in choices(Preferences())]


def test_every_text_of_a_cell_is_escaped():
    hostile = SimpleNamespace(sender="<i>\"'&")
    written = Template("{% load cells %}{% field sender %}").render(Context({"row": hostile}))
    assert written == "&lt;i&gt;&quot;&#x27;&amp;"


@pytest.mark.parametrize("name", COLUMNS)
def test_a_cell_shows_texts_of_a_row_and_names_no_others(name):
    texts = {field.name for field in fields(Row) if field.type is str}
    cell = Template(f"{{% include 'messages_app/cells/{name}.html' %}}")
    row = SimpleNamespace(**dict.fromkeys(texts, "x"), is_incoming=False, is_flagged=False)
    assert "x" in cell.render(Context({"row": row})) or name == "direction"


def test_a_choice_is_kept_for_its_person_alone(db):
    ann, bob = (User.objects.create_user(name) for name in ("ann", "bob"))
    chosen = Preferences.of(["cost", "time", "country"], COMPACT)
    keep(ann.pk, chosen)
    assert kept(ann.pk) == chosen
    assert kept(bob.pk) == Preferences()
    keep(ann.pk, Preferences.of(["text"]))
    assert kept(ann.pk).columns == (FIXED, "text")


def test_what_everybody_has_is_not_kept(db):
    ann = User.objects.create_user("ann")
    keep(ann.pk, Preferences.of(["cost"]))
    keep(ann.pk, Preferences())
    assert not Preference.objects.exists()


def test_columns_that_are_gone_since_are_left_out(db):
    ann = User.objects.create_user("ann")
    Preference.objects.create(pk=ann.pk, columns="time fax text", density="roomy")
    assert kept(ann.pk) == Preferences(("time", "text"), COMFORTABLE)


def test_a_choice_goes_with_its_person(db):
    ann = User.objects.create_user("ann")
    keep(ann.pk, Preferences.of(["cost"]))
    ann.delete()
    assert not Preference.objects.exists()
