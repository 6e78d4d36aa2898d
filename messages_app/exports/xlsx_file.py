"""XLSX: texts are texts whatever they begin with, and what is too long for a sheet goes on in the next.

Written row by row into temporary files, so that memory stays flat; the last sheet is the manifest.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO

from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from messages_app.exports.columns import QUANTITIES, Value, reader, second
from messages_app.provider import MessageRecord

SHEET_ROWS = 1_048_576
CELL_LENGTH = 32_767
"""Where the format itself ends."""

OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class Book:
    """A workbook that is being written; `cut` counts the texts that were too long for a cell.

    Its rows stand in files of the folder `workshop` until it is closed.
    """

    def __init__(self, file: IO[bytes], names: Sequence[str], workshop: str) -> None:
        self.book = Workbook(file, {**OPTIONS, "tmpdir": workshop})
        self.book.use_zip64()
        self.names = names
        self.cut = 0
        self._sheets = 0
        self._rows = 0
        self._bold = self.book.add_format({"bold": True})
        self._sheet = self._next()

    def add(self, records: Iterable[MessageRecord]) -> None:
        """Write rows behind those that are there."""
        read = reader(self.names)
        for record in records:
            if self._rows == SHEET_ROWS:
                self._sheet = self._next()
            for column, value in enumerate(read(record)):
                self._write(self._rows, column, value)
            self._rows += 1

    def close(self, manifest: Callable[[], Iterable[tuple[str, str]]]) -> None:
        """Write what the file is, as pairs of words, and end it."""
        sheet = self.book.add_worksheet(_("About this file"))
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 90)
        for row, (name, words) in enumerate(manifest()):
            sheet.write_string(row, 0, name, self._bold)
            sheet.write_string(row, 1, words[:CELL_LENGTH])
        self.book.close()

    def leave(self) -> None:
        """Let go of the files in the workshop; of a book that is closed there are none."""
        for sheet in self.book.worksheets():
            sheet.row_data_fh.close()

    def _next(self) -> Worksheet:
        self._sheets += 1
        title = _("Messages") if self._sheets == 1 else f"{_('Messages')} {self._sheets}"
        sheet = self.book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(self.names):
            sheet.set_column(column, column, 60 if name == "message" else 20)
            sheet.write_string(0, column, name, self._bold)
        self._rows = 1
        return sheet

    def _write(self, row: int, column: int, value: Value) -> None:
        if value is None or value == "":
            return
        if isinstance(value, (int, Decimal)) and self.names[column] in QUANTITIES:
            self._sheet.write_number(row, column, float(value))
            return
        text = second(value) if isinstance(value, datetime) else str(value)
        if len(text) > CELL_LENGTH:
            self.cut += 1
            text = text[:CELL_LENGTH]
        self._sheet.write_string(row, column, text)
