"""A demo started as a person starts it, and its processes as the system sees them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts import neutral
from scripts.install import ROOT


@dataclass
class Demo:
    """What a started demo has said, up to its last line about the end."""

    process: subprocess.Popen[str]
    said: str

    @property
    def address(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+/", self.said)
        assert found, self.said
        return found[0]

    def password(self, name: str) -> str:
        found = re.search(rf"user {name} +password (\S+)$", self.said, re.MULTILINE)
        return found[1] if found else ""

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal; return the exit status, within 15 s."""
        self.process.send_signal(how)
        return self.process.wait(15)


@contextmanager
def demo(folder: Path, *options: str, **environment: str) -> Iterator[Demo]:
    """Start a demo whose database and passwords lie in `folder`, and wait until it is ready."""
    command = [sys.executable, "manage.py", "demo", "--rows", "300", "--state", str(folder)]
    settings = neutral.environment(f"sqlite:///{folder}/demo.sqlite3", f"{folder}/static")
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(
            [*command, *(options or ["--port", "0"])], cwd=ROOT, env={**settings, **environment},
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    assert process.stdout
    said = ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("Stop with"):
                break
        yield Demo(process, said)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(15)
        process.stdout.close()


def descendants(pid: int) -> dict[int, str]:
    """Processes below a process → their command lines."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)):
            parents[int(entry.name)] = parent
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        above = waiting.pop()
        below = [child for child, parent in parents.items() if parent == above]
        found |= {child: _command(child) for child in below}
        waiting += below
    return found


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def gone(pids: list[int], seconds: int = 30) -> bool:
    """Wait until all processes have ended; they are not our children, so their files are watched."""
    from select import poll

    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        watch = poll()
        watch.register(handle)
        ended = watch.poll(seconds * 1000)
        os.close(handle)
        if not ended:
            return False
    return True
