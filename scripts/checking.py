"""`make check`: all that needs no test run. A line for each check; the output of those that fail."""

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from scripts import neutral
from scripts.install import ROOT, install
from scripts.refusal import guarded

TYPED = ("dashboard", "messages_app", "sandbox", "bench", "scripts", "tests")


@dataclass(frozen=True, slots=True)
class Check:
    """A name, the arguments after `python`, and the environment to run them in."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)


def checks(folder: str) -> Iterator[Check]:
    """Every check; `folder`: a temporary place for what they write."""
    plain = neutral.environment("sqlite://:memory:", f"{folder}/none")
    public = neutral.environment(
        f"sqlite:///{folder}/check.sqlite3", f"{folder}/static",
        ALLOWED_HOSTS="sms.example.org", SMSFACTOR_API_TOKEN=secrets.token_urlsafe(16), RETENTION_MONTHS="24",
    )  # fmt: skip
    yield Check("lint", ("-m", "ruff", "check", "."), plain)
    yield Check("format", ("-m", "ruff", "format", "--check", "."), plain)
    yield Check("types", ("-m", "mypy", *TYPED), plain)
    yield Check("migrations", ("manage.py", "makemigrations", "--check", "--dry-run"), plain)
    yield Check("translations", ("manage.py", "translations", "--check"), plain)
    yield Check("static files", ("manage.py", "collectstatic", "--noinput", "-v", "0"), public)
    deploy = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    yield Check("production settings", deploy, public)
    yield Check("reliability", ("-m", "scripts.reliability"), plain)
    yield Check("documentation", ("-m", "pytest", "tests/docs", "-p", "no:cacheprovider"), plain)


def passes(check: Check) -> bool:
    """Run one, say how it went."""
    done = subprocess.run(
        [sys.executable, *check.command], cwd=ROOT, env=check.environment, check=False, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    print(f"{check.name:<20} {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
    if done.returncode:
        print(done.stdout.rstrip(), flush=True)
    return done.returncode == 0


def main() -> int:
    """Run all, also after a failure, so that one run tells everything."""
    install("requirements-dev.txt")
    with tempfile.TemporaryDirectory() as folder:
        failed = [check.name for check in checks(folder) if not passes(check)]
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    guarded(main)
