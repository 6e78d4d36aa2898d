"""One way to stop: a sentence for the person at the terminal, never a traceback."""

import sys
from collections.abc import Callable


class Refusal(Exception):
    """Something needed is missing and cannot be had; its text is the one sentence shown."""


def guarded(main: Callable[[], int]) -> None:
    """Exit with what `main` returns; a Refusal is printed and exits 1, Ctrl-C exits 130."""
    try:
        sys.exit(main())
    except Refusal as refused:
        print(refused, file=sys.stderr, flush=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
