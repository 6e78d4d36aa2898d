"""Phone numbers as people type and read them; the provider writes international digits alone.

Formats by "possible", never refuses by "valid": the library calls fiction ranges and many test
numbers invalid. Short codes and sender names stay as they are.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

SHORTEST_NUMBER = 7
"""Fewer digits are a short code."""

LONGEST_NUMBER = 15
"""Digits of a number with its country's code: E.164 knows no longer one."""

_SCHEME = re.compile(r"(?:tel|sms|smsto|callto):(?://)?", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[\s().\-_/\u2010-\u2015\u2212]+")
_ENDS = " \t\r\n,;"
_TRUNK_ZERO = re.compile(r"[0-9][\s.\-_/]*\(\s*0\s*\)")
"""A national zero in brackets behind a country code: `33 (0)6 …`."""


def typed_number(text: str, region: str) -> str:
    """Return what the provider would write for a number as typed: `06 12…`, `+33…`, `0033…`.

    Takes numbers as they are copied from pages and address books: with invisible marks, `tel:`,
    a comma behind. Short codes and sender names come back unchanged but for blanks around them.
    Bare digits are read as international first; a leading 0 is read in `region` (ISO alpha-2).
    """
    text = text.strip()
    written = _SCHEME.sub("", _visible(text).strip(_ENDS), count=1).strip(_ENDS)
    digits = _PUNCTUATION.sub("", written)
    if not re.fullmatch(r"\+?[0-9]+", digits, re.ASCII):
        return text
    if not digits.startswith("+") and len(digits) < SHORTEST_NUMBER:
        return digits
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits[0] not in "+0" and _TRUNK_ZERO.search(written):
        digits = "+" + digits
    if digits[0] in "+0":
        return _international(digits, region) or digits.removeprefix("+")
    return digits


def typed_start(text: str, region: str) -> str:
    """What the provider's numbers begin with, from the beginning of one in any form: `06 39`, `+33 6`.

    A national zero is read in `region`; the beginning of a short code or name stays as it is.
    """
    digits = _PUNCTUATION.sub("", text)
    if not re.fullmatch(r"(\+|[0-9])[0-9]*", digits, re.ASCII):
        return text
    if digits.startswith(("+", "00")):
        return digits.removeprefix("+").removeprefix("00")
    if digits.startswith("0") and phonenumbers.ndd_prefix_for_region(region, True) == "0":
        return f"{phonenumbers.country_code_for_region(region)}{digits[1:]}"
    return digits


def typed_number_or_start(text: str, region: str) -> str:
    """`typed_number`, or with `*` at its end what a number or name begins with; "" before a bare `*`."""
    if not text.endswith("*"):
        return typed_number(text, region)
    start = typed_start(text.rstrip("* "), region)
    return f"{start}*" if start else ""


def _visible(text: str) -> str:
    """`text` without marks that have no shape, any script's digits as ASCII ones."""
    seen = (letter for letter in text if unicodedata.category(letter) != "Cf")
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in seen)


def _international(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164).removeprefix("+")


@lru_cache(maxsize=16384)
def shown_number(text: str) -> str:
    """Return `text` as people read it: `+33 6 39 98 12 34`; what is no number stays as it is."""
    if not (text.isascii() and text.isdigit()) or len(text) < SHORTEST_NUMBER:
        return text
    try:
        number = phonenumbers.parse("+" + text)
    except NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=16384)
def region_of(text: str) -> str:
    """Country (alpha-2) that a number's prefix belongs to, "" where it is none."""
    if not (text.isascii() and text.isdigit()) or len(text) < SHORTEST_NUMBER:
        return ""
    try:
        number = phonenumbers.parse("+" + text)
    except NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(number)
    if region:
        return region
    # Fiction ranges have no region of their own: the main country of the prefix stands in.
    main = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return "" if main in ("ZZ", "001") else main
