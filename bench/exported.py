"""Files of everything, and of a part of it, for whoever watches the memory of the process."""

from collections.abc import Iterator

from bench.asking import asked_of_all
from bench.report import Row
from messages_app.answers import gathered
from messages_app.exports import direct_csv, ndjson_file
from messages_app.exports.columns import COLUMNS
from messages_app.privacy import OPEN


def rows(share: str) -> Iterator[Row]:
    """`share`: 1 for all of the range, 100 for its hundredth. Measures nothing itself."""
    query = asked_of_all().but(mask=OPEN)
    start, end = query.span
    query = query.within(end - (end - start) / int(share), end)
    query = query.within(query.span[0].replace(microsecond=0), end)
    for _rows, pieces in direct_csv.chunks(query, COLUMNS, "en"):
        assert all(pieces)
    answer = gathered(query, is_patient=True)
    for line in ndjson_file.chunks(answer.value.slices(), COLUMNS, "en"):
        assert line is not None
    yield from ()
