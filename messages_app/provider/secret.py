"""The API token, wrapped so that printing, logging, copying or pickling it shows nothing.

Knows nothing of HTTP: the transport alone asks for the plain value, and keeps it in no variable.
"""

import hmac
from typing import Any, NoReturn

MASK = "***"


class Token:
    """A secret text. `repr`, `str` and formatting give `***`; it cannot be pickled.

    An empty token is allowed here, so that settings load without one; the client refuses it.
    """

    __slots__ = ("__plain",)

    def __init__(self, plain: str) -> None:
        self.__plain = plain.strip()

    def reveal(self) -> str:
        """The plain value. Never bind it to a name: tracebacks show variables."""
        return self.__plain

    def is_sendable(self) -> bool:
        """Whether it can stand in an HTTP header: printable ASCII without blanks, not empty."""
        return bool(self) and all("!" <= character <= "~" for character in self.__plain)

    def hidden_in(self, text: str) -> str:
        """`text` with every occurrence of the token masked."""
        return text.replace(self.__plain, MASK) if self else text

    def __bool__(self) -> bool:
        return bool(self.__plain)

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Token):
            return NotImplemented
        return hmac.compare_digest(self.__plain.encode(), other.__plain.encode())

    def __hash__(self) -> int:
        return hash((Token, self.__plain))

    def __copy__(self) -> "Token":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Token":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not written into a pickle")
