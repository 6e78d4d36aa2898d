"""What befalls a message beyond its planned life: it comes late, is lost, moves or wavers (F41-F44).

The history of a message is its *stays*: the same message with other facts, each shown in an interval
of its own, never two at once. Knows nothing of days, questions or HTTP.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from random import Random
from typing import NamedTuple

from sandbox.clock import DAY, HOUR, NEVER, instant_of_wall, wall_of
from sandbox.countries import BY_CODE, FRANCE
from sandbox.faults import SHARES, Shares
from sandbox.message import INCOMING, Message

LATE, LOST, MOVED, LATE_STATUS, RESTLESS = 2 * DAY, 10 * DAY, 3 * DAY, 5 * DAY, 2 * DAY
# An hour less than two days: with a change of clocks between, a row still lands two days off at most.
REACHES = (600, 12 * HOUR, 2 * DAY - HOUR)
REACH_DAYS = 2
_FLAP = 6 * HOUR
_OTHER, _OTHER_SHARE, _OTHER_CLIENT = "other account", 2 / 3, 1_000
_PLACES = {name: slice(8 * place, 8 * place + 8) for place, name in enumerate((*SHARES, _OTHER))}

Stays = list[Message]


class Lives:
    """Draws the histories of one account's messages: a pure function of (seed, shares, message).

    `other` gives those of the account behind the other token (F66): the same ids, a third of them
    missing, other clients, numbers, texts and prices.
    """

    def __init__(self, seed: int, shares: Shares, *, other: bool = False) -> None:
        self._seed = seed
        self._shares = {**dict(zip(SHARES, shares, strict=True)), _OTHER: _OTHER_SHARE}
        self._troubled = any(shares)
        self._other = other

    def of(self, message: Message) -> Stays:
        """Return the stays of a message, in the order of time; none if it never shows."""
        stays = self.plain(message)
        if not (stays and self._troubled):
            return stays
        luck = self._luck(message.key)
        stays = self._moved(stays[0], luck)
        for begin, end in _unsettled(stays[-1], luck):
            stays = _unsettled_between(stays, begin, end)
        return _shown(stays, luck)

    def plain(self, message: Message) -> Stays:
        """Return the message as this account knows it, spared by the shares."""
        if not self._other:
            return [message]
        rng = self._luck(message.key).meets(_OTHER)
        return [_estranged(message, rng)] if rng else []

    def _luck(self, about: object) -> "_Luck":
        digest = blake2b(f"{self._seed}/{about}".encode(), digest_size=8 * len(_PLACES)).digest()
        return _Luck(digest, self._shares)

    def _moved(self, message: Message, luck: "_Luck") -> Stays:
        due = instant_of_wall(message.date)
        if message.appears < due:
            # All rows of a waiting campaign move to the same second at the same time.
            rng = self._luck(message.campaign_id).meets("moved_rows")
            return _rescheduled(message, due, rng) if rng else [message]
        rng = luck.meets("moved_rows")
        return _misdated(message, due, rng) if rng else [message]


class _Luck(NamedTuple):
    """What chance holds for one message or campaign: eight bytes for each share."""

    digest: bytes
    shares: Mapping[str, float]

    def meets(self, name: str) -> Random | None:
        """Return random numbers for whom a share meets, None for the others."""
        drawn = self.digest[_PLACES[name]]
        return Random(drawn) if int.from_bytes(drawn) < self.shares[name] * 2**64 else None


def _unsettled(message: Message, luck: _Luck) -> Iterator[tuple[int, int]]:
    """Yield the intervals in which the message's end does not show though it has come."""
    if message.fate == INCOMING or message.settles == NEVER:
        return
    at = max(message.appears, message.settles)
    if rng := luck.meets("late_status"):
        begin, at = at, at + _soon(rng, LATE_STATUS)
        yield begin, at
    if rng := luck.meets("backward_status"):
        begin = at + _soon(rng, RESTLESS)
        yield begin, begin + _soon(rng, DAY)
    if rng := luck.meets("flapping_status"):
        end = at
        for _ in range(rng.randint(2, 5)):
            begin = end + _soon(rng, _FLAP)
            end = begin + _soon(rng, _FLAP)
            yield begin, end


def _shown(stays: Stays, luck: _Luck) -> Stays:
    """Hide what shows before a late row comes, and after a lost one has gone."""
    first = stays[0].appears
    if rng := luck.meets("late_rows"):
        due = max(instant_of_wall(one.date) for one in stays)
        first = max(first, due) + _soon(rng, LATE)
        stays = cut(stays, first)[1]
    if rng := luck.meets("lost_rows"):
        stays = cut(stays, first + _soon(rng, LOST))[0]
    return stays


def cut(stays: Iterable[Message], at: int) -> tuple[Stays, Stays]:
    """Return the stays before an instant and those from it on; one that spans it is split."""
    before, after = [], []
    for one in stays:
        if one.appears < at:
            before.append(one if one.vanishes <= at else one._replace(vanishes=at))
        if one.vanishes > at:
            after.append(one if one.appears >= at else one._replace(appears=at))
    return before, after


def _soon(rng: Random, most: int) -> int:
    """Return 1 to `most` seconds, small ones more often: syncs meet minutes, reconciliation days."""
    return 1 + int(rng.random() ** 3 * most)


def _shift(rng: Random) -> int:
    reach = rng.choice(REACHES)
    return rng.randint(-reach, reach) or 60


def _rescheduled(message: Message, due: int, rng: Random) -> Stays:
    """Move a waiting message, its whole life with it, but not before the moment of moving."""
    moment = rng.randrange(message.appears, due) + 1
    by = max(_shift(rng), moment - due) or HOUR
    before, after = cut([message], moment)
    return before + [
        one._replace(
            date=wall_of(due + by),
            handed=_later(one.handed, by),
            settles=_later(one.settles, by),
            priced=one.priced and _later(one.priced, by),
        )
        for one in after
    ]


def _later(instant: int, by: int) -> int:
    return NEVER if instant == NEVER else instant + by


def _misdated(message: Message, due: int, rng: Random) -> Stays:
    """Give a message that was sent another date, not in its future; one in three goes back later."""
    moment = message.appears + _soon(rng, MOVED)
    by = _shift(rng)
    if due + by > moment:
        by = -by
    before, after = cut([message], moment)
    back = moment + _soon(rng, MOVED) if rng.random() < 1 / 3 else NEVER
    moved, returned = cut(after, back)
    date = wall_of(due + by)
    return before + [one._replace(date=date) for one in moved] + returned


def _unsettled_between(stays: Stays, begin: int, end: int) -> Stays:
    before, rest = cut(stays, begin)
    within, after = cut(rest, end)
    return before + [one._replace(settles=NEVER) for one in within] + after


def _estranged(message: Message, rng: Random) -> Message:
    customer = rng.randrange(10_000)
    incoming = message.fate == INCOMING
    number = BY_CODE.get(message.country, FRANCE).number(customer)
    return message._replace(
        client_id=message.client_id + _OTHER_CLIENT,
        text=f"Autre compte, message {customer}",
        destination=message.destination if incoming else number,
        sender=number if incoming else message.sender,
        cents=message.cents * 2,
    )
