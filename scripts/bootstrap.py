"""Makes `.venv` and hands over to it; the only script that runs on the machine's own Python.

It must parse on old Pythons, so that these get a sentence and not a syntax error.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LEAST = (3, 11)
TOO_OLD = (
    "Python {}.{} or newer is needed, this is {}.{}; name another one: make {} PYTHON=python3.12"
)
NO_VENV = (
    "This Python cannot make virtual environments; install the package python3-venv and run again."
)
BROKEN = "The virtual environment .venv could not be made: {}"


def refusal(version, can_make_environments, target):
    """Return the sentence why this Python cannot serve, or an empty text.

    `version`: its (major, minor); `target`: what was asked of make.
    """
    if tuple(version) < LEAST:
        return TOO_OLD.format(LEAST[0], LEAST[1], version[0], version[1], target)
    return "" if can_make_environments else NO_VENV


def has_ensurepip():
    """Say whether this Python can make an environment with pip: Debian packs that apart."""
    try:
        import ensurepip
        import venv
    except ImportError:
        return False
    return bool(ensurepip.version() and venv)


def environment_python(root):
    return os.path.join(root, ".venv", "bin", "python")


def is_usable(python):
    """Say whether an environment's Python runs, is new enough and has pip: half-made ones have not."""
    asked = f"import sys, pip; sys.exit(sys.version_info < {LEAST!r})"
    try:
        return subprocess.call([python, "-c", asked], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_environment(root):
    """Make `.venv` from scratch; return an empty text or the sentence why it failed."""
    print("Making the virtual environment .venv …", flush=True)
    place = os.path.join(root, ".venv")
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", place],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    said = done.stdout.decode("utf-8", "replace").strip().splitlines() or ["no reason given."]
    return BROKEN.format(said[-1]) if done.returncode else ""


def main(arguments):
    """Make the environment where it is missing, then become `python -m scripts.<arguments>` in it."""
    os.chdir(ROOT)
    python = environment_python(ROOT)
    if not is_usable(python):
        target = os.environ.get("MAKECMDGOALS") or "run"
        sentence = refusal(sys.version_info[:2], has_ensurepip(), target) or make_environment(ROOT)
        if sentence:
            sys.exit(sentence)
    sys.stdout.flush()
    os.execv(python, [python, "-m", "scripts." + arguments[0]] + list(arguments[1:]))  # noqa: RUF005, S606


if __name__ == "__main__":
    main(sys.argv[1:])
