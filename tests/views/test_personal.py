"""Numbers, senders and texts: who may ask for them, and what stands in an address."""

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, reverse

from messages_app.access import PERMISSIONS
from messages_app.addresses import conversation_path, sealed_row
from messages_app.filters import PERSONAL
from messages_app.sealing import seal
from messages_app.urls import urlpatterns
from tests.conftest import browser, person
from tests.views.conftest import WALL

NUMBER = "33639981234"
NO_QUESTION = {
    "home", "views", "save_view", "view", "edit_view", "delete_view", "move_view", "start_view",
    "search", "readings", "column_preferences", "conversation", "row", "reveal",
    "shares", "revoke_share", "new_share", "exports", "export_job", "export_file", "export_manifest",
    "flag_message", "flag_row", "flags", "settle_flag", "review_archive", "reread", "stop_reread", "people",
    "audit", "audit_export",
    "rights", "rights_file", "rights_erase",
}  # fmt: skip
"""Addresses that answer no question: what stands in their query string is nothing to them."""

ASKED = [
    pattern
    for pattern in urlpatterns
    if pattern.name not in NO_QUESTION and not str(pattern.name).startswith("shared")
]
"""Visitors' pages have walks of their own: tests/views/test_fence.py."""

SAMPLES = {"kind": "sms_mt", "message_id": 1, "name": "volume", "pk": 1, "token": "x" * 43,
    "number": "33639981234", "row": sealed_row("sms_mt:1", WALL),
}  # fmt: skip


def somebody_with(*names: str) -> Client:
    user = person("somebody")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return browser(user)


@pytest.fixture
def counter(db) -> Client:
    """Somebody with every permission but the one to personal values."""
    return somebody_with(*(name for name in PERMISSIONS if name != "see_personal"))


OWN_SAMPLES = {"review_panel": {"name": "senders"}}


def address_of(pattern: URLPattern) -> str:
    wanted = pattern.pattern.converters
    samples = SAMPLES | OWN_SAMPLES.get(str(pattern.name), {})
    return reverse(str(pattern.name), kwargs={name: samples[name] for name in wanted})


@pytest.mark.parametrize("pattern", ASKED, ids=lambda pattern: str(pattern.name))
@pytest.mark.parametrize("field", PERSONAL)
@pytest.mark.parametrize("is_sealed", [True, False])
def test_no_page_counts_personal_values_for_who_may_not_see_them(
    account, counter, pattern, field, is_sealed
):
    value = seal(field, NUMBER) if is_sealed else NUMBER
    path = address_of(pattern)
    if path in ("/", "/messages/sms_mt/1/"):
        return  # they ask no question
    account.reset_calls()
    for more in ({}, {"wait": "1"}, {"status": "bogus"}):
        answer = counter.get(path, {field: value, **more}, follow=True)
        shown = answer.content.decode()
        assert answer.status_code in (200, 400)
        told = (
            answer.status_code == 400 or "figures" in path
        )  # the strip above a page that tells it
        assert told or "are masked for you, so they cannot be searched" in shown
        assert NUMBER not in shown
        assert "data-total" not in shown
    assert account.calls == 0


@pytest.mark.parametrize("field", PERSONAL)
def test_a_form_is_refused_as_well(account, counter, field):
    for path in ("/analytics/", "/messages/", "/review/"):
        answer = counter.post(path, {field: NUMBER})
        assert answer.status_code == 200
        assert f'data-masked="{field}"' in answer.content.decode()
        assert NUMBER not in answer.content.decode()


def test_figures_without_personal_values_are_open_and_offer_no_field_for_them(account, counter):
    question = {"period": "yesterday", "wait": "1", "country": "FR"}
    shown = counter.get("/analytics/", question).content.decode()
    assert "data-chart" in shown
    assert counter.get("/analytics/data.json", question).status_code == 200
    assert [name for name in PERSONAL if f'name="{name}"' in shown] == []


def test_figures_lead_to_no_rows_for_who_may_see_none(account, support_client):
    question = {"period": "yesterday", "wait": "1", "compare": "week"}
    shown = somebody_with("see_figures").get("/analytics/", question).content.decode()
    assert "data-chart" in shown
    assert "/messages/" not in shown
    assert "/messages/" in support_client.get("/analytics/", question).content.decode()


@pytest.mark.parametrize(
    ("path", "needs"),
    [
        ("/messages/", {"see_messages"}),
        ("/messages/figures/", {"see_figures"}),
        ("/analytics/", {"see_figures"}),
        ("/analytics/data.json", {"see_figures"}),
        ("/review/", {"review", "see_messages"}),
        ("/review/panels/senders/", {"review", "see_messages"}),
        ("/review/archive/", {"review", "see_messages"}),
        ("/review/people/", {"review"}),
        ("/messages/sms_mt/1/", {"see_messages"}),
        (conversation_path(NUMBER), {"see_messages", "see_personal"}),
    ],
)
def test_a_page_opens_only_with_each_of_its_permissions(account, path, needs):
    open_status = 404 if path.endswith("/1/") else 200
    assert somebody_with(*needs).get(path).status_code == open_status
    for missing in needs:
        others = [name for name in PERMISSIONS if name != missing]
        user = person(f"all-but-{missing}")
        user.user_permissions.set(Permission.objects.filter(codename__in=others))
        assert browser(user).get(path).status_code == 403


@pytest.mark.parametrize("field", PERSONAL)
def test_what_is_typed_is_plain_even_if_it_looks_sealed(account, support_client, field):
    answer = support_client.post("/messages/", {field: "~1.5 kg", "period": "yesterday"})
    assert answer.status_code == 302
    address = answer.headers["Location"]
    assert dict(parse_qsl(urlsplit(address).query))[field] == seal(field, "~1.5 kg")
    shown = support_client.get(address).content.decode()
    assert "cut off or altered" not in shown
    assert f"{field}={quote(seal(field, '~1.5 kg'))}" in shown


@pytest.mark.parametrize("path", ["/messages/", "/analytics/", "/messages/figures/"])
@pytest.mark.parametrize(
    "mistake", [{"status": "bogus"}, {"date_end": "2026-02-31"}, {"no_such_filter": "1"}]
)
def test_a_plain_number_leaves_the_address_of_a_bad_question_too(
    account, support_client, path, mistake
):
    answer = support_client.get(path, {"destination": "0639981234", "wait": "1", **mistake})
    assert answer.status_code == 302
    params = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert params == {"destination": seal("destination", "0639981234"), "wait": "1", **mistake}
    assert support_client.get(answer.headers["Location"]).status_code == 200


def test_two_plain_numbers_leave_the_address_with_their_mistake(account, support_client):
    answer = support_client.get("/messages/?destination=0639981234&destination=0639985678")
    assert answer.status_code == 302
    assert "063998" not in answer.headers["Location"]
    shown = support_client.get(answer.headers["Location"]).content.decode()
    assert "Give only one value here" in shown
