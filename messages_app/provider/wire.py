"""The bytes of an answer, JSON or XML, into typed rows. The two forms give the same records.

Strict about the document (damaged is never read as empty), tolerant about rows (see `rows`).
Knows no HTTP: status, headers and retries are the client's.
"""

import codecs
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, ParseError

import defusedxml
from defusedxml.ElementTree import fromstring

from messages_app.provider.errors import (
    HtmlAnswer,
    ProviderError,
    UnknownRefusal,
    UnreadableAnswer,
    error_for,
    gettext_noop,
)
from messages_app.provider.records import BadRow, MessageRecord
from messages_app.provider.rows import NotUnderstood, integer, record_of

Hide = Callable[[str], str]

OK = 1
MAX_NUMBER = 40
"""Characters of a number: no field needs more, and long ones cost quadratic time."""

MAX_JSON_MARKS = 2_000_000
MAX_XML_MARKS = 250_000
"""Marks that open or part values (`,[{` or `<`) in one body, counted before it is parsed: 32 MB of
`{},{},…` would become 700 MB of objects. A full page has about 35,000; in JSON texts count too."""

_EIGHT_BIT = {"ascii", "iso8859-1", "iso8859-15", "cp1252"}
_WIDE = {f"utf-{bits}{order}" for bits in (16, 32) for order in ("", "-le", "-be")}
CHARSETS = {"utf-8"} | _EIGHT_BIT | _WIDE
_XML_CHARSET = re.compile(
    rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']"""
)
_STATUS = re.compile(r"-?[0-9]{1,4}")
_HTML = re.compile(r"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Rows:
    """What one good answer holds."""

    records: tuple[MessageRecord, ...]
    bad_rows: tuple[BadRow, ...]
    total_records: int | None
    total_display_records: int | None


def parse_json(body: bytes, charset: str | None = None, hide: Hide = str) -> Rows:
    """Read a JSON answer. `charset` is the one of the Content-Type, if any.

    `hide` takes out of a provider's sentence what must not be told.

    Raises UnreadableAnswer (damaged, or not the documented form), HtmlAnswer, or the error that
    the answer states itself. Only a present, empty list of messages is empty.
    """
    _check_marks(body, (b",", b"[", b"{"), MAX_JSON_MARKS)
    written = _decoded(body, charset)
    try:
        envelope = json.loads(
            written,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_int,
            parse_float=_decimal,
        )
        _check_envelope(envelope, hide)
        return _rows(envelope, envelope.get("messages"))
    except (ValueError, RecursionError) as problem:
        reason = (
            str(problem) if isinstance(problem, _Damaged) else gettext_noop("it is not whole JSON")
        )
    raise _unreadable(written, reason)


def parse_xml(body: bytes, charset: str | None = None, hide: Hide = str) -> Rows:
    """Read an XML answer: every message is a `<messages>` straight under `<response>`.

    Raises as `parse_json`. A whole `<response>` with status 1 and no `<messages>` is empty.
    Entities and document types are refused.
    """
    _check_marks(body, (b"<",), MAX_XML_MARKS)
    declared = _XML_CHARSET.match(body)
    written = _decoded(body, declared[1].decode() if declared else charset)
    try:
        envelope, messages = _xml_envelope(fromstring(written, forbid_dtd=True))
        _check_envelope(envelope, hide)
        return _rows(envelope, messages)
    except (ParseError, ValueError, RecursionError, defusedxml.DefusedXmlException) as problem:
        reason = (
            str(problem) if isinstance(problem, _Damaged) else gettext_noop("it is not whole XML")
        )
    raise _unreadable(written, reason)


class _Damaged(ValueError):
    """The document is not the documented form; its text is ours and holds nothing of the body."""


def _unreadable(written: str, reason: str) -> UnreadableAnswer:
    return HtmlAnswer() if _HTML.match(written) else UnreadableAnswer(reason)


def _check_marks(body: bytes, marks: tuple[bytes, ...], most: int) -> None:
    if sum(map(body.count, marks)) > most:
        raise UnreadableAnswer(gettext_noop("it holds too many values"))


def _decoded(body: bytes, charset: str | None) -> str:
    """The body's text. UTF-8 is tried before an 8-bit charset, which would accept any bytes."""
    name = _charset(body, charset)
    for candidate in ("utf-8", name) if name in _EIGHT_BIT else (name,):
        try:
            return body.decode(candidate).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    raise UnreadableAnswer(gettext_noop("its characters are damaged"))


def _charset(body: bytes, charset: str | None) -> str:
    detected = json.detect_encoding(body)
    if detected not in ("utf-8", "utf-8-sig"):
        return codecs.lookup(detected).name
    try:
        name = codecs.lookup(charset or "utf-8").name
    except (LookupError, ValueError):
        name = "unknown"
    if name not in CHARSETS:
        raise UnreadableAnswer(gettext_noop("its character set is not supported"))
    return "utf-8" if detected == "utf-8-sig" else name


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Damaged(gettext_noop("a name stands twice in one object"))
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise _Damaged(gettext_noop("it holds NaN or an infinity"))


def _int(digits: str) -> int:
    if len(digits) > MAX_NUMBER:
        raise _Damaged(gettext_noop("it holds a number that is too long"))
    return int(digits)


def _decimal(digits: str) -> Decimal:
    if len(digits) > MAX_NUMBER:
        raise _Damaged(gettext_noop("it holds a number that is too long"))
    return Decimal(digits)


def _check_envelope(envelope: object, hide: Hide) -> None:
    """Raise what the envelope says of itself; fails closed on a status that is not 1."""
    if not isinstance(envelope, Mapping):
        raise _Damaged(gettext_noop("it is not an object"))
    if envelope.get("error"):
        raise UnknownRefusal(hide(_sentence(envelope)))
    status = envelope.get("status")
    if isinstance(status, str) and _STATUS.fullmatch(status) and status != str(OK):
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool):
        raise _Damaged(gettext_noop("its status is missing or not a number"))
    if status != OK:
        raise _stated_error(status, hide(_sentence(envelope)))


def _stated_error(code: int, sentence: str) -> ProviderError:
    """The error of a body's own status; one that looks like an HTTP status is not one."""
    return UnknownRefusal(sentence, code=code) if code > 0 else error_for(code, sentence)


def sentence_in(body: bytes) -> str:
    """The provider's sentence in the body of a failed call, or "": never fails."""
    try:
        envelope = json.loads(body[:10_000])
    except (ValueError, RecursionError):
        return ""
    return _sentence(envelope) if isinstance(envelope, dict) else ""


def _sentence(envelope: Mapping[str, Any]) -> str:
    """`details` before `message`: for a wrong token it is the one that says so."""
    for name in ("details", "error", "message"):
        value = envelope.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _rows(envelope: Mapping[str, Any], messages: object) -> Rows:
    if not isinstance(messages, list):
        raise _Damaged(gettext_noop("its list of messages is missing"))
    read = [record_of(index, row) for index, row in enumerate(messages)]
    return Rows(
        tuple(row for row in read if isinstance(row, MessageRecord)),
        tuple(row for row in read if isinstance(row, BadRow)),
        _total(envelope.get("totalRecords")),
        _total(envelope.get("totalDisplayRecords")),
    )


def _total(value: object) -> int | None:
    try:
        return integer(value)
    except NotUnderstood:
        return None


def _xml_envelope(root: Element) -> tuple[dict[str, Any], list[object]]:
    if root.tag != "response":
        raise _Damaged(gettext_noop("it is not a <response>"))
    rows = [_xml_value(child) for child in root if child.tag == "messages"]
    rest = _object([(child.tag, _xml_value(child)) for child in root if child.tag != "messages"])
    status = rest.get("status")
    if isinstance(status, str) and _STATUS.fullmatch(status.strip()):
        rest["status"] = int(status)
    return rest, rows


def _xml_value(element: Element) -> Any:
    """A leaf's text, or the children of an element by name."""
    if len(element) == 0:
        return element.text or ""
    return _object([(child.tag, _xml_value(child)) for child in element])
