"""Known ways to get syncing wrong, each put back in on purpose: a schedule has to notice.

A bug is a function that takes a `MonkeyPatch` and breaks the archive or its client by it.
"""

import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import FunctionType
from typing import Any

import pytest

from messages_app.archive import (
    bounds,
    claims,
    keeping,
    plan,
    points,
    rollups,
    sync,
    windows,
    worker,
)
from messages_app.archive.windows import Window
from messages_app.provider import Page, PageRequest, ProviderClient
from messages_app.provider.errors import HtmlAnswer, ProviderError

Break = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Bug:
    """What breaks the archive, the faults under which it shows, and seeds that find it."""

    put_in: Break
    faults: tuple[str, ...]
    seeds: tuple[int, ...]


BUGS: dict[str, Bug] = {}


def _bug(*seeds: int, faults: tuple[str, ...] = ()) -> Callable[[Break], Break]:
    def note(put_in: Break) -> Break:
        BUGS[put_in.__name__.replace("_", " ")] = Bug(put_in, faults, seeds)
        return put_in

    return note


def _edited(patch: pytest.MonkeyPatch, holder: Any, name: str, old: str, new: str) -> None:
    """Replace a function by itself with `old` in its source changed to `new`."""
    function: FunctionType = getattr(holder, name)
    source = textwrap.dedent(inspect.getsource(function))
    assert old in source, f"{name} has changed: this bug is no longer one"
    made: dict[str, Any] = {}
    exec(source.replace(old, new), function.__globals__, made)
    patch.setattr(holder, name, made[name])


@_bug(0, faults=("short_page",))
def a_short_page_is_the_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows._Asker, "is_end", lambda *_: True)


@_bug(95, faults=("delete_between",))
def a_page_as_long_as_the_cap_is_taken_for_whole(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows.Lengths, "is_surely_whole", lambda *_: True)
    patch.setattr(windows.Lengths, "is_cap", lambda _self, size: size >= windows.PAGE_LENGTH)


@_bug(1)
def one_pass_over_a_heavy_second_is_enough(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, windows._Asker, "settle_heavy",
            "passes[:-1] and passes[-1] == passes[-2] == frozenset(seen)", "passes")  # fmt: skip
    patch.setattr(windows, "HEAVY_SORTS", ("date",))


@_bug(31, 54)
def an_older_reading_overwrites(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, keeping, "_upsert", "WHERE excluded.read_at >= old.read_at", "")


@_bug(0)
def rows_that_vanish_are_deleted(patch: pytest.MonkeyPatch) -> None:
    from messages_app.models import Message

    def delete(span: Any, kept_from: datetime) -> int:
        start = max(span.window.start, kept_from)
        gone = Message.objects.filter(
            date__gte=start, date__lte=span.window.end, read_at__lt=span.fetched_at
        )
        return gone.delete()[0]

    patch.setattr(keeping, "_miss", delete)


@_bug(0)
def rows_that_vanish_are_not_flagged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping, "_miss", lambda _span, _kept_from: 0)


@_bug(5)
def nobody_checks_the_fence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping, "confirm", lambda _held: None)


@_bug(13)
def coverage_is_written_before_the_rows(patch: pytest.MonkeyPatch) -> None:
    """The swap is no longer one transaction: what stands before a kill stays."""
    keep = keeping.keep

    def torn(batch: Any, held: Any, **options: Any) -> Any:
        proven = [one for one in batch if isinstance(one, windows.Proven)]
        claims.confirm(held)
        keeping._cover(proven, options["zone"], options["kept_from"])
        points.reached("torn")
        return keep(batch, held, **options)

    patch.setattr(keeping, "keep", torn)


@_bug(2)
def the_youngest_seconds_are_covered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping, "judged", lambda window, _now: [window])


@_bug(0)
def the_last_second_of_a_window_is_left_out(patch: pytest.MonkeyPatch) -> None:
    _edited(patch, Window, "holds", "record.date <= self.end", "record.date < self.end")


@_bug(0)
def one_second_more_is_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    """Bounds are taken to include their seconds, whatever the provider does."""
    patch.setattr(windows, "WIDE", bounds.Bounds())


@_bug(0)
def bounds_are_what_they_once_were(patch: pytest.MonkeyPatch) -> None:
    for asking in (sync, windows):
        patch.setattr(asking, "confirmed", lambda *_: True)


@_bug(0, faults=("start_ignored", "bad_row"))
def what_could_not_be_proven_is_covered(patch: pytest.MonkeyPatch) -> None:
    keep = keeping.keep

    def trusting(batch: Sequence[Any], held: Any, **options: Any) -> Any:
        proven = [windows.Proven(one.window, one.records, one.read_at) for one in batch]
        return keep(proven, held, **options)

    patch.setattr(keeping, "keep", trusting)


@_bug(5)
def a_moved_row_leaves_its_old_day_s_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping, "_left_days", list)


@_bug(0)
def counts_are_left_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rollups, "_rebuild_month", lambda _cursor, _month: None)


@_bug(2, faults=("html",))
def a_web_page_means_no_rows(patch: pytest.MonkeyPatch) -> None:
    page = ProviderClient.page

    def trusting(self: ProviderClient, request: PageRequest, **options: Any) -> Page:
        try:
            return page(self, request, **options)
        except HtmlAnswer:
            return Page((), (), 0, 0, self._now())

    patch.setattr(ProviderClient, "page", trusting)


@_bug(0, faults=("down", "negative"))
def any_failure_means_no_rows(patch: pytest.MonkeyPatch) -> None:
    page = ProviderClient.page

    def trusting(self: ProviderClient, request: PageRequest, **options: Any) -> Page:
        try:
            return page(self, request, **options)
        except ProviderError:
            return Page((), (), 0, 0, self._now())

    patch.setattr(ProviderClient, "page", trusting)


@_bug(31, 54)
def what_the_provider_says_first_of_a_row_counts(patch: pytest.MonkeyPatch) -> None:
    """A row that moved between two readings of a batch keeps the older one."""
    _edited(patch, keeping, "_stage", "sorted(windows, key=lambda one: one.read_at)",
            "sorted(windows, key=lambda one: one.read_at, reverse=True)")  # fmt: skip


@_bug(0)
def what_grew_old_unsettled_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "_left_behind", lambda *_: [])


@_bug(0)
def killed_runs_stay_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(worker, "close_orphans", lambda *_: 0)


@_bug(3)
def the_retention_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """What the provider forgot by age counts as gone."""
    keep = keeping.keep

    def forgetful(batch: Any, held: Any, **options: Any) -> Any:
        return keep(batch, held, **options | {"kept_from": datetime(1970, 1, 1)})

    patch.setattr(keeping, "keep", forgetful)
