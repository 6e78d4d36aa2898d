"""`python -m tests.chaos.nursery`: forks commands of the dashboard that tests kill, pause and count.

Loading Django takes a second and forking milliseconds, so hundreds of processes can be killed. Reads
one JSON object a line and answers with one: `{"start": […]}` with the pid, `{"wait": pid}` with the
status (negative: the signal that ended it) and what it printed.
"""

import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from scripts.install import ROOT

LEASE_SECONDS = 1.0
LONGEST_SECONDS = 120
"""A process that never comes to its end is ended, and its test fails."""


class Nursery:
    """The test's end of it. `start` gives a pid; `run` waits and returns (status, output)."""

    def __init__(self, process: "Popen[str]") -> None:
        self._process = process
        self._turn = threading.Lock()

    def start(
        self, *arguments: str, die_at: str = "", pause_at: str = "", nth: int = 1, file: str = ""
    ) -> int:
        """Fork a command. When it comes by a named point for the nth time it kills itself
        (signal 9) or stops until it is continued. `file` is another SQLite database."""
        job = {
            "start": arguments, "die_at": die_at, "pause_at": pause_at, "nth": nth, "file": file,
        }  # fmt: skip
        return int(self._ask(job)["pid"])

    def wait(self, pid: int) -> tuple[int, str]:
        found = self._ask({"wait": pid})
        return found["status"], found["output"]

    def run(self, *arguments: str, **options: Any) -> tuple[int, str]:
        return self.wait(self.start(*arguments, **options))

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        with self._turn:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            found: dict[str, Any] = json.loads(self._process.stdout.readline())
            return found


@contextmanager
def nursery(environment: dict[str, str]) -> Iterator[Nursery]:
    """A nursery under these settings, while the context lasts."""
    command = [sys.executable, "-m", "tests.chaos.nursery"]
    with Popen(command, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            yield Nursery(process)
        finally:
            assert process.stdin
            process.stdin.close()


def _main() -> None:
    import django

    django.setup()
    # What a fork should not have to load again.
    from django.core.management import execute_from_command_line, load_command_class

    for name in ("sync", "worker", "check_archive"):
        load_command_class("messages_app", name)
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            job = json.loads(line)
            if "start" in job:
                answer: dict[str, Any] = {
                    "pid": _fork(job, Path(folder), execute_from_command_line)
                }
            else:
                _, raw = os.waitpid(job["wait"], 0)
                printed = (Path(folder) / str(job["wait"])).read_text(errors="replace")
                answer = {"status": os.waitstatus_to_exitcode(raw), "output": printed}
            print(json.dumps(answer), flush=True)


def _fork(job: dict[str, Any], folder: Path, execute: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 70
    signal.alarm(LONGEST_SECONDS)
    try:
        printed = os.open(folder / str(os.getpid()), os.O_CREAT | os.O_WRONLY)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.close(0)
        from django.db import connection

        from tests.chaos import judging

        _arm(job["die_at"] or job["pause_at"], job["nth"], pause=bool(job["pause_at"]))
        arguments = job["start"]
        if job["file"]:
            connection.settings_dict["NAME"] = job["file"]
        if arguments[0] in judging.JOBS:
            print(*judging.JOBS[arguments[0]](), sep="\n")
        else:
            execute(["manage.py", *arguments])
        status = 0
    except SystemExit as end:
        status = int(end.code or 0) if isinstance(end.code, int | None) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def _arm(name: str, nth: int, *, pause: bool) -> None:
    from datetime import timedelta

    from messages_app.archive import claims, pace, points, sync

    # Short, so that what a killed process held is soon anybody's.
    claims.LEASE = pace.LEASE = timedelta(seconds=LEASE_SECONDS)
    sync.RENEW_SECONDS = LEASE_SECONDS / 5
    left, blow = nth, signal.SIGSTOP if pause else signal.SIGKILL

    def reached(point: str) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if not left:
                os.kill(os.getpid(), blow)

    if name:
        points.listener = reached


if __name__ == "__main__":
    _main()
