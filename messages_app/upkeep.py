"""What workers do once a minute beside their readings: whatever is over goes, and it goes wholly.

Files of exports, share links, logins, lines of the audit trail, rows that are too old; an erasure that was
stopped is finished, the database's files lose what was erased, and the list of erased numbers stands beside
the backups.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import OperationalError, transaction

from messages_app import erasing, logins, sharing
from messages_app.archive import forgetting
from messages_app.archive.faults import FAILURES, kind_of, sentence_of
from messages_app.archive.forgetting import Blanked
from messages_app.audit import Act, record
from messages_app.audit_chain import purge_in_turn
from messages_app.audit_settings import record_settings
from messages_app.backups import dumps, suppression
from messages_app.exports import kept

EVERY = 60.0
"""Seconds after which a worker takes its next turn."""

SLICES = 100
"""Slices of old rows that one turn takes: exports are made by the same thread."""

log = logging.getLogger("messages_app.archive")


def turn(now: datetime) -> None:
    """Every duty once; `now` is real time, aware, in the provider's zone.

    Where one fails the others are done all the same; then the database's error is raised.
    """
    failure = None
    for duty in DUTIES:
        try:
            duty(now)
        except FAILURES as error:
            failure = failure or error
    if failure:
        raise failure


def purge(now: datetime, slices: int = forgetting.NO_END) -> Blanked:
    """Blank the rows whose time of keeping is over, and record it where there were any.

    Counted together with the blanking: a line that could not be written is written by the next turn.
    """
    found = forgetting.blank_old(now.replace(tzinfo=None), slices)
    # Asked first: whoever takes it takes the writers' turn.
    if forgetting.untold().rows:
        with transaction.atomic():
            told = forgetting.take_untold()
            # Another worker may have told it meanwhile.
            if told.rows:
                record(Act.PURGED, note=f"messages {told.rows}, observations {told.observations}")
    return found


def clean() -> bool:
    """Take what was erased out of the database's files; False where others use them: next time, then."""
    try:
        return forgetting.scrub()
    except OperationalError as error:
        log.warning("Files still hold what was erased: %s", sentence_of(kind_of(error)))
        return False


def _blank_some(now: datetime) -> None:
    purge(now, SLICES)


def _clean_what_is_left(_now: datetime) -> None:
    if forgetting.has_leftovers():
        clean()


DUTIES: tuple[Callable[[datetime], object], ...] = (
    kept.forget,
    sharing.forget,
    logins.forget,
    purge_in_turn,
    _blank_some,
    lambda _now: erasing.drop_nobodys_flags(),
    lambda _now: suppression.keep_beside(),
    # Behind the lists: one of them may hold what this database does not know of.
    erasing.finish,
    dumps.clear_left,
    _clean_what_is_left,
    lambda _now: record_settings(),
)
