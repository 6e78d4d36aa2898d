"""Processes that are killed, stopped, paused and started together: nothing is lost, nothing is torn."""

import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from django.db import connection

from messages_app.archive import points
from tests.campaign import rounds

ONLY_SQLITE = {"texts indexed"}
BY_WORKER = {"orphans closed", "windows planned", "texts indexed", "cycle done"}
NAMES = [name for name in points.NAMES if connection.vendor == "sqlite" or name not in ONLY_SQLITE]
SAMPLE = NAMES[:: rounds(sample=8, full=1)]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_process_killed_at_a_point_leaves_nothing_to_mend_but_its_work(place, name):
    """F53, I10: whatever was half done is undone, and the next run ends exact."""
    place.stir()
    if name in BY_WORKER:
        place.forget()
    command = ("worker",) if name in BY_WORKER else ("sync", *place.range)
    status, output = place.processes.run(*command, die_at=name)
    assert status == -signal.SIGKILL, output
    place.sync()
    place.assert_exact()


@pytest.mark.parametrize("seed", range(rounds(sample=4, full=60)))
def test_a_process_killed_at_any_moment_leaves_nothing_to_mend_but_its_work(place, seed):
    """F53, I10."""
    rng = Random(seed)
    place.stir()
    command = ("worker",) if rng.random() < 0.5 else ("sync", *place.range)
    pid = place.processes.start(*command)
    time.sleep(rng.uniform(0.02, 0.9))
    os.kill(pid, signal.SIGKILL)
    place.processes.wait(pid)
    place.sync()
    place.assert_exact()


def test_a_worker_that_is_told_to_stop_ends_within_ten_seconds(place):
    """F54: in the middle of its work; another goes on at once, no lease is left to run out."""
    place.stir()
    place.forget()
    pid = place.processes.start("worker", pause_at="window read")
    _wait_for_pause(pid)
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGCONT)
    status, output = place.processes.wait(pid)
    assert status == 0, output
    assert time.monotonic() - began < 10
    place.sync()
    place.assert_exact()


def test_eight_that_start_at_once_share_the_work(place):
    """F63, I9: none fails, and the archive is exact."""
    place.stir()
    pids = [place.processes.start("sync", *place.range) for _ in range(8)]
    ended = [place.processes.wait(pid) for pid in pids]
    assert [status for status, _ in ended] == [0] * 8, ended
    place.assert_exact()


def test_a_long_reader_holds_no_writer_up(place_in_a_file):
    """F57: what it began to read stays as it was; the log of the database grows, and is worked off."""
    place = place_in_a_file
    place.stir()
    file = Path(place.database.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        count = "SELECT COUNT(*), MAX(read_at) FROM messages_app_message"
        before = reader.execute(count).fetchone()
        place.sync()
        assert reader.execute(count).fetchone() == before
        reader.execute("ROLLBACK")
        assert reader.execute(count).fetchone() != before
        assert reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    place.assert_exact()


def test_a_paused_process_that_wakes_is_refused(place):
    """F64, I4: another took its days over while it slept; what it read before is worth nothing now."""
    place.stir()
    pid = place.processes.start("sync", *place.range, pause_at="window read", nth=2)
    _wait_for_pause(pid)
    place.stir()
    place.sync()
    before = _taken_over(place)
    os.kill(pid, signal.SIGCONT)
    status, output = place.processes.wait(pid)
    assert status == 0, output
    assert _taken_over(place) == before + 1
    place.assert_exact()


@pytest.mark.parametrize("point", ["upserted", "spans deleted", "month rebuilt"])
def test_a_reader_amid_a_write_sees_the_old_state(place, point):
    """F67, I10: rows, coverage and counts change together, or not at all."""
    place.stir()
    before = place.processes.run("read")
    pid = place.processes.start("sync", *place.crowded_range, pause_at=point)
    _wait_for_pause(pid)
    amid = place.processes.run("read")
    os.kill(pid, signal.SIGCONT)
    assert place.processes.wait(pid)[0] == 0
    assert amid == before
    assert place.processes.run("read") != before
    place.sync()
    place.assert_exact()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 0.999])
def test_a_power_cut_loses_whole_transactions_alone(place_in_a_file, tmp_path, share):
    """F55: the end of the database's log never reached the disk."""
    place = place_in_a_file
    place.stir()
    pid = place.processes.start("sync", *place.range, pause_at="days released")
    _wait_for_pause(pid)
    file = place.database.removeprefix("sqlite:///")
    for end in ("", "-wal"):
        shutil.copy(f"{file}{end}", tmp_path / f"cut.sqlite3{end}")
    os.kill(pid, signal.SIGCONT)
    assert place.processes.wait(pid)[0] == 0
    log = tmp_path / "cut.sqlite3-wal"
    assert log.stat().st_size > 10_000
    os.truncate(log, int(log.stat().st_size * share))
    left = {"file": str(tmp_path / "cut.sqlite3")}
    status, seen = place.processes.run("read", **left)
    assert (status, len(seen.splitlines())) == (0, 2), seen[-500:]
    place.sync(**left)
    place.assert_exact(**left)


def _taken_over(place) -> int:
    """Runs whose days went to others while they slept."""
    return place.processes.run("reasons")[1].count("others took it over")


def _wait_for_pause(pid: int) -> None:
    while (state := _state(pid)) != "T":
        assert state != "Z", "it ended without coming by its point"
        time.sleep(0.02)


def _state(pid: int) -> str:
    """As in proc(5): T is stopped, Z ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
