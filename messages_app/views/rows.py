"""A message as the table shows it: every word ready, so that the row template only prints."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import quote

from messages_app.addresses import conversation_paths, sealed_row
from messages_app.analysis import shown
from messages_app.analysis.conversations import handset_of
from messages_app.analysis.countries import country_name, flag
from messages_app.analysis.numbers import region_of, shown_number
from messages_app.analysis.parts import parts_of_row
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import TONES, reason_words, status_of_row
from messages_app.places import place
from messages_app.privacy import HiddenNumber, HiddenText
from messages_app.provider import MessageRecord
from messages_app.sealing import PREFIX
from messages_app.sms.delays import delay_between
from messages_app.sms.terms import DELIVERED, MO, MT
from messages_app.visible import one_line

SHOWN_TEXT = 300
"""Characters of a text that a table cell holds at most; the detail panel has it whole."""


@dataclass(frozen=True, slots=True)
class Row:
    """One table row; every field is text for people but `key` and `href`.

    `flag`, `code` and `country` (its name) are the handset's: the sender's of an incoming message,
    else the recipient's. `conversation` is the address of all its messages, "" for who may not see them.
    """

    key: str
    href: str
    time: str
    iso: str
    ago: str
    is_incoming: bool
    sender: str
    destination: str
    flag: str
    code: str
    country: str
    text: str
    tone: str
    shape: str
    status: str
    reason: str
    delay: str
    parts: str
    encoding: str
    cost: str
    receipt: str
    characters: str
    campaign: str
    reference: str
    client: str
    id: str
    conversation: str = ""
    is_flagged: bool = False

    def __getitem__(self, name: str) -> object:
        """What templates try first; refused, each look at a field would cost an exception."""
        return getattr(self, name)


def table_rows(
    records: tuple[MessageRecord, ...],
    query: MessageQuery,
    *,
    linked: bool = False,
    flagged: Collection[str] = (),
) -> list[Row]:
    """The rows of a page, in order; each number `linked` to its conversation. `flagged` are keys."""
    page_of = message_paths(query)
    places = shown.places(record.cost for record in records if record.type != MO)
    path_of = conversation_paths() if linked else _no_path
    return [
        _row(record, query, page_of, places, path_of, is_flagged=record.key in flagged)
        for record in records
    ]


def _no_path(_number: str) -> str:
    return ""


def _row(
    record: MessageRecord,
    query: MessageQuery,
    page_of: Callable[[MessageRecord], str],
    places: int,
    path_of: Callable[[str], str],
    *,
    is_flagged: bool,
) -> Row:
    incoming = record.type == MO
    region = row_region(record)
    status = status_of_row(record)
    parts = parts_of_row(record)
    now = query.now.replace(tzinfo=None)
    return Row(
        key=record.key,
        href=page_of(record),
        time=shown.day_and_clock(record.date, now),
        iso=f"{record.date:%Y-%m-%d %H:%M:%S}",
        ago=shown.ago(record.date, now),
        is_incoming=incoming,
        sender=one_line(shown_number(record.sender)) or shown.NOTHING,
        destination=one_line(shown_number(record.destination)) or shown.NOTHING,
        flag=flag(region),
        code=region,
        country=country_name(region) if region else "",
        text=one_line(record.message[:SHOWN_TEXT]),
        tone=status.tone,
        shape=TONES[status.tone].shape,
        status=str(status.label),
        reason=reason_of(record),
        delay=delay_of(record, query),
        parts=str(parts.number),
        encoding=parts.encoding,
        cost=shown.NOTHING if incoming else shown.credits(record.cost, places),
        receipt=shown.day_and_clock(record.dlr_date, now) if record.dlr_date else "",
        characters=str(characters_of(record)),
        campaign=str(record.campaign_id or ""),
        reference=one_line(record.client_message_id),
        client=str(record.client_id or ""),
        id=str(record.message_id),
        conversation=path_of(handset_of(record)),
        is_flagged=is_flagged,
    )


def row_region(record: MessageRecord) -> str:
    """The handset's country (alpha-2): as the provider says, else by its number, "" for none."""
    handset = handset_of(record)
    hidden = handset if isinstance(handset, HiddenNumber) else None
    return record.country or (hidden.region if hidden else region_of(handset))


def characters_of(record: MessageRecord) -> int:
    """A text's length as the provider counts it, or else ours; also where it is hidden."""
    if record.message_length is not None:
        return record.message_length
    text = record.message
    return text.length if isinstance(text, HiddenText) else len(text)


def message_paths(query: MessageQuery) -> Callable[[MessageRecord], str]:
    """Makes the addresses of messages' pages for the asker of `query`.

    Under a mask they are sealed: nobody goes through messages by their numbers, or writes one that stands
    in a colleague's ticket beside a phone number.
    """
    if not query.mask.is_open:
        base = place("row", query, f"{PREFIX}-").removesuffix(f"{PREFIX}-/")
        return lambda record: f"{base}{sealed_row(record.key, record.date)}/"
    bases = {kind: place("message", query, kind, 0)[:-2] for kind in (MT, MO)}
    return lambda record: message_path(record, bases.get(record.type, bases[MT]))


def message_path(record: MessageRecord, base: str) -> str:
    """Address of a message's page; it carries the second, by which a live look-up finds the row."""
    return f"{base}{record.message_id}/?at={quote(f'{record.date:%Y-%m-%d %H:%M:%S}')}"


def reason_of(record: MessageRecord) -> str:
    """The provider's details in words, where they say more than the status does."""
    details = record.status_details
    if not details or details.lower() == record.status_name:
        return ""
    return one_line(reason_words(details))


def delay_of(record: MessageRecord, query: MessageQuery) -> str:
    """Time to delivery in words, "" where there is none to tell."""
    if record.status_name != DELIVERED:
        return ""
    seconds = delay_between(record.date, record.dlr_date, query.zone)
    return "" if seconds is None else shown.duration(seconds)
