"""Brings a backup back, checked first, and erased once more what was erased since it was made.

    file ─▶ checksum, key, versions ─▶ content in place of the database's ─▶ migrations
    lists of erased numbers (here, beside the backup, BACKUP_DIR) ─▶ erased again · too old: blanked again

SQLite: all of that is done on a copy, which then takes the database's place. PostgreSQL: the content comes
in one transaction, and is erased right behind it: nothing may be served meanwhile. The list of the database
that goes stands beside the backup first, so that a restore which is killed in between can be had again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from messages_app import erasing
from messages_app.archive import forgetting
from messages_app.archive.forgetting import Blanked
from messages_app.backups import suppression
from messages_app.backups.dumps import (
    Counts,
    counts,
    load_postgresql,
    put_in_place,
    restored_copy,
)
from messages_app.backups.making import pieces_of, read_manifest, secret
from messages_app.backups.sealed import Damaged, opened
from messages_app.backups.suppression import Listed, Unfit, key_name
from messages_app.made import Opening
from messages_app.models import Export, Forgotten, Message

IN_USE = "The database holds rows. With --replace the backup takes their place, and they are gone."


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: rows a table, how many numbers are known as erased, what they and age blanked."""

    rows: Counts
    erased: int
    again: Blanked
    old: Blanked


def restore(path: Path, now: datetime, *, replace: bool) -> Restored:
    """Put a backup in the database's place; `now` is aware, in the provider's zone.

    Raises Unfit, dumps.Failed and OSError; then the database is as it was. Only the database's own error
    between content and erasure leaves it half done on PostgreSQL: restore again, every list is there.
    """
    manifest, key = read_manifest(path), secret()
    _check_fit(manifest.database, manifest.key, manifest.migrations)
    listed = _known_lists(path.parent)
    if not replace and _is_in_use():
        raise Unfit(IN_USE)
    _check_content(path, manifest.sha256, key)
    if _has_list():
        suppression.write(path.parent)

    def content() -> Iterator[bytes]:
        with path.open("rb") as file:
            yield from opened(file, key)

    def mended() -> Restored:
        rows = counts()
        if rows != manifest.rows:
            raise Unfit("The backup does not hold what its manifest says.")
        return _mended(rows, listed, now)

    if _is_file():
        found = _in_place_of_file(content, mended)
    else:
        load_postgresql(content(), content(), manifest.rows)
        found = mended()
    suppression.write(path.parent)
    suppression.keep_beside()
    return found


def _is_file() -> bool:
    return connection.vendor == "sqlite"


def _in_place_of_file(
    content: Callable[[], Iterator[bytes]], mended: Callable[[], Restored]
) -> Restored:
    name = str(connection.settings_dict["NAME"])
    connection.close()
    with restored_copy(content()) as copy:
        found = mended()
        connection.close()
        put_in_place(copy, name)
    return found


def _mended(rows: Counts, listed: Listed, now: datetime) -> Restored:
    """Bring the tables up to the program, then take out what was erased or is too old by now."""
    call_command("migrate", interactive=False, verbosity=0)
    suppression.merge(listed)
    again = erasing.forget_listed()
    old = forgetting.blank_old(now.replace(tzinfo=None))
    # Sessions and visits of then are over; files of exports were no part of the backup.
    for model in (Session, Opening, Export):
        model._default_manager.all().delete()
    forgetting.scrub()
    return Restored(rows, Forgotten.objects.count(), again, old)


def _check_fit(database: str, key: str, migrations: list[str]) -> None:
    if database != connection.vendor:
        raise Unfit(f"The backup is one of {database}; DATABASE_URL names another kind.")
    if key != key_name():
        raise Unfit("The backup was made under another PRIVACY_KEY: what was erased would be back.")
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    if newer := [name for name in migrations if name not in known]:
        raise Unfit(f"The backup was made by a newer program than this ({newer[-1]}).")


def _known_lists(folder: Path) -> Listed:
    """Every list there is: an erasure that is in one of them holds."""
    listed = suppression.in_folder(folder)
    if settings.BACKUP_DIR:
        listed |= suppression.in_folder(settings.BACKUP_DIR)
    if _has_list():
        listed |= suppression.in_database()
    return listed


def _has_list() -> bool:
    return Forgotten._meta.db_table in connection.introspection.table_names()


def _is_in_use() -> bool:
    """Whether the database holds messages or accounts."""
    there = connection.introspection.table_names()
    models = (Message, get_user_model())
    return any(one._meta.db_table in there and one._default_manager.exists() for one in models)


def _check_content(path: Path, wanted: str, key: str) -> None:
    """Read all of it once, before anything is touched. Raises Unfit."""
    digest = sha256()
    try:
        for piece in pieces_of(path):
            digest.update(piece)
    except OSError:
        raise Unfit(f"{path} cannot be read.") from None
    if digest.hexdigest() != wanted:
        raise Unfit(f"{path} is not the file that its manifest tells of: it was cut or changed.")
    try:
        with path.open("rb") as file:
            for _piece in opened(file, key):
                pass
    except Damaged:
        raise Unfit(f"{path} does not open with this BACKUP_KEY.") from None
