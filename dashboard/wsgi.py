"""The WSGI entry point; an unsafe configuration is refused before the first request."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from dashboard import deadlines  # noqa: E402
from dashboard.checks import refuse_unsafe_start  # noqa: E402 - needs the settings

refuse_unsafe_start()
deadlines.keep(settings.STATEMENT_SECONDS)
