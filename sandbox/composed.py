"""A sandbox of exactly the messages that a test gives it, to be changed while it is being read.

Everything else, faults and HTTP included, it shares with the sandbox of generated traffic.
"""

from collections.abc import Callable, Iterable

from sandbox.box import Account, Sandbox
from sandbox.clock import NEVER, Clock
from sandbox.faults import Faults, Shares
from sandbox.ledger import Event, Ledger
from sandbox.lives import Lives
from sandbox.message import Key, Message
from sandbox.search import Search


class Composed(Sandbox):
    """An account that holds `messages`, and what is inserted, changed and removed by its clock.

    An answer is read before or after such a turn, never amid it. Raises ValueError when two
    messages share a key. Safe to use from several threads.
    """

    def __init__(
        self,
        messages: Iterable[Message],
        seed: int = 1,
        token: str = "sandbox-token",  # noqa: S107 - guards nothing but invented rows
        clock: Clock = None,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(0, seed, token, clock, faults)
        self._messages = tuple(messages)
        if len({one.key for one in self._messages}) < len(self._messages):
            raise ValueError("two messages share a key")
        self._events: list[Event] = []
        self._ledgers: dict[Account, Ledger] = {}

    def insert(self, message: Message) -> None:
        """Show a new row from now on, or from `appears` if that is later; the shares hold for it.

        Raises ValueError while a row of that key shows or is yet to come.
        """
        with self._building:
            now, ledger = self.now(), self._ledger()
            if ledger.comes(message.key, now):
                raise ValueError(f"{message.key} is there already")
            self._turn(Event(now, message.key, message, fresh=True))

    def change(self, key: Key, how: Callable[[Message], Message]) -> None:
        """Show from now on what `how` makes of a row; the shares no longer hold for it.

        It must keep the key. Raises KeyError when the row does not show now.
        """
        with self._building:
            changed = how(self._present(key)._replace(vanishes=NEVER))
            if changed.key != key:
                raise ValueError("a change keeps the key")
            self._turn(Event(self.now(), key, changed))

    def remove(self, key: Key) -> None:
        """Show a row no longer; raises KeyError when it does not show now."""
        with self._building:
            self._present(key)
            self._turn(Event(self.now(), key, None))

    def present(self, key: Key) -> Message:
        """Return a row as it is now; raises KeyError when it does not show."""
        with self._building:
            return self._present(key)

    def _present(self, key: Key) -> Message:
        message = self._ledger().present(key, self.now())
        if message is None:
            raise KeyError(key)
        return message

    def _ledger(self) -> Ledger:
        self._account(self._faults)
        return self._ledgers[self._faults.shares, False]

    def _turn(self, event: Event) -> None:
        self._events.append(event)
        for account in self._searches:
            ledger = self._ledgers[account] = self._ledgers[account].after(event)
            self._searches[account] = Search(ledger)

    def _source(self, shares: Shares, other: bool) -> Ledger:
        ledger = Ledger.of(self._messages, Lives(self._seed, shares, other=other))
        for event in self._events:
            ledger = ledger.after(event)
        self._ledgers[shares, other] = ledger
        return ledger
