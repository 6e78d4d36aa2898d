"""`make check`: everything that needs no test run. Prints a line for each, fails if any did."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.say import step

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CODE = ("dashboard", "messages_app", "sandbox", "bench", "scripts")


def production(folder: str) -> dict[str, str]:
    """The environment of a good production start, its secrets made for this run."""
    return {
        **os.environ,
        "DEBUG": "",
        "NOW": "",
        "ALLOWED_HOSTS": "sms.example.org",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "PRIVACY_KEY": secrets.token_urlsafe(48),
        "SMSFACTOR_API_URL": "https://api.smsfactor.com",
        "SMSFACTOR_API_TOKEN": secrets.token_urlsafe(16),
        "RETENTION_MONTHS": "24",
        "STATIC_ROOT": f"{folder}/static",
        "DATABASE_URL": f"sqlite:///{folder}/check.sqlite3",
    }


def run(name: str, *command: str, env: dict[str, str] | None = None) -> bool:
    done = subprocess.run(
        command, cwd=ROOT, env=env, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    step(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}")
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def main() -> int:
    manage = (sys.executable, "manage.py")
    with tempfile.TemporaryDirectory() as folder:
        env = production(folder)
        results = [
            run("lint", f"{BIN}/ruff", "check", "."),
            run("format", f"{BIN}/ruff", "format", "--check", "."),
            run("types", f"{BIN}/mypy", *CODE),
            run("migrations", *manage, "makemigrations", "--check", "--dry-run"),
            run("static files", *manage, "collectstatic", "--noinput", env=env),
            run(
                "production settings",
                *manage,
                "check",
                "--deploy",
                "--fail-level",
                "WARNING",
                env=env,
            ),
            run("French texts", *manage, "translations", "--check"),
            run("documents", sys.executable, "-m", "pytest", "tests/docs", "-p", "no:randomly"),
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
