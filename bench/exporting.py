"""A file of everything: CSV against a plain ORM iterator, or PostgreSQL's own COPY; and memory by size."""

import csv
from collections.abc import Iterator
from io import StringIO

from django.db import connection

from bench.asking import asked_of_all
from bench.report import Row, timed
from messages_app.exports import direct_csv
from messages_app.exports.columns import COLUMNS
from messages_app.models import Message
from messages_app.privacy import OPEN

ROUNDS = 5


def rows() -> Iterator[Row]:
    """Needs an archive. Both write the same columns of the same rows in the same order."""
    query, is_server = asked_of_all().but(mask=OPEN), connection.vendor == "postgresql"
    start, end = query.span
    held = Message.objects.filter(date__range=(start, end)).order_by("-date", "-key")

    def ours() -> None:
        for _rows, pieces in direct_csv.chunks(query, COLUMNS, "en"):
            assert all(pieces)

    def by_iterator() -> None:
        text = StringIO()
        writer = csv.writer(text)
        for at, row in enumerate(held.iterator()):
            writer.writerow([getattr(row, name) for name in COLUMNS])
            if at % 2000 == 0:
                text.seek(0)
                text.truncate()

    def by_copy() -> None:
        sql, params = held.values_list(*COLUMNS).query.sql_with_params()
        with connection.cursor() as cursor:
            asked = cursor.cursor.mogrify(sql, params)
            with cursor.copy(f"COPY ({asked}) TO STDOUT (FORMAT csv)") as copy:
                for piece in copy:
                    assert piece

    # In turn, so that the machine's drift meets all alike.
    taken = [(timed(ours), timed(by_copy) if is_server else 0.0) for _ in range(ROUNDS)]
    mine, copied = map(min, zip(*taken, strict=True))
    yield Row(
        "everything as CSV", "a plain ORM iterator", mine, min(timed(by_iterator) for _ in range(2)),
        4.0, "the database takes most of the time", gain=True,
    )  # fmt: skip
    if is_server:
        yield Row(
            "everything as CSV", "COPY TO", mine, copied, 0.75,
            "times, costs and guards against formulas are made on the way", gain=True,
        )  # fmt: skip
