"""The search line: read into a question, written from one, and where it cannot be understood."""

from datetime import datetime

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from messages_app.access import PERMISSIONS
from messages_app.analysis.periods import PERIODS
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.search_line import line_of
from messages_app.analysis.slots import SLOTS
from messages_app.analysis.statuses import KINDS, NONE
from messages_app.filters import STATUS_CHOICES
from messages_app.privacy import OPEN
from messages_app.searches import LONGEST, Search, understood
from messages_app.sms.delays import span_of
from tests.test_filters import NOW, of_a_row, ranges, several

EVERYTHING = frozenset(PERMISSIONS)


@pytest.fixture(autouse=True)
def nothing_archived(monkeypatch):
    """An archive that knows nothing, so that no test here needs a database."""
    monkeypatch.setattr("messages_app.searches.is_known", lambda _query: False)
    monkeypatch.setattr("messages_app.searches.with_id", lambda _number: [])


def read(line: str, may: frozenset[str] = EVERYTHING) -> Search:
    return understood(line, NOW, may)


def query_of(line: str) -> MessageQuery:
    found = read(line)
    assert found.mistakes == ()
    query = found.readings[0].query
    assert query
    return query


def texts(max_size: int):
    """What can stand in a question: any text but blanks alone."""
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    return st.text(letters, max_size=max_size).filter(lambda text: not text or text.strip())


periods = st.sampled_from(sorted(PERIODS)).map(lambda name: {"period": name})
numbers = st.sampled_from(
    ["", "33639981234", "447700900123", "36000", "ACME", "Ma Boutique", "336*", "AC*", NONE, "É*", "to:x",
     "~1.5", '"', "«a»"]
)  # fmt: skip

questions = st.builds(
    lambda spans, **rest: MessageQuery(now=NOW, mask=OPEN, **spans, **rest),
    st.one_of(periods, ranges),
    destination=numbers | of_a_row("destination"),
    sender=numbers | of_a_row("sender"),
    message=texts(60),
    type=st.sampled_from(["", "messages-in", "messages-out"]),
    countries=several(st.sampled_from(["FR", "BE", "SN", "GB", "US", NONE]) | of_a_row("country")),
    statuses=several(st.sampled_from(STATUS_CHOICES)),
    details=several(of_a_row("details")),
    campaign=st.sampled_from(["", "7", "12345", NONE]),
    client=st.sampled_from(["", "7", "12345"]),
    reference=texts(20),
    kind=st.sampled_from(["", *KINDS]),
    slot=st.sampled_from(["", *SLOTS]),
    delay=st.sampled_from(["", "4-", span_of(range(3, 9))]),
)


@given(questions, st.sampled_from(["en", "fr"]), st.sampled_from(["en", "fr"]))
@example(MessageQuery(now=NOW, mask=OPEN), "en", "fr")
def test_a_question_written_as_a_line_is_read_as_the_same_question(query, written_in, read_in):
    with translation.override(written_in):
        line = line_of(query, "FR")
    with translation.override(read_in):
        found = read(line)
        if len(line) > LONGEST:
            assert found.mistakes
            return
        assert found.mistakes == ()
        assert found.readings[0].query == query


@given(st.text(max_size=80))
def test_any_line_is_a_question_or_has_mistakes_within_it(line):
    found = read(line)
    assert bool(found.mistakes) != bool(found.readings)
    for mistake in found.mistakes:
        assert mistake.sentence
        assert 0 <= mistake.start <= mistake.end <= len(line)


pieces = st.sampled_from(
    ["to:", "from:", "de:", "status:", "statut:livré", "pays:", "country:FR,", "FR", "after:", "avant:",
     "2026-11-20", "14:30", '"', '""', "«", "»", "=", "06", "12 34", "+33", "*", "id:", "sms_mt:12",
     "period:hier", "on:", "-", "x:y", "campaign:7", "ref:", "colis", ",", "\u00a0", "\u202e"]
)  # fmt: skip


@given(st.lists(pieces, max_size=8).map(" ".join))
def test_what_is_understood_is_written_and_read_again_as_the_same(line):
    found = read(line)
    for reading in found.readings[:1]:
        if reading.query:
            assert query_of(line_of(reading.query, "FR")) == reading.query


@pytest.mark.parametrize(
    "typed",
    ["06 39 98 12 34", "0639981234", "+33 6 39 98 12 34", "0033639981234", "06.39.98.12.34",
     "06\u00a039\u00a098\u00a012\u00a034", "+33 (0)6 39 98 12 34", "tel:+33639981234", "33639981234",
     "\u202a+33639981234\u202c", "to:06 39 98 12 34", "to: 0639981234", 'à:"06 39 98 12 34"',
     "vers:+33-6-39-98-12-34"],
)  # fmt: skip
def test_a_number_in_any_form_is_looked_for_in_all_that_the_provider_keeps(typed):
    query = query_of(typed)
    assert query.destination == "33639981234"
    assert query == MessageQuery(
        now=NOW, mask=OPEN, period="last_6_months", destination="33639981234"
    )


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("from:ACME", {"sender": "ACME"}),
        ('de:"Ma Boutique" colis', {"sender": "Ma Boutique", "message": "colis"}),
        ("colis de:ACME", {"sender": "ACME", "message": "colis"}),
        ("votre  colis", {"message": "votre colis"}),
        ('"06 39 98 12 34"', {"message": "06 39 98 12 34"}),
        ("“votre colis”", {"message": "votre colis"}),
        ("« votre colis »", {"message": "votre colis"}),
        ('"say ""hello"""', {"message": 'say "hello"'}),
        ("text:1234", {"message": "1234"}),
        ('"stop "', {"message": "stop "}),
        ('text:" stop" from:ACME', {"message": " stop", "sender": "ACME"}),
        ("https://example.org/x", {"message": "https://example.org/x"}),
        ("votre code : 1234", {"message": "votre code : 1234"}),
        ("Rappel: demain 14:30", {"message": "Rappel: demain 14:30"}),
        ("status:delivered,denied", {"statuses": ("delivered", "denied")}),
        ("status:denied status:delivered", {"statuses": ("delivered", "denied")}),
        ("Statut:Livré", {"statuses": ("delivered",)}),
        ('status:"No receipt"', {"statuses": ("sent",)}),
        ("statut:sans-accusé", {"statuses": ("sent",)}),
        ("status:failed", {"statuses": ("denied", "not_sent", "undelivered")}),
        ("country:FR, be", {"countries": ("BE", "FR")}),
        ("pays:Sénégal", {"countries": ("SN",)}),
        ('country:"South Africa"', {"countries": ("ZA",)}),
        ("type:incoming", {"type": "messages-in"}),
        ("sens:sortants", {"type": "messages-out"}),
        ("period:yesterday", {"period": "yesterday"}),
        ("période:hier", {"period": "yesterday"}),
        ("campagne:007", {"campaign": "7", "period": "last_6_months"}),
        ("ref:ORDER-2041", {"reference": "ORDER-2041", "period": "last_6_months"}),
        ("to:33639*", {"destination": "33639*"}),
        ("06 39*", {"destination": "33639*"}),
        ("0639981234 period:last_7_days", {"destination": "33639981234"}),
        ("from:0639981234", {"sender": "33639981234", "period": "last_6_months"}),
        ("to:1234567890123456*", {"destination": "1234567890123456*"}),
        ("1234 5678 9012 3456", {"message": "1234 5678 9012 3456"}),
        ("1234567890123456", {"message": "1234567890123456"}),
        ("to:=0639981234", {"destination": "=0639981234", "period": "last_6_months"}),
        ("from:=PROMO*", {"sender": "=PROMO*"}),
        ("~1.5 kg", {"message": "~1.5 kg"}),
        ("to:~1.5", {"destination": "~1.5", "period": "last_6_months"}),
    ],
)
def test_a_line_and_the_question_that_it_asks(line, changes):
    assert query_of(line) == MessageQuery(now=NOW, mask=OPEN, **changes)


@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        ("after:2026-11-01 before:2026-11-05", "2026-11-01 00:00:00", "2026-11-05 23:59:59"),
        ("après:2026-11-01 08:30 avant:2026-11-01T09:15", "2026-11-01 08:30", "2026-11-01 09:15"),
        ("on:2026-11-20", "2026-11-20 00:00:00", "2026-11-20 23:59:59"),
        ("2026-11-20", "2026-11-20 00:00:00", "2026-11-20 23:59:59"),
        ("after:2026-11-20", "2026-11-20 00:00:00", "2026-11-23 23:59:59"),
        ("after:2027-01-01", "2027-01-01 00:00:00", "2028-01-02 23:59:59"),
        ("before:2026-11-20", "2026-05-21 00:00:00", "2026-11-20 23:59:59"),
    ],
)
def test_dates_mean_what_they_mean_in_the_form_and_one_end_has_its_other(line, start, end):
    query = query_of(line)
    assert query.span == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    "line",
    ["to:0639981234 2026-11-20", "to:06 39 98 12 34 20/11/2026", "06 39 98 12 34 2026-11-20",
     "2026-11-20 +33 6 39 98 12 34", "to:0639981234 on:2026-11-20"],
)  # fmt: skip
def test_a_day_beside_a_number_is_no_part_of_it(line):
    query = query_of(line)
    assert query.destination == "33639981234"
    assert query.span == (datetime(2026, 11, 20), datetime(2026, 11, 20, 23, 59, 59))


def test_a_number_with_a_plus_is_no_part_of_the_one_before_it():
    for line in ("to:0639981234 +33 6 39 98 56 78", "06 39 98 12 34 +33 6 39 98 56 78"):
        query = query_of(line)
        assert (query.destination, query.message) == ("33639981234", "+33 6 39 98 56 78")


@pytest.mark.parametrize(
    ("line", "marked", "words"),
    [
        ("status:,", "status:,", "nothing after “status:”"),
        ("country:, colis", "country:, colis", "no country"),
        ("country:, , ,", "country:, , ,", "nothing after “country:”"),
        ('pays:" , "', 'pays:" , "', "nothing after “country:”"),
        ("colis to:1234 5678 9012 3456", "to:1234 5678 9012 3456", "at most 15 digits"),
        ('to:"0639981234 20261120"', 'to:"0639981234 20261120"', "at most 15 digits"),
        ('colis "votre', '"votre', "not closed"),
        ('to:"06 39', '"06 39', "not closed"),
        ("contry:FR colis", "contry:", "Do you mean “country:”?"),
        ("xyzzy:1", "xyzzy:", "put them in quotes"),
        ("-status:delivered", "-status:", "cannot leave something out"),
        ("colis from:", "from:", "nothing after “from:”"),
        ("from: to:0639981234", "from:", "nothing after “from:”"),
        ('colis ""', '""', "nothing between"),
        ("country:FR,Atlantis colis", "country:FR,Atlantis", "no country"),
        ("status:delivred", "status:delivred", "is no status"),
        ("colis after:2026-02-31", "after:2026-02-31", "does not exist in the calendar"),
        ("before:soon colis", "before:soon", "Write a date as"),
        ("after:2026-11-05 before:2026-11-01", "before:2026-11-01", "lies before the start"),
        ("period:yesterday after:2026-11-01", "after:2026-11-01", "only one of them"),
        ("on:2026-11-01 period:today", "period:today", "only one of them"),
        ("period:someday", "period:someday", "no choice here"),
        ("campaign:abc", "campaign:abc", "whole number"),
        ("to:0639981234 to:0639985678", "to:0639985678", "not two"),
        ("colis status:sent demain", "demain", "two places"),
        ('colis "votre colis"', "colis", "two places"),
        ("to:*", "to:*", "before the *"),
        ("id:12a", "id:12a", "digits alone"),
        ("id:12 colis", "id:12", "stands alone"),
        ("id:12", "id:12", "holds no message"),
        (f"id:{2**61}", f"id:{2**61}", "digits alone"),
        ("a\0b", "a\0b", "a character that no text has"),
    ],
)
def test_a_line_that_cannot_be_read_says_where(line, marked, words):
    found = read(line)
    assert found.readings == ()
    (mistake,) = found.mistakes
    assert line[mistake.start : mistake.end] == marked
    assert words in mistake.sentence
    assert (marked, True) in found.pieces
    assert "".join(text for text, _is_wrong in found.pieces) == line


def test_a_letter_before_a_colon_is_the_french_word_in_french_alone():
    for line, language in (("a:0639981234", "fr"), ("à:0639981234", "en"), ("À:0639981234", "fr")):
        with translation.override(language):
            assert query_of(line).destination == "33639981234"
    (mistake,) = read("a:b").mistakes
    assert "put them in quotes" in mistake.sentence
    assert query_of('"a:b"').message == "a:b"


def test_each_mistake_of_a_line_has_its_place():
    line = "status:delivred colis country:Atlantis"
    found = read(line)
    assert [text for text, is_wrong in found.pieces if is_wrong] == [
        "status:delivred", "country:Atlantis"
    ]  # fmt: skip
    assert len(found.mistakes) == 2


def test_a_line_that_is_too_long_is_told_so():
    assert "at most 1000 characters" in read("x" * (LONGEST + 1)).mistakes[0].sentence
    assert query_of("x" * 400).message == "x" * 400


def test_the_words_of_a_line_are_those_of_the_language():
    query = MessageQuery(
        now=NOW, period="yesterday", destination="33639981234", sender="36000", message="votre colis",
        statuses=("delivered", "sent"), countries=("BE", "FR"), type="messages-in",
    )  # fmt: skip
    assert line_of(query, "FR") == (
        'to:+33639981234 from:36000 "votre colis" status:delivered,no-receipt country:BE,FR'
        " type:incoming period:yesterday"
    )
    with translation.override("fr"):
        assert line_of(query, "FR") == (
            'à:+33639981234 de:36000 "votre colis" statut:livré,sans-accusé pays:BE,FR'
            " type:entrants période:hier"
        )


def test_dates_are_written_as_short_as_they_are_read():
    start, end = datetime(2026, 11, 1), datetime(2026, 11, 2, 23, 59, 59)
    assert line_of(MessageQuery(now=NOW, mask=OPEN).within(start, end), "FR") == (
        "after:2026-11-01 before:2026-11-02"
    )
    later = start.replace(hour=8, second=5)
    assert line_of(MessageQuery(now=NOW, mask=OPEN).within(later, later), "FR") == (
        "after:2026-11-01T08:00:05 before:2026-11-01T08:00:05"
    )


def test_order_and_page_are_no_part_of_a_search():
    assert line_of(MessageQuery(now=NOW, mask=OPEN, sort="cost", page=3, per_page=25), "FR") == ""


def fields(line: str, may: frozenset[str] = EVERYTHING) -> list[str]:
    return [reading.field for reading in read(line, may).readings]


def knowing(monkeypatch, *known: str) -> None:
    """An archive that knows the digits or the word that is searched for as these fields."""
    monkeypatch.setattr(
        "messages_app.searches.is_known",
        lambda query: any(getattr(query, name) for name in known),
    )


@pytest.mark.parametrize(
    ("known", "first"),
    [
        ((), "destination"),
        (("campaign",), "campaign"),
        (("reference",), "reference"),
        (("sender",), "sender"),
        (("campaign", "reference"), "campaign"),
        (("destination", "campaign"), "destination"),
    ],
)
def test_bare_digits_are_what_the_archive_knows_and_else_a_number(monkeypatch, known, first):
    knowing(monkeypatch, *known)
    found = fields("48211377")
    assert found[0] == first
    everything = {"destination", "sender", "campaign", "reference", "message"}
    assert everything <= set(found)
    assert len(found) == len(set(found))


def test_a_number_in_its_own_form_is_one_whatever_is_known(monkeypatch):
    knowing(monkeypatch, "campaign", "reference")
    for line in ("+48211377", "48 21 13 77", "+33 6 39 98 12 34"):
        assert fields(line)[0] == "destination"


def test_digits_as_a_reference_has_them_are_one_where_it_is_known_and_no_such_number(monkeypatch):
    lines = ("2041-7788", "2041/7788", "0012345678", "0639981234")
    for line in lines:
        assert fields(line)[0] == "destination"
    knowing(monkeypatch, "reference")
    for line in lines:
        found = read(line).readings[0]
        assert found.query
        assert (found.field, found.query.reference) == ("reference", line)
    knowing(monkeypatch, "destination", "reference")
    for line in lines:
        assert fields(line)[0] == "destination"


def test_a_word_is_a_reference_where_one_is_known_and_else_a_text(monkeypatch):
    assert fields("ORDER-2041") == ["message", "reference", "sender", "period"]
    knowing(monkeypatch, "reference")
    assert fields("ORDER-2041") == ["reference", "message", "sender"]
    assert fields("ORDER 2041")[0] == "message"


def test_who_may_not_see_personal_values_searches_for_none():
    may = EVERYTHING - {"see_personal"}
    for line, marked in (
        ("to:0639981234", "to:0639981234"), ("colis", "colis"), ('"colis"', '"colis"'),
        ("06 39 98 12 34", "06 39 98 12 34"), ("ref:1 status:sent", "ref:1"),
        ("from:06 39 98 12 34", "from:06 39 98 12 34"), ("from:33*", "from:33*"),
        ("from:=33639981234", "from:=33639981234"),
    ):  # fmt: skip
        (mistake,) = read(line, may).mistakes
        assert "cannot be searched for" in mistake.sentence
        assert line[mistake.start : mistake.end] == marked
    assert read("status:sent country:FR campaign:7", may).readings


@pytest.mark.parametrize("name", ["ACME", "Promo24", "36000", "Kali*"])
def test_a_sender_that_is_nobody_s_number_is_searched_for_by_everybody(name):
    (reading,) = read(f"from:{name} status:sent", EVERYTHING - {"see_personal"}).readings
    assert reading.query
    assert reading.query.sender == name


def test_their_bare_digits_are_a_message_or_a_campaign_and_ask_for_no_number(monkeypatch):
    may = EVERYTHING - {"see_personal"}
    asked = []

    def is_known(query):
        asked.append(query)
        return query.campaign == "48211377"

    monkeypatch.setattr("messages_app.searches.is_known", is_known)
    assert fields("48211377", may)[0] == "campaign"
    personal = ("destination", "sender", "message", "reference")
    assert all(not getattr(query, name) for query in asked for name in personal)
