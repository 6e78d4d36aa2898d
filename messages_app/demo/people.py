"""The two people of the demo; their passwords are made at the first start and kept beside it."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import Group, User

ROLES = {"support": "Support", "admin": "Administrator"}


@dataclass(frozen=True, slots=True)
class Login:
    """A name and its password; "" where the password is known to its owner alone."""

    name: str
    password: str


def ensure(path: Path) -> list[Login]:
    """Make who is missing, and return everyone's login as far as it is known.

    `path` keeps the passwords, readable by its owner alone. Who exists is never changed.
    """
    kept = _read(path)
    for name, role in ROLES.items():
        if not User.objects.filter(username=name).exists():
            kept[name] = secrets.token_urlsafe(9)
            user = User.objects.create_user(name, password=kept[name], is_staff=name == "admin")
            user.groups.add(Group.objects.get(name=role))
    _write(path, kept)
    return [Login(name, _known(name, kept.get(name, ""))) for name in ROLES]


def _known(name: str, password: str) -> str:
    """The kept password, unless it was changed since."""
    user = User.objects.get(username=name)
    return password if password and user.check_password(password) else ""


def _read(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    return dict(line.split(" ", 1) for line in path.read_text().splitlines() if " " in line)


def _write(path: Path, logins: dict[str, str]) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        file.writelines(f"{name} {password}\n" for name, password in logins.items())
