"""Writes the messages of a planned day: a pure function of (seed, size, day), whoever asks and when.

Knows nothing of the present: what shows at an instant is the messages' own affair.
"""

from operator import attrgetter
from random import Random

from sandbox import texts
from sandbox.clock import DAY, HOUR, NEVER, changes_clocks, instant_in_day, wall_of
from sandbox.clock import day_start as start_of
from sandbox.countries import DRAWN, FRANCE, NEIGHBOURS, Country
from sandbox.fate import Fate, Fates, denied
from sandbox.message import DELIVERED, INCOMING, Message
from sandbox.plan import Campaign, Plan

# Numbers of a day: outgoing ones from its first, incoming ones from the same first, every other one
# set apart. So ids of the two types collide, as the API allows.
NUMBERS_A_DAY = 1 << 18
_APART = NUMBERS_A_DAY // 2
_FIRST_DAY = 18_262  # 2020-01-01
_CAMPAIGN_BASE = 9_000_000
_HOURS = (9, 7, 6, 5, 5, 6, 12, 28, 60, 90, 100, 95, 70, 60, 85, 90, 92, 95, 85, 60, 35, 20, 10, 5)
_REPEATED = 2  # the hour that Paris repeats in autumn
_HOSTILE_REPLY, _HOSTILE_SENT, _STOPS = 0.06, 0.0015, 0.22
_GREETING = 0.02  # of incoming messages: those that answer nothing
_SHORT_CODES = ("36000", "36000", "36000", "38654")


def first_number(day: int) -> int:
    """Return the first message number of a day."""
    return 1_000_000 + (day - _FIRST_DAY) * NUMBERS_A_DAY


def write_day(plan: Plan, seed: int) -> list[Message]:
    """Return the day's messages in the order of their dates, cancelled ones included."""
    return _Writer(plan, seed).write()


class _Writer:
    """The state of writing one day: its random numbers and the next message number."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan = plan
        self.rng = Random(f"{seed}/day/{plan.day}")
        self.chance = self.rng.random
        self.fates = Fates(seed, plan.day, self.rng)
        self.hostile = plan.day * 5
        self.next = first_number(plan.day)
        self.midnight = start_of(plan.day)
        self.even = not changes_clocks(plan.day)

    def write(self) -> list[Message]:
        sent = [self._single(second) for second in self._seconds(self.plan.singles)]
        for campaign in self.plan.campaigns:
            sent += self._campaign(campaign)
        answered = [one for one in sent if one.vanishes == NEVER]
        replies = self._incoming(answered) if self.plan.incoming else []
        return sorted(sent + replies, key=attrgetter("date", "message_id"))

    def _seconds(self, count: int) -> list[int]:
        hours = self.rng.choices(range(24), self._hours(), k=count)
        return sorted(hour * HOUR + int(self.chance() * HOUR) for hour in hours)

    def _hours(self) -> list[int]:
        """Return the weight of each wall hour; an hour that comes twice holds twice as much."""
        if start_of(self.plan.day + 1) - self.midnight <= DAY:
            return list(_HOURS)
        return [weight * (2 if hour == _REPEATED else 1) for hour, weight in enumerate(_HOURS)]

    def _instant(self, second: int) -> int:
        if self.even:
            return self.midnight + second
        return instant_in_day(self.plan.day, second, second_pass=self.chance() < 0.5)

    def _number(self) -> int:
        self.next += 1
        return self.next - 1

    def _customer(self) -> int:
        # Squared: some customers get far more than others.
        return int(self.chance() ** 2 * 10_000)

    # Single messages

    def _single(self, second: int) -> Message:
        chance = self.chance
        at = self._instant(second)
        country = DRAWN[int(chance() * len(DRAWN))]
        customer = self._customer()
        fate = self.fates.draw(country, customer, at)
        client, text = self._text(country)
        sender = client.senders[int(chance() * len(client.senders))]
        number = self._number()
        return Message(
            _CAMPAIGN_BASE + number,
            client.client_id,
            client.reference and client.reference.format(order=10_000 + number % 89_999),
            "",
            text,
            country.cents * texts.count_parts(text) if fate.paid else 0,
            country.code,
            country.number(customer),
            number,
            sender if country.names_allowed or sender.isdigit() else "",
            wall_of(at),
            at,
            NEVER,
            fate.handed,
            fate.settles,
            fate.priced,
            fate.before,
            fate.end,
            fate.details,
        )

    def _text(self, country: Country) -> tuple[texts.Client, str]:
        chance = self.chance
        flow = texts.FLOWS[int(chance() * len(texts.FLOWS))]
        templates = flow.templates(country.language)
        template = templates[int(chance() * len(templates))]
        if chance() < _HOSTILE_SENT:
            flow, template = texts.ORDER, texts.HOSTILE_ORDER
        hour = 8 + int(chance() * 11)
        return flow.client, template.format(
            code=f"{int(chance() * 1_000_000):06}",
            order=10_000 + int(chance() * 89_999),
            hour=hour,
            later=hour + 2,
            day=f"{1 + int(chance() * 28):02}/{1 + int(chance() * 12):02}",
            name=texts.NAMES[int(chance() * len(texts.NAMES))],
            note=texts.HOSTILE[int(chance() * len(texts.HOSTILE))],
        )

    # Campaigns

    def _campaign(self, campaign: Campaign) -> list[Message]:
        templates = texts.PROMOTION.templates("fr")
        text = self.rng.choice(templates).format(hour=self.rng.randrange(10, 20), day="31/12")
        contact_list = self.rng.choice((self.rng.randrange(1_000, 9_999), f"{self.next:024x}"))
        parts = texts.count_parts(text)
        campaign_id = _CAMPAIGN_BASE + self.next
        return [
            self._campaign_row(campaign, rank, recipient, (campaign_id, contact_list, text, parts))
            for rank, recipient in enumerate(self._recipients(campaign.size))
        ]

    def _recipients(self, size: int) -> list[tuple[Country, int]]:
        """Return different recipients: half of them French, while that range lasts."""
        french = min((size + 1) // 2, FRANCE.size)
        abroad = self.rng.sample(range(len(NEIGHBOURS) * 10_000), size - french)
        people = [(FRANCE, customer) for customer in self.rng.sample(range(FRANCE.size), french)]
        people += [(NEIGHBOURS[one % len(NEIGHBOURS)], one // len(NEIGHBOURS)) for one in abroad]
        self.rng.shuffle(people)
        return people

    def _campaign_row(
        self,
        campaign: Campaign,
        rank: int,
        recipient: tuple[Country, int],
        shared: tuple[int, int | str, str, int],
    ) -> Message:
        country, customer = recipient
        campaign_id, contact_list, text, parts = shared
        fate = self._campaign_fate(campaign, rank, country, customer)
        return Message(
            campaign_id,
            texts.MARKETING.client_id,
            texts.MARKETING.reference,
            contact_list,
            text,
            country.cents * parts if fate.paid else 0,
            country.code,
            country.number(customer),
            self._number(),
            texts.MARKETING.senders[0],
            campaign.date,
            campaign.created,
            NEVER if campaign.cancelled is None else campaign.cancelled,
            fate.handed,
            fate.settles,
            fate.priced,
            fate.before,
            fate.end,
            fate.details,
        )

    def _campaign_fate(
        self, campaign: Campaign, rank: int, country: Country, customer: int
    ) -> Fate:
        # Some 200 messages leave a second: the date is the campaign's, the handover is not.
        if not campaign.moderated:
            return self.fates.draw(country, customer, campaign.at + rank // 200)
        review = campaign.at + campaign.moderated
        if campaign.denied:
            return denied(review)
        return self.fates.released(country, customer, review + rank // 200)

    # Incoming messages

    def _incoming(self, sent: list[Message]) -> list[Message]:
        return [self._reply(sent, rank) for rank in range(self.plan.incoming)]

    def _reply(self, sent: list[Message], rank: int) -> Message:
        parent = self._answered(sent)
        at = self._reply_instant(parent)
        number = first_number(self.plan.day) + rank + (_APART if rank % 2 else 0)
        handset = parent.destination if parent else FRANCE.number(self._customer())
        code = _SHORT_CODES[int(self.chance() * len(_SHORT_CODES))]
        text = self._reply_text()
        campaign_id = parent.campaign_id if parent else None
        client_id = parent.client_id if parent else texts.SHOP.client_id
        reference = parent.reference if parent else None
        contact_list = parent.contact_list if parent else ""
        return Message(
            campaign_id, client_id, reference, contact_list, text, 0, "", code, number, handset,
            wall_of(at), at, NEVER, 0, 0, 0, INCOMING, INCOMING, "",
        )  # fmt: skip

    def _answered(self, sent: list[Message]) -> Message | None:
        """Return the message that is answered, most often one that arrived; None for a greeting."""
        if not sent or self.chance() < _GREETING:
            return None
        for _ in range(4):
            parent = sent[int(self.chance() * len(sent))]
            if parent.fate == DELIVERED:
                return parent
        return parent

    def _reply_instant(self, parent: Message | None) -> int:
        if parent is None:
            return self._instant(self._seconds(1)[0])
        end = start_of(self.plan.day + 1)
        earliest = min(parent.settles if parent.fate == DELIVERED else parent.handed, end - 1)
        later = earliest + 15 + int(self.chance() ** 4 * 6 * HOUR)
        # A reply stays in its day: what a day holds depends on no other day.
        return later if later < end else earliest + int(self.chance() * (end - earliest))

    def _reply_text(self) -> str:
        luck = self.chance()
        if luck < _HOSTILE_REPLY:
            self.hostile += 1  # in turn, so that each is met within weeks
            return texts.HOSTILE[self.hostile % len(texts.HOSTILE)]
        return self.rng.choice(texts.STOPS if luck < _HOSTILE_REPLY + _STOPS else texts.REPLIES)
