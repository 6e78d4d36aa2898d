"""Makes the file of an export, slice by slice, with its checksum: sent at once, or kept.

export ─▶ question ─▶ answers.gathered ─▶ rows in slices ─▶ a format's bytes ─▶ checksum, progress
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from django.http import QueryDict
from django.utils import translation

from messages_app import clock
from messages_app.analysis.query import MessageQuery
from messages_app.answers import ARCHIVE, Answered, Gathered
from messages_app.exports import csv_file, direct_csv, ndjson_file
from messages_app.exports.kept import WORKSHOP
from messages_app.exports.manifest import pairs
from messages_app.exports.xlsx_file import Book
from messages_app.filters import read_question
from messages_app.models import Export
from messages_app.privacy import Mask
from messages_app.provider import MessageRecord

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ndjson": "application/x-ndjson",
}
"""The formats, and what a browser is told of each."""

STREAMED = {"csv": csv_file.chunks, "ndjson": ndjson_file.chunks}
"""Formats whose beginning can be sent before the end is made."""

PIECE = 256 * 1024


@dataclass(slots=True)
class Making:
    """A file that is being made. `told` hears after each slice how many rows are in it."""

    export: Export
    answer: Answered[Gathered]
    told: Callable[[int], None] = lambda _rows: None
    rows: int = 0
    _digest: Any = field(default_factory=sha256)

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the file, in order; the export knows its rows and its checksum after the last."""
        made = self._streamed() if self.export.format in STREAMED else self._whole()
        for piece in made:
            self._digest.update(piece)
            yield piece
        self.export.rows = self.rows
        self.export.sha256 = self._digest.hexdigest()

    def _streamed(self) -> Iterator[bytes]:
        if self._is_direct:
            yield from self._direct()
            return
        write = STREAMED[self.export.format]
        yield from write(self._slices(), self.export.columns, self.export.language)

    @property
    def _is_direct(self) -> bool:
        """Whether the database can make the lines: rows of its own, nothing to hide."""
        is_kept = self.answer.source == ARCHIVE and self.answer.query.mask.is_open
        return is_kept and self.export.format == "csv"

    def _direct(self) -> Iterator[bytes]:
        query, columns = self.answer.query, self.export.columns
        for rows, pieces in direct_csv.chunks(query, columns, self.export.language):
            yield from pieces
            self.rows += rows
            self.told(self.rows)

    def _whole(self) -> Iterator[bytes]:
        with TemporaryFile() as file:
            # What stands in this folder for a while is rows in plain: it goes whatever happens.
            with TemporaryDirectory(prefix=WORKSHOP) as workshop:
                self._write_book(file, workshop)
            file.seek(0)
            while piece := file.read(PIECE):
                yield piece

    def _write_book(self, file: IO[bytes], workshop: str) -> None:
        with translation.override(self.export.language):
            book = Book(file, self.export.columns, workshop)
            try:
                for records in self._slices():
                    book.add(records)
                self.export.rows, self.export.cut = self.rows, book.cut
                book.close(lambda: pairs(self.export))
            finally:
                book.leave()

    def _slices(self) -> Iterator[list[MessageRecord]]:
        slices = self.answer.value.slices()
        while True:
            # What stands in place of a hidden value is in the language of who reads it.
            with translation.override(self.export.language):
                records = next(slices, None)
            if records is None:
                return
            yield records
            self.rows += len(records)
            self.told(self.rows)


def question_of(export: Export) -> MessageQuery | None:
    """The question, over the range that it meant when it was asked; None where a key is lost.

    Its own filters were allowed to whoever asked it; the mask is for the rows.
    """
    params = QueryDict(export.question)
    query = read_question(params, clock.now(), mask_of(export)).query
    return query and query.within(export.start, export.end)


def mask_of(export: Export) -> Mask:
    return Mask(export.numbers, export.texts)


def note_answer(export: Export, answer: Answered[Gathered]) -> None:
    """Write down where the rows are from, and what is not among them."""
    export.total = answer.value.total
    export.source = answer.source
    export.as_of = answer.as_of
    export.missing = [[str(gap.start), str(gap.end)] for gap in answer.gaps]
    export.reasons = list(answer.unproven)
