"""Conversations for tests: a sandbox of chosen messages to one number, and the way through its page."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape

from messages_app.addresses import conversation_path
from messages_app.archive.plan import Policy, ahead_start, horizon, kept_from, past_end
from messages_app.archive.windows import Window
from messages_app.models import Span
from messages_app.provider import Token
from messages_app.sources import live_source
from sandbox import Composed, Sandbox, incoming, outgoing
from sandbox.message import Message as SandboxMessage
from tests.archive.storing import store
from tests.views.conftest import NOW, WALL
from tests.views.test_differential import record_of

NUMBER = "33639981234"
TURN = re.compile(r'<li class="turn is-(in|out)" id="[^"]+" data-key="([^"]+)"')
EARLIER = re.compile(
    r'<p class="talk-more" id="([^"]+)"><a class="btn" data-earlier href="([^"]+)"'
)
FURTHER = re.compile(r'data-unheard>.*?<a class="btn btn-small" href="([^"]+)"', re.DOTALL)
SHOWN_SINCE = kept_from(NOW)


def day(number: int, **clock: int) -> datetime:
    """A moment so many days ago."""
    return WALL.replace(hour=9, minute=0) - timedelta(days=number) + timedelta(**clock)


def sent(number: int, days: int, **facts) -> SandboxMessage:
    return outgoing(number, day(days, seconds=number), destination=NUMBER, **facts)


def received(number: int, days: int, text: str = "Merci", **facts) -> SandboxMessage:
    # After the message of the same number.
    moment = day(days, seconds=number + 30)
    return incoming(number, moment, sender=NUMBER, text=text, **facts)


@contextmanager
def account_of(messages: Iterable[SandboxMessage], settings) -> Iterator[Composed]:
    """A sandbox of exactly these messages behind the configured address."""
    box = Composed(messages, clock=WALL)
    with box.serve() as url:
        settings.SMSFACTOR_API_URL = url
        settings.SMSFACTOR_API_TOKEN = Token(box.token)
        settings.SMSFACTOR_MAX_REQUESTS_PER_SECOND = 10_000
        yield box
        live_source().client.close()
    live_source.cache_clear()


def whole_range() -> Window:
    """All that a conversation reaches over: what the provider keeps, and what is planned."""
    return Window(kept_from(NOW), horizon(NOW, Policy()))


def keep(box: Sandbox) -> None:
    """Put what the sandbox shows into the archive, all of it, as read at this moment."""
    store(
        [record_of(row) for row in box.rows(WALL) if row["date"] >= str(SHOWN_SINCE)], read_at=NOW
    )
    cover()


def cover(age: timedelta = timedelta(0)) -> None:
    """Say that the archive holds everything, as read so long before this moment."""
    whole, read = whole_range(), NOW - age
    Span.objects.all().delete()
    for window in (Window(whole.start, past_end(read)), Window(ahead_start(read), whole.end)):
        Span.objects.create(start=window.start, end=window.end, fetched_at=read, settled=False)


def shown(client, path: str = conversation_path(NUMBER), **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def keys(text: str) -> list[str]:
    """The messages of an answer in their order."""
    return [unescape(key) for _side, key in TURN.findall(text)]


def all_keys(client, path: str) -> list[str]:
    """Every message of a conversation: each part is brought in as htmx does, until there is no more."""
    page = shown(client, path)
    found = keys(page)
    text = page
    for _step in range(400):
        further, earlier = FURTHER.search(text), EARLIER.search(text)
        if further:
            # What is looked through anew takes the place of all that is older than the mark.
            text = shown(client, unescape(further[1]), **part(further[1]))
            newer = _newer(page, further[1])
            found = [*keys(text), *(key for key in found if key in newer)]
        elif earlier:
            text = shown(client, unescape(earlier[2]), **part(earlier[2]))
            found = [*keys(text), *found]
        else:
            return found
        page = text + page
    raise AssertionError("the conversation has no beginning")


def part(href: str) -> dict[str, str]:
    return {"hx-request": "true", "hx-target": "older-1"}


def _newer(page: str, href: str) -> set[str]:
    """The messages after the mark that a link to look further starts from."""
    mark = re.search(r"before=(\d+)-", href)
    assert mark
    moment = datetime(1970, 1, 1) + timedelta(seconds=int(mark[1]))
    found = re.findall(r'data-key="([^"]+)">.*?<time datetime="([^"]+)"', page, re.DOTALL)
    return {unescape(key) for key, iso in found if iso >= f"{moment:%Y-%m-%d %H:%M:%S}"}
