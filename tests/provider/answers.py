"""Answers of a well-behaved provider, for tests to damage. Numbers are from fiction ranges."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from messages_app.provider import PageRequest

SAMPLES = Path(__file__).parent / "samples"
TOTALS = ("totalRecords", "totalDisplayRecords")
CANARY_NUMBER = "33639987654"
CANARY_TEXT = "canary text été"
CANARY_TOKEN = "canary.token-AbCdEfGhIj"


def row(message_id: Any = 138, **changes: Any) -> dict[str, Any]:
    """One outgoing message as the provider's page shows it, with changes."""
    return {
        "campaign_id": 123,
        "client_id": 1,
        "client_message_id": "my id",
        "contact_list_id": "",
        "message": "Message via API",
        "message_length": 15,
        "cost": 1,
        "country": "FR",
        "destination": "33639980001",
        "message_id": message_id,
        "sender": "",
        "date": "2024-12-11 15:55:49",
        "dlr_date": "2024-12-11 15:55:50",
        "status": "SENT",
        "status_details": "SENT",
        "type": "sms_mt",
        **changes,
    }


def envelope(*rows: Any, **changes: Any) -> dict[str, Any]:
    """A good answer that holds these rows."""
    return {
        "status": 1,
        "message": "OK",
        "totalRecords": len(rows),
        "totalDisplayRecords": len(rows),
        "messages": list(rows),
        **changes,
    }


def body(*rows: Any, **changes: Any) -> bytes:
    """The same as JSON bytes."""
    return json.dumps(envelope(*rows, **changes)).encode()


def xml_body(*rows: dict[str, Any]) -> bytes:
    """The same as XML, as the provider writes it: dates inside literal double quotes."""
    written = "".join(f"<messages>{_elements(row)}</messages>" for row in rows)
    totals = "".join(f"<{name}>{len(rows)}</{name}>" for name in TOTALS)
    answer = f"<response><status>1</status><message>OK</message>{totals}{written}</response>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{answer}'.encode()


def _elements(row: dict[str, Any]) -> str:
    return "".join(f"<{name}>{_xml_text(name, value)}</{name}>" for name, value in row.items())


def _xml_text(name: str, value: Any) -> str:
    text = escape("" if value is None else str(value))
    return f'"{text}"' if text and name in ("date", "dlr_date") else text


def parameter(name: str, head: bytes) -> int:
    """A whole-number parameter of a received request."""
    found = re.search(rb"&%s=(\d+)" % name.encode(), head)
    assert found
    return int(found[1])


def request(**changes: Any) -> PageRequest:
    """A question whose number and text are canaries: they may show up nowhere."""
    fields: dict[str, Any] = {
        "date_start": datetime(2024, 12, 11),
        "date_end": datetime(2024, 12, 11, 23, 59, 59),
        "destination": CANARY_NUMBER,
        "message": CANARY_TEXT,
        **changes,
    }
    return PageRequest(**fields)
