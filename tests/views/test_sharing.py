"""Share links: made by who may, opened by a button, ended at any time; what does not open tells nothing."""

import json
import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.core import serializers
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from messages_app import sharing
from messages_app.analysis.query import MessageQuery
from messages_app.filters import question_url
from messages_app.limits import Limit
from messages_app.made import Opening, ShareLink
from messages_app.models import ProviderTrait
from messages_app.privacy import FULL, MASKED, OFF, REDACTED
from messages_app.sealing import seal
from messages_app.views.visiting import GUESSES
from tests.conftest import browser, person
from tests.views.conftest import NOW
from tests.views.links_made import FENCE, at, inside, keep, link_of, outside, visitor

pytestmark = pytest.mark.django_db

NUMBER = "33639980007"
NEW = "/shares/new/?at=messages&country=FR&type=messages-out"
FORM = {
    "label": "Customer", "shows": ["messages", "analytics"], "dates": "keep", "numbers": MASKED,
    "texts": OFF, "days": "7",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    cache.clear()
    at(NOW, monkeypatch)
    yield
    cache.clear()


@pytest.fixture
def rows():
    keep([*inside(40), *outside()])


def page(client, path: str = "/shared/messages/", status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return unescape(answer.content.decode())


def made(client, address: str = NEW, **changes) -> str:
    """Make a link as a person does, and return its path."""
    shown = unescape(client.post(address, FORM | changes).content.decode())
    (link,) = re.findall(r'id="share-link" type="text" readonly value="([^"]+)"', shown)
    return urlsplit(link).path


def opened(path: str) -> Client:
    client = Client()
    assert client.post(path).headers["Location"].startswith("/shared/")
    return client


# Making one


@pytest.mark.parametrize("dates", ["keep", "fix"])
def test_who_may_share_makes_a_link_that_shows_its_view(administrator_client, rows, dates):
    client = opened(made(administrator_client, dates=dates))
    shown = page(client)
    assert "Outgoing messages, country: France, " in shown
    assert 'data-total="40"' in shown
    assert "Read only, until 25 Nov" in shown
    assert "chip-remove" not in shown
    narrowed = page(client, "/shared/messages/?period=yesterday")
    assert re.findall(r'class="chip-remove" id="chip-1" href="([^"]+)"', narrowed) == [
        "/shared/messages/"
    ]


def test_who_may_not_share_finds_no_way_to(account, support_client, administrator_client):
    for path in ("/shares/", NEW, "/shares/1/revoke/"):
        assert support_client.get(path).status_code in (403, 405)
        assert support_client.post(path, FORM).status_code in (403, 405)
    assert "/shares/" not in page(support_client, "/messages/")
    shown = page(administrator_client, "/messages/?country=FR")
    assert "/shares/new/?country=FR&at=messages" in shown


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"label": ""}, "Say for whom it is"),
        ({"label": "06 39 98 12 34"}, "leave the number out of it"),
        ({"shows": []}, "Choose what is shown."),
        ({"shows": ["review"]}, "review"),
        ({"days": "91"}, "91"),
        ({"days": "-1"}, "-1"),
        ({"dates": "never"}, "never"),
        ({"numbers": "loose"}, "loose"),
    ],
)
def test_a_form_that_cannot_be_read_makes_no_link_and_says_why(administrator_client, changes, why):
    shown = unescape(administrator_client.post(NEW, FORM | changes).content.decode())
    assert why in shown[shown.index("field-error") :]
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("address", ["/shares/new/?at=review", "/shares/new/?status=nonsense"])
def test_what_is_no_question_of_these_pages_is_not_shared(administrator_client, address):
    assert administrator_client.get(address).status_code == 400
    assert administrator_client.post(address, FORM).status_code == 400


def test_dates_move_on_or_stand_still_as_the_maker_says(administrator_client, rows, monkeypatch):
    moving, still = made(administrator_client), made(administrator_client, dates="fix")
    later = NOW + timedelta(days=5)
    at(later, monkeypatch)
    assert "last 7 days" in page(opened(moving))
    assert "12 Nov 2026 00:00:00 to 18 Nov 2026 15:00:00" in page(opened(still))


def test_t23_a_link_to_a_number_holds_it_nowhere_in_plain(administrator_client, rows):
    address = "/shares/new/?at=messages&" + question_url(
        "", MessageQuery(now=NOW, destination=NUMBER)
    ).removeprefix("?")
    client = opened(made(administrator_client, address))
    dump = serializers.serialize("json", [*ShareLink.objects.all(), *Opening.objects.all()])
    assert NUMBER not in dump
    shown = page(client)
    assert 'data-total="1"' in shown
    assert "+33 6 •• •• •• 07" in shown
    assert "39 98 00 07" not in shown


def test_there_is_a_most_of_open_links(administrator_client, monkeypatch):
    monkeypatch.setattr(sharing, "MOST", 1)
    made(administrator_client)
    shown = administrator_client.post(NEW, FORM).content.decode()
    assert "You have 1 open links" in shown
    at(NOW + timedelta(days=8), monkeypatch)
    made(administrator_client)


# The mask


def numbers_of(shown: str) -> list[str]:
    return [row.destination for row in inside(40) if row.destination[2:] in shown.replace(" ", "")]


def test_t22_numbers_are_masked_and_texts_off_unless_the_maker_says_otherwise(administrator, rows):
    _link, token = link_of(administrator)
    client = visitor(token)
    for path in ("/shared/messages/", "/shared/messages/sms_mt/7/", "/shared/analytics/data.json"):
        shown = page(client, path)
        assert numbers_of(shown) == []
        assert "inside-" not in shown
    assert "colis" in page(visitor(link_of(administrator, texts=REDACTED)[1]))
    client = visitor(link_of(administrator, numbers=FULL, texts=FULL)[1])
    assert "inside-7 colis" in page(client, "/shared/messages/sms_mt/7/")
    assert NUMBER in page(client, "/shared/messages/sms_mt/7/").replace(" ", "")


@pytest.mark.parametrize("field", ["destination", "sender", "message", "reference"])
def test_t22_a_masked_visitor_asks_by_no_number_or_text(administrator, rows, field):
    """Neither typed, nor in a sealed link of a colleague's, nor by order: a count would be an answer."""
    _link, token = link_of(administrator)
    client = visitor(token)
    for value in (NUMBER, seal(field, NUMBER)):
        for path in ("/shared/messages/", "/shared/analytics/"):
            shown = unescape(client.get(path, {field: value}, follow=True).content.decode())
            assert "data-total" not in shown
            assert "data-figure" not in shown
        assert (
            client.get("/shared/analytics/data.json", {field: value}, follow=True).status_code
            == 400
        )
    for sort in ("destination", "-message"):
        assert "data-total" not in page(client, f"/shared/messages/?sort={sort}")


def test_t22_the_owner_s_own_mask_is_never_loosened(db, rows):
    """An analyst who may share shows no more than an analyst sees; a form that asks for more is refused."""
    analyst = person("analyst")
    analyst.user_permissions.set(
        Permission.objects.filter(codename__in=["see_messages", "see_figures", "share"])
    )
    client = browser(analyst)
    shown = page(client, NEW)
    assert f'value="{FULL}"' not in shown
    assert "field-error" in client.post(NEW, FORM | {"numbers": FULL}).content.decode()
    link, token = link_of(analyst)
    seen = visitor(token)
    assert numbers_of(page(seen)) == []
    # Also where the row says otherwise: then its owner sees less than the link shows.
    ShareLink.objects.filter(pk=link.pk).update(numbers=FULL, texts=FULL)
    assert "Nothing is shared here" in page(seen, status=404)


# Opening


def test_t18_a_preview_opens_nothing_and_asks_the_database_nothing(
    administrator, django_assert_num_queries
):
    _link, token = link_of(administrator)
    client = Client()
    with django_assert_num_queries(0):
        for method in (client.get, client.head):
            answer = method(f"/s/{token}/")
            assert answer.status_code == 200
            assert not answer.cookies
    assert not Opening.objects.exists()
    assert client.options(f"/s/{token}/").status_code == 405
    assert page(client, status=404)


def test_t20_the_token_is_exchanged_for_a_short_cookie_and_a_clean_address(administrator, rows):
    _link, token = link_of(administrator)
    client = Client()
    answer = client.post(f"/s/{token}/")
    assert answer.headers["Location"] == "/shared/messages/"
    cookie = answer.cookies["shared"]
    assert cookie.value != token
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/shared/", True, "Strict")
    assert 0 < cookie["max-age"] <= 7200
    for path in ("/shared/messages/", "/shared/analytics/?wait=1", "/shared/messages/sms_mt/1/"):
        assert token not in page(client, path)
        assert cookie.value not in page(client, path)


def test_t20_neither_referer_nor_cache_nor_index_hears_of_a_link(administrator, rows):
    _link, token = link_of(administrator)
    client = visitor(token)
    answers = [
        client.get(f"/s/{token}/"), client.post(f"/s/{token}/"), client.post(f"/s/{'x' * 43}/"),
        client.get("/shared/messages/"), client.get("/shared/analytics/data.json"),
        client.get("/shared/messages/sms_mt/999/"), Client().get("/shared/messages/"),
    ]  # fmt: skip
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store, private"
        assert answer.headers["X-Robots-Tag"].startswith("noindex")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_t15_only_hashes_of_256_bits_are_kept(administrator):
    tokens = {link_of(administrator)[1] for _ in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {43}
    visitor(next(iter(tokens)))
    dump = serializers.serialize("json", [*ShareLink.objects.all(), *Opening.objects.all()])
    assert not any(token in dump for token in tokens)
    stored = ShareLink.objects.values_list("token_hash", flat=True)
    assert not any(Client().post(f"/s/{hashed}/").status_code == 302 for hashed in stored[:3])


def test_t15_guessing_ends_after_some_tries_also_for_the_right_token(administrator):
    _link, token = link_of(administrator)
    guesser = Client(REMOTE_ADDR="192.0.2.1")
    answers = [guesser.post(f"/s/{'x' * 42}{n % 10}/").status_code for n in range(GUESSES.most)]
    assert set(answers) == {404}
    assert guesser.post(f"/s/{token}/").status_code == 429
    assert not Opening.objects.exists()
    visitor(token, REMOTE_ADDR="192.0.2.2")


def test_t37_there_is_a_most_of_openings_of_one_link(administrator, monkeypatch):
    monkeypatch.setattr("messages_app.views.visiting.OPENINGS", Limit("openings", 2, 600))
    tokens = [link_of(administrator)[1] for _ in range(2)]
    for number in range(2):
        visitor(tokens[0], REMOTE_ADDR=f"192.0.2.{number}")
    assert Client(REMOTE_ADDR="192.0.2.9").post(f"/s/{tokens[0]}/").status_code == 429
    assert Opening.objects.count() == 2
    visitor(tokens[1])


@pytest.mark.parametrize(
    ("limit", "others"), [("OF_ADDRESS", {"REMOTE_ADDR": "192.0.2.7"}), ("OF_LINK", None)]
)
def test_t37_a_link_and_an_address_are_answered_so_often_in_ten_minutes(
    administrator, rows, monkeypatch, limit, others
):
    """By another link from the same address, and by the same from another, as the limit says."""
    monkeypatch.setattr(f"messages_app.views.visiting.{limit}", Limit(limit, 3, 600))
    _link, token = link_of(administrator)
    client = visitor(token)
    for _ in range(3):
        page(client)
    answer = client.get("/shared/analytics/data.json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "600")
    assert b"ten minutes" in answer.content
    page(visitor(token, **others) if others else visitor(link_of(administrator)[1]))


def test_t37_who_has_no_link_is_counted_before_the_database_is_asked(
    monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr("messages_app.views.visiting.OF_ADDRESS", Limit("visits", 0, 600))
    with django_assert_num_queries(0):
        assert Client().get("/shared/messages/").status_code == 429


def test_a_page_of_one_link_is_given_nothing_of_another(administrator, rows):
    """A browser keeps the cookie of the link that it opened last; pages of others are told so."""
    client = visitor(link_of(administrator)[1])
    (mark,) = re.findall(r'hx-headers="(.+?)" data-failed', page(client))
    headers = {**json.loads(mark), "HX-Request": "true"}
    path = "/shared/messages/figures/"
    assert "data-figure" in client.get(path, headers=headers).content.decode()
    client.post(f"/s/{link_of(administrator, FENCE.but(countries=('SN',)))[1]}/")
    answer = client.get(path, headers=headers)
    assert "Another view is open" in answer.content.decode()
    assert "data-figure" not in answer.content.decode()
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Push-Url"]) == ("body", "false")
    assert "country: Senegal" in page(client), "a page of its own says whose rows it has"


def ended(link: ShareLink, how: str) -> None:
    if how == "expired":
        ShareLink.objects.filter(pk=link.pk).update(expires_at=NOW)
    elif how == "revoked":
        sharing.revoke(link, NOW)
    elif how == "owner inactive":
        link.owner.is_active = False
        link.owner.save()
    elif how == "owner may not share":
        link.owner.groups.clear()
    elif how == "owner gone":
        link.owner.delete()
    elif how == "question unreadable":
        ShareLink.objects.filter(pk=link.pk).update(question="status=gone")
    else:
        assert how == "unknown"
        ShareLink.objects.filter(pk=link.pk).update(token_hash="0" * 64)


ENDINGS = ("unknown", "expired", "revoked", "owner inactive", "owner may not share", "owner gone")


@pytest.mark.parametrize("how", ENDINGS)
def test_t21_what_does_not_open_looks_all_the_same(administrator, how):
    """Same status, same headers, same bytes; whatever the token is."""
    link, token = link_of(administrator)
    ended(link, how)
    answer = Client().post(f"/s/{token}/")
    other = Client(REMOTE_ADDR="192.0.2.9").post("/s/no such token/")
    assert answer.status_code == other.status_code == 404
    assert answer.content == other.content
    assert answer.headers.pop("X-Request-ID") != other.headers.pop("X-Request-ID")
    assert answer.headers == other.headers
    assert Client().get(f"/s/{token}/").content == Client().get("/s/other/").content


@pytest.mark.parametrize("how", [*ENDINGS[1:], "question unreadable"])
def test_t19_who_came_by_it_sees_nothing_more_from_the_next_request_on(administrator, rows, how):
    link, token = link_of(administrator)
    client = visitor(token)
    assert "data-total" in page(client)
    ended(link, how)
    stranger = Client().get("/shared/messages/")
    for path in ("/shared/messages/", "/shared/analytics/data.json", "/shared/messages/sms_mt/1/"):
        answer = client.get(path)
        assert (answer.status_code, answer.content) == (404, stranger.content)


@pytest.mark.parametrize("missing", ["see_messages", "see_figures"])
def test_t19_an_owner_who_sees_less_shows_nothing(db, rows, missing):
    owner = person("owner")
    names = ["share", "see_messages", "see_figures", "see_personal"]
    owner.user_permissions.set(Permission.objects.filter(codename__in=names))
    _link, token = link_of(owner)
    client = visitor(token)
    owner.user_permissions.set(
        Permission.objects.filter(codename__in=[name for name in names if name != missing])
    )
    assert page(client, status=404)


def test_t19_a_link_ends_by_itself_and_a_visit_before_it(administrator, rows, monkeypatch):
    _link, token = link_of(administrator)
    long_one, _token = link_of(administrator, lasts=timedelta(days=400))
    assert long_one.expires_at == NOW + timedelta(days=90)
    client = visitor(token)
    at(NOW + timedelta(hours=2), monkeypatch)
    assert page(client, status=404)
    client = visitor(token)
    assert "data-total" in page(client)
    at(NOW + timedelta(days=7), monkeypatch)
    assert page(client, status=404)
    assert Client().post(f"/s/{token}/").status_code == 404


def test_another_account_s_archive_is_not_shared(administrator, rows):
    _link, token = link_of(administrator)
    client = visitor(token)
    ProviderTrait.objects.create(api_url="", name="account", value="another")
    assert page(client, status=404)


def test_who_is_logged_in_sees_of_a_link_what_its_visitor_does(
    administrator, administrator_client, rows
):
    _link, token = link_of(administrator, FENCE.but(countries=("BE",)))
    administrator_client.post(f"/s/{token}/")
    shown = page(administrator_client)
    assert 'data-total="0"' in shown
    for words in ("administrator", "Saved views", "/review/", "Log out", "Save view", "/admin/"):
        assert words not in shown


def test_a_visitor_reads_in_another_language(administrator, rows):
    _link, token = link_of(administrator)
    client = visitor(token)
    sent = {"language": "fr", "next": "/shared/messages/?status=sent"}
    assert client.post("/shared/language/", sent).headers["Location"] == sent["next"]
    assert '<html lang="fr">' in page(client).replace('lang="fr" data', 'lang="fr"> data')
    evil = client.post("/shared/language/", {"language": "fr", "next": "//evil.example/"})
    assert "evil" not in evil.headers["Location"]


# The list


def test_the_list_tells_openings_and_last_use_and_ends_a_link_at_once(
    administrator, administrator_client, rows, monkeypatch
):
    link, token = link_of(administrator)
    assert "never opened" in page(administrator_client, "/shares/")
    client = visitor(token)
    visitor(token)
    at(NOW + timedelta(minutes=5), monkeypatch)
    page(client)
    assert "opened 2 ×, last looked at 18 Nov 2026 15:05" in page(administrator_client, "/shares/")
    answer = administrator_client.post(f"/shares/{link.pk}/revoke/")
    assert answer.headers["Location"] == "/shares/"
    assert page(client, status=404)
    shown = page(administrator_client, "/shares/")
    assert "ended by hand on 18 Nov 2026 15:05" in shown
    assert "End now" not in shown


def test_a_link_is_listed_and_ended_by_its_maker_and_by_who_reviews_alone(administrator_client):
    names = ["share", "see_messages", "see_figures", "see_personal"]
    owner, other = person("owner"), person("other")
    for one in (owner, other):
        one.user_permissions.set(Permission.objects.filter(codename__in=names))
    link, _token = link_of(owner)
    assert "Somebody" not in page(browser(other), "/shares/?all=1")
    assert browser(other).post(f"/shares/{link.pk}/revoke/").status_code == 404
    link.refresh_from_db()
    assert link.revoked_at is None
    assert "Somebody" in page(browser(owner), "/shares/")
    assert "Somebody" not in page(administrator_client, "/shares/")
    shown = page(administrator_client, "/shares/?all=1")
    assert "Somebody" in shown
    assert "by owner" in shown
    back = administrator_client.post(f"/shares/{link.pk}/revoke/", {"all": "1"})
    assert back.headers["Location"] == "/shares/?all=1"
    link.refresh_from_db()
    assert link.revoked_at == NOW


def test_a_link_whose_maker_may_no_more_says_so_in_the_list(administrator_client):
    owner = person("owner")
    owner.user_permissions.set(Permission.objects.filter(codename__in=["share", "see_figures"]))
    link_of(owner, shows_messages=False)
    owner.user_permissions.clear()
    assert "its maker may not share this any more" in page(administrator_client, "/shares/?all=1")


def test_without_links_the_list_says_what_they_are_for(administrator_client):
    assert "No link is made yet" in page(administrator_client, "/shares/")


def test_t16_the_token_stands_in_no_log(administrator, rows, caplog):
    caplog.set_level("DEBUG")
    _link, token = link_of(administrator)
    client = visitor(token)
    page(client)
    client.get(reverse("shared", args=[token]))
    secret = client.cookies["shared"].value
    assert "POST shared 302" in caplog.text
    assert token not in caplog.text
    assert secret not in caplog.text


def test_a_guess_is_counted_also_where_the_count_ends_meanwhile(administrator, monkeypatch):
    client = Client(REMOTE_ADDR="192.0.2.7")
    assert client.post("/s/wrong/").status_code == 404

    def ended(key):
        cache.delete(key)
        raise ValueError(key)

    monkeypatch.setattr(cache, "incr", ended)
    assert client.post("/s/wrong/").status_code == 404


def test_t22_the_banner_shows_no_number_of_a_reason_and_no_long_beginning_of_one(
    administrator, rows
):
    asked = FENCE.but(details=("INVALID 33639980007",), sender="33639980*")
    shown = page(visitor(link_of(administrator, asked)[1]))
    assert "INVALID +33 6 •• •• •• 07" in shown
    assert "336•••••*" in shown
    assert "39980" not in shown.replace(" ", "")
    seen = page(visitor(link_of(administrator, asked, numbers=FULL)[1]))
    assert "33639980*" in seen


@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize("digits", [19, 20, 4301, 5000])
def test_a_place_in_the_list_beyond_every_key_is_no_place(administrator, rows, name, digits):
    client = visitor(link_of(administrator)[1])
    assert "data-total" in page(client, f"/shared/messages/?{name}={'9' * digits}")


def test_the_list_has_pages_and_each_counts_its_own_openings(
    administrator, administrator_client, rows, monkeypatch
):
    monkeypatch.setattr("messages_app.views.shares.LISTED", 2)
    tokens = [link_of(administrator, label=f"link {number}")[1] for number in range(5)]
    visitor(tokens[0])
    shown = page(administrator_client, "/shares/?all=1")
    assert re.findall(r"link \d", shown)[::2] == ["link 4", "link 3"]
    assert "1–2 of 5" in shown
    assert 'href="?page=2&all=1"' in shown
    last = page(administrator_client, "/shares/?page=3")
    assert "opened 1 ×" in last
    assert "5–5 of 5" in last
    assert 'rel="next"' not in last
    assert page(administrator_client, "/shares/?page=x").count('class="made"') == 2


def test_links_are_forgotten_ninety_days_after_their_end_with_their_openings(administrator):
    old, token = link_of(administrator)
    visitor(token)
    ended_by_hand, _token = link_of(administrator, lasts=timedelta(days=90))
    young, _token = link_of(administrator, lasts=timedelta(days=90))
    sharing.revoke(ended_by_hand, NOW)
    sharing.forget(NOW + timedelta(days=90))
    assert ShareLink.objects.count() == 3
    sharing.forget(NOW + timedelta(days=91))
    assert set(ShareLink.objects.all()) == {old, young}
    assert Opening.objects.exists()
    sharing.forget(NOW + timedelta(days=98))
    assert set(ShareLink.objects.all()) == {young}
    assert not Opening.objects.exists()
