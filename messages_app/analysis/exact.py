"""Values that a filter would read otherwise than they stand, written so that they mean just themselves.

A filter reads what people type: `PROMO*` is whatever begins so, `fr` is France, a comma divides. A
figure may count the rows whose sender is `PROMO*` and nothing else. Such a value is written `=PROMO*`:
an equals sign, then the value, in which what a form or a list would not carry stands as %XX (RFC 3986).
"""

import re
from urllib.parse import quote, unquote

EXACT = "="

_CHANGED = r"[\x00-\x1f\x7f]|^\s+|\s+$"
"""What a form sends otherwise than it stands: blanks around a value, line breaks."""

_HIDDEN = re.compile(rf"[%,]|{_CHANGED}")
"""That, our own mark, and what divides a list."""


def is_exact(text: str) -> bool:
    return text.startswith(EXACT)


def is_plain(value: str) -> bool:
    """Whether a form carries the value unchanged, and it is not written exactly."""
    return not (is_exact(value) or re.search(_CHANGED, value))


def exactly(value: str) -> str:
    """`value` written so that it means just itself."""
    return EXACT + _HIDDEN.sub(lambda found: quote(found[0], safe=""), value)


def meant(text: str) -> str:
    """The value that a filter's text stands for: itself, or what `exactly` was given."""
    return unquote(text.removeprefix(EXACT)) if is_exact(text) else text
