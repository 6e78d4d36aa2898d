"""Every way in which the sandbox can misbehave, and every guess about the real API, as one frozen record.

Knows no HTTP and no rows: others read it. Ids such as F7 number the faults a client must survive.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

_SCHEDULE = re.compile(r"(|always|first:[1-9]\d*|every:[1-9]\d*)", re.ASCII)
TOTALS = (
    "datatables",  # before and after the filters, as DataTables names them: the default
    "page",  # both are the rows of this answer
    "zero", "negative", "null", "text", "missing", "huge", "fewer", "more",
)  # fmt: skip
CHOICES = {
    "ties": ("random", "stable"),
    "start_bound": ("inclusive", "exclusive", "ignored"),
    "end_bound": ("inclusive", "exclusive", "ignored"),
    "match_destination": ("exact", "contains", "handset"),
    "match_message": ("blind", "case", "accents"),
    "totals": TOTALS,
}


def fires(schedule: str, call: int) -> bool:
    """Tell whether a fault applies to a call, counted from 1 since the faults were last set."""
    kind, _, count = schedule.partition(":")
    if kind == "first":
        return call <= int(count)
    if kind == "every":
        return call % int(count) == 0
    return kind == "always"


def _fault(text: str, ids: str = "") -> Any:
    return field(default="", metadata={"help": f"{ids + ': ' if ids else ''}{text}", "fault": True})


def _switch(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text, "fault": False})


def _share(text: str, id_: str) -> Any:
    shown = f"{id_}: share (0 to 1) of {text}"
    return field(default=0.0, metadata={"help": shown, "fault": False, "share": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Faults and guesses, all off or at their default.

    A fault is a schedule: "" never, "always", "first:N" (the first N calls since it was set),
    "every:N" (each N-th call); True and False mean always and never. A share is a number from 0
    to 1 and concerns rows, whatever the call: it says how their whole history was, past answers
    included, so keep it while other faults change (`dataclasses.replace`). Raises ValueError for
    anything else. Transport faults show on a socket and in `Sandbox.get`, not in `Sandbox.answer`.
    """

    down: str | bool = _fault("close the connection without a word", "F1")
    silence: str | bool = _fault("read the request, never answer", "F3")
    drip_body: str | bool = _fault("send the body byte by byte", "F4")
    drip_headers: str | bool = _fault("send the headers byte by byte", "F5")
    reset: str | bool = _fault("reset the connection in the middle of the body", "F6")
    cut_length: str | bool = _fault("end before the announced length", "F7")
    cut_chunked: str | bool = _fault("end a chunked body without its last chunk", "F7")
    cut_close: str | bool = _fault("end a body of unannounced length half-way", "F7")
    redirect: str | bool = _fault("send the client elsewhere (redirect_to)", "F9")
    hang_up: str | bool = _fault("close the kept connection after an answer, unannounced", "F10")
    bomb: str | bool = _fault("200 MB of blanks in 200 KB of gzip", "F11")
    endless: str | bool = _fault("a body that never ends", "F11")
    bad_gzip: str | bool = _fault("announce gzip, send something else", "F12")
    bad_charset: str | bool = _fault("announce UTF-8, send Latin-1", "F12")
    bom: str | bool = _fault("a byte order mark before the body", "F12")
    utf16: str | bool = _fault("the body in UTF-16", "F12")
    http_error: str | bool = _fault("answer with HTTP http_status (and retry_after)", "F13-F18")
    wrong_token: str | bool = _fault("HTTP 200, the recorded wrong-token body", "F19")
    negative: str | bool = _fault("HTTP 200, body_status in the body", "F20")
    error_object: str | bool = _fault('{"error": …} without a status', "F20")
    status_missing: str | bool = _fault("no status in the body", "F20")
    status_typed: str | bool = _fault("a status of another type", "F20")
    html: str | bool = _fault("an HTML page with HTTP 200", "F21")
    other_format: str | bool = _fault("XML for JSON and JSON for XML", "F22")
    empty_body: str | bool = _fault("HTTP 200 without a byte", "F22")
    json_null: str | bool = _fault("null", "F22")
    json_list: str | bool = _fault("[]", "F22")
    json_object: str | bool = _fault("{}", "F22")
    cut_json: str | bool = _fault("half a document of the right length", "F23")
    two_documents: str | bool = _fault("two documents in one body", "F23")
    nan: str | bool = _fault("NaN as a cost", "F23")
    duplicate_keys: str | bool = _fault("messages twice in one object", "F23")
    deep: str | bool = _fault("100,000 nested lists", "F23")
    digits: str | bool = _fault("a number of a million digits", "F23")
    messages_missing: str | bool = _fault("no messages", "F24")
    messages_null: str | bool = _fault("messages: null", "F24")
    messages_object: str | bool = _fault("messages is an object", "F24")
    bad_row: str | bool = _fault("one unreadable row in a hundred", "F25")
    drift: str | bool = _fault(
        "ids, costs and numbers of other types, fields null or absent", "F26"
    )
    unknown: str | bool = _fault("unknown statuses, types and fields", "F27")
    odd_text: str | bool = _fault("NUL, lone surrogates, decomposed accents, 1 MB of text", "F28")
    insert_at_head: str | bool = _fault("later pages as after a new row at the head", "F30")
    delete_between: str | bool = _fault("later pages as after a deletion", "F31")
    short_page: str | bool = _fault("half a page though more follow", "F33")
    start_ignored: str | bool = _fault("always the first page", "F35")
    sort_ignored: str | bool = _fault("always by date, descending", "F36")
    twice: str | bool = _fault("every 50th row twice", "F39")
    stale: str | bool = _fault("as things were stale_seconds ago: a replica that lags", "F45")
    slow: str | bool = _fault("read at once, delivered slow_seconds later", "F46")

    late_rows: float = _share("rows that appear up to two days after their date", "F41")
    lost_rows: float = _share("rows that vanish for good within ten days", "F42")
    moved_rows: float = _share("rows whose date changes; waiting campaigns move whole", "F43")
    late_status: float = _share("rows whose end shows up to five days late", "F44")
    flapping_status: float = _share("rows that leave and regain their end several times", "F44")
    backward_status: float = _share("rows that go back to SENT once, for up to a day", "F44")

    ties: str = _switch("random", "order among equals")
    start_bound: str = _switch("inclusive", "whether date_start counts in (F38)")
    end_bound: str = _switch("inclusive", "whether date_end counts in (F38)")
    match_destination: str = _switch("exact", "handset: incoming rows match by their sender too")
    match_message: str = _switch("blind", "blind to case; case: exact; accents: blind to both")
    totals: str = _switch("datatables", "how the two totals are read, or lie (F37)")
    cap: int = _switch(1000, "most rows of a page (F34)")
    latency: float = _switch(0.0, "seconds before each answer")
    drip_pause: float = _switch(0.2, "seconds between dripped bytes")
    http_status: int = _switch(503, "status of http_error")
    retry_after: str = _switch("", "Retry-After of http_error, word for word")
    body_status: int = _switch(-99, "status of negative")
    redirect_to: str = _switch("/elsewhere", "Location of redirect")
    stale_seconds: int = _switch(60, "how far a stale answer lags")
    slow_seconds: float = _switch(2.0, "how long a slow answer is under way")
    other_token: str = _switch("", "a token that opens another account with the same ids (F66)")

    def __post_init__(self) -> None:
        """Normalise booleans to schedules and refuse what cannot be understood."""
        for item in fields(self):
            value = getattr(self, item.name)
            if item.metadata["fault"]:
                object.__setattr__(self, item.name, _schedule(item.name, value))
            elif item.name in CHOICES and value not in CHOICES[item.name]:
                raise ValueError(f"{item.name} is one of {', '.join(CHOICES[item.name])}")
            elif isinstance(value, bool) or not isinstance(value, _accepted(item.default)):
                raise ValueError(f"{item.name} is a {type(item.default).__name__}")
            elif item.name in SHARES and not 0 <= getattr(self, item.name) <= 1:
                raise ValueError(f"{item.name} is a share from 0 to 1")

    def active(self, call: int) -> frozenset[str]:
        """Return the names of the faults that apply to a call, counted from 1."""
        return frozenset(name for name in FAULTS if fires(getattr(self, name), call))

    @property
    def shares(self) -> "Shares":
        """Return the shares of rows in the order of `SHARES`."""
        return tuple(getattr(self, name) for name in SHARES)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Faults":
        """Build faults from named values; raises ValueError for an unknown name or a bad value."""
        if unknown := set(values) - set(NAMES):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return cls(**values)


def _schedule(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "always" if value else ""
    if not isinstance(value, str) or not _SCHEDULE.fullmatch(value):
        raise ValueError(f'{name} is "", "always", "first:N" or "every:N"')
    return value


def _accepted(default: object) -> tuple[type, ...]:
    return (int, float) if isinstance(default, float) else (type(default),)


def described() -> Iterator[tuple[str, Any, str, bool]]:
    """Yield name, default, help and whether it is a schedule, for every field."""
    for item in fields(Faults):
        yield item.name, item.default, item.metadata["help"], item.metadata["fault"]


# Faults of the line rather than of the answer, in the order in which one hides the next.
LINE_FAULTS = (
    "down", "silence", "drip_body", "drip_headers", "reset",
    "cut_length", "cut_chunked", "cut_close", "endless",
)  # fmt: skip
Shares = tuple[float, ...]
NAMES = tuple(item.name for item in fields(Faults))
FAULTS = tuple(item.name for item in fields(Faults) if item.metadata["fault"])
SHARES = tuple(item.name for item in fields(Faults) if item.metadata.get("share"))
