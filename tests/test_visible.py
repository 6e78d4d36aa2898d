"""T14: characters that hide or reorder text are shown, and nothing else is touched."""

import pytest

from messages_app.visible import one_line, pieces


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u200b", "\x00", "\u2066", "\ufeff", "\x1b", "\u00ad"]
)
def test_t14_a_hidden_character_becomes_a_named_mark(hidden):
    found = list(pieces(f"pay {hidden}now"))
    assert [piece.text for piece in found] == ["pay ", f"U+{ord(hidden):04X}", "now"]
    assert found[1].name
    assert hidden not in one_line(f"pay {hidden}now")


@pytest.mark.parametrize(
    "text", ["été à Orléans", "👩‍👩‍👧 ❤️", "مرحبا", "line one\nline two\ttab", "क्‍ष"]
)
def test_ordinary_texts_of_any_script_stay_whole(text):
    assert [piece.text for piece in pieces(text)] == [text]


def test_a_cell_is_one_line():
    assert one_line("one\r\n two\t three ") == "one two three"
