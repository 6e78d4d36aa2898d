"""T9: a second factor, of which a stolen password lacks the other half."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.checks import run_checks

from messages_app.audit import Act
from messages_app.audited import AuditLine
from tests.codes import SECRET, code_of, with_second_factor
from tests.conftest import browser

SET_UP = "/accounts/second-factor/set-up/"
CODE = "/accounts/second-factor/code/"
WORDS = {"login": "support", "password": "a long password"}


@pytest.fixture(autouse=True)
def no_attempts():
    cache.clear()
    yield
    cache.clear()


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def key_on(page: str) -> str:
    """The key that a page shows to type into an app."""
    found = re.search(r'id="id_secret" value="([A-Z2-7=]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def half_in(client, support):
    """Somebody who gave the right password of an account with a second factor; and its recovery codes."""
    codes = with_second_factor(support)
    answer = client.post("/accounts/login/", WORDS)
    assert answer.headers["Location"] == CODE
    return client, codes


def noted() -> list[str]:
    return list(
        AuditLine.objects.filter(act=Act.SECOND_FACTOR)
        .order_by("number")
        .values_list("note", flat=True)
    )


def test_t09_it_is_set_up_with_the_code_of_an_app(
    support, support_client, django_capture_on_commit_callbacks
):
    page = support_client.get(SET_UP).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    key = key_on(page)
    answer = support_client.post(SET_UP, {"code": "000000"})
    assert "This code is not right" in answer.content.decode()
    assert key_on(answer.content.decode()) == key
    with django_capture_on_commit_callbacks(execute=True):
        answer = support_client.post(SET_UP, {"code": code_of(key)})
    assert answer.headers["Location"] == "/accounts/second-factor/codes/"
    codes = re.findall(
        r"<li>(\d{8})</li>", support_client.get(answer.headers["Location"]).content.decode()
    )
    assert len(set(codes)) == 10
    assert noted() == ["totp made", "recovery_codes made"]
    again = support_client.get("/accounts/second-factor/codes/").content.decode()
    assert not re.search(r"\d{8}", again)
    assert "10 codes are left." in again


def test_t09_a_password_alone_logs_nobody_in(half_in):
    client, _codes = half_in
    assert not is_in(client)
    assert client.get("/messages/").status_code == 302
    assert client.post(CODE, {"code": "000000"}).status_code == 200
    assert not is_in(client)
    assert client.post(CODE, {"code": f"{code_of()[:3]} {code_of()[3:]}"}).status_code == 302
    assert is_in(client)


def test_t09_a_code_opens_once_however_it_is_written(half_in):
    client, _codes = half_in
    code = code_of()
    client.post(CODE, {"code": code})
    client.post("/accounts/logout/")
    client.post("/accounts/login/", WORDS)
    for again in (code, f"{code[:3]}-{code[3:]}", f" {code} "):
        assert client.post(CODE, {"code": again}).status_code == 200
    assert not is_in(client)


def test_t09_a_code_opens_once_as_long_as_it_is_good(half_in, monkeypatch):
    """The next code of the app is good from now on until it is the last one."""
    client, _codes = half_in
    code = code_of(steps=1)
    client.post(CODE, {"code": code})
    assert is_in(client)
    client.post("/accounts/logout/")
    later = time.time() + 31
    monkeypatch.setattr("time.time", lambda: later)
    client.post("/accounts/login/", WORDS)
    assert client.post(CODE, {"code": code}).status_code == 200
    assert not is_in(client)


def test_t09_codes_that_open_nothing_stand_in_the_trail_used_ones_too(half_in):
    client, _codes = half_in
    code = code_of()
    client.post(CODE, {"code": "000000"})
    client.post(CODE, {"code": code})
    client.post("/accounts/second-factor/fresh/", {"code": code})
    lines = AuditLine.objects.filter(act=Act.LOGIN_FAILED)
    assert [(one.name, one.note) for one in lines] == [("support", "second factor")] * 2


def test_a_telephone_half_a_minute_off_will_do(half_in):
    client, _codes = half_in
    client.post(CODE, {"code": code_of(steps=-1)})
    assert is_in(client)


def test_t09_a_recovery_code_opens_once(half_in):
    client, codes = half_in
    client.post(CODE, {"code": codes[3]})
    assert is_in(client)
    client.post("/accounts/logout/")
    client.post("/accounts/login/", WORDS)
    assert client.post(CODE, {"code": codes[3]}).status_code == 200
    assert not is_in(client)


def test_t06_codes_cannot_be_tried_one_by_one(half_in):
    client, _codes = half_in
    for n in range(6):
        client.post(CODE, {"code": f"{n:06}"})
    assert client.post(CODE, {"code": code_of()}).status_code == 200
    assert not is_in(client)


def test_t09_it_is_kept_sealed(support):
    codes = with_second_factor(support)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in kept
    totp = Authenticator.objects.get(type="totp").wrap()
    assert totp.validate_code(code_of())
    assert len(codes) == 10


def test_t09_switching_it_on_or_off_ends_the_other_logins(
    client, support, half_in, django_capture_on_commit_callbacks
):
    client, _codes = half_in
    client.post(CODE, {"code": code_of()})
    other = browser(support)
    other.get("/accounts/")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/second-factor/off/")
    assert client.get("/views/").status_code == 200
    assert other.get("/views/").status_code == 302
    assert not Authenticator.objects.exists()
    assert noted()[-2:] == ["totp removed", "recovery_codes removed"]


def test_new_recovery_codes_replace_the_old(client, half_in):
    client, codes = half_in
    client.post(CODE, {"code": code_of()})
    answer = client.post("/accounts/second-factor/codes/new/", follow=True)
    fresh = re.findall(r"<li>(\d{8})</li>", answer.content.decode())
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)


@pytest.mark.parametrize(
    "path", ["/messages/", "/accounts/", "/", "/accounts/sessions/", "/analytics/data.json"]
)
def test_t09_a_role_that_demands_it_opens_nothing_before(support_client, settings, path):
    settings.REQUIRE_SECOND_FACTOR = ["Support"]
    assert support_client.get(path).headers["Location"] == SET_UP
    assert support_client.post(path).headers["Location"] == SET_UP
    assert "Your role demands a second factor" in support_client.get(SET_UP).content.decode()


def test_t09_once_it_is_set_up_all_is_open_and_it_stays_on(support_client, settings, support):
    settings.REQUIRE_SECOND_FACTOR = ["Manager", "Support"]
    key = key_on(support_client.get(SET_UP).content.decode())
    support_client.post(SET_UP, {"code": code_of(key)})
    assert support_client.get("/views/").status_code == 200
    assert "it stays on" in support_client.get("/accounts/second-factor/off/").content.decode()
    support_client.post("/accounts/second-factor/off/")
    assert Authenticator.objects.filter(user=support, type="totp").exists()
    assert "/accounts/second-factor/off/" not in support_client.get("/accounts/").content.decode()


def test_t09_it_is_demanded_of_the_named_roles_and_superusers_alone(
    settings, support_client, administrator_client, db
):
    settings.REQUIRE_SECOND_FACTOR = ["Administrator"]
    root = browser(User.objects.create_superuser("root", "", "a long password"))
    assert support_client.get("/views/").status_code == 200
    assert administrator_client.get("/admin/").headers["Location"] == SET_UP
    assert root.get("/admin/").headers["Location"] == SET_UP
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/views/"}
    assert root.get("/views/", headers=htmx).headers["HX-Redirect"].startswith(SET_UP)
    assert root.post("/accounts/logout/").headers["Location"] == "/"


def test_t09_a_role_that_demands_it_works_at_the_next_request(settings, support, support_client):
    settings.REQUIRE_SECOND_FACTOR = ["Administrator"]
    assert support_client.get("/views/").status_code == 200
    support.groups.create(name="Administrators of tomorrow")
    assert support_client.get("/views/").status_code == 200
    support.groups.add(Group.objects.get(name="Administrator"))
    assert support_client.get("/views/").headers["Location"] == SET_UP


def test_t09_a_role_that_is_misspelt_is_told(settings, support):
    settings.REQUIRE_SECOND_FACTOR = ["Support", "Administrators"]
    assert [one.msg for one in run_checks(tags=["database"], databases=["default"])] == [
        "REQUIRE_SECOND_FACTOR names “Administrators”, which is no role."
    ]


def test_t41_an_administrator_takes_it_off_without_seeing_it(administrator_client, support, db):
    with_second_factor(support)
    root = User.objects.create_superuser("root", "", "a long password")
    with_second_factor(root)
    listed = administrator_client.get("/admin/mfa/authenticator/").content.decode()
    assert "support" in listed
    assert "root" not in listed
    one = Authenticator.objects.get(user=support, type="totp")
    page = administrator_client.get(f"/admin/mfa/authenticator/{one.pk}/change/").content.decode()
    assert one.data["secret"] not in page
    administrator_client.post(f"/admin/mfa/authenticator/{one.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.filter(user=support, type="totp").exists()
    assert (
        AuditLine.objects.order_by("-number").filter(act=Act.SECOND_FACTOR)[0].name
        == "administrator"
    )
    for name in ("usersessions/usersession", "account/emailaddress"):
        assert browser(root).get(f"/admin/{name}/").status_code == 404
