"""Share links: who may make one, what it shows, until when, and who came by it.

A token is shown once and kept as its hash. Opening a link gives a secret for a cookie, kept as its hash
too. Knows questions and permissions; it reads no message and draws nothing.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.http import QueryDict

from messages_app.access import NOBODY, Viewer, permissions_of
from messages_app.analysis.query import MessageQuery
from messages_app.audit import Act, record
from messages_app.audit_questions import numbers_of
from messages_app.filters import read_question
from messages_app.made import Opening, ShareLink
from messages_app.privacy import MASKED, OFF, REDACTED, Mask, mask_of, stricter

TOKEN_BYTES = 32
"""256 bits: nobody guesses one."""

USUAL = timedelta(days=7)
LONGEST = timedelta(days=90)
VISIT = timedelta(hours=2)
"""A cookie lives so long at most; the link opens again."""

NOTED = timedelta(minutes=1)
"""The last use of a link is written down so often."""

MOST = 200
"""Links of one person that are open at the same time."""

REMEMBERED = timedelta(days=90)
"""How long a link is listed after its end, with its openings."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A link as it is to be made. `question` is a query string in canonical form, sealed."""

    label: str
    question: str
    shows_messages: bool
    shows_figures: bool
    numbers: str
    texts: str
    lasts: timedelta


class TooMany(Exception):
    """The person has MOST open links."""


def hash_of(secret: str) -> str:
    """Of 256 random bits a plain hash tells nothing."""
    return sha256(secret.encode(errors="replace")).hexdigest()


def make(wanted: Wanted, viewer: Viewer, now: datetime) -> tuple[ShareLink, str]:
    """Make a link; the token is told this once. Raises TooMany."""
    theirs = ShareLink.objects.filter(owner=viewer.user_id, revoked_at=None, expires_at__gt=now)
    if theirs.count() >= MOST:
        raise TooMany
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = ShareLink.objects.create(
        owner_id=viewer.user_id, label=wanted.label, token_hash=hash_of(token),
        question=wanted.question, shows_messages=wanted.shows_messages,
        shows_figures=wanted.shows_figures, numbers=wanted.numbers, texts=wanted.texts,
        made_at=now, expires_at=now + min(wanted.lasts, LONGEST),
    )  # fmt: skip
    return link, token


def open_link(token: str, now: datetime) -> tuple[ShareLink, str] | None:
    """Write the opening down and give the secret for its cookie; None for a token that opens nothing.

    Unknown, expired, revoked and no longer backed by its owner are all the same None. Raises NotRecorded.
    """
    link = ShareLink.objects.select_related("owner").filter(token_hash=hash_of(token)).first()
    if link is None or not is_open(link, now):
        return None
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        Opening.objects.create(link=link, secret_hash=hash_of(secret), opened_at=now, seen_at=now)
        fence = fence_of(link, now)
        numbers = numbers_of(fence) if fence else []
        record(Act.LINK_OPENED, link=link.pk, numbers=numbers, about=f"link {link.pk}")
    return link, secret


def visited(secret: str, now: datetime) -> ShareLink | None:
    """The link that a cookie came from, while both are good; judged anew at every request."""
    found = Opening.objects.select_related("link__owner").filter(secret_hash=hash_of(secret))
    opening = found.filter(opened_at__gt=now - VISIT).first()
    if opening is None or not is_open(opening.link, now):
        return None
    if now - opening.seen_at > NOTED:
        Opening.objects.filter(pk=opening.pk).update(seen_at=now)
    return opening.link


def is_open(link: ShareLink, now: datetime) -> bool:
    """Whether the link shows anything now: neither ended nor revoked, and its owner may still share it."""
    return link.revoked_at is None and now < link.expires_at and is_backed(link)


def is_backed(link: ShareLink) -> bool:
    """Whether the owner is there, may share, and sees at least what the link shows."""
    return link.owner.is_active and permissions_of(link.owner) >= needs_of(link)


def needs_of(link: ShareLink) -> set[str]:
    """What its owner must be allowed for the link to show what it shows."""
    needs = {"share"}
    if not (link.numbers == MASKED and link.texts in (OFF, REDACTED)):
        needs.add("see_personal")
    if link.shows_messages:
        needs.add("see_messages")
    if link.shows_figures:
        needs.add("see_figures")
    return needs


def fence_of(link: ShareLink, now: datetime) -> MessageQuery | None:
    """The link's question at this moment, as its owner may ask it; None where that is no more."""
    owners = mask_of(permissions_of(link.owner))
    return read_question(QueryDict(link.question), now, owners).query


def visitor_of(link: ShareLink, fence: MessageQuery) -> Viewer:
    """Somebody who came by the link: no person, allowed what it shows, under the stricter mask."""
    may = {"see_messages"} if link.shows_messages else set()
    may |= {"see_figures"} if link.shows_figures else set()
    owners = mask_of(permissions_of(link.owner))
    return Viewer(
        NOBODY,
        frozenset(may),
        fence,
        stricter(owners, Mask(link.numbers, link.texts, link.shows_messages)),
    )


@dataclass(frozen=True, slots=True)
class Used:
    """A link with how often it was opened, and when it was last looked at (None: never)."""

    link: ShareLink
    openings: int
    last_seen: datetime | None


def links_of(viewer: Viewer, *, everybody: bool) -> QuerySet[ShareLink]:
    """One's own links, the youngest first; for who reviews, everybody's."""
    found = ShareLink.objects.select_related("owner")
    if not (everybody and "review" in viewer.may):
        found = found.filter(owner=viewer.user_id)
    return found


def used(links: Iterable[ShareLink]) -> list[Used]:
    """How these were used."""
    # By their numbers: openings of links on other pages are not counted.
    found = ShareLink.objects.filter(pk__in=[link.pk for link in links]).select_related("owner")
    counted = found.annotate(times=Count("openings"), latest=Max("openings__seen_at"))
    # Said once more: who counts loses the order of the model.
    ordered = counted.order_by("-made_at", "-pk")
    return [Used(link, link.times, link.latest) for link in ordered]


def forget(now: datetime) -> None:
    """Delete links that ended long ago, with their openings."""
    ended = Q(expires_at__lt=now - REMEMBERED) | Q(revoked_at__lt=now - REMEMBERED)
    old = ShareLink.objects.filter(ended)
    # Asked first: on SQLite a DELETE takes the writers' turn, also where it finds nothing.
    if old.exists():
        old.delete()


def own_link(pk: int, viewer: Viewer) -> ShareLink | None:
    """The link with this number, if this person may end it."""
    link = ShareLink.objects.filter(pk=pk).first()
    is_theirs = link is not None and (link.owner_id == viewer.user_id or "review" in viewer.may)
    return link if is_theirs else None


def open_count(now: datetime) -> int:
    """Links of all people that have neither ended nor been ended."""
    return ShareLink.objects.filter(revoked_at=None, expires_at__gt=now).count()


def revoke(link: ShareLink, now: datetime) -> None:
    """End the link, and every visit by it, at once."""
    ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)
