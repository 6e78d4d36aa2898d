"""Writes an answer as the provider does: compact JSON, or XML with `<messages>` elements repeated.

Knows nothing of where the answer comes from.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from sandbox.wording import Worded

JSON_TYPE = "application/json"
XML_TYPE = "text/xml; charset=UTF-8"
_QUOTED = frozenset({"date", "dlr_date"})  # in XML the dates stand inside literal double quotes
# XML 1.0 has no way to write these; a bare carriage return would be read back as a line feed.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PLACE = "\0rows"  # where the rows go; no other value of an envelope can be it
_ENTITIES = {"\r": "&#13;"}


def wants_json(accept: str) -> bool:
    """Tell whether an Accept header asks for JSON; anything else is answered in XML (stated)."""
    return "json" in accept.lower()


def as_json(answer: Mapping[str, Any]) -> bytes:
    """Write JSON as the provider's PHP does: compact, other than ASCII escaped."""
    rows = answer.get("messages")
    if isinstance(rows, Worded):
        whole = _compact({**answer, "messages": [_PLACE]})
        return whole.replace(_compact(_PLACE), ",".join(rows.each(_compact))).encode("ascii")
    return _compact(answer).encode("ascii")


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def as_xml(answer: Mapping[str, Any]) -> bytes:
    """Write XML; null is an empty element, what XML cannot write becomes U+FFFD."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<response>"]
    for name, value in answer.items():
        if isinstance(value, Worded):
            lines += value.each(_element)
        elif name == "messages" and isinstance(value, list):
            lines += [_element(row) for row in value]
        else:
            lines.append(f"    <{name}>{_text(name, value)}</{name}>")
    lines.append("</response>")
    return "\n".join(lines).encode("utf-8")


def _element(row: Any) -> str:
    return "\n".join(["    <messages>", *_fields(row), "    </messages>"])


def _fields(row: Any) -> list[str]:
    if not isinstance(row, Mapping):
        return [_text("", row)]
    return [f"        <{name}>{_text(name, value)}</{name}>" for name, value in row.items()]


def _text(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name in _QUOTED:
        return f'"{value}"'
    if isinstance(value, str):
        return escape(_UNWRITABLE.sub("\ufffd", value), _ENTITIES)
    return escape(str(value))
