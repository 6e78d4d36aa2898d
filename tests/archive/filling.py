"""Fills the archive's tables for tests, without the ingest: rows with what is derived from them."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from messages_app.archive.keys import key_of
from messages_app.archive.rows import ArchivedRecord, record_of
from messages_app.models import Message
from messages_app.provider import MessageRecord
from messages_app.sms.delays import bin_of, delay_between
from messages_app.sms.parts import parts_of
from messages_app.sms.terms import DELIVERED, MO, PENDING, WITHDRAWN, is_opt_out

PARIS = ZoneInfo("Europe/Paris")
READ = datetime(2026, 11, 23, 11, tzinfo=UTC)


def fill(
    records: Iterable[MessageRecord], *, gone: Iterable[MessageRecord] = (), zone: tzinfo = PARIS
) -> None:
    """Write the records as rows, those of `gone` as no longer shown. Rollups are left as they are."""
    Message.objects.bulk_create(
        [*(_row(one, zone) for one in records), *(_row(one, zone, is_gone=True) for one in gone)],
        batch_size=500,
    )


def archived() -> list[ArchivedRecord]:
    """Every row of the archive as a record."""
    names = [field.name for field in fields(ArchivedRecord)]
    return [record_of(values) for values in Message.objects.values_list(*names)]


def _row(record: MessageRecord, zone: tzinfo, *, is_gone: bool = False) -> Message:
    known = {field.name: getattr(record, field.name) for field in fields(MessageRecord)}
    parts = parts_of(record.message)
    delay = None
    if record.status_name == DELIVERED:
        delay = delay_between(record.date, record.dlr_date, zone)
    is_withdrawn = is_gone and record.status_name in PENDING
    return Message(
        **known | {"extra": ""},
        key=key_of(record.type, record.message_id),
        state=WITHDRAWN if is_withdrawn else record.status_name,
        parts=parts.number,
        is_unicode=parts.encoding == "Unicode",
        is_named=record.sender != "" and not record.sender.isdecimal(),
        is_opt_out=record.type == MO and is_opt_out(record.message),
        delay_bin=None if delay is None else bin_of(delay),
        folded=record.message.casefold(),
        since=READ,
        read_at=READ,
        gone_at=READ if is_gone else None,
    )
