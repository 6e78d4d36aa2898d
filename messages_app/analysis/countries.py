"""Country codes, names in the reader's language, and flags. Names come from CLDR (Babel)."""

import re
import unicodedata
from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from messages_app.analysis.statuses import NONE

ALPHA2 = 2


def _language() -> str:
    return (get_language() or "en").split("-")[0]


@lru_cache(maxsize=8)
def names(language: str) -> dict[str, str]:
    """Code → name in `language`, sorted as that language reads; territories only, no regions."""
    found = {
        code: name
        for code, name in Locale(language).territories.items()
        if len(code) == ALPHA2
        and code.isalpha()
        and code not in ("ZZ", "EU", "UN", "XA", "XB", "EZ", "QO")
    }
    return dict(sorted(found.items(), key=lambda item: folded(item[1])))


def country_name(code: str) -> str:
    """Name for people in the language in force; "" and NONE are the unknown country."""
    return _("No country") if code in ("", NONE) else names(_language()).get(code, code)


def choices() -> dict[str, str]:
    return names(_language())


@lru_cache(maxsize=512)
def flag(code: str) -> str:
    """The flag as a pair of regional indicators; "" for what is no country code."""
    if len(code) != ALPHA2 or not (code.isascii() and code.isalpha()):
        return ""
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in code.upper())


def folded(text: str) -> str:
    """`text` without case and accents, for comparing names that people type."""
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).strip()


ALIASES = {
    "AE": ("UAE", "Emirates", "Émirats"),
    "BA": ("Bosnia", "Bosnie"),
    "CD": ("RDC", "DRC", "DR Congo", "RD Congo", "Democratic Republic of the Congo",
           "République démocratique du Congo"),
    "CG": ("Republic of the Congo", "République du Congo"),
    "CI": ("Ivory Coast",),
    "CV": ("Cabo Verde",),
    "CZ": ("Czech Republic", "République tchèque"),
    "DO": ("République Dominicaine",),
    "GB": ("UK", "Great Britain", "Grande-Bretagne", "England", "Angleterre"),
    "HK": ("Hong Kong",),
    "KR": ("Republic of Korea", "République de Corée"),
    "MK": ("Macedonia", "Macédoine"),
    "MM": ("Burma", "Birmanie", "Myanmar"),
    "MO": ("Macao", "Macau"),
    "NL": ("Holland", "Hollande", "The Netherlands"),
    "PS": ("Palestine",),
    "RU": ("Russian Federation", "Fédération de Russie"),
    "SZ": ("Swaziland",),
    "TL": ("East Timor", "Timor-Leste"),
    "TR": ("Turkey",),
    "US": ("USA", "United States of America", "États-Unis d'Amérique"),
    "VA": ("Vatican",),
    "VN": ("Viet Nam",),
}  # fmt: skip
"""What people call a country beside its name in CLDR. A bare "Congo" or "Korea" is none of them."""

_WORDS = {"&": "and", "st": "saint", "ste": "sainte"}


def _spoken(name: str) -> str:
    """A name's words alone: no case, accents, apostrophes, hyphens, dots or brackets."""
    text = folded(name.replace(".", "").replace("&", " & "))
    words = re.findall(r"\w+|&", text)
    return " ".join(_WORDS.get(word, word) for word in words)


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in ("en", "fr"):
        for code, name in names(language).items():
            found.setdefault(_spoken(name), code)
    for code, others in ALIASES.items():
        for name in others:
            found.setdefault(_spoken(name), code)
    return found


def code_of(text: str) -> str | None:
    """Alpha-2 code for a code or a name in any offered language; None when it is neither."""
    text = text.strip()
    if len(text) == ALPHA2 and text.upper() in names("en"):
        return text.upper()
    return _codes_by_name().get(_spoken(text))
