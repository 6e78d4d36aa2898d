"""From URL parameters to the question and back."""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from messages_app.analysis.conditions import is_prefix
from messages_app.analysis.exact import meant
from messages_app.analysis.periods import PERIODS
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import SORTS
from messages_app.filters import STATUS_CHOICES, question_url, read_question, spelled
from messages_app.privacy import OPEN
from messages_app.provider import MAX_REFERENCE
from messages_app.sms.zones import exists
from messages_app.views.question_bar import kept_values, shown_values

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=PARIS)


def read(text: str):
    return read_question(QueryDict(text), NOW, OPEN)


def query_of(text: str) -> MessageQuery:
    question = read(text)
    assert question.query is not None, question.form.errors
    return question.query


def words(max_size: int):
    letters = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))
    return st.text(letters, max_size=max_size).filter(lambda text: text == text.strip())


walls = (
    st.datetimes(datetime(1990, 1, 1), datetime(2998, 12, 31))
    .map(lambda moment: moment.replace(microsecond=0))
    .filter(lambda moment: exists(moment, PARIS))
)
ranges = (
    st.tuples(walls, walls)
    .map(sorted)
    .map(lambda pair: {"period": "custom", "date_start": pair[0], "date_end": pair[1]})
)
periods = st.sampled_from(sorted(PERIODS)).map(lambda name: {"period": name})


def several(values, size=4):
    return st.lists(values, max_size=size, unique=True).map(sorted).map(tuple)


anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
values = st.one_of(
    anything.filter(lambda text: len(text) <= MAX_REFERENCE),
    st.sampled_from(
        ["PROMO*", "*", "=", "=A", " A ", "fr", "France", "FR,BE", "A\r\n", "%41", "0639"]
    ),
)
"""What the provider may have written into a field of a row."""


def of_a_row(name):
    return values.map(lambda value: spelled(name, value))


queries = st.builds(
    lambda spans, **rest: MessageQuery(now=NOW, mask=OPEN, **spans, **rest),
    st.one_of(periods, ranges),
    destination=st.sampled_from(
        ["", "33639981234", "447700900123", "36000", "ACME", "336*", "AC*"]
    ),
    sender=st.sampled_from(["", "ACME", "36000", "33639980001", "33639*", "É*"])
    | of_a_row("sender"),
    message=words(60),
    type=st.sampled_from(["", "messages-in", "messages-out"]),
    countries=several(st.sampled_from(["FR", "BE", "SN", "GB", "US"]) | of_a_row("country")),
    statuses=several(st.sampled_from(STATUS_CHOICES)),
    details=several(of_a_row("details")),
    campaign=st.sampled_from(["", "7", "12345"]),
    client=st.sampled_from(["", "7", "12345"]),
    reference=words(20),
    sort=st.sampled_from([sign + key for key in SORTS for sign in ("", "-")]),
    page=st.integers(1, 5000),
    per_page=st.integers(25, 200),
)


@given(queries)
def test_a_question_survives_its_own_address(query):
    address = question_url("/messages/", query)
    question = read(urlsplit(address).query)
    assert question.query == query
    assert not question.outspoken
    assert question_url("/messages/", question.query) == address


@given(st.sampled_from(["sender", "destination", "country", "details"]), values)
def test_a_value_of_a_row_is_asked_for_exactly_by_link_by_form_and_by_hand(name, value):
    text = spelled(name, value)
    assert meant(text) == value
    assert name not in ("sender", "destination") or not is_prefix(text)
    params = QueryDict(mutable=True)
    params[name] = text
    question = read_question(params, NOW, OPEN, typed=True)
    assert question.query is not None, question.form.errors
    field = {"country": "countries"}.get(name, name)
    asked = getattr(question.query, field)
    assert asked == (text if isinstance(asked, str) else (text,))
    # What stands in the form's input, and what the browser makes of it.
    shown = (
        dict(kept_values(question.form, masked=False)).get(name)
        or shown_values(question.form)[name]
    )
    params[name] = shown.replace("\r\n", "\n").replace("\n", "\r\n")
    assert read_question(params, NOW, OPEN, typed=True).query == question.query


@pytest.mark.parametrize("text", ["=", "=%00", "=" + "x" * 256, "= "])
@pytest.mark.parametrize("name", ["sender", "country", "details"])
def test_an_exact_value_that_no_row_can_have_is_refused(name, text):
    question = read(urlencode({name: text}))
    assert question.query is None
    assert name in question.form.errors


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("=ACME", "ACME"), ("=AC*", "=AC*"), ("= ACME", "=%20ACME"), ("==A", "==A")],
)
def test_an_exact_value_stands_plain_where_it_means_the_same(typed, asked):
    assert read(urlencode({"sender": typed})).query.sender == asked


@given(queries)
def test_a_question_survives_its_plain_parameters(query):
    params = QueryDict(mutable=True)
    for name, value in query.to_params():
        params.appendlist(name, value)
    assert read_question(params, NOW, OPEN).query == query


@given(queries)
def test_no_address_that_we_make_holds_a_personal_value(query):
    address = question_url("/messages/", query)
    given = dict(parse_qsl(urlsplit(address).query))
    for name in ("destination", "sender", "message", "reference"):
        value = getattr(query, name)
        assert given.get(name, "") != value or not value


@given(st.dictionaries(
    st.sampled_from(["period", "date_start", "date_end", "destination", "message", "type", "country",
                     "status", "details", "campaign", "client", "reference", "sort", "page", "per_page",
                     "start", "x"]),
    st.text(max_size=40), max_size=5,
))  # fmt: skip
def test_any_parameters_give_a_question_or_errors(values):
    params = QueryDict(mutable=True)
    for name, value in values.items():
        params.appendlist(name, value)
    question = read_question(params, NOW, OPEN)
    assert bool(question.form.errors) == (question.query is None)


def test_the_default_question_is_the_last_seven_days_newest_first():
    query = query_of("")
    assert query.span == (datetime(2026, 11, 17), datetime(2026, 11, 23, 14, 30))
    assert (query.sort, query.page, query.per_page) == ("-date", 1, 50)
    assert query.to_params() == []


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ("date_start=2026-11-01&date_end=2026-11-02", "2026-11-01 00:00:00", "2026-11-02 23:59:59"),
        (
            "date_start=2026-11-01+08:30&date_end=2026-11-01T09:15",
            "2026-11-01 08:30:00", "2026-11-01 09:15:00",
        ),
        (
            "date_start=2026-11-01+08:30:05&date_end=2026-11-01+08:30:05",
            "2026-11-01 08:30:05", "2026-11-01 08:30:05",
        ),
    ],
)  # fmt: skip
def test_dates_in_every_accepted_form(given, start, end):
    assert query_of(given).span == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("date_start=2023-09-01&date_end=2023-09-31", "date_end"),
        ("date_start=2026-02-29&date_end=2026-03-01", "date_start"),
        ("date_start=2026-11-02&date_end=2026-11-01", "date_end"),
        ("date_start=2026-11-02", "date_end"),
        ("date_end=2026-11-02", "date_start"),
        ("period=custom", "date_start"),
        ("period=yesterday&date_start=2026-11-01&date_end=2026-11-02", "period"),
        ("period=next_week", "period"),
        ("date_start=01/11/2026&date_end=2026-11-02", "date_start"),
        ("date_start=2026-11-01+25:00&date_end=2026-11-02", "date_start"),
        ("date_start=0001-01-01&date_end=2026-11-02", "date_start"),
        ("date_start=2026-11-01&date_end=9999-12-31", "date_end"),
        ("type=messages-sideways", "type"),
        ("country=XX", "country"),
        ("country=FR&country=Atlantis", "country"),
        ("status=delivred", "status"),
        ("status=incoming_message", "status"),
        ("sort=colour", "sort"),
        ("sort=--date", "sort"),
        ("page=0", "page"),
        ("page=two", "page"),
        ("page=1e3", "page"),
        ("page=1000001", "page"),
        ("campaign=abc", "campaign"),
        ("client=-7", "client"),
        ("date_start=2026-03-29+02:30&date_end=2026-03-30", "date_start"),
        ("per_page=1000", "per_page"),
        ("per_page=24", "per_page"),
        ("page=1&page=2", "page"),
        ("contry=FR", "__all__"),
        ("message=a%00b", "message"),
        ("destination=~1.AAAA", "destination"),
        ("message=~1.not+base64", "message"),
    ],
)
def test_what_cannot_be_understood_is_the_field_s_error_and_no_question(given, field):
    question = read(given)
    assert question.query is None
    assert field in question.form.errors


def test_a_day_that_does_not_exist_says_so():
    errors = read("date_start=2023-09-01&date_end=2023-09-31").form.errors["date_end"]
    assert "2023-09-31 does not exist" in errors[0]


def test_countries_by_code_or_name_in_either_language():
    assert query_of("country=france,Belgique&country=sn").countries == ("BE", "FR", "SN")
    assert query_of("country=Etats-Unis").countries == ("US",)


def test_a_list_in_commas_is_outspoken_and_its_address_is_not():
    question = read("status=sent,denied")
    assert question.outspoken
    assert question_url("/messages/", question.query) == "/messages/?status=denied&status=sent"


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("33639*", "33639*"), ("+33 6 39*", "33639*"), ("0033 639 *", "33639*"), ("06 39*", "33639*"),
        ("0*", "33*"), ("360*", "360*"), ("ACM*", "ACM*"), ("ACM**", "ACM*"), ("AC*ME*", "AC*ME*"),
    ],
)  # fmt: skip
def test_a_star_behind_a_number_means_what_it_begins_with(typed, start):
    question = read(urlencode({"destination": typed, "sender": typed}))
    assert question.query is not None, question.form.errors
    assert (question.query.destination, question.query.sender) == (start, start)


@pytest.mark.parametrize("typed", ["*", "+*", "00*", " + *", "***"])
def test_a_star_behind_nothing_is_the_field_s_error(typed):
    question = read(urlencode({"destination": typed}))
    assert question.query is None
    assert "before the *" in question.form.errors["destination"][0]


def test_a_leading_zero_is_read_only_where_numbers_have_one(settings):
    settings.PHONE_REGION = "ES"
    assert query_of("destination=06*").destination == "06*"


def test_the_place_in_the_list_is_no_part_of_the_question():
    assert query_of("page=3&after=4712") == query_of("page=3&before=9")


def test_a_value_sealed_for_one_field_opens_in_no_other():
    address = question_url("/", query_of("destination=33639981234"))
    sealed = dict(parse_qsl(urlsplit(address).query))["destination"]
    assert read(f"sender={sealed}").query is None


def test_a_sealed_address_outlives_the_change_of_the_key(settings):
    address = question_url("/", query_of("destination=33639981234"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough to be one, made for a test"
    assert query_of(urlsplit(address).query).destination == "33639981234"
    settings.SECRET_KEY_FALLBACKS = []
    assert "destination" in read(urlsplit(address).query).form.errors


def test_a_seal_does_not_tell_a_number_s_length():
    lengths = {
        len(question_url("/", query_of(f"destination={n}"))) for n in ("36000", "33639981234")
    }
    assert len(lengths) == 1


def test_a_changed_filter_starts_again_on_the_first_page():
    assert query_of("page=7").but(countries=("FR",)).page == 1
    assert query_of("page=7").but(page=8).page == 8


def test_the_length_counts_both_seconds():
    query = query_of("date_start=2026-11-01&date_end=2026-11-01")
    assert query.length == timedelta(days=1)


@pytest.mark.parametrize(
    "number", ["0639981234", "+33639981234", " ACME", "33 639", "06*", "tel:1"]
)
@pytest.mark.parametrize("name", ["destination", "sender"])
def test_our_own_links_mean_the_very_value_that_the_provider_wrote(name, number):
    """A number in a form that the provider never documents must not lead to another one's rows."""
    query = MessageQuery(now=NOW, mask=OPEN, **{name: number})
    params = QueryDict(question_url("", query).removeprefix("?"))
    assert read_question(params, NOW, OPEN).query == query
    assert read_question(params, NOW, OPEN, typed=True).query != query or number == "33 639"
