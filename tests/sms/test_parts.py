"""Parts and encoding at their edges."""

import pytest

from messages_app.sms.parts import parts_of


@pytest.mark.parametrize(
    ("text", "count", "encoding"),
    [
        ("", 1, "GSM-7"),
        ("a" * 160, 1, "GSM-7"),
        ("a" * 161, 2, "GSM-7"),
        ("a" * 306, 2, "GSM-7"),
        ("a" * 307, 3, "GSM-7"),
        ("€" * 80, 1, "GSM-7"),
        ("€" * 80 + "a", 2, "GSM-7"),
        ("é" * 160, 1, "GSM-7"),
        ("ê" * 70, 1, "Unicode"),
        ("ê" * 71, 2, "Unicode"),
        ("ê" * 134, 2, "Unicode"),
        ("ê" * 135, 3, "Unicode"),
        ("😀" * 35, 1, "Unicode"),
        ("😀" * 36, 2, "Unicode"),
        ("^{}\\[~]|€" * 8 + "a" * 16, 1, "GSM-7"),
    ],
)
def test_parts_follow_the_gsm_rules(text, count, encoding):
    assert parts_of(text) == (count, encoding)
