"""The sandbox as a program: its options, and serving until it is interrupted.

`python -m sandbox` and the dashboard's own command share both.
"""

import os
import signal
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event, Thread
from typing import Any

from sandbox.box import Sandbox
from sandbox.faults import CHOICES, Faults, described


def add_options(parser: ArgumentParser) -> None:
    """Declare every option on a parser."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8901, help="port to listen on; 0: any free one")
    # From the environment too: what stands on a command line every process can read.
    token = os.environ.get("SANDBOX_TOKEN", "sandbox-token")
    parser.add_argument("--token", default=token, help="the API token it accepts")
    parser.add_argument("--rows", type=int, default=200_000, help="messages in six months")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other traffic")
    parser.add_argument(
        "--clock", type=datetime.fromisoformat, default=None, help="fixed Paris time, ISO form"
    )
    group = parser.add_argument_group(
        "faults and guesses", 'A fault is "always", "first:N" or "every:N"; alone it means always.'
    )
    for name, default, text, schedule in described():
        flag = f"--{name.replace('_', '-')}"
        if schedule:
            group.add_argument(
                flag, dest=name, nargs="?", const="always", default="", metavar="WHEN", help=text
            )
        else:
            group.add_argument(
                flag, dest=name, type=type(default), default=default, choices=CHOICES.get(name),
                help=f"{text} (default: {default!r})",
            )  # fmt: skip


def build(options: Mapping[str, Any]) -> Sandbox:
    """Build the sandbox that parsed options describe; raises ValueError for bad values."""
    faults = Faults(**{name: options[name] for name, *_ in described()})
    return Sandbox(options["rows"], options["seed"], options["token"], options["clock"], faults)


def run(options: Mapping[str, Any], say: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM; `say` gets one line with the address once it is ready."""
    ended = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    box = build(options)
    with box.serve(options["host"], options["port"]) as url:
        say(f"Sandbox ready at {url}")
        # Days are written in the background, newest first, so that filters find them ready.
        Thread(target=box.prepare, name="sandbox-days", daemon=True).start()
        ended.wait()
