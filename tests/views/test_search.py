"""The search box: on every page, read, answered at its sealed address, or told where it is wrong."""

import re
from html import unescape
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from messages_app.filters import SEARCHED, question_url, read_question
from messages_app.models import Message
from messages_app.privacy import OPEN
from messages_app.sealing import seal
from tests.views.conftest import NOW
from tests.views.test_archive import archive
from tests.views.test_lists import links
from tests.views.test_pages import HTMX, found, text
from tests.views.test_personal import counter, somebody_with

__all__ = ["archive", "counter"]

NUMBER = "33639981234"
BOXED = {"HTTP_HX_REQUEST": "true", "HTTP_HX_BOOSTED": "true", "HTTP_HX_TARGET": "search"}


def led(client: Client, line: str) -> str:
    """Where a line leads."""
    answer = client.post("/search/", {"q": line})
    assert answer.status_code == 302
    return answer.headers["Location"]


def asked(address: str):
    """The question of an address that a search led to."""
    query = read_question(QueryDict(urlsplit(address).query), NOW, OPEN).query
    assert query
    return query


def a_message(**facts) -> Message:
    """A row of the archive."""
    row = Message.objects.filter(**facts).order_by("-date").first()
    assert row
    return row


def box(shown: str) -> str:
    """What stands in the box."""
    return unescape(found(r'id="search-line" name="q" type="text" value="([^"]*)"', shown))


@pytest.mark.parametrize(
    "page", ["/messages/", "/analytics/", "/review/", "/search/", "/accounts/password/change/"]
)
def test_the_box_is_on_every_page_of_who_may_see_messages(account, administrator_client, page):
    shown = text(administrator_client.get(page, follow=True))
    assert 'role="search"' in shown
    assert 'action="/search/"' in shown


def test_no_box_where_nobody_is_logged_in_or_may_see_no_messages(account, client, stranger_client):
    assert 'id="search-line"' not in text(client.get("/accounts/login/"))
    assert 'id="search-line"' not in text(stranger_client.get("/accounts/password/change/"))
    figures = somebody_with("see_figures")
    assert 'id="search-line"' not in text(figures.get("/analytics/"))


def test_a_number_leads_to_the_sealed_address_of_its_messages(account, support_client):
    address = led(support_client, "06 39 98 12 34")
    assert urlsplit(address).path == "/messages/"
    params = dict(parse_qsl(urlsplit(address).query))
    assert params["destination"] == seal("destination", NUMBER)
    assert params["period"] == "last_6_months"
    assert "39" + "98" not in address.replace(params["destination"], "").replace(
        params[SEARCHED], ""
    )
    shown = text(support_client.get(address))
    assert "to +33 6 39 98 12 34" in shown
    assert box(shown) == "to:+33639981234"


def test_what_has_one_meaning_has_the_very_address_of_the_filter_form(account, support_client):
    line = "to:0639981234 status:delivered country:FR period:yesterday"
    form = {
        "destination": "0639981234",
        "status": "delivered",
        "country": "FR",
        "period": "yesterday",
    }
    assert led(support_client, line) == support_client.post("/messages/", form).headers["Location"]


@pytest.mark.parametrize("page", ["/messages/", "/analytics/"])
def test_the_box_says_the_question_of_the_page_and_asks_it_again(account, support_client, page):
    query = asked(
        "?period=yesterday&country=FR&status=sent&message=colis&details=EXPIRED&slot=mon-09"
    )
    line = box(text(support_client.get(question_url(page, query))))
    assert asked(led(support_client, line)) == query


def test_an_empty_line_leads_to_all_messages(account, support_client):
    assert led(support_client, "  ") == "/messages/"


def test_htmx_is_led_by_a_header(account, support_client):
    answer = support_client.post("/search/", {"q": "status:sent"}, **BOXED)
    assert answer.headers["HX-Redirect"] == "/messages/?status=sent"


def test_a_line_that_cannot_be_read_stays_in_its_box_with_its_mistake_marked(
    account, support_client
):
    account.reset_calls()
    line = 'status:delivred <b> "colis'
    whole = support_client.post("/search/", {"q": line})
    part = support_client.post("/search/", {"q": line}, **BOXED)
    for answer in (whole, part):
        shown = text(answer)
        assert answer.status_code == 200
        assert box(shown) == line
        assert "<mark>&quot;colis</mark>" in shown
        assert "This quote is not closed." in shown
        assert 'aria-invalid="true" aria-describedby="search-error"' in shown
        assert f'data-mistake-start="{line.index(chr(34))}"' in shown
        assert "<b>" not in shown
    assert part.headers["HX-Push-Url"] == "false"
    assert "<html" in text(whole)
    assert text(part).startswith('<div class="search"')
    assert account.calls == 0


def test_without_scripts_a_mistake_leads_back_to_where_it_was_made(account, support_client):
    here = "http://testserver/messages/?period=yesterday"
    shown = text(support_client.post("/search/", {"q": "contry:FR"}, HTTP_REFERER=here))
    assert links(shown)["‹ Back to where you were"] == here
    for elsewhere in ("", "https://example.org/x", "http://testserver/search/"):
        shown = text(support_client.post("/search/", {"q": "contry:FR"}, HTTP_REFERER=elsewhere))
        assert links(shown)["‹ Back to where you were"] == "/messages/"


def test_t23_a_line_typed_into_the_address_leaves_it(account, support_client):
    answer = support_client.get("/search/", {"q": "0639981234"})
    assert answer.status_code == 302
    address = answer.headers["Location"]
    assert "9981234" not in address
    assert "What “0639981234” may be" in text(support_client.get(address))


@pytest.mark.parametrize("value", ["x", "~1.AAAA", seal("destination", NUMBER)])
@pytest.mark.parametrize("path", ["/search/", "/search/readings/"])
def test_an_address_that_was_altered_shows_no_search(account, support_client, path, value):
    answer = support_client.get(path, {SEARCHED: value})
    assert answer.status_code == 200
    assert NUMBER not in text(answer)
    if path == "/search/" and value.startswith("~1"):
        assert "cut off or altered" in text(answer)


@pytest.mark.parametrize("headers", [{}, BOXED])
def test_a_search_after_the_session_ended_is_answered_after_the_login(
    account, client, support, headers
):
    answer = client.post("/search/", {"q": "06 39 98 12 34"}, **headers)
    login = answer.headers["HX-Redirect" if headers else "Location"]
    assert "99812" not in login.replace(" ", "")
    credentials = {"login": "support", "password": "a long password"}
    after = client.post(login, credentials, follow=True)
    assert "to +33 6 39 98 12 34" in text(after)


def test_the_page_of_the_search_tells_what_can_be_asked_and_the_keys(account, support_client):
    shown = text(support_client.get("/search/"))
    for words in ("to:0639981234", "before:2026-11-30", "ref:ORDER-2041", "<kbd>j</kbd>"):
        assert words in shown
    french = text(support_client.get("/search/", headers={"accept-language": "fr"}))
    assert "avant:2026-11-30" in french


def test_every_example_of_the_help_can_be_read(account, support_client):
    for language in ("en", "fr"):
        shown = text(support_client.get("/search/", headers={"accept-language": language}))
        examples = re.findall(r"<dt><kbd>([^<]+)</kbd></dt>", shown.split("keys-page-title")[0])
        assert len(examples) > 15
        for example in map(unescape, examples):
            answer = support_client.post(
                "/search/", {"q": example}, headers={"accept-language": language}
            )
            is_id = example.startswith("id:")
            assert answer.status_code == (200 if is_id else 302), example


def test_one_message_found_by_its_number_opens(archive, support_client):
    row = a_message(type="sms_mt")
    for line in (f"id:{row.message_id}", f"sms_mt:{row.message_id}"):
        address = led(support_client, line)
        assert urlsplit(address).path == f"/messages/sms_mt/{row.message_id}/"
        assert f'data-key="sms_mt:{row.message_id}"' in text(support_client.get(address))


def test_bare_digits_of_a_message_open_it_and_offer_what_else_they_may_be(archive, support_client):
    row = a_message(type="sms_mt", campaign_id__isnull=False)
    Message.objects.filter(pk=row.pk).update(client_message_id=str(row.message_id))
    address = led(support_client, str(row.message_id))
    assert urlsplit(address).path == f"/messages/sms_mt/{row.message_id}/"
    shown = text(support_client.get(address))
    other = text(support_client.get(unescape(found(r'hx-get="(/search/readings/[^"]+)"', shown))))
    assert f"reference “{row.message_id}”" in strip_tags(other)


def test_a_number_that_two_messages_bear_lets_choose(archive, support_client):
    row = a_message(type="sms_mt")
    twin = Message.objects.get(pk=row.pk)
    twin.pk, twin.type = row.pk + 1, "sms_mo"
    twin.save(force_insert=True)
    shown = text(support_client.get(led(support_client, f"id:{row.message_id}")))
    offered = links(shown.replace("<bdi>", "").replace("</bdi>", ""))
    for kind in ("sms_mt", "sms_mo"):
        href = offered[f"message {kind}:{row.message_id}"]
        assert urlsplit(href).path == f"/messages/{kind}/{row.message_id}/"


def test_other_readings_stand_on_the_page_with_their_counts(archive, support_client):
    row = a_message(type="sms_mo", date__gt=NOW.replace(tzinfo=None, day=10))
    Message.objects.exclude(pk=row.pk).filter(destination=row.sender).update(
        destination="33639980000"
    )
    address = led(support_client, f"+{row.sender}")
    narrow = address.replace("period=last_6_months", "period=last_7_days")
    shown = text(support_client.get(narrow))
    readings = text(
        support_client.get(unescape(found(r'hx-get="(/search/readings/[^"]+)"', shown)))
    )
    words = strip_tags(readings)
    assert f"“+{row.sender}” may also be:" in words
    assert "from +" in words
    assert "to +" not in words, "the reading that is shown is no other one"


def test_a_count_is_told_only_where_the_archive_holds_the_range(archive, support_client):
    word = "colis"
    count = Message.objects.filter(folded__contains=word, date__range=asked("?").span).count()
    assert count
    page = support_client.get(led(support_client, word))
    readings = found(r'hx-get="(/search/readings/[^"]+)"', text(page))
    assert "last 6 months" in text(support_client.get(unescape(readings)))
    reference = unescape(readings).replace("/search/readings/", "/search/")
    shown = strip_tags(text(support_client.get(reference)))
    assert f"text contains “{word}” ({count:,})" in " ".join(shown.split())
    assert "last 6 months (" not in shown, "half of it is not in the archive"


def test_readings_take_few_steps_in_the_database(archive, support_client):
    address = led(support_client, "48211377")
    value = parse_qs(urlsplit(address).query)[SEARCHED][0]
    with CaptureQueriesContext(connection) as steps:
        support_client.get("/search/readings/", {SEARCHED: value})
    assert len(steps) <= 40  # a few for each reading, however many rows


def test_what_has_but_one_reading_offers_no_other(account, support_client):
    assert SEARCHED not in led(support_client, "to:0639981234")


def test_a_reading_that_finds_nothing_is_not_offered(account, support_client, monkeypatch):
    value = parse_qs(urlsplit(led(support_client, "ORDER-2041")).query)[SEARCHED][0]
    for counted, words in (
        (None, "reference “ORDER-2041” · from ORDER-2041 · last 6 months"),
        ((0, True), "No other reading of “ORDER-2041” finds a message."),
        ((100_000, False), "reference “ORDER-2041” (more than 100,000)"),
    ):
        monkeypatch.setattr("messages_app.views.search.count_at_hand", lambda _query, c=counted: c)
        shown = strip_tags(text(support_client.get("/search/readings/", {SEARCHED: value})))
        assert words in unescape(" ".join(shown.split()))


def test_who_may_not_see_personal_values_is_told_so_and_nothing_is_looked_up(
    archive, counter, administrator_client
):
    row = a_message(type="sms_mt")
    archive.reset_calls()
    for line in (f"+{row.destination}", "colis", "from:0639981234", 'ref:"a b"', "0639981234"):
        with CaptureQueriesContext(connection) as steps:
            shown = text(counter.post("/search/", {"q": line}, **BOXED))
        assert "cannot be searched for" in shown
        assert box(shown) == line
        assert not [one for one in steps if Message._meta.db_table in one["sql"]]
    assert archive.calls == 0
    assert led(counter, "status:sent country:FR") == "/messages/?country=FR&status=sent"
    # Nor by the readings of somebody else's search.
    address = led(administrator_client, row.destination)
    value = parse_qs(urlsplit(address).query)[SEARCHED][0]
    for path in ("/search/", "/search/readings/"):
        shown = text(counter.get(path, {SEARCHED: value}))
        assert "destination=" not in shown
        assert "sender=" not in shown


@pytest.mark.parametrize(
    "sealed",
    ["destination 0639987766", "- 06 39 98 77 66", "message sesame-word", "- sesame-word", "- \"sesame-word",
     "campaign 33639987766", "- country:0639987766", "- reason:\u061c33639987766"],
)  # fmt: skip
def test_t22_a_colleague_s_search_link_tells_a_masked_viewer_nothing(archive, counter, sealed):
    value = seal(SEARCHED, sealed)
    for path in ("/search/", "/search/readings/", "/messages/"):
        shown = text(counter.get(path, {SEARCHED: value}))
        bare = re.sub(r"[\s.]", "", strip_tags(shown) + shown)
        assert "639987766" not in bare.replace(value, "")
        assert "sesame" not in shown
    assert "does not show numbers" in text(counter.get("/search/", {SEARCHED: value}))
    assert counter.get("/search/readings/", {SEARCHED: value}).content == b""


@pytest.mark.parametrize(
    "line", ["0639987766", "33639987766", "sesame", "from:0639987766", '"sesame']
)
def test_t22_what_a_masked_viewer_types_is_not_sealed_to_be_compared(archive, counter, line):
    assert counter.get("/search/", {"q": line}).headers["Location"] == "/search/"
    answer = counter.post("/search/", {"q": line})
    assert SEARCHED not in parse_qs(urlsplit(answer.headers.get("Location", "")).query)
    assert "~1." not in text(answer)


def test_t22_a_line_that_tells_nothing_keeps_its_address_also_under_a_mask(archive, counter):
    address = counter.get("/search/", {"q": "status:sent"}).headers["Location"]
    assert box(text(counter.get(address))) == "status:sent"


def test_a_copied_link_does_not_hold_what_was_searched_for(archive, support_client):
    address = led(support_client, a_message(type="sms_mt").destination)
    assert f"{SEARCHED}=" in address
    copied = re.findall(r'data-copy="([^"]+)"', text(support_client.get(address)))
    assert len(copied) >= 2
    assert not any(f"{SEARCHED}=" in link for link in copied)


def test_a_search_survives_a_change_of_the_key(account, support_client, settings):
    address = led(support_client, "0639981234")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    value = parse_qs(urlsplit(address).query)[SEARCHED][0]
    answer = support_client.get("/search/", {SEARCHED: value})
    assert "0639981234" in text(answer)


def test_a_page_asked_by_htmx_brings_the_box_of_its_question(account, support_client):
    shown = text(support_client.get("/messages/?country=FR", **HTMX, HTTP_HX_TARGET="content"))
    assert 'id="search" role="search" hx-swap-oob="true"' in shown
    assert box(shown) == "country:FR"
    part = text(support_client.get("/messages/?country=FR", **HTMX, HTTP_HX_TARGET="results"))
    assert "search-line" not in part, "a refresh must not take what somebody types"


def test_what_was_searched_for_stands_in_no_title_and_no_link_in_plain(account, support_client):
    shown = text(support_client.get(led(support_client, "06 39 98 12 34")))
    for href in re.findall(r'(?:href|hx-get|action|data-copy)="([^"]*)"', shown):
        assert "99812" not in href
        assert quote("06 39 98 12 34") not in href
    assert "9981234" not in found(r"<title>([^<]*)</title>", shown)
