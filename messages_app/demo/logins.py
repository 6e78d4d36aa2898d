"""The demo's two people: made at the first start, their passwords kept beside the keys.

A person who exists is never changed: the password may be the owner's own by now.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.db import transaction

PEOPLE = {"support": ("Support", False), "admin": ("Administrator", True)}
"""User name → group, and whether the admin pages open."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user name with its password; an empty one is not known (any more)."""

    name: str
    password: str


def prepare(kept: Path) -> list[Login]:
    """Make the people who are missing; return all logins. `kept`: file of passwords, mode 0600.

    Raises OSError where the passwords cannot be kept; then nobody is made.
    """
    known = _read(kept)
    # Both or neither: nobody could log in as a person whose password was not kept.
    with transaction.atomic():
        for name, (group, staff) in PEOPLE.items():
            if not User.objects.filter(username=name).exists():
                known[name] = known.get(name) or secrets.token_urlsafe(9)
                user = User.objects.create_user(name, password=known[name], is_staff=staff)
                user.groups.add(Group.objects.get(name=group))
        _write(kept, known)
    return [Login(name, _still_valid(name, known.get(name, ""))) for name in PEOPLE]


def _still_valid(name: str, password: str) -> str:
    user = User.objects.get(username=name)
    return password if password and user.check_password(password) else ""


def _read(kept: Path) -> dict[str, str]:
    try:
        found = json.loads(kept.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: str(found[name]) for name in PEOPLE if name in found}


def _write(kept: Path, known: dict[str, str]) -> None:
    if not known or known == _read(kept):
        return
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = kept.with_name(f"{kept.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(known, file, indent=1)
    new.replace(kept)
