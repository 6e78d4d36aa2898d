"""What workers do once a minute for privacy: rows that are too old lose number and text, the database's
files lose what was erased, and the list of erased numbers stands beside the backups.
"""

import logging
from datetime import datetime

from django.db import OperationalError

from messages_app import erasing
from messages_app.archive import forgetting
from messages_app.archive.faults import kind_of, sentence_of
from messages_app.archive.forgetting import Blanked
from messages_app.audit import Act, record
from messages_app.backups import dumps, suppression

SLICES = 100
"""Slices of old rows that one turn takes: exports are made by the same thread."""

log = logging.getLogger("messages_app.archive")


def turn(now: datetime) -> None:
    """One turn; `now` is real time, aware, in the provider's zone. Raises the database's errors."""
    purge(now, SLICES)
    erasing.drop_nobodys_flags()
    suppression.keep_beside()
    dumps.clear_left(now)
    if forgetting.has_leftovers():
        clean()


def purge(now: datetime, slices: int = forgetting.NO_END) -> Blanked:
    """Blank the rows whose time of keeping is over, and record it where there were any."""
    found = forgetting.blank_old(now.replace(tzinfo=None), slices)
    if found.rows:
        record(Act.PURGED, note=f"messages {found.rows}, observations {found.observations}")
    return found


def clean() -> bool:
    """Take what was erased out of the database's files; False where others use them: next time, then."""
    try:
        return forgetting.scrub()
    except OperationalError as error:
        log.warning("Files still hold what was erased: %s", sentence_of(kind_of(error)))
        return False
