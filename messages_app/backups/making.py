"""Makes a backup: one encrypted file, its manifest, and the list of erased numbers beside them.

database ─▶ content as of one moment ─▶ encrypted ─▶ messages-….backup
                      └─▶ rows a table, versions, checksum ─▶ messages-….backup.json
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from dashboard.checks import is_weak
from messages_app.backups import suppression
from messages_app.backups.dumps import Counts, dumped
from messages_app.backups.sealed import sealed
from messages_app.backups.suppression import Unfit, key_name

NO_KEY = "BACKUP_KEY must be random and at least 40 characters long; without it no backup opens."
FORMAT = "backup 1"
PART = ".part"
"""How the name of a backup ends while it is made."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands beside a backup: of which database and version, how much, and the file's checksum.

    `key` tells under which `PRIVACY_KEY` its digests were made, `migrations` what made its tables.
    """

    format: str
    made_at: str
    database: str
    migrations: list[str]
    key: str
    rows: Counts
    bytes: int
    sha256: str


def secret() -> str:
    """The key of backups. Raises Unfit for a weak one."""
    if is_weak(settings.BACKUP_KEY):
        raise Unfit(NO_KEY)
    return settings.BACKUP_KEY


def back_up(folder: Path, now: datetime) -> tuple[Path, Manifest]:
    """Make a backup in a folder. Raises Unfit, dumps.Failed and OSError; then there is none."""
    key = secret()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"messages-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"
    draft = path.with_suffix(PART)
    for left in folder.glob(f"messages-*{PART}"):
        # Of one that was killed: two at the same time are no use.
        left.unlink(missing_ok=True)
    try:
        with dumped() as (rows, content):
            size, digest = _written(draft, sealed(content, key))
        manifest = Manifest(
            FORMAT, now.astimezone(UTC).isoformat(timespec="seconds"), connection.vendor,
            applied(), key_name(), rows, size, digest,
        )  # fmt: skip
        _written(manifest_of(path), [json.dumps(asdict(manifest), indent=1).encode()])
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    suppression.write(folder)
    return path, manifest


def manifest_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def applied() -> list[str]:
    """Every migration that the database has."""
    recorded = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in recorded)


def _written(path: Path, pieces: Iterable[bytes]) -> tuple[int, str]:
    """Write a file that its owner alone may read; return its size and SHA-256."""
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    digest = sha256()
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
        return file.tell(), digest.hexdigest()


def read_manifest(path: Path) -> Manifest:
    """Raises Unfit."""
    try:
        found: dict[str, Any] = json.loads(manifest_of(path).read_text())
        manifest = Manifest(**found)
    except FileNotFoundError:
        raise Unfit(
            f"The manifest {manifest_of(path)} is missing: it tells what to expect."
        ) from None
    except (OSError, ValueError, TypeError):
        raise Unfit(f"The manifest {manifest_of(path)} cannot be read.") from None
    if manifest.format != FORMAT:
        raise Unfit(f"{path} was made by another version of this program.")
    return manifest


def pieces_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        yield from iter(lambda: file.read(1024 * 1024), b"")
