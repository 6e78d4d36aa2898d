"""Processes of ours as an engine would run them: each with its environment, its log and its end."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic, sleep

from scripts.private_postgres import free_port
from tests.stack.composed import command

PATIENCE = 120.0
"""Seconds for what takes one or two on an idle machine."""


def until(is_so: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    deadline = monotonic() + PATIENCE
    while not is_so():
        assert monotonic() < deadline, f"in vain: {what}"
        sleep(0.1)


class Processes:
    """Started by name; all that are left end with the context."""

    def __init__(self, app: Path, folder: Path, environment: Mapping[str, str]) -> None:
        self.app, self.folder, self.environment = app, folder, dict(environment)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, str] = {}
        self.ports: dict[str, int] = {}
        self.logs = folder / "logs"
        self.logs.mkdir()

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()

    def dashboard(self, name: str) -> None:
        """Start one; an address that was killed is taken again."""
        self.ports.setdefault(name, free_port())
        self.start(name, "dashboard", BIND=f"127.0.0.1:{self.ports[name]}")

    def start(self, name: str, service: str, **more: str) -> None:
        """Start the command of a service of compose.yaml."""
        with (self.logs / name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                command(service), cwd=self.app, env={**self.environment, **more},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.commands[name] = " ".join(command(service))

    def once(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py to its end."""
        return subprocess.run(
            [command("migrate")[0], "manage.py", *arguments], cwd=self.app,
            env={**self.environment, **more}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def completed(self, name: str) -> int:
        """The exit status of a process that ends by itself."""
        return self.running.pop(name).wait(PATIENCE)

    def kill(self, name: str) -> None:
        """End one, with all that it started, without a word."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> dict[str, int]:
        """End all as an engine does, and return their exit statuses."""
        for process in self.running.values():
            process.terminate()
        found = {name: process.wait(PATIENCE) for name, process in self.running.items()}
        self.running.clear()
        return found

    def command_lines(self) -> str:
        """What `ps` shows of all that runs."""
        groups = {process.pid for process in self.running.values()}
        return "\n".join(_command_line(pid) for pid in _pids() if _group(pid) in groups)

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
