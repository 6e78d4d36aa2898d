"""What was found out about the provider: whether its bounds include their second, how far it goes back.

Its documentation leaves the first open. Found out with at most four calls and kept in the database for
some hours; what rests on it is confirmed by a call, since the provider may change it at any time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now

from messages_app.archive.bounds import WIDE, Bounds, Reader, found_out
from messages_app.archive.plan import kept_for_sure, kept_from
from messages_app.models import Message, ProviderTrait
from messages_app.provider import PageRequest

TRAIT = "bounds"

PROBED_EVERY = timedelta(hours=3)


def known_bounds(api_url: str) -> Bounds | None:
    """What a probe of the last hours found for this provider address, if one did."""
    lately = Now() - PROBED_EVERY
    traits = ProviderTrait.objects.filter(api_url=api_url, name=TRAIT, seen_at__gte=lately)
    trait = traits.first()
    if trait is None:
        return None
    start, end = trait.value.split(",")
    return Bounds(start == "included", end == "included")


def probe_bounds(reader: Reader, api_url: str, start: datetime, end: datetime) -> Bounds | None:
    """Find out with at most four calls how the provider reads its bounds, and remember it.

    Needs one row between `start` and `end`, or on the seconds beside them; without one, or when it
    goes away meanwhile, returns None and remembers nothing. Raises ProviderError.
    """
    request = PageRequest(date_start=start, date_end=end, length=1, sort="date")
    # Wide, so that a range of one second also finds its row where bounds are excluded.
    found = reader.page(WIDE.asked(request))
    if not found.records:
        return None
    bounds = found_out(reader, found.records[:1])
    if bounds:
        remember_bounds(api_url, bounds)
    return bounds


def distrust_bounds(api_url: str) -> None:
    """What was found is not so, or not always: ask the way that is always right, for some hours."""
    remember_bounds(api_url, WIDE)


def forget_bounds(api_url: str) -> None:
    """What was found is wrong by now: find it out again."""
    ProviderTrait.objects.filter(api_url=api_url, name=TRAIT).delete()


def remember_bounds(api_url: str, bounds: Bounds) -> None:
    """What the provider has just shown counts for some hours."""
    words = ("excluded", "included")
    value = f"{words[bounds.start_included]},{words[bounds.end_included]}"
    ProviderTrait.objects.update_or_create(api_url=api_url, name=TRAIT, defaults={"value": value})


LONG_AGO = datetime(2000, 1, 1)
FIRST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Memory:
    """How far the provider's log goes back, and how many rows it claims to hold (a mere hint)."""

    oldest: datetime
    rows: int

    def rows_a_day(self, until: datetime) -> float:
        return self.rows / max(1.0, (until - self.oldest) / timedelta(days=1))


def memory(reader: Reader, until: datetime) -> Memory | None:
    """What the provider shows by one call; None where it shows nothing. Raises ProviderError.

    Some rows are asked for: the first of them may be unreadable.

    What lies before its oldest row may have been forgotten, whatever its documentation says it keeps.
    """
    request = PageRequest(date_start=LONG_AGO, date_end=until, length=FIRST_ROWS, sort="date")
    page = reader.page(request)
    dates = [row.date for row in page.records]
    return Memory(min(dates), page.total_display_records or 0) if dates else None


def memory_start(known: Memory | None, now: datetime) -> datetime:
    """Where the provider's memory begins, by what it shows: earlier than documented, or later.

    Later only where the archive holds rows that it shows no more; before the first row of a young
    account there never were any.
    """
    documented, sure = kept_from(now), kept_for_sure(now)
    shown = min(known.oldest, sure) if known else sure
    if shown <= documented:
        return shown
    forgotten = Message.objects.filter(date__gte=documented, date__lt=shown)
    return shown if forgotten.exists() else documented
