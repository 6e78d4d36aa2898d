"""What people type into the fields, and the sentence for what cannot be understood."""

from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import translation

from messages_app.fields import WallTimeField, WholeField
from messages_app.filters import question_url, read_question
from tests.views.conftest import NOW


def refusal(field, text: str) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        field.clean(text)
    return refused.value


@pytest.mark.parametrize(
    ("language", "typed", "moment"),
    [
        ("fr", "20/11/2026", "2026-11-20"),
        ("fr", "1/11/2026", "2026-11-01"),
        ("fr", "20/11/2026 14:30", "2026-11-20 14:30"),
        ("fr", "20/11/2026 14h30", "2026-11-20 14:30"),
        ("fr", "20.11.2026", "2026-11-20"),
        ("en", "20.11.2026 08:05:09", "2026-11-20 08:05:09"),
        ("en", "2026-11-20T08:05", "2026-11-20 08:05"),
        ("en", "31/10/2026", "2026-10-31"),
        ("en", "10/31/2026 14:30", "2026-10-31 14:30"),
        ("en", "11/11/2026", "2026-11-11"),
    ],
)
def test_a_date_in_the_ways_that_people_write_it(language, typed, moment):
    with translation.override(language):
        assert WallTimeField().clean(typed) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("language", "typed", "code"),
    [
        ("en", "11/12/2026", "ambiguous"),
        ("en", "1/2/2026 14:30", "ambiguous"),
        ("en", "31/02/2026", "impossible"),
        ("en", "31/10/2026 24:30", "impossible"),
        ("en", "10/31.2026", "shape"),
        ("fr", "11/20/2026", "impossible"),
        ("fr", "20/11.2026", "shape"),
        ("fr", "20/11/26", "shape"),
        ("fr", "31/02/2026", "impossible"),
        ("en", "20.11.2999", "far"),
    ],
)
def test_a_date_that_is_none_or_two_is_refused(language, typed, code):
    with translation.override(language):
        assert refusal(WallTimeField(), typed).code == code


def test_a_bare_day_of_either_form_ends_with_its_last_second():
    with translation.override("fr"):
        assert WallTimeField(ends=True).clean("20/11/2026") == datetime(2026, 11, 20, 23, 59, 59)


@pytest.mark.parametrize("typed", ["2026-03-29 02:00", "2026-03-29 02:30", "2026-03-29T02:59:59"])
def test_a_time_that_the_clocks_skip_says_so(typed):
    assert "the clocks are set forward" in refusal(WallTimeField(), typed).messages[0]


@pytest.mark.parametrize(
    "typed",
    [
        "2026-03-29 01:59:59",
        "2026-03-29 03:00",
        "2026-03-29",
        "2026-10-25 02:30",
        "2026-03-28 02:30",
    ],
)
def test_times_that_the_clocks_show_once_or_twice_are_taken(typed):
    assert WallTimeField().clean(typed)


def test_a_range_may_end_with_the_last_second_that_the_clocks_skip():
    last = "2026-03-29 02:59:59"
    assert WallTimeField(ends=True).clean(last) == datetime.fromisoformat(last)
    assert "the clocks are set" in refusal(WallTimeField(ends=True), "2026-03-29 02:59").messages[0]


def test_a_message_of_a_skipped_time_can_still_be_opened():
    assert WallTimeField(skipped=True).clean("2026-03-29 02:30") == datetime(2026, 3, 29, 2, 30)


def test_a_day_whose_midnight_is_skipped_keeps_its_address(settings):
    settings.SMSFACTOR_TIME_ZONE = "America/Santiago"
    query = read_question(QueryDict("date_start=2026-09-06&date_end=2026-09-06"), NOW).query
    assert query
    address = question_url("/", query)
    assert read_question(QueryDict(address.partition("?")[2]), NOW).query == query


@pytest.mark.parametrize("typed", ["1e3", "1.0", "-1", "+1", "1 000", "\u0661", "0x1", "9" * 41])
def test_a_whole_number_is_digits_alone(typed):
    assert refusal(WholeField(), typed).code == "whole"


def test_a_whole_number_loses_its_leading_zeros_and_keeps_its_bounds():
    assert WholeField().clean("007") == "7"
    assert WholeField(required=False).clean(" ") == ""
    assert refusal(WholeField(least=25, most=200), "24").code == "bounds"
    assert refusal(WholeField(), "9" * 40).code == "bounds"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("message=a%00b", "message"),
        ("destination=%00", "destination"),
        ("sender=%00", "sender"),
        ("reference=%00", "reference"),
        ("sort=%00", "sort"),
        ("campaign=%00", "campaign"),
        ("type=foo", "type"),
        ("period=foo", "period"),
        ("page=x", "page"),
        ("per_page=1000", "per_page"),
    ],
)
def test_no_refusal_is_in_the_framework_s_words(asked, field):
    for language in ("en", "fr"):
        with translation.override(language):
            found = read_question(QueryDict(asked), NOW).form.errors[field]
            sentences = " ".join(str(sentence) for sentence in found)
        for theirs in ("Null characters", "caractère nul", "Select a valid", "choix valide",
                       "Ensure this value", "Assurez-vous", "Enter a", "Saisissez"):  # fmt: skip
            assert theirs not in sentences


def test_an_unknown_choice_is_told_with_those_that_there_are():
    error = read_question(QueryDict("type=foo"), NOW).form.errors["type"][0]
    assert error == "“foo” is no choice here. Known are: messages-out, messages-in."
