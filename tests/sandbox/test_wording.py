"""Rows kept as they were written are, byte for byte, what writing them anew would give."""

from datetime import datetime, timedelta
from random import Random

import pytest

from sandbox import Composed, Faults, VirtualClock, incoming, outgoing, scattered, wording
from sandbox.encode import as_json, as_xml
from sandbox.message import DENIED, MODERATION
from sandbox.texts import HOSTILE
from tests.sandbox.conftest import ALL

NIGHT = datetime(2026, 3, 29)
FORMS = [("application/json", as_json), ("text/xml", as_xml)]


@pytest.fixture
def box():
    """A night of messages with odd texts, late prices and refusals."""
    rows = scattered(1, NIGHT, NIGHT + timedelta(hours=6), 60)
    at = rows[0].appears
    rows += [incoming(900 + rank, NIGHT, text=text) for rank, text in enumerate(HOSTILE)]
    rows += [outgoing(800, NIGHT, priced=at + 9_000), outgoing(801, NIGHT, reference=None)]
    rows.append(outgoing(802, NIGHT, before=MODERATION, fate=DENIED, handed=at, settles=at))
    return Composed(rows, clock=VirtualClock(NIGHT), faults=Faults(ties="stable"))


@pytest.mark.parametrize(("accept", "write"), FORMS)
def test_each_answer_is_what_its_rows_say_as_they_age(box, accept, write):
    rng = Random(1)
    for _ in range(60):
        rows = box.shown()
        whole = {"status": 1, "message": "OK", "totalRecords": len(rows)}
        whole |= {"totalDisplayRecords": len(rows), "messages": rows}
        assert box.answer(ALL | {"sort": "date"}, accept).body == write(whole)
        box.clock.sleep(rng.choice((1, 3, 60, 900)))


@pytest.mark.parametrize(("accept", "write"), FORMS)
def test_no_rows_are_written_as_none(accept, write):
    box = Composed([], clock=NIGHT, faults=Faults(totals="missing"))
    assert box.answer(ALL, accept).body == write({"status": 1, "message": "OK", "messages": []})


def test_a_changed_row_is_written_anew(box):
    params = ALL | {"sort": "date"}
    box.answer(params)
    for text in ("one", "two"):
        box.change(("sms_mt", 801), lambda one, text=text: one._replace(text=text))
        assert f'"message":"{text}"'.encode() in box.answer(params).body


def test_only_so_many_rows_are_kept(box, monkeypatch):
    monkeypatch.setattr(wording, "_MOST", 10)
    box.clock.sleep(86_400)
    first = box.answer(ALL | {"sort": "date"})
    assert len(box.shown()) > 60
    assert len(box._wordings._kept) <= 10
    assert box.answer(ALL | {"sort": "date"}) == first


def test_a_kept_row_holds_its_message_so_no_other_gets_its_id(box):
    box.clock.sleep(60)
    box.answer(ALL)
    kept = box._wordings._kept
    assert kept
    assert all(place == id(message) for (place, *_), (message, _) in kept.items())
