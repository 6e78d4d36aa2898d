"""The page of `data.json` names every field of a real document, and no other."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from messages_app.analysis.breakdowns import analyse
from messages_app.analysis.comparing import COMPARISONS, FREE, beside
from messages_app.analysis.forecast import forecast
from messages_app.analysis.metrics import tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import BUCKETS
from messages_app.analysis.statuses import KINDS
from messages_app.analysis.usual import Band
from messages_app.around import judged
from messages_app.charts.marks import Beside
from messages_app.figures_json import Around, answer_json, nothing_json
from messages_app.filters import ASIDE, QuestionFilter
from messages_app.tiles import Against
from scripts.install import ROOT
from tests.factories import answered, incoming, record

NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))
FREELY_KEYED = {"series[].statuses", "tiles.changes"}
SAME = {"compare": "", "worth_a_look": "changes"}
"""What has the fields of another part, which the page names once."""

Document = dict[str, Any]


def document() -> Document:
    """Of a few rows, with everything that can stand beside them."""
    query = MessageQuery(now=NOW)
    day = BUCKETS["day"]
    sent = [record(message_id=n) for n in range(60)]
    rows = [*sent, record(message_id=90, status="DENIED"), incoming(message_id=91)]
    found = analyse(rows, query, day)
    failed = tally([record(status="DENIED", cost=Decimal(2)) for _ in range(60)], NOW)
    earlier = beside(query, "week")
    compared = judged(query, {"FR": found.found.totals}, [{"FR": failed}])
    return answer_json(
        answered(found),
        Around(
            usual=[Band(1, 2, 3) for _bucket in found.found.series],
            other=answered(analyse(rows, earlier, day)),
            images=[Beside(earlier.span, found.found.totals)],
            before=Against(failed, earlier),
            changed=compared,
            watched=compared,
            forecast=forecast(found.found.series, NOW.replace(tzinfo=None)),
        ),
    )


def fields(value: Any, path: str = "") -> Iterator[str]:
    """The path of every field that holds a value, those of the figures left out."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        for one in value:
            yield from fields(one, f"{path}[]")
    elif isinstance(value, dict) and path not in FREELY_KEYED:
        for name, one in value.items():
            if not (is_figures(value) and name in FIGURES):
                yield from fields(one, f"{path}.{name}".removeprefix("."))
    else:
        yield path


def figured(value: Any, path: str = "") -> Iterator[str]:
    """The path of everything that has the figures."""
    if isinstance(value, list):
        for one in value:
            yield from figured(one, f"{path}[]")
    elif isinstance(value, dict):
        yield from [path] if is_figures(value) else []
        for name, one in value.items():
            yield from figured(one, f"{path}.{name}".removeprefix("."))


def is_figures(value: Document) -> bool:
    return "interval" in value


FOUND = document()
FIGURES = set(FOUND["totals"])


def once(paths: Iterator[str]) -> set[str]:
    """The paths but for those that another part has too."""
    found = set(paths)
    for part, like in SAME.items():
        whole = {path for path in found if path.startswith(f"{part}.")}
        found -= {p for p in whole if f"{like}{p.removeprefix(part)}".removeprefix(".") in found}
    return found


def table(title: str) -> dict[str, str]:
    """The names of a table of the page, each with what stands beside it."""
    page = (ROOT / "docs/data-json.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?`) \| (.+) \|$", section, re.MULTILINE)
    named = [(name, words) for names, words in rows for name in re.findall(r"`([^`]+)`", names)]
    assert len(dict(named)) == len(named), "no name stands twice"
    return dict(named)


def test_the_document_holds_a_value_in_every_place():
    empty = [name for name, value in FOUND.items() if value in (None, [], {})]
    assert empty == []


def test_every_field_is_on_the_page():
    assert sorted(once(fields(FOUND)) - table("Fields").keys()) == []


def test_every_field_of_the_page_occurs():
    occurring = set(fields(FOUND)) | set(figured(FOUND))
    assert sorted(table("Fields").keys() - occurring - FOUND.keys()) == []


def test_the_page_says_what_has_the_figures():
    told = {name for name, words in table("Fields").items() if words.startswith("the figures ")}
    assert told == {"compare.totals", "compare.series[]", *once(figured(FOUND))}


def test_every_figure_is_on_the_page_and_no_other():
    assert table("Figures").keys() == FIGURES


def test_the_page_names_the_parameters_and_their_values():
    named = table("Parameters")
    assert named.keys() == {*ASIDE, "kind", "slot", "delay"}
    assert named.keys() <= {*ASIDE, *QuestionFilter.base_filters}
    for name, values in (
        ("bucket", BUCKETS), ("compare", [*COMPARISONS, FREE]), ("kind", KINDS),
    ):  # fmt: skip
        assert [value for value in values if f"`{value}`" not in named[name]] == []


def test_the_range_compared_with_has_every_list():
    lists = {name for name, value in FOUND.items() if isinstance(value, list)}
    assert FOUND["compare"].keys() == {"range", "complete", "totals", *lists}


def test_a_document_of_nothing_has_the_same_fields():
    nothing = nothing_json(MessageQuery(now=NOW), "2026-11-23T12:00:00+01:00", "down")
    assert nothing.keys() == FOUND.keys()
    assert nothing["coverage"].keys() == FOUND["coverage"].keys()
    assert nothing["range"].keys() == FOUND["range"].keys()


def test_a_field_is_seen_wherever_it_stands():
    found = set(fields({"a": {"b": 1}, "c": [{"d": 2}, {"e": []}]}))
    assert found == {"a.b", "c[].d", "c[].e"}
