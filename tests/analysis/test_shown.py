"""Credits of a column stand aligned: each with the decimals that one of them needs."""

from decimal import Decimal

import pytest

from messages_app.analysis import shown


@pytest.mark.parametrize(
    ("values", "places", "texts"),
    [
        (["1", "4.25", "2.6"], 2, ["1.00", "4.25", "2.60"]),
        (["1", "12", "0"], 0, ["1", "12", "0"]),
        (["1.50", "2.000"], 1, ["1.5", "2.0"]),
        (["0.12345", "1200"], 4, ["0.1234", "1,200.0000"]),
        ([], 0, []),
    ],
)
def test_credits_of_a_column_have_the_same_decimals(values, places, texts):
    credits = [Decimal(value) for value in values]
    assert shown.places([*credits, None]) == places
    assert [shown.credits(one, places) for one in credits] == texts


def test_credits_alone_have_the_decimals_they_need():
    assert [shown.credits(Decimal(one)) for one in ("1", "4.250", "0.6")] == ["1", "4.25", "0.6"]
    assert shown.credits(None, 2) == shown.NOTHING
