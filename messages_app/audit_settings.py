"""Records which settings changed since they were last recorded: their names, and keyed digests of values.

Settings are the environment's, so that nobody changes one here: it is seen when a worker starts.
"""

import os
from functools import cache
from urllib.parse import parse_qsl, urlencode

from django.conf import settings

from messages_app.audit import NUMBER_DIGITS, Act, record
from messages_app.audit_questions import MARK
from messages_app.audited import AuditLine
from messages_app.digests import digest


@cache
def record_settings() -> None:
    """Once in a process: what runs does not change. Raises NotRecorded."""
    now = {name: _told(name) for name in settings.SETTING_NAMES}
    lines = AuditLine.objects.filter(act=Act.SETTING_CHANGED, about="settings")
    last = lines.order_by("-number").first()
    known = dict(parse_qsl(last.question, keep_blank_values=True)) if last else {}
    changed = sorted(name for name in now.keys() | known.keys() if now.get(name) != known.get(name))
    if changed:
        question = urlencode(sorted(now.items()), safe=MARK)
        record(Act.SETTING_CHANGED, question=question, about="settings", note=", ".join(changed))


def _told(name: str) -> str:
    value = os.environ.get(name, "").strip()
    return MARK + digest(f"setting {name}", value)[:NUMBER_DIGITS] if value else ""
