"""The text index, its triggers, and what PostgreSQL needs to order and plan as SQLite does.

A later migration that rebuilds the table of messages on SQLite (a changed column does) drops these
triggers with the old table: it has to make them again.
"""

from django.db import migrations
from django.db.utils import Error

MESSAGE, SEARCH, WAITING = (
    "messages_app_message",
    "messages_app_search",
    "messages_app_unindexed",
)

# The index has no copy of the texts: to leave it, a text has to be named as it went in.
LEAVE = f"""
    INSERT INTO {SEARCH} ({SEARCH}, rowid, folded) SELECT 'delete', OLD.key, OLD.folded
        WHERE OLD.folded <> '' AND NOT EXISTS (SELECT 1 FROM {WAITING} WHERE key = OLD.key);
    DELETE FROM {WAITING} WHERE key = OLD.key;
"""
WAIT = f"INSERT INTO {WAITING} (key) SELECT NEW.key WHERE NEW.folded <> '';"

ON_SQLITE = (
    f"""CREATE VIRTUAL TABLE {SEARCH} USING fts5(
        folded, content='', detail=none, columnsize=0, tokenize='trigram case_sensitive 1'
    )""",
    f"CREATE TABLE {WAITING} (key INTEGER PRIMARY KEY)",
    f"INSERT INTO {WAITING} (key) SELECT key FROM {MESSAGE} WHERE folded <> ''",
    f"""CREATE TRIGGER messages_app_text_new AFTER INSERT ON {MESSAGE}
        WHEN NEW.folded <> '' BEGIN {WAIT} END""",
    f"""CREATE TRIGGER messages_app_text_changed AFTER UPDATE OF key, folded ON {MESSAGE}
        WHEN OLD.folded <> NEW.folded OR OLD.key <> NEW.key BEGIN {LEAVE} {WAIT} END""",
    f"""CREATE TRIGGER messages_app_text_gone AFTER DELETE ON {MESSAGE}
        WHEN OLD.folded <> '' BEGIN {LEAVE} END""",
)
OFF_SQLITE = (
    *(f"DROP TRIGGER messages_app_text_{event}" for event in ("new", "changed", "gone")),
    f"DROP TABLE {SEARCH}",
    f"DROP TABLE {WAITING}",
)

ON_POSTGRESQL = (
    f"CREATE INDEX message_folded ON {MESSAGE} USING gin (folded gin_trgm_ops)",
    # No cost sorts first, as on SQLite.
    "DROP INDEX message_cost",
    f"CREATE INDEX message_cost ON {MESSAGE} (cost NULLS FIRST, date, key)",
    # The type is read off the key's last bits: without figures the planner takes it for rare.
    f"CREATE STATISTICS message_kind ON (key & 3) FROM {MESSAGE}",
)
OFF_POSTGRESQL = (
    "DROP INDEX message_folded",
    "DROP INDEX message_cost",
    f"CREATE INDEX message_cost ON {MESSAGE} (cost, date, key)",
    "DROP STATISTICS message_kind",
)


def build(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        _run(schema_editor, ON_SQLITE)
    else:
        _trigrams(schema_editor)
        _run(schema_editor, ON_POSTGRESQL)


def drop(apps, schema_editor):
    on_sqlite = schema_editor.connection.vendor == "sqlite"
    _run(schema_editor, OFF_SQLITE if on_sqlite else OFF_POSTGRESQL)


def _trigrams(schema_editor):
    try:
        _run(schema_editor, ["CREATE EXTENSION IF NOT EXISTS pg_trgm"])
    except Error as error:
        raise RuntimeError(
            "Searching texts needs PostgreSQL's extension pg_trgm (package postgresql-contrib):"
            " let a superuser run CREATE EXTENSION pg_trgm in this database."
        ) from error


def _run(schema_editor, statements):
    # By the cursor: the schema editor would read the % and quotes of a statement in its own way.
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("messages_app", "0003_archive")]
    operations = [migrations.RunPython(build, drop)]
