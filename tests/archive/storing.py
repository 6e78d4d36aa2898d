"""Puts records into the archive's table as an ingest would, with their rollups, without coverage."""

import json
from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from messages_app.archive.keys import key_of
from messages_app.archive.rollups import rebuild_all
from messages_app.models import Message
from messages_app.provider import MessageRecord
from messages_app.sms.delays import bin_of, delay_between
from messages_app.sms.parts import parts_of
from messages_app.sms.terms import DELIVERED, MO, PENDING, WITHDRAWN, is_opt_out

READ_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def store(
    records: Iterable[MessageRecord], *, read_at: datetime = READ_AT, gone: Collection[str] = ()
) -> None:
    """Write the rows; those whose `key` is in `gone` are flagged as missed by that reading."""
    Message.objects.bulk_create(
        [message(record, read_at, is_gone=record.key in gone) for record in records],
        batch_size=500,
    )
    roll_up()


def roll_up() -> None:
    """Rebuild the rollups of all rows."""
    for _day in rebuild_all():
        pass


def message(record: MessageRecord, read_at: datetime, *, is_gone: bool) -> Message:
    values: dict[str, Any] = {f.name: getattr(record, f.name) for f in fields(MessageRecord)}
    values["extra"] = json.dumps(dict(record.extra), ensure_ascii=False) if record.extra else ""
    parts = parts_of(record.message)
    delay = None
    if record.status_name == DELIVERED:
        delay = delay_between(record.date, record.dlr_date, UTC)
    return Message(
        **values,
        key=key_of(record.type, record.message_id),
        state=state_of(record, is_gone=is_gone),
        parts=parts.number,
        is_unicode=parts.encoding == "Unicode",
        is_named=bool(record.sender) and not record.sender.isdecimal(),
        is_opt_out=record.type == MO and is_opt_out(record.message),
        delay_bin=None if delay is None else bin_of(delay),
        folded=record.message.casefold(),
        since=read_at,
        read_at=read_at,
        gone_at=read_at if is_gone else None,
    )


def state_of(record: MessageRecord, *, is_gone: bool) -> str:
    return WITHDRAWN if is_gone and record.status_name in PENDING else record.status_name
