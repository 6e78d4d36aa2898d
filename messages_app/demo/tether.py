"""`python -m messages_app.demo.tether COMMAND…`: becomes COMMAND, which ends when its parent ends.

Without it a parent killed with signal 9 would leave its servers behind. Linux has the means; on
other systems COMMAND runs untied. Knows nothing of Django.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>; the setting survives exec."""


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("The starter has ended meanwhile.")


def tethered(command: list[str]) -> list[str]:
    """`command`, tied to the process that starts it."""
    return [sys.executable, "-m", "messages_app.demo.tether", *command]


def main() -> None:
    end_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606


if __name__ == "__main__":
    main()
