"""Prints what was measured: the ratio, its reach, the two figures that it comes from."""

import gc
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison of ours with a yardstick, in `unit` (seconds unless said), less being better.

    `reach` is the ratio aimed at: ours ÷ theirs at most, or theirs ÷ ours at least where it is a
    `gain`; None where the ratio is only told. `why` is the reason told where it is missed.
    """

    work: str
    yardstick: str
    ours: float
    theirs: float
    reach: float | None
    why: str = ""
    gain: bool = False
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours if self.gain else self.ours / self.theirs

    @property
    def is_missed(self) -> bool:
        if self.reach is None:
            return False
        return self.ratio < self.reach if self.gain else self.ratio > self.reach


def timed(work: Callable[[], object], watch: Callable[[], float] = perf_counter) -> float:
    """Seconds of one call."""
    start = watch()
    work()
    return watch() - start


def paired(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 60, warm: int = 5
) -> tuple[float, float]:
    """Median seconds of both, run in turn so that the machine's drift meets both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(warm):
        ours()
        theirs()
    gc.disable()
    for _ in range(rounds):
        for work, taken in zip((ours, theirs), times, strict=True):
            taken.append(timed(work))
    gc.enable()
    mine, other = map(median, times)
    return mine, other


def written(row: Row) -> str:
    """A row as one line that `read` understands."""
    return json.dumps(asdict(row))


def read(lines: Iterable[str]) -> list[Row]:
    return [Row(**json.loads(line)) for line in lines if line.startswith("{")]


def show(title: str, rows: Iterable[Row]) -> None:
    """Print the rows as a table, at once: the next ones may take minutes."""
    print(
        f"\n── {title} ──\n{'ratio':>9}  {'reach':>8}  {'ours':>9} {'yardstick':>9}  work / yardstick"
    )
    for row in rows:
        sign, mark = "≥" if row.gain else "≤", "!" if row.is_missed else " "
        reach = "" if row.reach is None else f"{sign}{row.reach:6.2f}×"
        print(
            f"{row.ratio:8.2f}×{mark} {reach:>8}  {_amount(row.ours, row.unit):>9}"
            f" {_amount(row.theirs, row.unit):>9}  {row.work} / {row.yardstick}",
            flush=True,
        )
        if row.is_missed:
            print(f"{'':20}missed: {row.why}", flush=True)


def _amount(figure: float, unit: str) -> str:
    if unit != "s":
        return f"{figure:.4g} {unit}"
    return f"{figure:.1f} s" if figure >= 10 else f"{figure * 1000:.1f} ms"
