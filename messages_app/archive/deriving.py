"""Derives anew what a row's numbers and texts tell, after a release that reads them another way.

What was blanked tells nothing any more: such a row keeps what was derived while its text was there.
"""

from django.db import connection

from messages_app.archive.columns import micros, wall_time
from messages_app.models import Message
from messages_app.sms.parts import parts_of
from messages_app.sms.terms import MO, is_opt_out

_TABLE = Message._meta.db_table
_DERIVED = ("parts", "is_unicode", "is_named", "is_opt_out")
AT_ONCE = 2000


def is_name(sender: str) -> bool:
    """Whether a sender is a name, not a number."""
    return not sender.isdecimal() and sender != ""


def derive(start: int, end: int) -> int:
    """Do so for the rows of the seconds from `start` to before `end`; return how many changed."""
    rows = Message.objects.filter(date__range=(wall_time(start), wall_time(end - 1)))
    known = rows.values_list("key", "read_at", "type", "sender", "message", *_DERIVED)
    changed = []
    for key, read_at, kind, sender, text, *old in known.iterator(AT_ONCE):
        new = [*old]
        if text:
            parts = parts_of(text)
            new = [
                parts.number,
                parts.encoding == "Unicode",
                old[2],
                kind == MO and is_opt_out(text),
            ]
        if sender:
            new[2] = is_name(sender)
        if new != old:
            # A row that was read anew meanwhile is derived by that reading.
            changed.append([*new, key, micros(read_at)])
    assigned = ", ".join(f"{name} = %s" for name in _DERIVED)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_TABLE} SET {assigned} WHERE key = %s AND read_at = %s", changed
        )
    return len(changed)
