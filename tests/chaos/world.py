"""One seeded schedule: a hostile account, a virtual clock, and workers that are troubled in every way.

turns at random: time · rows come, change, move, go · faults · workers, amid each other · kills
    └─ after each: the witness ─▶ at the end: faults off, a month passes, all is compared
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from messages_app.archive import (
    agenda,
    claims,
    forgetting,
    keeping,
    looks,
    points,
    quarantine,
    sync,
    windows,
    worker,
)
from messages_app.archive.checking import Compared, compare
from messages_app.archive.columns import micros
from messages_app.archive.plan import Policy, horizon, kept_from
from messages_app.archive.sync import Syncer
from messages_app.archive.windows import Window
from messages_app.archive.worker import IDLE_SECONDS, Worker
from messages_app.models import Claim, SyncRun
from sandbox import Composed, Faults, VirtualClock, outgoing
from sandbox.clock import NEVER
from sandbox.faults import SHARES
from tests.chaos import scenes
from tests.chaos.line import URL, client_of
from tests.chaos.witness import PARIS, Broken, Witness, handset_of

SILENT = (
    "down", "silence", "drip_body", "reset", "cut_length", "cut_chunked", "cut_close", "redirect",
    "bad_gzip", "bad_charset", "bom", "utf16", "wrong_token", "negative", "error_object",
    "status_missing", "status_typed", "html", "other_format", "empty_body", "json_null", "json_list",
    "json_object", "cut_json", "two_documents", "nan", "duplicate_keys", "deep", "digits",
    "messages_missing", "messages_null", "messages_object", "bad_row", "http_error",
)  # fmt: skip
"""Faults of line, status and body."""

PAGING = ("insert_at_head", "delete_between", "short_page", "start_ignored", "sort_ignored", "twice",
          "stale", "slow", "drift")  # fmt: skip
LYING = ("unknown", "odd_text")
"""Under these the provider shows other rows than it has; they count again when it is over."""

STATUSES = (204, 206, 304, 400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504, 999)
PAUSES = ("", "1", "7", "70", "junk", "-5", "999999999", "Wed, 21 Oct 2015 07:28:00 GMT")
TOTALS = ("page", "zero", "negative", "null", "text", "missing", "huge", "fewer", "more")
STRIDES = (3, 10, 31)
LASTS = 2000
"""Looks amid one turn until its trouble ends: pages cut to a row each, while nothing may be asked exactly,
take longer than rows take to come."""

COUNTED_EVERY = 6
"""Steps between two comparisons of the rollups with their rows."""

REST_CYCLES = 400
MONTH = timedelta(days=32)


class Killed(BaseException):
    """The process is gone: nothing of its own runs any more."""


@dataclass(slots=True)
class Counts:
    """What schedules went through, for people to read."""

    schedules: int = 0
    steps: int = 0
    rows: int = 0
    calls: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    turns: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def __iadd__(self, other: "Counts") -> "Counts":
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(slots=True)
class World:
    """The state of one schedule. Build it by `world`, which also puts the archive on its clock."""

    seed: int
    rng: Random
    scene: scenes.Scene
    clock: VirtualClock
    box: Composed
    witness: Witness
    base: Faults
    at_once: int
    workers: list[Worker]
    counts: Counts = field(default_factory=Counts)
    faults: tuple[str, ...] = (*SILENT, *PAGING, *PAGING, *LYING)
    batches: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    depth: int = 0
    looks: int = 0
    has_flipped: bool = False
    erases: bool = False
    """Whether numbers are erased meanwhile."""

    dying: int = 0
    """Points that the present worker still reaches; 0: it is not to be killed."""

    # The archive's clock

    def now(self) -> datetime:
        return self.clock().astimezone(PARIS)

    def wall(self) -> datetime:
        return self.now().replace(tzinfo=None, microsecond=0)

    def seconds(self) -> float:
        return self.clock().timestamp()

    # Turns

    def turns(self) -> tuple[tuple[int, Callable[[], None]], ...]:
        """Everything that can happen, with its weight."""
        return (
            (6, self.work), (3, self.pass_time), (3, self.insert), (3, self.change),
            (2, self.remove), (3, self.trouble), (1, self.calm), (2, self.kill), (1, self.range),
            (1, self.look), (1, self.move_campaign), (1, self.refill), (1, self.keep_late),
            (1, self.flip), *([(3, self.erase)] if self.erases else []),
        )  # fmt: skip

    def step(self) -> None:
        """One turn and the check behind it. Raises Broken."""
        weights, turns = zip(*self.turns(), strict=True)
        (turn,) = self.rng.choices(turns, weights)
        since, self.has_flipped, self.looks = self.clock(), False, 0
        self.counts.steps += 1
        self.counts.turns[turn.__name__] += 1
        turn()
        if self.box.faults.unknown:
            self.witness.lied(since)
        self.witness.assert_invariants()
        if self.counts.steps % COUNTED_EVERY == 0:
            self.witness.assert_counted()

    def work(self) -> None:
        """Some worker goes through a few cycles."""
        place = self.rng.randrange(len(self.workers))
        for _ in range(self.rng.randrange(1, 4)):
            self.cycle(place)

    def cycle(self, place: int) -> float:
        try:
            pause = self.workers[place].cycle()
        except Killed:
            self.workers[place] = self.worker()
            return 0.0
        self.clock.sleep(pause or 0.1)
        return pause

    def kill(self) -> None:
        """A worker dies at one of the next points that it reaches; another comes in its place."""
        self.dying = self.rng.randrange(1, 60)
        self.cycle(self.rng.randrange(len(self.workers)))
        self.dying = 0

    def range(self) -> None:
        """Somebody syncs a range by hand, as the command does."""
        start = self.scene.start - timedelta(hours=self.rng.randrange(70))
        self._by_hand(Window(start, start + timedelta(hours=self.rng.randrange(1, 80))))

    def _by_hand(self, window: Window) -> None:
        hand = Syncer(
            self.client(), URL, worker.new_owner(), self.now, kept_from(self.now()), at_once=1,
            check=self.amid, stride=self.rng.choice(STRIDES),
        )  # fmt: skip
        hand.run("sync", [window], whole=window)

    def look(self) -> None:
        start = self.scene.start - timedelta(hours=self.rng.randrange(60))
        looks.note(Window(start, start + timedelta(hours=self.rng.randrange(30))), self.clock())

    def keep_late(self) -> None:
        """Windows that were read long ago arrive once more, after newer ones."""
        if not self.batches:
            return
        batch, options = self.rng.choice(self.batches)
        first, last = min(one.window.start for one in batch), max(one.window.end for one in batch)
        held = claims.claim(Window(first, last), "late")
        if held:
            quarantine.keep(batch, held, **options)  # type: ignore[attr-defined]
            claims.release(held)

    def pass_time(self) -> None:
        self.clock.sleep(self.rng.choice((1, 20, 45, 130, 400, 2500, 9000, 40_000, 100_000)))

    def insert(self) -> None:
        """Rows come: in time, late, or ahead of theirs."""
        for _ in range(self.rng.randrange(1, 12)):
            hours = self.rng.choice((0, 0, 0.01, 0.5, 5, 40, -3, -60))
            number = next(self.scene.ids)
            date = (self.now() - timedelta(hours=hours)).replace(microsecond=0)
            row = scenes.ugly(number, date, self.rng.randrange(40))
            facts: dict[str, Any] = {"appears": 0} | (
                {"handed": NEVER} if hours < 0 and number % 3 else {}
            )
            self.box.insert(row._replace(**facts))

    def refill(self) -> None:
        """A campaign grows on a second that has been read, or a new one is planned."""
        rows = [row for row in self.box.shown() if row["type"] == "sms_mt"]
        if not rows:
            return
        date = datetime.fromisoformat(self.rng.choice(rows)["date"])
        for _ in range(self.rng.randrange(5, 60)):
            self.box.insert(outgoing(next(self.scene.ids), date, appears=0, campaign_id=7))

    def change(self) -> None:
        """Rows get another status, text, price or date."""
        for key in self._some(10):
            self.box.change(key, self.rng.choice((_wavered, _reworded, _repriced, self._moved)))

    def move_campaign(self) -> None:
        """All rows of one second go to another, a month away at times."""
        by_second: dict[str, list[tuple[str, int]]] = {}
        for row in self.box.shown():
            by_second.setdefault(row["date"], []).append((row["type"], row["message_id"]))
        if not by_second:
            return
        keys = by_second[max(by_second, key=lambda date: len(by_second[date]))]
        hours = self.rng.choice((1, 5, -3, 47, 700))
        for key in keys[:200]:
            self.box.change(key, lambda one: _by(one, hours))

    def remove(self) -> None:
        for key in self._some(8):
            self.box.remove(key)

    def erase(self) -> None:
        """Somebody asks to be forgotten; the provider goes on as before."""
        people = {handset_of(row) for row in self.box.shown()}
        numbers = sorted(one for one in people if one.isdecimal() and len(one) > 6)
        if numbers:
            number = self.rng.choice(numbers)
            forgetting.forget_number(number, self.now())
            self.witness.erased.add(number)

    def trouble(self) -> None:
        """One to three faults come, on some calls or on all; those before are over."""
        names = set(self.rng.choices(self.faults, k=self.rng.randrange(1, 4)))
        schedules = ("always", "every:2", "every:5", "every:9", "first:1", "first:2", "first:12")
        values: dict[str, Any] = {name: self.rng.choice(schedules) for name in sorted(names)}
        if self.rng.random() < 0.3:
            values["totals"] = self.rng.choice(TOTALS)
        if self.rng.random() < 0.3:
            values["cap"] = self.rng.randrange(self.base.cap // 3, self.base.cap)
        values |= {
            "http_status": self.rng.choice(STATUSES),
            "retry_after": self.rng.choice(PAUSES),
            "body_status": self.rng.choice((-99, -7, -3, -8, 0, 2)),
            "slow_seconds": self.rng.choice((0.5, 3.0, 20.0)),
        }
        self.box.faults = replace(self.base, **values)
        self.counts.faults.update(names)
        self.counts.faults.update({"totals", "cap"} & values.keys())

    def calm(self) -> None:
        self.box.faults = self.base

    def flip(self) -> None:
        """From now on the provider reads the ends of a range in another way; there and back within a
        few calls nobody could tell, so once a turn."""
        if self.has_flipped:
            return
        self.has_flipped = True
        bounds: dict[str, Any] = {
            name: self.rng.choice(scenes.BOUNDS) for name in ("start_bound", "end_bound")
        }
        self.base = replace(self.base, **bounds)
        self.box.faults = replace(self.box.faults, **bounds)
        self.counts.faults["bounds"] += 1

    # Amid a run

    def amid(self) -> None:
        """What may happen between two answers of a run: other workers, turns, a long sleep."""
        self.looks += 1
        if self.looks == LASTS:
            self.counts.turns["calmed"] += 1
            self.calm()
        if self.depth or self.rng.random() > 0.06:
            return
        self.depth, dying, self.dying = 1, self.dying, 0
        what = self.rng.randrange(6)
        if what == 0:
            self.clock.sleep(40)  # longer than a lease
        if what <= 2 and len(self.workers) > 1:
            self.cycle(self.rng.randrange(len(self.workers)))
        if what == 3:
            self.change()
        if what == 4:
            self.insert()
        if what == 5:
            self.flip()
        self.depth, self.dying = 0, dying

    def stopped(self) -> bool:
        self.amid()
        return False

    def reached(self, name: str) -> None:
        """A named point: the worker that is to die does so when its time has come."""
        if not self.dying or self.depth:
            return
        self.dying -= 1
        if not self.dying:
            self.counts.kills[name] += 1
            raise Killed(name)

    # The end

    def come_to_rest(self) -> None:
        """Faults end and a month passes, so that every second is read again. Raises Broken."""
        self.box.faults = self.base
        self.dying, self.depth = 0, 1
        for days in (1, 8, 32):
            self.clock.set(max(self.clock(), self.scene.start.replace(tzinfo=PARIS)))
            self.clock.sleep(days * 86_400)
            self._rest()
            self.witness.assert_invariants()
        self.witness.assert_equal()
        open_runs = SyncRun.objects.filter(ended_at=None).count()
        if open_runs:
            raise Broken(f"I6: {open_runs} runs have no outcome")
        self._compared()
        if self.seed % 4 == 3:
            self._outlive_the_provider()

    def _outlive_the_provider(self) -> None:
        """Half a year later the provider has forgotten everything; the archive has not."""
        shown = {key: row.gone_at for key, row in self.witness.rows.items()}
        self.clock.sleep(200 * 86_400)
        old = Window(self.scene.start - timedelta(days=4), self.scene.start + timedelta(days=2))
        self._by_hand(old)
        self.witness.assert_invariants()
        now = {key: row.gone_at for key, row in self.witness.rows.items()}
        if any(now[key] != gone for key, gone in shown.items()):
            raise Broken("I5: what the provider forgot by its age is flagged")

    def _rest(self) -> None:
        last = self.worker()
        for _ in range(REST_CYCLES):
            pause = last.cycle()
            self.clock.sleep(pause or 0.1)
            if pause == IDLE_SECONDS:
                return
        raise Broken("I10: the worker never came to rest")

    def _compared(self) -> None:
        now = self.now()
        everything = Window(kept_from(now), horizon(now, self.workers[0].policy))
        found = list(compare(self.client(), URL, everything, now, Compared()))
        if found:
            raise Broken(f"I1: {len(found)} differences, {found[:2]}")

    # Builders

    def client(self) -> Any:
        return client_of(self.box, self.clock, concurrency=self.at_once)

    def worker(self) -> Worker:
        return Worker(
            self.client(), URL, self.now, self.stopped, self.clock.sleep, at_once=self.at_once,
            policy=Policy(reconcile_calls=10**6),
        )  # fmt: skip

    def _some(self, most: int) -> Iterator[tuple[str, int]]:
        keys = [(row["type"], row["message_id"]) for row in self.box.shown()]
        yield from self.rng.sample(keys, min(len(keys), self.rng.randrange(1, most)))

    def _moved(self, one: Any) -> Any:
        return _by(one, self.rng.choice((0.01, 0.3, 2, -2, 30, -47)))


def _by(one: Any, hours: float) -> Any:
    return one._replace(date=one.date + int(hours * 3600))


def _wavered(one: Any) -> Any:
    fates = ("DELIVERED", "UNDELIVERED", "SENT", "NOT_SENT", "parked")
    if one.fate == "incoming_message":
        return one
    fate = fates[(fates.index(one.fate) + 1) % len(fates)] if one.fate in fates else fates[0]
    return one._replace(fate=fate, details=fate)


def _reworded(one: Any) -> Any:
    return one._replace(text=one.text + " bis")


def _repriced(one: Any) -> Any:
    return one._replace(cents=one.cents + 35, priced=0)


# Putting the archive on the clock


@contextmanager
def world(seed: int, *, scale: scenes.Scale | None = None) -> Iterator[World]:
    """The world of a seed; while the context lasts the archive lives on its clock.

    Needs an empty archive that nobody else uses.
    """
    rng = Random(f"{seed}/chaos")
    scale = scale or (scenes.FULL if seed % 25 == 24 else scenes.SMALL)
    scene = scenes.scene(rng, scale)
    clock = VirtualClock(scene.start)
    shares: dict[str, Any] = {name: rng.choice((0.0, 0.0, 0.08)) for name in SHARES}
    base = Faults(
        cap=scale.page,
        ties=rng.choice(("random", "random", "stable")),
        start_bound=rng.choice(scenes.BOUNDS),
        end_bound=rng.choice(scenes.BOUNDS),
        **shares,
    )
    box = Composed(scene.rows, seed=seed, clock=clock, faults=base)
    made = World(
        seed, rng, scene, clock, box, Witness(box, clock), base,
        at_once=3 if seed % 5 == 4 else 1, workers=[],
    )  # fmt: skip
    made.workers = [made.worker() for _ in range(rng.randrange(1, 4))]
    with pytest.MonkeyPatch.context() as patch, _listening(made):
        _on_clock(patch, made, scale, rng.choice(STRIDES))
        yield made
        made.counts.schedules, made.counts.calls = 1, box.calls
        made.counts.rows = len(made.witness.rows)


def _on_clock(patch: pytest.MonkeyPatch, made: World, scale: scenes.Scale, stride: int) -> None:
    patch.setattr(claims, "database_now", lambda: str(micros(made.clock())))
    patch.setattr(worker, "monotonic", made.seconds)
    patch.setattr(agenda, "monotonic", made.seconds)
    patch.setattr(sync, "monotonic", made.seconds)
    patch.setattr(worker, "stride_for", lambda _rows: stride)
    patch.setattr(points, "listener", made.reached)
    patch.setattr(sync, "BATCH_ROWS", scale.page * 3)
    patch.setattr(windows, "PAGE_LENGTH", scale.page)
    patch.setattr(windows, "GOAL_ROWS", scale.page * 7 // 10)
    patch.setattr(windows, "CAMPAIGN_ROWS", scale.page * 3 // 10)
    patch.setattr(windows, "OVERLAP", max(2, scale.page // 20))
    end, keep = Syncer._end, keeping.keep

    def end_unless_killed(self: Syncer, record: Any, result: Any, ending: Any) -> None:
        if isinstance(ending, Killed):
            self._shares.clear()
        else:
            end(self, record, result, ending)

    def keep_for_its_owner(batch: Any, held: Any, **options: Any) -> Any:
        days = Claim.objects.filter(day__gte=held.window.start, day__lte=held.window.end)
        owners = {(owner, fence) for owner, fence in days.values_list("owner", "fence")}
        is_ours = owners == {(held.owner, held.fence)}
        try:
            kept = keep(batch, held, **options)
        except claims.LostClaim:
            made.counts.refused += 1
            raise
        if not is_ours:
            raise Broken("I9: somebody wrote days that belong to another")
        made.batches = [*made.batches[-20:], (batch, options)]
        return kept

    patch.setattr(Syncer, "_end", end_unless_killed)
    patch.setattr(quarantine, "keep", keep_for_its_owner)


class _Ears(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@contextmanager
def _listening(made: World) -> Iterator[None]:
    ears, log = _Ears(made.witness.heard.lines), logging.getLogger("messages_app")
    log.addHandler(ears)
    try:
        yield
    finally:
        log.removeHandler(ears)


def run(seed: int, *, steps: int = 30, faults: Sequence[str] = (), erases: bool = False) -> Counts:
    """Live through the schedule of a seed; what it went through. Raises Broken.

    `faults` are the only ones that come, where any are named; with `erases` numbers are erased too.
    """
    with world(seed) as made:
        made.erases = erases
        made.faults = tuple(faults) or made.faults
        made.witness.look()
        for _ in range(steps):
            made.step()
        made.come_to_rest()
    return made.counts
