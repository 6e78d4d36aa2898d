"""Parts and encoding of a row, whether its text is there, hidden or gone."""

from messages_app.archive.rows import ArchivedRecord
from messages_app.privacy import HiddenText
from messages_app.provider import MessageRecord
from messages_app.sms.parts import Parts, parts_of


def parts_of_row(record: MessageRecord) -> Parts:
    """How the text travelled."""
    if isinstance(record, ArchivedRecord):
        return Parts(record.parts, "Unicode" if record.is_unicode else "GSM-7")
    hidden = record.message if isinstance(record.message, HiddenText) else None
    return hidden.parts if hidden else parts_of(record.message)
