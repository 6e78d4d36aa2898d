"""What is checked before anything is read: that archive, program, account and clock belong together.

Mixing two accounts, or writing with a program of another version, would spoil the archive without a
word. So these are refused with a sentence; what can be put right is put right, and said.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from messages_app.archive.rollups import GRAINS, HOUR_TOTALS, rebuild_all
from messages_app.archive.tables import CallTime, Reread
from messages_app.models import (
    Look,
    Message,
    Observation,
    ProviderTrait,
    Quarantine,
    Rollup,
    Span,
    SyncRun,
)

APP = "messages_app"
SANDBOX = "sandbox:"
"""How the fingerprint of invented traffic begins."""

AHEAD = timedelta(minutes=5)
"""A reading that lies so far in the future was written by a clock that was wrong."""

OTHER_ACCOUNT = (
    "The archive was filled from another account or with another token. If it is the same account, "
    "say so once with --same-account; else give this one a database of its own (DATABASE_URL)."
)
NO_RETENTION = (
    "RETENTION_MONTHS is missing; say for how many months messages of the real account keep numbers "
    "and texts, such as 24."
)
OLD_PROGRAM = "The database was migrated by a newer program than this; update the program."
OLD_DATABASE = "The database lacks migrations; run: manage.py migrate"


class Refused(Exception):
    """Nothing may be read or written; the text is a sentence for the operator."""


def prepare(
    fingerprint: str,
    zone: str,
    now: datetime,
    *,
    same_account: bool = False,
    is_accepted: Callable[[], object] = lambda: None,
) -> Iterator[str]:
    """Check everything, put right what can be, and say what was. Raises Refused.

    `fingerprint` tells accounts apart without holding their token; `now` is real time, aware.
    `is_accepted` raises where the provider does not answer to the token: an archive makes no room
    for an account that may not be one. It is asked before anything is locked.
    """
    check_schema()
    if _trait("account").startswith(SANDBOX) and not is_ours(fingerprint):
        is_accepted()
    with transaction.atomic():
        yield from _check_account(fingerprint, same_account=same_account)
        yield from _check_zone(zone)
        yield from _mend_clock(now)
    yield from _build_rollups()


def is_ours(fingerprint: str) -> bool:
    """Whether the archive is of this account, or of none yet."""
    known = _trait("account")
    return known in ("", fingerprint)


def check_schema() -> None:
    """Raises Refused where database and program are of different versions."""
    mine = _migrations()
    there = {name for app, name in MigrationRecorder(connection).applied_migrations() if app == APP}
    if there - mine:
        raise Refused(OLD_PROGRAM)
    if mine - there:
        raise Refused(OLD_DATABASE)


@lru_cache(maxsize=1)
def _migrations() -> frozenset[str]:
    """The program's own, as it was started: files may be replaced under a running worker."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(name for app, name in loader.disk_migrations if app == APP)


def _check_account(fingerprint: str, *, same_account: bool) -> Iterator[str]:
    known = _trait("account")
    if known == fingerprint:
        return
    if known.startswith(SANDBOX):
        _empty()
        yield "The archive held the sandbox's invented traffic; it was emptied."
    elif known and not same_account:
        raise Refused(OTHER_ACCOUNT)
    _remember("account", fingerprint)


def _check_zone(zone: str) -> Iterator[str]:
    known = _trait("zone")
    if known and known != zone:
        # Times stand as the provider wrote them; what they mean has changed, and so has what is past.
        Span.objects.all().delete()
        yield f"The time zone changed from {known} to {zone}; everything is read again."
    if known != zone:
        _remember("zone", zone)


def _mend_clock(now: datetime) -> Iterator[str]:
    """Readings of the future would fence off all that is true: they are worth nothing."""
    limit = now + AHEAD
    if not Span.objects.filter(fetched_at__gt=limit).exists():
        return
    Span.objects.filter(fetched_at__gt=limit).delete()
    Message.objects.filter(read_at__gt=limit).update(read_at=0, since=0)
    yield "Some readings bore a time in the future (a clock was wrong); they are read again."


def _build_rollups() -> Iterator[str]:
    """A newer program may count in ways that the rollups do not have yet."""
    wanted = ",".join(str(grain.code) for grain in GRAINS)
    known = _trait("grains")
    if known == wanted:
        return
    if known or _is_older():
        days = sum(1 for _day in rebuild_all())
        yield f"The rollups of {days} days were counted anew for this version."
    _remember("grains", wanted)


def _is_older() -> bool:
    """Whether there are rollups of a version that did not yet write down which ones it builds."""
    found = Rollup.objects.all()
    return found.exists() and not found.filter(grain=HOUR_TOTALS.code).exists()


def _empty() -> None:
    # Flags too: the real account's messages may bear the same ids.
    flags = apps.get_model(APP, "Flag")
    kept = (Message, Observation, Rollup, Span, Quarantine, Look, SyncRun, Reread, CallTime, flags)
    for model in kept:
        with connection.cursor() as cursor:
            # Not by the ORM, which would fetch a million keys to be polite.
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


def _trait(name: str) -> str:
    found = ProviderTrait.objects.filter(api_url="", name=name).values_list("value", flat=True)
    return found.first() or ""


def _remember(name: str, value: str) -> None:
    ProviderTrait.objects.update_or_create(api_url="", name=name, defaults={"value": value})
