"""The text index: which rows may hold a text. It narrows; the case-folded text itself decides.

SQLite: an FTS5 table of trigrams by row id, filled beside the ingest. Triggers note each new text in
a table of its own, and take a changed or deleted one out of the index in the same transaction
(migration 0004): a search takes the hits of the index and the rows that are not yet in it.
PostgreSQL: a pg_trgm index, which the database keeps by itself.
"""

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from messages_app.archive import points
from messages_app.models import Message

TRIGRAM = 3
FEW = 20_000
"""Hits up to which their rows are looked up one by one; beyond, passing over the range is faster."""

TRIGRAMS = 8
"""Parts of a text that the index is asked for: each more takes time and hardly narrows further."""

NAMED = 500
"""Hits up to which a question names them all, so that its parts do not search again."""

SQUEEZED = 500
"""Pages of the index that one step writes anew."""

_INDEX, _WAITING = "messages_app_search", "messages_app_unindexed"
_HITS = f"SELECT rowid FROM {_INDEX} WHERE {_INDEX} MATCH %s UNION ALL SELECT key FROM {_WAITING}"


def contains(text: str) -> Q:
    """Rows whose text contains `text`: case-blind by case folding, every character literal."""
    folded = text.casefold()
    found = Q(folded__contains=folded)
    if connection.vendor == "sqlite" and len(folded) >= TRIGRAM:
        match = _match(folded)
        hits = _first_hits(match)
        if len(hits) <= NAMED:
            return Q(key__in=hits) & found
        if len(hits) <= FEW:
            return Q(key__in=RawSQL(_HITS, [match])) & found  # noqa: S611 - constants
    return found


def index_new(limit: int = 2000) -> int:
    """Put at most `limit` waiting texts into the index, in one transaction; return how many."""
    if connection.vendor != "sqlite":
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT MAX(key) FROM (SELECT key FROM {_WAITING} ORDER BY key LIMIT %s)", [limit]
        )
        (last,) = cursor.fetchone()
        if last is None:
            return 0
        cursor.execute(
            f"INSERT INTO {_INDEX} (rowid, folded) SELECT key, folded"
            f" FROM {_WAITING} JOIN {Message._meta.db_table} USING (key) WHERE key <= %s",
            [last],
        )
        points.reached("texts indexed")
        cursor.execute(f"DELETE FROM {_WAITING} WHERE key <= %s", [last])
        return int(cursor.rowcount)


def squeeze() -> None:
    """Put the index's pieces together, so that nothing of a text that left it stays in any of them.

    In many small steps: others write in between. A first step of negative size begins anew.
    """
    if connection.vendor != "sqlite":
        return
    pages = -SQUEEZED
    while _merge(pages) > 1:
        pages = SQUEEZED


def _merge(pages: int) -> int:
    """Write at most so many pages of the index anew; say how much that changed (below 2: nothing)."""
    with connection.cursor() as cursor:
        before: int = cursor.connection.total_changes
        cursor.execute(f"INSERT INTO {_INDEX} ({_INDEX}, rank) VALUES ('merge', %s)", [pages])
        after: int = cursor.connection.total_changes
    return after - before


def _match(folded: str) -> str:
    """Trigrams of the text, all of which a hit holds: spread evenly over a long one."""
    last = len(folded) - TRIGRAM
    starts = [*range(0, last, TRIGRAM), last]
    if len(starts) > TRIGRAMS:
        starts = [last * at // (TRIGRAMS - 1) for at in range(TRIGRAMS)]
    found = dict.fromkeys(folded[at : at + TRIGRAM] for at in starts)
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in found)


def _first_hits(match: str) -> list[int]:
    """Keys of at most FEW + 1 rows that may hold the text."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_HITS} LIMIT {FEW + 1}", [match])
        return [row[0] for row in cursor.fetchall()]
