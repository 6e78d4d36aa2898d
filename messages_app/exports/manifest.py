"""What a file is, in words and as JSON: its question, its rows, what may be missing, who has it made."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from messages_app import clock
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import clauses, subject
from messages_app.filters import question_url, read_question
from messages_app.models import Export
from messages_app.privacy import FULL, MASKED, OFF, REDACTED, Mask


def manifest(export: Export) -> dict[str, Any]:
    """The sidecar of a file: times are wall times of `time_zone`, but `as_of` and `made_at` (ISO)."""
    query = _query(export)
    with translation.override(export.language):
        return {
            "file": file_name(export),
            "format": export.format,
            "question": question_words(export),
            "url": f"{export.site}{question_url(reverse('messages'), query)}" if query else None,
            "date_start": str(export.start),
            "date_end": str(export.end),
            "time_zone": settings.SMSFACTOR_TIME_ZONE,
            "columns": export.columns,
            "rows": export.rows,
            "finished": is_finished(export),
            "complete": is_complete(export),
            "missing": export.missing,
            "reasons": [_(reason) for reason in export.reasons],
            "source": export.source,
            "as_of": _instant(export.as_of),
            "masking": {"numbers": export.numbers, "texts": export.texts},
            "texts_cut": export.cut,
            "made_by": export.owner.get_username(),
            "made_at": _instant(export.made_at),
            "sha256": export.sha256 or None,
        }


def as_json(export: Export) -> str:
    return json.dumps(manifest(export), ensure_ascii=False, indent=1) + "\n"


def pairs(export: Export) -> Iterator[tuple[str, str]]:
    """The same for people, as a sheet shows it; the checksum of a file cannot stand in itself."""
    found = manifest(export)
    yield _("Question"), found["question"]
    yield _("Address"), found["url"] or ""
    yield _("From"), found["date_start"]
    yield _("To"), found["date_end"]
    yield _("Time zone"), found["time_zone"]
    yield _("Rows"), str(found["rows"])
    yield _("Complete"), _("yes") if found["complete"] else _("no")
    for start, end in found["missing"]:
        yield _("Not fetched"), f"{start} – {end}"
    for reason in found["reasons"]:
        yield _("May lack rows"), reason
    yield _("Source"), _("archive") if export.source == "archive" else _("live")
    yield _("As of"), found["as_of"] or ""
    yield _("Numbers"), masked_words(export.numbers)
    yield _("Texts"), masked_words(export.texts)
    if export.cut:
        yield _("Texts cut to the length of a cell"), str(export.cut)
    yield _("Made by"), found["made_by"]
    yield _("Made at"), found["made_at"] or ""


def masked_words(kind: str) -> str:
    """How much is seen of numbers or texts."""
    return {
        FULL: _("in full"),
        MASKED: _("masked"),
        REDACTED: _("without digits, links and addresses"),
        OFF: _("hidden"),
    }[kind]


def question_words(export: Export) -> str:
    """The question in words; "" where its key is lost."""
    query = _query(export)
    if query is None:
        return ""
    asked = query.within(export.start, export.end)
    return ", ".join([subject(asked, 2, "").strip().capitalize(), *clauses(asked).values()])


def is_finished(export: Export) -> bool:
    """Whether the file has every row that it was to have; one under way may still get there."""
    return export.state != "failed"


def is_complete(export: Export) -> bool:
    """Whether every message of the question is in the file."""
    return is_finished(export) and not (export.missing or export.reasons)


def file_name(export: Export) -> str:
    """`messages-2026-11-12-to-2026-11-18.csv`; one that lacks rows says so."""
    lacks = "" if is_complete(export) else "-INCOMPLETE"
    return f"messages-{export.start:%Y-%m-%d}-to-{export.end:%Y-%m-%d}{lacks}.{export.format}"


def _query(export: Export) -> MessageQuery | None:
    mask = Mask(export.numbers, export.texts)
    return read_question(QueryDict(export.question), clock.now(), mask).query


def _instant(moment: Any) -> str | None:
    return moment.astimezone(clock.now().tzinfo).isoformat(timespec="seconds") if moment else None
