"""Where the files of exports are kept, and how they go: fetched no more, forgotten, or left behind."""

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

from django.core.files.storage import Storage, storages
from django.db import transaction

from messages_app.models import Export

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
"""What an export may be; one that is sent at once is "failed" until its end is sent."""

UNDER_WAY = (WAITING, RUNNING)

KEPT = timedelta(hours=24)
"""How long a file can be fetched."""

REMEMBERED = timedelta(days=30)
"""How long it is known that there was one."""

LEFT = timedelta(hours=1)
"""How long nobody touches what nobody works on any more."""

WORKSHOP = "messages-export-"
"""How the names of folders begin in which files are put together."""

_NAME = re.compile(r"\d+-[0-9a-f]{32}(_\w+)?\.(csv|xlsx|ndjson)")
"""Files of ours: the storage may hold others."""

log = logging.getLogger("messages_app.exports")


def storage() -> Storage:
    """Where files are kept: private, on a place that workers and dashboards share."""
    return storages["exports"]


def drop(export: Export) -> None:
    """Forget an export with its file; a worker that makes it finds its lease gone."""
    with transaction.atomic():
        found = Export.objects.select_for_update().filter(pk=export.pk)
        # Read again: a worker may have finished the file meanwhile.
        names = list(found.values_list("file", flat=True))
        Export.objects.filter(pk=export.pk).delete()
    for name in names:
        delete(name)


def drop_files(now: datetime) -> None:
    """Delete every file that is kept, and have those made anew that are being made: somebody's number
    is erased, and any of them may hold it."""
    Export.objects.filter(state=RUNNING).update(state=WAITING, lease="", rows=0)
    Export.objects.exclude(file="").update(expires_at=now - timedelta(seconds=1))
    forget(now)


def forget(now: datetime) -> None:
    """Delete files that nobody may fetch any more, records that are old, and what was left behind."""
    for export in Export.objects.filter(expires_at__lt=now).exclude(file=""):
        if delete(export.file):
            Export.objects.filter(pk=export.pk).update(file="")
    for name in _orphans(now):
        delete(name)
    old = Export.objects.filter(made_at__lt=now - REMEMBERED).exclude(state__in=UNDER_WAY)
    # Asked first: on SQLite a DELETE takes the writers' turn, also where it finds nothing.
    if old.exists():
        old.delete()
    _clear_workshops(now)


def delete(name: str) -> bool:
    """Delete a file; say whether it is gone. One that stays is tried again later."""
    if not name:
        return True
    try:
        storage().delete(name)
    except Exception as error:  # each kind of storage has errors of its own
        log.warning("a file of an export could not be deleted: %s", type(error).__name__)
        return False
    return True


def _orphans(now: datetime) -> Iterator[str]:
    """Files without a record: their owner's account is gone, or their worker was killed."""
    try:
        _folders, names = storage().listdir("")
    except (OSError, NotImplementedError):
        return
    known = set(Export.objects.exclude(file="").values_list("file", flat=True))
    for name in names:
        if _NAME.fullmatch(name) and name not in known:
            # A file that is just being saved has no record yet.
            with suppress(OSError):
                if storage().get_modified_time(name) < now - LEFT:
                    yield name


def _clear_workshops(now: datetime) -> None:
    """Remove folders of processes that were killed: they hold rows in plain."""
    for folder in Path(gettempdir()).glob(f"{WORKSHOP}*"):
        with suppress(OSError):
            touched = max(one.stat().st_mtime for one in (folder, *folder.iterdir()))
            if datetime.fromtimestamp(touched, UTC) < now - LEFT:
                rmtree(folder, ignore_errors=True)
