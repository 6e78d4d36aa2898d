"""Numbers typed any way a person types them, and shown as people read them."""

import pytest

from messages_app.analysis.numbers import region_of, shown_number, typed_number


@pytest.mark.parametrize(
    "typed",
    ["06 39 98 12 34", "0639981234", "+33 6 39 98 12 34", "0033639981234", "33639981234",
     "+33 (0)6 39 98 12 34", "06.39.98.12.34", "06-39-98-12-34", " 06\u00a039 98 12 34 ",
     "\u202a+33 6 39 98 12 34\u202c", "\ufeff06 39 98 12 34", "06\u200b39\u200b981234",
     "tel:+33639981234", "TEL:06-39-98-12-34", "sms://+33639981234", "06 39 98 12 34,",
     "0639981234 ;", "06_39_98_12_34", "33 (0)6 39 98 12 34", "33 (0) 639981234",
     "0033 (0)6 39 98 12 34", "(0)6 39 98 12 34", "+33\u20116\u201139\u201198\u201112\u201134",
     "\uff10\uff16 39 98 12 34"],
)  # fmt: skip
def test_a_number_in_any_form_becomes_the_provider_s(typed):
    assert typed_number(typed, "FR") == "33639981234"


@pytest.mark.parametrize(
    "text", ["36000", "ACME", "Info 24", "38", "", "00", "AC\u200bME", "tel:ACME"]
)
def test_short_codes_and_names_stay(text):
    assert typed_number(text, "FR") == text


def test_a_national_zero_in_brackets_is_read_by_the_country_s_own_rules():
    assert typed_number("44 (0)7700 900123", "FR") == "447700900123"
    assert typed_number("39 (0)6 0000 0000", "FR") == "390600000000"


def test_two_numbers_in_one_field_are_not_run_together():
    assert typed_number("36000, 36001", "FR") == "36000, 36001"


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
