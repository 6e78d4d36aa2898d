"""Numbers typed any way a person types them, and shown as people read them."""

import pytest

from messages_app.analysis.numbers import region_of, shown_number, typed_number


@pytest.mark.parametrize(
    "typed",
    ["06 39 98 12 34", "0639981234", "+33 6 39 98 12 34", "0033639981234", "33639981234",
     "+33 (0)6 39 98 12 34", "06.39.98.12.34", "06-39-98-12-34", " 06\u00a039 98 12 34 "],
)  # fmt: skip
def test_a_number_in_any_form_becomes_the_provider_s(typed):
    assert typed_number(typed, "FR") == "33639981234"


@pytest.mark.parametrize("text", ["36000", "ACME", "Info 24", "38", ""])
def test_short_codes_and_names_stay(text):
    assert typed_number(text, "FR") == text


def test_a_leading_zero_is_read_in_the_default_region():
    assert typed_number("07700 900123", "GB") == "447700900123"


def test_bare_digits_are_international_first():
    assert typed_number("221770000001", "FR") == "221770000001"


@pytest.mark.parametrize(
    ("digits", "shown"),
    [("33639981234", "+33 6 39 98 12 34"), ("36000", "36000"), ("ACME", "ACME"), ("", ""),
     ("447700900123", "+44 7700 900123"), ("99999999999999999999", "99999999999999999999")],
)  # fmt: skip
def test_a_number_is_shown_as_people_read_it(digits, shown):
    assert shown_number(digits) == shown


def test_a_fiction_number_has_its_prefix_s_country():
    assert region_of("33639981234") == "FR"
    assert region_of("447700900123") == "GB"
    assert region_of("36000") == ""
