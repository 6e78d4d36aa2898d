"""Prints what was measured: the ratio, its reach, the two times that it comes from."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: median seconds of ours and of the yardstick, and the ratio aimed at."""

    work: str
    yardstick: str
    ours: float
    theirs: float
    reach: float
    why: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


def paired(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 60
) -> list[float]:
    """Median seconds of both, run in turn so that the machine's drift meets both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(5):
        ours()
        theirs()
    gc.disable()
    for _ in range(rounds):
        for work, taken in zip((ours, theirs), times, strict=True):
            start = perf_counter()
            work()
            taken.append(perf_counter() - start)
    gc.enable()
    return [median(taken) for taken in times]


def show(rows: Sequence[Row]) -> None:
    print(f"{'ratio':>7} {'reach':>7}  {'ours':>9} {'yardstick':>9}  work / yardstick")
    for row in rows:
        mark = " " if row.ratio <= row.reach else "!"
        print(
            f"{row.ratio:6.2f}×{mark}{row.reach:5.2f}×  {row.ours * 1000:7.1f}ms"
            f" {row.theirs * 1000:7.1f}ms  {row.work} / {row.yardstick}"
        )
        if mark == "!":
            print(f"{'':18}missed: {row.why}")
