"""Reads exports back by other ways than they were written: Python's csv and json, and a reader of XLSX."""

import csv
import io
import json
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Rows = list[dict[str, Any]]


def read_csv(body: bytes, delimiter: str = ",", *, bare: bool = True) -> Rows:
    """Rows by column, each cell `bare` of the one leading apostrophe."""
    text = body.decode("utf-8-sig")
    assert body.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    if not bare:
        return list(rows)
    return [{name: cell.removeprefix("'") for name, cell in row.items()} for row in rows]


def read_ndjson(body: bytes) -> Rows:
    return [json.loads(line) for line in body.decode().split("\n") if line]


def sheets(body: bytes) -> dict[str, list[dict[str, tuple[str, str]]]]:
    """Each sheet's rows: by column letters the type and the text of a cell."""
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        names = [one.attrib["name"] for one in _root(book, "xl/workbook.xml").iter(f"{MAIN}sheet")]
        return {
            name: [
                _row(row) for row in _root(book, f"xl/worksheets/sheet{at}.xml").iter(f"{MAIN}row")
            ]
            for at, name in enumerate(names, 1)
        }


def read_xlsx(body: bytes) -> Rows:
    """Rows of all sheets but the last, which is about the file, by the names in their first rows."""
    found = []
    for rows in list(sheets(body).values())[:-1]:
        head, *others = rows
        names = {column: text for column, (_type, text) in head.items()}
        found += [
            {name: row.get(column, ("", ""))[1] for column, name in names.items()} for row in others
        ]
    return found


def about(body: bytes) -> dict[str, str]:
    """The last sheet: what the file says of itself."""
    rows = list(sheets(body).values())[-1]
    return {row["A"][1]: row.get("B", ("", ""))[1] for row in rows}


def _root(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(name))


def _row(row: ElementTree.Element) -> dict[str, tuple[str, str]]:
    return {
        re.sub(r"\d+", "", cell.attrib["r"]): (cell.attrib.get("t", "n"), _text(cell))
        for cell in row
    }


def _text(cell: ElementTree.Element) -> str:
    assert cell.find(f"{MAIN}f") is None, "no formula anywhere"
    if cell.attrib.get("t") == "inlineStr":
        text = "".join(part.text or "" for part in cell.iter(f"{MAIN}t"))
        return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    value = cell.find(f"{MAIN}v")
    return "" if value is None else value.text or ""
