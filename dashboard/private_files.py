"""Files that their owner alone may read: kept keys, and a database on this disk.

Knows paths and permissions, nothing of what the files hold.
"""

import os
import sqlite3
import stat
from pathlib import Path
from typing import Any


class PrivateConnection(sqlite3.Connection):
    """SQLite's connection, by which a new database file is its owner's alone (mode 0600).

    SQLite gives the files beside it (`-wal`, `-shm`) the same mode.
    """

    def __init__(self, database: Any, *args: Any, **kwargs: Any) -> None:
        name = os.fspath(database)
        if name != ":memory:" and not name.startswith("file:"):
            made_private(Path(name))
        super().__init__(database, *args, **kwargs)


def made_private(path: Path, content: str = "") -> bool:
    """Make the file with mode 0600; False where there is one already, or none can be made."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(content)
    return True


def is_open_to_others(path: Path) -> bool:
    """Say whether somebody who is neither owner nor of the group may read or write the file."""
    try:
        return bool(path.stat().st_mode & stat.S_IRWXO)
    except OSError:
        return False
