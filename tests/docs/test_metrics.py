"""The page of metrics: its examples are true, and it leaves no figure out."""

import doctest
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from messages_app.analysis.metrics import tally
from messages_app.tiles import KINDS
from scripts.install import ROOT

PAGE = ROOT / "docs/metrics.md"
NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_example_is_true():
    found = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert found.attempted > 50
    assert found.failed == 0


def test_every_metric_has_an_example():
    sections = re.split(r"^### ", text(), flags=re.MULTILINE)[1:]
    assert len(sections) > 25
    assert [one.splitlines()[0] for one in sections if ">>> " not in one] == []


def test_every_figure_is_named():
    names = {*tally([], NOW).totals(), *(kind.name for kind in KINDS)}
    assert [name for name in sorted(names) if f"`{name}`" not in text()] == []
