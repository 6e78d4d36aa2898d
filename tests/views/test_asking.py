"""A question on its way: broken links, addresses in plain, forms sent after the session ended."""

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from messages_app.sealing import seal
from tests.views.test_lists import links
from tests.views.test_pages import NUMBER, found, text

LOST = "This link was cut off or altered"
BROKEN = seal("destination", NUMBER)[:-4] + "AAAA"


@pytest.mark.parametrize("page", ["/messages/", "/analytics/"])
def test_a_broken_link_stays_an_error_until_its_field_is_typed_or_left_out(
    account, support_client, page
):
    account.reset_calls()
    shown = text(support_client.get(page, {"destination": BROKEN, "country": "FR"}))
    assert LOST in shown
    sent = {"broken": found(r'name="broken" value="([^"]+)"', shown), "country": "FR"}
    again = support_client.post(page, {**sent, "destination": " ", "period": "yesterday"})
    assert again.status_code == 200
    assert LOST in text(again)
    assert 'name="broken" value="destination"' in text(again)
    assert account.calls == 0
    left_out = links(text(again))["Leave it out"]
    assert dict(parse_qsl(urlsplit(left_out).query)) == {"country": "FR", "period": "yesterday"}
    assert LOST not in text(support_client.get(left_out))
    retyped = support_client.post(page, {**sent, "destination": "06 39 98 12 34"})
    assert retyped.status_code == 302
    target = parse_qs(urlsplit(retyped.headers["Location"]).query)
    assert set(target) == {"destination", "country"}


def test_leaving_a_broken_field_out_keeps_the_others_sealed(account, support_client):
    asked = {"destination": BROKEN, "sender": seal("sender", "ACME"), "status": ["sent", "denied"]}
    shown = text(support_client.get("/messages/", asked))
    target = parse_qs(urlsplit(links(shown)["Leave it out"]).query)
    assert target == {"sender": [seal("sender", "ACME")], "status": ["sent", "denied"]}


def test_bars_that_there_are_not_are_told_and_nothing_is_read(account, support_client):
    account.reset_calls()
    for page, status in (("/analytics/", 200), ("/analytics/data.json", 400)):
        answer = support_client.get(page, {"bucket": "foo", "wait": "1"})
        assert answer.status_code == status
        assert "There are no bars of" in text(answer)
    assert account.calls == 0
    good = support_client.get("/analytics/data.json", {"bucket": "hour", "period": "today"})
    assert good.status_code == 200


def test_figures_of_a_plain_number_are_redirected_to_its_sealed_address(account, support_client):
    answer = support_client.get("/analytics/data.json", {"destination": "06 39 98 12 34"})
    assert answer.status_code == 302
    target = urlsplit(answer.headers["Location"])
    assert target.path == "/analytics/data.json"
    assert dict(parse_qsl(target.query)) == {"destination": seal("destination", NUMBER)}
    assert support_client.get(answer.headers["Location"]).status_code == 200


SENT = {"destination": "06 39 98 12 34", "country": "france", "period": "today"}


def login_of(client, page: str, sent: dict[str, str], **headers) -> str:
    answer = client.post(page, sent, **headers)
    return answer.headers["HX-Redirect" if headers else "Location"]


@pytest.mark.parametrize(
    "headers", [{}, {"HTTP_HX_REQUEST": "true", "HTTP_HX_BOOSTED": "true",
                     "HTTP_HX_CURRENT_URL": "http://testserver/messages/?country=BE"}],
)  # fmt: skip
def test_a_filter_set_after_the_session_ended_is_asked_after_the_login(
    account, client, support, headers
):
    login = login_of(client, "/messages/", SENT, **headers)
    assert login.startswith("/accounts/login/?next=")
    assert "39981234" not in login.replace(" ", "")
    assert "france" not in login
    answer = client.post(login, {"login": "support", "password": "a long password"}, follow=True)
    address, _status = answer.redirect_chain[-1]
    assert dict(parse_qsl(urlsplit(address).query)) == {
        "destination": seal("destination", NUMBER), "country": "FR", "period": "today",
    }  # fmt: skip
    assert 'value="+33 6 39 98 12 34"' in text(answer)


def test_a_form_with_an_error_comes_back_after_the_login_as_it_was_typed(
    account, client, support_client
):
    login = login_of(client, "/messages/", {**SENT, "country": "Atlantis"})
    kept = parse_qs(urlsplit(login).query)["next"][0]
    shown = text(support_client.get(kept))
    assert 'value="Atlantis"' in shown
    assert 'value="+33 6 39 98 12 34"' in shown


def test_strangers_learn_nothing_of_how_a_value_is_sealed(client, db):
    one, other = (login_of(client, "/messages/", SENT) for _ in range(2))
    assert one != other
    assert seal("destination", NUMBER) not in one


def test_a_kept_form_asks_for_personal_values_only_by_who_may_see_them(
    account, client, stranger_client
):
    kept = parse_qs(urlsplit(login_of(client, "/analytics/", SENT)).query)["next"][0]
    assert stranger_client.get(kept).status_code == 403


@pytest.mark.parametrize("value", ["", "x", "~1.AAAA", seal("destination", NUMBER)])
def test_what_is_no_kept_form_is_no_question(account, support_client, value):
    account.reset_calls()
    shown = text(support_client.get("/messages/?" + urlencode({"form": value})))
    assert "There is no filter called" in shown
    assert account.calls == 0


def test_other_forms_lead_to_the_login_as_ever(client, db):
    answer = client.post("/accounts/password/change/", {"oldpassword": "x"})
    assert "form" not in answer.headers["Location"]
