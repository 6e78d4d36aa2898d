"""The audit trail: who did what, when and from where, in lines that can only be added.

Each line carries a keyed hash over itself and the hash before it; a sealed row holds both ends. Whoever
can write to the database but has no `PRIVACY_KEY` cannot change, swap, add or take a line unseen.
Personal values come in as keyed digests alone.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from messages_app import clock
from messages_app.analysis.exact import meant
from messages_app.analysis.numbers import typed_number_or_start
from messages_app.archive.columns import micros
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
    question: str = "",
    numbers: Iterable[str] = (),
    about: str = "",
    note: str = "",
) -> None:
    """One line of the trail, in the caller's transaction: both are kept, or neither is.

    `who` is the request's user where not given; `numbers` are stored as keyed digests; `about` names a
    thing without personal values (a row's key, a link's number). Until the transaction ends all other
    lines wait for it: record last, in a short one.
    """
    user = who or (_user_of(request) if request else None)
    line = AuditLine(
        at=clock.real_now(), act=act.value,
        user=user.pk if user else None, name=_kept(user.get_username() if user else ""),
        link=getattr(request, "came_by", None),
        address=str(request.META.get("REMOTE_ADDR", ""))[:50] if request else "",
        question=_kept(question), numbers=_digests(numbers), about=_kept(about), note=_kept(note),
    )  # fmt: skip
    # Without a savepoint: a line that cannot be written ends the caller's transaction too.
    with transaction.atomic(savepoint=False):
        head = _held_head()
        append(head, line)
        head.save(force_update=True)


def append(head: AuditHead, line: AuditLine) -> None:
    """Chain the line to the head's end, and seal the head, which the caller saves."""
    line.number = head.number + 1
    line.hash = line_hash(line, head.hash)
    line.save(force_insert=True)
    head.number, head.hash = line.number, line.hash
    head.seal = digest("audit head", head_text(head))


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


def head_text(head: AuditHead) -> str:
    """What the head's seal is over."""
    until = micros(head.purged_until) if head.purged_until else None
    return json.dumps([head.number, head.hash, head.purged, head.purged_hash, until])


def is_sealed(head: AuditHead) -> bool:
    return is_digest("audit head", head_text(head), head.seal)


def new_head(**ends: Any) -> AuditHead:
    """A sealed head; without `ends` the one of an empty trail."""
    head = AuditHead(pk=HEAD, **ends)
    head.seal = digest("audit head", head_text(head))
    return head


def _held_head() -> AuditHead:
    """The head, which other writers now wait for.

    Where somebody changed or took it, the trail goes on behind its last line and says so: to go on
    in silence would seal what was done, and to refuse would let anybody with a database stop the site.
    """
    head = AuditHead.objects.select_for_update().filter(pk=HEAD).first()
    if head and is_sealed(head):
        return head
    last = AuditLine.objects.order_by("-number").first()
    anchor = {name: getattr(head, name) for name in ANCHOR} if head else {}
    mended = new_head(number=last.number if last else 0, hash=last.hash if last else "", **anchor)
    mended.save()
    append(mended, AuditLine(at=clock.real_now(), act=Act.TRAIL_BROKEN.value))
    return mended


def _user_of(request: HttpRequest) -> AbstractBaseUser | None:
    """The person of a request; a visitor of a share link is none, whoever is logged in beside it."""
    user = getattr(request, "user", None)
    is_person = user is not None and user.is_authenticated and not hasattr(request, "came_by")
    return user if isinstance(user, User) and is_person else None


def _digests(numbers: Iterable[str]) -> str:
    told = sorted({number_digest(number) for number in numbers if number})
    return f" {' '.join(told)} " if told else ""


def _kept(text: str) -> str:
    """Text that both databases take."""
    return text[:LONGEST].replace("\x00", "\ufffd").encode(errors="replace").decode()
