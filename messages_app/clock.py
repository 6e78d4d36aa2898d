"""The question's clock: the one place where views and commands read the time.

`NOW` (ISO time, only with DEBUG) moves it; leases, freshness and sessions use real time.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings


def now() -> datetime:
    """Return the present second, aware, in the provider's zone."""
    zone = ZoneInfo(settings.SMSFACTOR_TIME_ZONE)
    if settings.DEBUG and settings.NOW:
        moment = datetime.fromisoformat(settings.NOW)
        moved = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return moved.astimezone(zone).replace(microsecond=0)
    return real_now().replace(microsecond=0)


def real_now() -> datetime:
    """Return real time, whatever `NOW` says; aware, in the provider's zone."""
    return datetime.now(ZoneInfo(settings.SMSFACTOR_TIME_ZONE))
