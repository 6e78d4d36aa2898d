"""What Django's error pages for developers leave out."""

import re

from django.views.debug import SafeExceptionReporterFilter


class HideAddresses(SafeExceptionReporterFilter):
    """Django's filter, which knows no addresses that hold a password."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|EMAIL|REDIS|DATABASE_URL|LOCATION",
        re.IGNORECASE,
    )
