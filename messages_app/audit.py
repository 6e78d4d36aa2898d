"""The audit trail: who did what, when and from where, in lines that can only be added.

Each line carries a keyed hash over itself and the hash before it; a sealed row holds both ends. Whoever
can write to the database but has no `PRIVACY_KEY` cannot change, swap, add or take a line unseen.
Personal values come in as keyed digests alone.
"""

import getpass
import json
import logging
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.core.cache import cache
from django.db import DatabaseError, models, transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from messages_app import clock
from messages_app.analysis.exact import meant
from messages_app.analysis.numbers import typed_number_or_start
from messages_app.archive.columns import micros
from messages_app.archive.faults import FAILURES, kind_of, sentence_of
from messages_app.audited import AuditHead, AuditLine
from messages_app.digests import digest, is_digest

HEAD = 1
"""The one row of both ends."""

ANCHOR = ("purged", "purged_hash", "purged_until")
"""What the head tells of the lines that are gone."""

LONGEST = 4000
"""Characters of a question or note that are kept."""

NUMBER_DIGITS = 32
"""Of a number's digest: 128 bits are nobody's by chance."""

AGAIN = 600
"""Seconds in which the same question of the same person is no new line: pages ask again by themselves."""

log = logging.getLogger("messages_app.audit")

_present: ContextVar[HttpRequest | None] = ContextVar("present", default=None)


class NotRecorded(DatabaseError):
    """The trail cannot be written: what should have been recorded must not happen, nor be answered."""


class Act(models.TextChoices):
    """What is recorded."""

    LOGIN = "login", _("Logged in")
    LOGIN_FAILED = "login_failed", _("Login failed")
    LOGOUT = "logout", _("Logged out")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    SECOND_FACTOR = "second_factor", _("Second factor changed")
    SESSION_ENDED = "session_ended", _("Session ended")
    INVITED = "invited", _("Invited")
    SEARCHED = "searched", _("Searched for a number")
    CONVERSATION = "conversation", _("Opened a conversation")
    REVEALED = "revealed", _("Revealed")
    EXPORTED = "exported", _("Exported")
    DOWNLOADED = "downloaded", _("Downloaded an export")
    LINK_MADE = "link_made", _("Made a share link")
    LINK_OPENED = "link_opened", _("Opened a share link")
    LINK_REVOKED = "link_revoked", _("Revoked a share link")
    FLAGGED = "flagged", _("Flagged a message")
    FLAG_DONE = "flag_done", _("Settled a flag")
    ROLE_CHANGED = "role_changed", _("Changed a role")
    SETTING_CHANGED = "setting_changed", _("Changed a setting")
    SYNC_STARTED = "sync_started", _("Started a sync")
    PURGED = "purged", _("Purged")
    ERASED = "erased", _("Erased a number")
    ACCESS_FILE = "access_file", _("Made a file of all about a number")
    TRAIL_READ = "trail_read", _("Read the audit trail")
    TRAIL_BROKEN = "trail_broken", _("Found the trail's ends changed")


def record(
    act: Act,
    *,
    request: HttpRequest | None = None,
    who: AbstractBaseUser | None = None,
    link: int | None = None,
    question: str = "",
    numbers: Iterable[str] = (),
    about: str = "",
    note: str = "",
) -> None:
    """One line of the trail, in the caller's transaction: both are kept, or neither is.

    `request` is the one that is being answered and `who` its user, where not given; `link` is the share
    link of a visitor, told in place of both. `numbers` are stored as keyed digests; `about` names a thing
    without personal values (a row's key, a link's number). Until the transaction ends all other lines
    wait for it: record last, in a short one. Raises NotRecorded.
    """
    request = request or _present.get()
    link = link or getattr(request, "came_by", None)
    user = None if link else who or _user_of(request)
    line = AuditLine(
        at=clock.real_now(), act=act.value,
        user=user.pk if user else None, name=_kept(user.get_username() if user else ""),
        link=link, address=_whence(request),
        question=_kept(question), numbers=_digests(numbers), about=_kept(about), note=_kept(note),
    )  # fmt: skip
    try:
        # Without a savepoint: a line that cannot be written ends the caller's transaction too.
        with transaction.atomic(savepoint=False):
            head = held_head()
            append(head, line)
            head.save(force_update=True)
    except FAILURES as error:
        log.error("the audit trail cannot be written: %s", sentence_of(kind_of(error)))
        raise NotRecorded from error


def record_asked(
    act: Act, request: HttpRequest, question: str, numbers: Iterable[str], *, anew: bool = True
) -> None:
    """Record that somebody asks something, but not again what the same person asked a moment ago.

    Not `anew`: nor where it was about the same numbers, whatever the question was. Raises NotRecorded.
    """
    asker, told, link = _user_of(request), _digests(numbers), getattr(request, "came_by", None)
    who = [act.value, link, asker.pk if asker and not link else None]
    keys = [
        f"audit-{digest('audit again', json.dumps([*who, _whence(request), told, asked]))}"
        for asked in (question, None)
    ]
    if not _is_remembered(keys[0] if anew else keys[1]):
        record(act, request=request, question=question, numbers=numbers)
        _remember(keys)


@contextmanager
def during(request: HttpRequest) -> Iterator[None]:
    """What is recorded within is of this request, also where nobody hands it on."""
    token = _present.set(request)
    try:
        yield
    finally:
        _present.reset(token)


def append(head: AuditHead, line: AuditLine) -> None:
    """Chain the line to the head's end, and seal the head, which the caller saves."""
    line.number = head.number + 1
    line.hash = line_hash(line, head.hash)
    line.save(force_insert=True)
    head.number, head.hash = line.number, line.hash
    seal(head)


def seal(head: AuditHead) -> None:
    head.seal = digest("audit head", _head_text(head))


def number_digest(number: str) -> str:
    """The keyed digest of a number, sender, or beginning of one (`336*`), however it is written."""
    spelled = typed_number_or_start(meant(number).strip(), settings.PHONE_REGION)
    return digest("audit number", spelled.casefold())[:NUMBER_DIGITS]


def line_hash(line: AuditLine, before: str) -> str:
    """The hash that a line has behind one with the hash `before`."""
    told = [
        line.number, micros(line.at), line.act, line.user, line.name, line.link, line.address,
        line.question, line.numbers, line.about, line.note,
    ]  # fmt: skip
    return digest("audit line", before + json.dumps(told))


def _head_text(head: AuditHead) -> str:
    """What the head's seal is over."""
    until = micros(head.purged_until) if head.purged_until else None
    return json.dumps([head.number, head.hash, head.purged, head.purged_hash, until])


def is_sealed(head: AuditHead) -> bool:
    return is_digest("audit head", _head_text(head), head.seal)


def new_head(**ends: Any) -> AuditHead:
    """A sealed head; without `ends` the one of an empty trail."""
    head = AuditHead(pk=HEAD, **ends)
    seal(head)
    return head


def held_head() -> AuditHead:
    """The head, which other writers now wait for.

    Where somebody changed or took it, or put a line behind it, the trail goes on behind its last line and
    says so: to go on in silence would seal what was done, and to refuse would stop the site.
    """
    behind = AuditLine.objects.filter(number__gt=OuterRef("number"))
    found = AuditHead.objects.select_for_update().annotate(is_passed=Exists(behind))
    head = found.filter(pk=HEAD).first()
    if head and is_sealed(head) and not head.is_passed:
        return head
    last = AuditLine.objects.order_by("-number").first()
    anchor = {name: getattr(head, name) for name in ANCHOR} if head else {}
    mended = new_head(number=last.number if last else 0, hash=last.hash if last else "", **anchor)
    append(mended, AuditLine(at=clock.real_now(), act=Act.TRAIL_BROKEN.value))
    mended.save()
    return mended


def _user_of(request: HttpRequest | None) -> AbstractBaseUser | None:
    """The person of a request; None for strangers."""
    user = getattr(request, "user", None)
    return user if isinstance(user, User) else None


def _whence(request: HttpRequest | None) -> str:
    """The client's address, as `dashboard.proxies` tells it; of a command, account and machine."""
    return str(request.META.get("REMOTE_ADDR", ""))[:50] if request else _machine()


@lru_cache(maxsize=1)
def _machine() -> str:
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        account = str(os.getuid())
    return f"{account}@{socket.gethostname()}"


def _is_remembered(key: str) -> bool:
    try:
        return cache.get(key) is not None
    except Exception:  # each cache has errors of its own; without one there are more lines
        return False


def _remember(keys: list[str]) -> None:
    with suppress(Exception):
        cache.set_many(dict.fromkeys(keys, 1), AGAIN)


def _digests(numbers: Iterable[str]) -> str:
    told = sorted({number_digest(number) for number in numbers if number})
    return f" {' '.join(told)} " if told else ""


def _kept(text: str) -> str:
    """Text that both databases take."""
    return text[:LONGEST].replace("\x00", "\ufffd").encode(errors="replace").decode()
