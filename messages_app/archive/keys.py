"""The one integer key of a message: `4 × message_id + code of the type`.

The provider does not say that ids are unique between outgoing and incoming messages. All types
beyond the two documented ones share a code.
"""

from messages_app.sms.terms import MO, MT

CODES = {MT: 0, MO: 1}
OTHER_CODE = 2


def key_of(type: str, message_id: int) -> int:
    return 4 * message_id + CODES.get(type, OTHER_CODE)


def id_of(key: int) -> int:
    return key // 4
