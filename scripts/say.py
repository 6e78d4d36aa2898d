"""Talks to the person at the terminal: steps, and one-sentence refusals."""

import sys
from typing import NoReturn


def step(text: str) -> None:
    print(f"· {text}", flush=True)


def refuse(sentence: str) -> NoReturn:
    """End with a sentence that says what is missing and what brings it."""
    print(f"✗ {sentence}", file=sys.stderr, flush=True)
    raise SystemExit(1)
