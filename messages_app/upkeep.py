"""What workers do once a minute for privacy: rows that are too old lose number and text, the database's
files lose what was erased, and the list of erased numbers stands beside the backups.
"""

from datetime import datetime

from django.db import OperationalError

from messages_app.archive import forgetting
from messages_app.archive.forgetting import Blanked
from messages_app.audit import Act, record
from messages_app.backups import suppression


def turn(now: datetime) -> None:
    """One turn; `now` is real time, aware, in the provider's zone. Raises the database's errors."""
    purge(now)
    suppression.keep_beside()
    if forgetting.has_leftovers():
        clean()


def purge(now: datetime) -> Blanked:
    """Blank the rows whose time of keeping is over, and record it where there were any."""
    found = forgetting.blank_old(now.replace(tzinfo=None))
    if found.rows:
        record(Act.PURGED, note=f"messages {found.rows}, observations {found.observations}")
    return found


def clean() -> bool:
    """Take what was erased out of the database's files; False where others use them: next time, then."""
    try:
        return forgetting.scrub()
    except OperationalError:
        return False
