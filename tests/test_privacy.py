"""Masks: what of a number, a text and a row is left to see, and that a stricter one always wins."""

from itertools import product

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from messages_app.access import PERMISSIONS
from messages_app.privacy import (
    COVERED,
    FULL,
    MASKED,
    NUMBERS,
    OFF,
    OPEN,
    REDACTED,
    TEXTS,
    Hidden,
    HiddenNumber,
    HiddenText,
    Mask,
    asks_for_number,
    covered,
    holds_number,
    mask_of,
    number,
    stricter,
    text,
    words,
)
from messages_app.sms.parts import parts_of
from tests.archive.filling import archived, fill
from tests.factories import incoming, record

MASKS = [Mask(*both) for both in product(NUMBERS, TEXTS)]


@pytest.mark.parametrize(
    ("plain", "seen"),
    [
        ("33639981278", "+33 6 •• •• •• 78"),
        ("+33639981278", "+33 6 •• •• •• 78"),
        ("221771234567", "+221 7• ••• •• 67"),
        ("12025550123", "+1 2••-•••-••23"),
        ("3225551234", "+32 2 ••• •• 34"),
        ("29012345", "+290 •••••"),
        ("0639981278", "••••••••78"),
        ("9999999999", "••••••••99"),
        ("ACME 06 39 98 12 78", "ACME ••••••••78"),
        ("\u0660\u0666\u0663\u0669\u0669\u0668\u0661\u0662\u0667\u0668", "••••••••78"),
    ],
)
def test_a_number_keeps_its_country_its_first_digit_and_its_last_two(plain, seen):
    assert number(plain, COVERED) == seen
    assert number(plain, OPEN) == plain
    assert isinstance(number(plain, COVERED), Hidden)


@pytest.mark.parametrize("plain", ["36000", "ACME", "ACME2026", "", "É", "123456"])
def test_short_codes_and_names_are_nobody_s_and_stay(plain):
    assert number(plain, COVERED) == plain
    assert not isinstance(number(plain, COVERED), Hidden)


@given(st.from_regex(r"\A[1-9][0-9]{6,17}\Z"))
def test_at_least_five_digits_of_any_number_are_hidden(plain):
    """T22. Or all that it has behind its country."""
    seen = number(plain, COVERED)
    national = seen.partition(" ")[2] if seen[0] == "+" else seen
    assert seen.count("•") >= 5 or not any(one.isdigit() for one in national)


@pytest.mark.parametrize(
    ("plain", "seen"),
    [
        ("Votre code : 482-139.", "Votre code : •••-•••."),
        ("See https://acme.example/t?n=1 now", "See [link] now"),
        ("acme.example/t ou www.acme.example", "[link] ou [link]"),
        ("intent://pay#x;end", "[link]"),
        ("Write to jane.doe@acme.example!", "Write to [address]"),
        ("① ² ½ Ⅳ ٣ 三", "• • • • • 三"),
        ("1\ufe0f\u20e3", "•\ufe0f\u20e3"),
        ("Bonjour", "Bonjour"),
    ],
)
def test_a_redacted_text_has_no_digit_link_or_address(plain, seen):
    assert text(plain, COVERED) == seen


def test_a_text_that_is_off_says_so_in_the_viewer_s_language_and_no_text_stays_none():
    off = Mask(MASKED, OFF)
    assert text("Bonjour", off) == "[text hidden]"
    assert text("", off) == ""
    with translation.override("fr"):
        assert text("Bonjour", off) == "[texte masqué]"
        assert text("https://acme.example jane@acme.example", COVERED) == "[lien] [adresse]"


def test_a_number_in_a_full_text_is_masked_where_numbers_are():
    seen = text("Call 06 39 98 12 78 at 9:30", Mask(MASKED, FULL))
    assert seen == "Call ••••••••78 at 9:30"
    assert text("Call 06 39 98 12 78", Mask(FULL, FULL)) == "Call 06 39 98 12 78"


@pytest.mark.parametrize(
    "between", [",", " · ", "|", ":", " " * 6, "_" * 9, "\u061c", "\u180e" * 20, "\n-\n", "\U0001f4de",
                "\ufe0f\u20e3", "²", "½"],
)  # fmt: skip
def test_t22_a_number_is_masked_whatever_stands_between_its_digits(between):
    """In a text that is else seen in full, in the provider's words and as a sender."""
    spelled = between.join(["06", "39", "98", "12", "78"])
    mask = Mask(MASKED, FULL)
    for seen in (text(f"Call {spelled} now", mask), words(spelled, mask), number(spelled, mask)):
        assert sum(one.isdecimal() for one in seen) <= 2
        assert isinstance(seen, Hidden)
    assert holds_number(spelled)
    assert asks_for_number(spelled)


def test_t22_a_number_in_circled_digits_is_one():
    assert text("Call ⓪⑥③⑨⑨⑧①②⑦⑧ now", Mask(MASKED, FULL)) == "Call ••••••••78 now"
    assert words("Étape ① : 36000 ou 123456", COVERED) == "Étape ① : 36000 ou 123456"


def test_a_hidden_text_still_tells_its_parts_and_its_length():
    long = "1" * 200
    for mask in (COVERED, Mask(MASKED, OFF)):
        seen = text(long, mask)
        assert isinstance(seen, HiddenText)
        assert (seen.parts, seen.length) == (parts_of(long), 200)


def test_a_hidden_number_still_tells_its_country():
    seen = number("14165550123", COVERED)
    assert isinstance(seen, HiddenNumber)
    assert (seen, seen.region) == ("+1 4••-•••-••23", "CA")


def test_words_of_the_provider_hide_a_number_alone():
    assert words("INVALID_DESTINATION 33639981278", COVERED) == (
        "INVALID_DESTINATION +33 6 •• •• •• 78"
    )
    assert words("NOT_ALLOWED", COVERED) == "NOT_ALLOWED"


@pytest.mark.parametrize("mask", MASKS)
def test_a_row_has_no_plain_value_left(mask, db):
    """T22. A row of either source, whatever field somebody wrote a number into."""
    canary = "33639981278"
    rows = [
        record(sender=canary, client_message_id=f"ref {canary}", status=f"X {canary}",
               status_details=f"BAD {canary}", message=f"Call {canary}", destination=canary,
               extra=(("to", f'"{canary}"'), (canary, "1"))),
        incoming(sender=canary, message="It is ３３６３９９８１２７８"),
    ]  # fmt: skip
    fill([record(destination=canary, message=f"Call {canary}", client_message_id=canary)])
    for row in [*rows, *archived()]:
        seen = covered(row, mask)
        assert type(seen) is type(row)
        shown = "".join(str(getattr(seen, name)) for name in seen.__dataclass_fields__)
        digits = "".join(one for one in shown if one.isdecimal())
        assert (canary in digits) == (mask.numbers == FULL)
        assert (seen.message == row.message) == mask.is_open or mask == Mask(FULL, REDACTED)
        if mask.is_open:
            assert seen is row


@pytest.mark.parametrize("one", MASKS)
@pytest.mark.parametrize("other", MASKS)
def test_the_stricter_mask_wins_everywhere(one, other):
    both = stricter(one, other)
    assert both == stricter(other, one)
    assert NUMBERS.index(both.numbers) == max(map(NUMBERS.index, (one.numbers, other.numbers)))
    assert TEXTS.index(both.texts) == max(map(TEXTS.index, (one.texts, other.texts)))


def test_a_viewer_sees_all_only_with_the_permission_to():
    assert mask_of(frozenset(PERMISSIONS)) == OPEN
    assert mask_of(frozenset(PERMISSIONS) - {"see_personal"}) == Mask(MASKED, REDACTED)
    assert mask_of(frozenset()) == Mask(rows=False)


@pytest.mark.parametrize(("numbers", "texts"), [("none", FULL), (FULL, "some"), ("", "")])
def test_a_mask_that_is_none_is_refused(numbers, texts):
    with pytest.raises(ValueError, match="no such mask"):
        Mask(numbers, texts)


@pytest.mark.parametrize(
    "value",
    ["33639981278", "06 39 98 12 78", "336*", "+33 6*", " 0*", "*", "ACME 06*", "ACME 0 *"],
)
def test_a_number_or_its_beginning_asks_for_a_number(value):
    assert asks_for_number(value)


@pytest.mark.parametrize("value", ["ACME", "ACME*", "36000", ""])
def test_a_name_and_a_short_code_ask_for_none(value):
    assert not asks_for_number(value)


@pytest.mark.parametrize(
    "unit", ["a", "a.", "1", "1 ", "a@", "http", "://", "-", "www.", "\u200b", "a1.",
             "1" + "-" * 999, "123456" + "-" * 99_999 + "a", "+", "(", "²", "1²"],
)  # fmt: skip
def test_a_text_that_is_made_to_be_slow_is_gone_through_all_the_same(unit):
    """Anybody may send us one; trying each of its places anew would take hours."""
    long = unit * (1_000_000 // len(unit))
    seen = text(long, COVERED)
    assert not any(one.isdigit() for one in seen)
    assert not holds_number(text(long, Mask(MASKED, FULL)))
