"""The list of erased numbers as a file beside the backups: what an old backup brings back goes again.

Keyed digests and times, nothing else. Written after each erasure where `BACKUP_DIR` is set, and with each
backup; read by each worker there; lists are merged, never shortened.
"""

import json
import logging
import os
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings

from dashboard.private_files import made_private
from messages_app.archive import forgetting
from messages_app.archive.forgotten import erased
from messages_app.digests import digest
from messages_app.models import Forgotten

NAME = "erased-numbers.json"
FORMAT = "erased numbers 1"

Listed = dict[str, datetime]

log = logging.getLogger("messages_app.backups")


class Unfit(Exception):
    """A file that cannot be used; the text is a sentence for the operator."""


def key_name() -> str:
    """What tells one `PRIVACY_KEY` from another, and betrays none."""
    return digest("name of the key", "")[:16]


def in_database() -> Listed:
    return dict(Forgotten.objects.values_list("digest", "at"))


def in_folder(folder: Path) -> Listed:
    """The list beside the backups of a folder; empty where there is none. Raises Unfit."""
    path = folder / NAME
    try:
        found = json.loads(path.read_text())
        if found["format"] != FORMAT:
            raise ValueError(found["format"])
        listed = {name: datetime.fromisoformat(at) for name, at in found["erased"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise Unfit(f"{path} cannot be read.") from None
    if found["key"] != key_name():
        raise Unfit(f"{path} was written under another PRIVACY_KEY.")
    return listed


def merge(listed: Listed) -> int:
    """Take a list into the database's; say how many were new."""
    return forgetting.suppress(listed.items())


def write(folder: Path) -> None:
    """Put both lists, the folder's and the database's, into the folder. Raises Unfit and OSError.

    A missing folder is made, but not those above it: they may be a disk that is not there.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    there = in_folder(folder)
    listed = in_database() | there
    if listed == there:
        return
    told = {name: at.isoformat() for name, at in sorted(listed.items())}
    content = json.dumps({"format": FORMAT, "key": key_name(), "erased": told}, indent=1)
    # Never a half: whoever reads meanwhile has the list before or the list after.
    draft = folder / f".{NAME}.{secrets.token_hex(4)}"
    if not made_private(draft, content):
        raise OSError(f"{folder} cannot be written to")
    os.replace(draft, folder / NAME)


def keep_beside() -> None:
    """Bring the database's list and that of `BACKUP_DIR` up to date: a new database begins without one.

    What fails is tried again with the worker's next turn, which also erases what is new here.
    """
    if settings.BACKUP_DIR is None:
        return
    try:
        there = in_folder(settings.BACKUP_DIR)
        if there.keys() - erased():
            merge(there)
        write(settings.BACKUP_DIR)
    except (OSError, Unfit) as reason:
        log.error("the list of erased numbers is not beside the backups: %s", reason)
