"""Spoils an answer: its rows, its envelope and its bytes, by the faults F12 and F19-F28, F37.

Works on what would have been a right answer; knows nothing of sockets.
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache, reduce
from typing import Any

from sandbox.encode import as_json, as_xml
from sandbox.faults import Faults

Envelope = dict[str, Any]
WRONG_TOKEN = {
    "status": -1,
    "message": "Le login et le mot de passe ne correspondent pas",
    "details": "Token invalide",
}
HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon</body></html>"
BOMB_BYTES = 200_000_000
_MEGABYTE = 1_000_000


# Rows


def spoil_rows(rows: list[Any], active: AbstractSet[str]) -> list[Any]:
    """Return the rows of a page under the active faults; the same row drifts the same way."""
    for name, change in _ROWS.items():
        if name in active:
            rows = [change(row, rank) for rank, row in enumerate(rows)]
    if "bad_row" in active:
        middle = min(len(rows), 100) // 2
        rows = [_bad(row) if rank % 100 == middle else row for rank, row in enumerate(rows)]
    return rows


def _bad(row: Any) -> Any:
    """Make a row unreadable in one of four ways, by its number."""
    kind = int(row.get("message_id", 0)) % 4
    if kind == 0:
        return {name: value for name, value in row.items() if name != "message_id"}
    return row | ({"message_id": "x1"}, {"date": "2023-09-31 25:00:00"}, {"type": None})[kind - 1]


def _drift(row: Any, _: int) -> Any:
    kind = row["message_id"] % 4
    if kind == 0:
        names = ("message_id", "campaign_id", "client_id", "cost", "message_length")
        return row | {name: None if row[name] is None else str(row[name]) for name in names}
    if kind == 1:
        return row | {name: _number(row[name]) for name in ("destination", "sender")}
    empty = [name for name, value in row.items() if value in ("", None)]
    if kind == 2:
        return row | dict.fromkeys(empty)
    return {name: value for name, value in row.items() if name not in empty}


def _number(text: str) -> str | int:
    return int(text) if text.isdigit() and not text.startswith("0") else text


def _unknown(row: Any, rank: int) -> Any:
    kind = rank % 5
    if kind == 0:
        return row | {"status": "PARKED", "status_details": "PARKED_BY_OPERATOR"}
    if kind == 1:
        return row | {"type": "rcs_mt"}
    return row | {"smpp_code": 42, "route": {"name": "a", "hops": [1, 2]}} if kind == 2 else row


def _odd(row: Any, rank: int) -> Any:
    text = ("nul \0 inside", "lone \ud83d surrogate", "de\u0301compose\u0301", "long ")[rank % 4]
    if rank == 3:
        text *= _MEGABYTE // len(text)
    return row | {"message": text, "message_length": len(text)}


def _not_a_number(row: Any, _: int) -> Any:
    return row | {"cost": float("nan")}


_ROWS: dict[str, Callable[[Any, int], Any]] = {
    "odd_text": _odd,
    "drift": _drift,
    "unknown": _unknown,
    "nan": _not_a_number,
}


# Envelopes


def totals(kind: str, within: int, passing: int, shown: int) -> Envelope:
    """Return the two totals under a reading of them; a wrong one lies in its own way."""
    lies: dict[str, tuple[Any, Any]] = {
        "datatables": (within, passing),
        "page": (shown, shown),
        "zero": (0, 0),
        "negative": (-1, -1),
        "null": (None, None),
        "text": ("many", ""),
        "huge": (10**18, 10**18),
        "fewer": (shown // 2, shown // 2),
        "more": (within + 7, passing + 7),
    }
    if kind == "missing":
        return {}
    return dict(zip(("totalRecords", "totalDisplayRecords"), lies[kind], strict=True))


def spoil_envelope(envelope: Envelope, active: AbstractSet[str], faults: Faults) -> Envelope:
    """Return the envelope under the active faults."""
    if "wrong_token" in active:
        return dict(WRONG_TOKEN)
    if "negative" in active:
        return {"status": faults.body_status, "message": "Error", "details": "A made-up failure"}
    if "error_object" in active:
        return {"error": "Something went wrong"}
    changed = dict(envelope)
    if "status_missing" in active:
        del changed["status"]
    if "status_typed" in active:
        changed["status"] = {"code": True}
    if "messages_missing" in active:
        changed.pop("messages", None)
    if "messages_null" in active:
        changed["messages"] = None
    if "messages_object" in active:
        changed["messages"] = {"0": (envelope.get("messages") or [None])[0]}
    return changed


# Bytes


def encode(envelope: Envelope, active: AbstractSet[str], *, json_wanted: bool) -> bytes:
    """Write an envelope and spoil its bytes under the active faults."""
    if "other_format" in active:
        json_wanted = not json_wanted
    if "bad_charset" in active and json_wanted:
        return json.dumps(envelope, ensure_ascii=False).encode("latin-1", "replace")
    body = as_json(envelope) if json_wanted else as_xml(envelope)
    for name, change in _BYTES.items():
        if name in active:
            body = change(body)
    return body


def _duplicated(body: bytes) -> bytes:
    return body.replace(b'"messages":', b'"messages":[],"messages":', 1)


def _nested(_: bytes) -> bytes:
    depth = 100_000
    return b'{"status":1,"message":"OK","messages":' + b"[" * depth + b"]" * depth + b"}"


def _million(_: bytes) -> bytes:
    return b'{"status":1,"message":"OK","totalRecords":' + b"9" * _MEGABYTE + b',"messages":[]}'


def _utf16(body: bytes) -> bytes:
    return body.decode("utf-8").encode("utf-16")


@cache
def _bomb() -> bytes:
    """Return gzip of 200 MB of blanks: one squeezed megabyte, repeated, which takes no time."""
    blanks, times = b" " * _MEGABYTE, BOMB_BYTES // _MEGABYTE
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = squeezer.compress(blanks) + squeezer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    check = reduce(lambda check, _: zlib.crc32(blanks, check), range(times), 0)
    head = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    return head + block * times + end + struct.pack("<II", check, BOMB_BYTES)


_BYTES: Mapping[str, Callable[[bytes], bytes]] = {
    "html": lambda _: HTML,
    "empty_body": lambda _: b"",
    "json_null": lambda _: b"null",
    "json_list": lambda _: b"[]",
    "json_object": lambda _: b"{}",
    "cut_json": lambda body: body[: len(body) // 2],
    "two_documents": lambda body: body + body,
    "duplicate_keys": _duplicated,
    "deep": _nested,
    "digits": _million,
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "utf16": _utf16,
    "bad_gzip": lambda body: b"\x1f\x8b\x08\x00" + body[:200],
    "bomb": lambda _: _bomb(),
}
GZIP_ANNOUNCED = frozenset({"bad_gzip", "bomb"})
# These look into the rows of an answer, so they need them as values.
SPOILING = frozenset({*_ROWS, "bad_row", "messages_object", "bad_charset"})
