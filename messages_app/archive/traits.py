"""What was found out about the provider and is remembered: whether its bounds include their second.

Its documentation leaves that open. Found out with at most four calls, kept in the database.
"""

from datetime import datetime

from messages_app.archive.windows import SECOND, Bounds, Reader
from messages_app.models import ProviderTrait
from messages_app.provider import PageRequest

TRAIT = "bounds"


def known_bounds(api_url: str) -> Bounds | None:
    """What earlier probes found for this provider address, if any did."""
    trait = ProviderTrait.objects.filter(api_url=api_url, name=TRAIT).first()
    if trait is None:
        return None
    start, end = trait.value.split(",")
    return Bounds(start == "included", end == "included")


def probe_bounds(reader: Reader, api_url: str, start: datetime, end: datetime) -> Bounds | None:
    """Find out with at most four calls how the provider reads its bounds, and remember it.

    Needs one row between `start` and `end`; without one, or when it goes away meanwhile, returns
    None and remembers nothing. Raises ProviderError.
    """
    found = reader.page(PageRequest(date_start=start, date_end=end, length=1, sort="date"))
    if not found.records:
        return None
    row = found.records[0]

    def shows(first: datetime, last: datetime) -> bool:
        # Narrowed to the row's own number, so that the answer is short also within a campaign.
        narrow = PageRequest(
            date_start=first, date_end=last, destination=row.destination, length=1000
        )
        return any(one.key == row.key for one in reader.page(narrow).records)

    at = row.date
    bounds = Bounds(shows(at, at + SECOND), shows(at - SECOND, at))
    neither = not (bounds.start_included or bounds.end_included)
    if neither and not shows(at - SECOND, at + SECOND):
        return None
    _remember(api_url, bounds)
    return bounds


def _remember(api_url: str, bounds: Bounds) -> None:
    words = ("excluded", "included")
    value = f"{words[bounds.start_included]},{words[bounds.end_included]}"
    ProviderTrait.objects.update_or_create(api_url=api_url, name=TRAIT, defaults={"value": value})
