"""A workbook as LibreOffice reads it: texts are texts, whatever they look like. Under `make long` alone."""

import random
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

from scripts import libreoffice
from tests.archive.storing import store
from tests.exports.test_exports import HOSTILE, archive, body_of, exporter
from tests.factories import record
from tests.views.conftest import WALL, account, box
from tests.views.test_archive import held_rows
from tests.views.test_differential import truth

__all__ = ["account", "archive", "box", "exporter", "held_rows", "truth"]

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
MADE = 200
UNREADABLE = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
"""What LibreOffice's own document cannot hold; and tabs, which it drops from texts of several lines."""


def made() -> list[str]:
    """Beginnings of formulas, numbers and dates with all that may stand in front of and behind them."""
    chance = random.Random(11)
    fronts = ("", " ", "\t", "\n", "\u00a0", "\ufeff", "'", "''", '"')
    cores = ("=1+1", "=HYPERLINK(\"http://example.org\")", "+33639981234", "-1", "@SUM(1)", "1/2", "1e9",
             "12:30", "2026-11-18", "TRUE", "5 %", "0x10", "#N/A", "{=1}", "_x003D_1", "é漢😀")  # fmt: skip
    backs = ("", " ", "|' /C calc'!A0", ";b", ",c", "\nx", '"', "'")
    return ["".join(map(chance.choice, (fronts, cores, backs))) for _ in range(MADE)]


def read(book: Path, folder: Path) -> list[list[ElementTree.Element]]:
    """The cells of the first sheet, row by row, as LibreOffice understood them."""
    command = [libreoffice.find(), "--headless", f"-env:UserInstallation=file://{folder}/profile",
               "--convert-to", "fods", "--outdir", str(folder), str(book)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    document = ElementTree.parse(folder / f"{book.stem}.fods")
    sheet = next(document.iter(f"{TABLE}table"))
    return [cells(row) for row in sheet.iter(f"{TABLE}table-row")]


def cells(row: ElementTree.Element) -> list[ElementTree.Element]:
    found = []
    for cell in row.iter(f"{TABLE}table-cell"):
        found += [cell] * min(40, int(cell.get(f"{TABLE}number-columns-repeated", 1)))
    return found


def words(cell: ElementTree.Element) -> str:
    return "\n".join(map(_written, cell.findall(f"{TEXT}p")))


def _written(part: ElementTree.Element) -> str:
    found = part.text or ""
    for child in part:
        if child.tag == f"{TEXT}s":
            found += " " * int(child.get(f"{TEXT}c", 1))
        else:
            found += {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}.get(child.tag, _written(child))
        found += child.tail or ""
    return found


def plain(text: str) -> str:
    return UNREADABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def test_t32_texts_of_a_workbook_are_texts_to_libreoffice(archive, exporter, tmp_path):
    texts = [*HOSTILE, *made()]
    when = WALL - timedelta(hours=1)
    store([record(message_id=9_300_000 + at, date=when, message=text, sender=text[:20], campaign_id=779)
           for at, text in enumerate(texts)])  # fmt: skip
    body = body_of(exporter, "/messages/export.xlsx?period=last_24_hours&campaign=779")
    (tmp_path / "book.xlsx").write_bytes(body)
    head, *rows = read(tmp_path / "book.xlsx", tmp_path)
    place = {words(cell): at for at, cell in reversed(list(enumerate(head)))}
    found = {}
    for row in (one for one in rows if words(one[0])):
        for cell in row:
            assert cell.get(f"{TABLE}formula") is None, words(cell)
        for name in ("message", "sender", "message_id", "destination", "date"):
            cell = row[place[name]]
            assert cell.get(f"{OFFICE}value-type") in ("string", None), words(cell)
        found[int(words(row[place["message_id"]])) - 9_300_000] = plain(
            words(row[place["message"]])
        )
    assert found == {at: plain(text) for at, text in enumerate(texts)}
