"""How long a login lasts, how fresh it must be, and what ends it."""

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from messages_app import logins
from messages_app.audit import Act
from messages_app.audited import AuditLine
from messages_app.clock import real_now
from messages_app.sealing import seal
from tests.archive.own_database import locked, read_only
from tests.codes import code_of, with_second_factor
from tests.conftest import browser, person

HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/views/?page=2"}
POLL = {**HTMX, "HTTP_X_BY_ITSELF": "1"}
PAGE = "/views/"
STALE = 11 * 60


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += minutes * 60


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(logins, "time", found)
    return found


@pytest.fixture(autouse=True)
def no_attempts():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def someone(clock, support) -> Client:
    """Somebody of the support who has just logged in."""
    return browser(support)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_t10_a_login_ends_when_nobody_does_anything_and_its_page_comes_back(someone, clock):
    clock.pass_minutes(29)
    assert someone.get(PAGE).status_code == 200
    clock.pass_minutes(29)
    assert someone.get(PAGE).status_code == 200
    clock.pass_minutes(31)
    answer = someone.get(f"{PAGE}?moved=1", follow=True)
    assert answer.redirect_chain == [("/accounts/login/?next=/views/%3Fmoved%3D1", 302)]
    assert "Your login had ended." in answer.content.decode()
    assert not is_in(someone)


def test_t10_what_a_page_asks_by_itself_keeps_no_login_alive(someone, clock):
    for _ in range(6):
        clock.pass_minutes(5)
        assert someone.get(PAGE, **POLL).status_code == 200
    clock.pass_minutes(1)
    answer = someone.get(PAGE, **POLL)
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Fviews%2F%3Fpage%3D2"
    assert answer.content == b""
    assert not is_in(someone)


def test_t10_without_scripts_a_page_says_so_in_its_address(someone, clock):
    for _ in range(4):
        clock.pass_minutes(10)
        answer = someone.get(f"{PAGE}?by-itself")
    assert answer.status_code == 302


def test_t10_no_login_lasts_longer_than_its_hours(someone, clock, settings):
    settings.SESSION_IDLE_MINUTES = 720
    for _ in range(3):
        clock.pass_minutes(239)
        assert someone.get(PAGE).status_code == 200
    clock.pass_minutes(4)
    assert someone.get(PAGE).status_code == 302


def test_t10_both_limits_are_settings(someone, clock, settings):
    settings.SESSION_IDLE_MINUTES = 2
    clock.pass_minutes(3)
    assert someone.get(PAGE).status_code == 302


def test_t10_a_login_of_before_the_limits_is_over(someone):
    session = someone.session
    del session[logins.BEGAN], session[logins.SEEN]
    session.save()
    assert someone.get(PAGE).status_code == 302


@pytest.mark.parametrize("fault", [locked, read_only])
def test_a_page_is_shown_though_the_database_takes_no_note_of_the_act(own_database, clock, fault):
    client = browser(person("support", "Support"))
    clock.pass_minutes(2)
    with fault():
        assert client.get(PAGE).status_code == 200
    client.get(PAGE)
    assert client.session[logins.SEEN] == int(clock.now)


def test_acts_are_written_down_once_a_minute(someone, clock, django_assert_num_queries):
    someone.get(PAGE)
    before = someone.session[logins.SEEN]
    clock.pass_minutes(0.9)
    someone.get(PAGE)
    assert someone.session[logins.SEEN] == before
    clock.pass_minutes(0.2)
    someone.get(PAGE)
    assert someone.session[logins.SEEN] == int(clock.now)


def test_t10_a_login_gets_a_session_of_its_own(client, support):
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted = session.session_key
    client.post("/accounts/login/", {"login": "support", "password": "a long password"})
    assert is_in(client)
    assert client.session.session_key != planted
    assert not Client().session.exists(planted)


def test_t05_who_is_switched_off_is_out_at_the_next_request(support, support_client):
    assert support_client.get(PAGE).status_code == 200
    User.objects.update(is_active=False)
    assert support_client.get(PAGE).status_code == 302


def test_t10_a_new_password_ends_the_other_logins(support, support_client):
    other = browser(support)
    words = {"oldpassword": "a long password", "password1": "another long one"}
    answer = support_client.post(
        "/accounts/password/change/", {**words, "password2": "another long one"}
    )
    assert answer.headers["Location"] == "/accounts/"
    assert support_client.get(PAGE).status_code == 200
    assert other.get(PAGE).status_code == 302
    assert AuditLine.objects.filter(act=Act.PASSWORD_CHANGED).count() == 1


@pytest.mark.parametrize(
    "password", ["eleven.char", "support12345", "qwerty123456", "7461093852641"]
)
def test_t06_a_password_is_long_not_common_and_not_the_name(support_client, support, password):
    words = {"oldpassword": "a long password", "password1": password, "password2": password}
    assert support_client.post("/accounts/password/change/", words).status_code == 200
    support.refresh_from_db()
    assert support.check_password("a long password")


def test_t09_what_is_sensitive_needs_a_fresh_login_and_comes_back_after_it(someone, clock):
    clock.pass_minutes(11)
    someone.get(PAGE)
    answer = someone.get("/accounts/password/change/?x=1")
    assert answer.headers["Location"] == (
        "/accounts/reauthenticate/?next=%2Faccounts%2Fpassword%2Fchange%2F%3Fx%3D1"
    )
    ask = answer.headers["Location"]
    assert "Is it you?" in someone.get(ask).content.decode()
    wrong = someone.post(ask, {"password": "not the password"})
    assert wrong.status_code == 200
    assert someone.get("/accounts/password/change/").status_code == 302
    right = someone.post(ask, {"password": "a long password"})
    assert right.headers["Location"] == "/accounts/password/change/?x=1"
    assert someone.get(right.headers["Location"]).status_code == 200


def test_t09_an_open_form_may_be_sent_later_and_is_not_lost_in_silence(someone, clock):
    words = {"oldpassword": "wrong", "password1": "x", "password2": "x"}
    form = "/accounts/password/change/"
    clock.pass_minutes(20)
    someone.get(PAGE)
    assert someone.post(form, words).status_code == 200
    clock.pass_minutes(20)
    someone.get(PAGE)
    clock.pass_minutes(1)
    answer = someone.post(form, words, HTTP_REFERER=f"http://testserver{form}?x=1", follow=True)
    assert answer.redirect_chain == [
        ("/accounts/reauthenticate/?next=%2Faccounts%2Fpassword%2Fchange%2F%3Fx%3D1", 302)
    ]
    assert "fill in the form once more" in answer.content.decode()
    answer = someone.post(form, words, HTTP_REFERER=f"https://elsewhere.example{form}")
    assert answer.headers["Location"] == "/accounts/reauthenticate/?next=%2F"


@pytest.mark.parametrize("form", ["/review/rights/", "/review/rights/file/"])
def test_t09_a_form_that_shows_a_persons_data_is_not_answered_later(administrator, clock, form):
    client, asked = browser(administrator), {"number": seal("rights", "33639980001")}
    assert client.post(form, asked).status_code == 200
    clock.pass_minutes(11)
    answer = client.post(form, asked)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")


def test_t09_where_logins_last_long_a_form_is_not_open_as_long(someone, clock, settings):
    settings.SESSION_IDLE_MINUTES = 720
    clock.pass_minutes(41)
    answer = someone.post("/accounts/password/change/", {})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")


def test_t09_a_part_of_a_page_is_no_place_for_the_question(someone, clock):
    clock.pass_minutes(11)
    answer = someone.post("/accounts/password/change/", {}, **HTMX)
    assert answer.status_code == 200
    clock.pass_minutes(29)
    someone.get(PAGE)
    clock.pass_minutes(2)
    answer = someone.post("/accounts/password/change/", {}, **HTMX)
    assert answer.headers["HX-Redirect"] == "/accounts/reauthenticate/?next=%2Fviews%2F%3Fpage%3D2"


def test_t09_with_a_second_factor_a_password_alone_is_no_fresh_login(someone, support, clock):
    with_second_factor(support)
    clock.pass_minutes(11)
    someone.get(PAGE)
    ask = someone.get("/accounts/password/change/").headers["Location"]
    assert (
        someone.post(ask, {"password": "a long password"})
        .headers["Location"]
        .startswith("/accounts/second-factor/fresh/?next=")
    )
    assert someone.get("/accounts/password/change/").status_code == 302
    answer = someone.post(ask.replace("reauthenticate", "second-factor/fresh"), {"code": code_of()})
    assert answer.headers["Location"] == "/accounts/password/change/"
    assert someone.get("/accounts/password/change/").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/shares/new/?period=today", "/accounts/invite/", "/admin/auth/user/add/", "/admin/auth/group/add/",
     "/admin/auth/user/{}/change/", "/admin/auth/user/{}/delete/", "/admin/auth/user/{}/password/",
     "/accounts/second-factor/set-up/"],
)  # fmt: skip
def test_t09_these_need_one(administrator, clock, path):
    client = browser(administrator)
    path = path.format(administrator.pk)
    assert client.get(path).status_code == 200
    clock.pass_minutes(11)
    client.get(PAGE)
    assert client.get(path).headers["Location"].startswith("/accounts/reauthenticate/?next=")


@pytest.mark.parametrize(
    "path", ["/shares/", "/admin/auth/user/", "/admin/auth/group/", "/accounts/"]
)
def test_t09_reading_needs_none(administrator, clock, path):
    client = browser(administrator)
    clock.pass_minutes(11)
    assert client.get(path).status_code == 200


def test_t09_nobody_is_changed_by_a_stale_login(administrator, support, clock):
    client = browser(administrator)
    clock.pass_minutes(29)
    client.get(PAGE)
    clock.pass_minutes(12)
    client.post(f"/admin/auth/user/{support.pk}/delete/", {"post": "yes"})
    client.post(
        "/admin/auth/user/",
        {"action": "delete_selected", "_selected_action": support.pk, "post": "yes"},
    )
    assert User.objects.filter(pk=support.pk).exists()


def test_where_somebody_logs_in_is_kept_with_the_address(client, support):
    client.post(
        "/accounts/login/", {"login": "support", "password": "a long password"},
        REMOTE_ADDR="198.51.100.20", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0",
    )  # fmt: skip
    session = UserSession.objects.get(user=support)
    assert session.ip == "198.51.100.20"
    assert session.session_key == client.session.session_key


def test_what_is_over_is_forgotten(support):
    """Where people were logged in is personal too: it goes with the login."""
    gone, live = browser(support), browser(support)
    for client in (gone, live):
        client.get("/accounts/")
    Session.objects.filter(session_key=gone.session.session_key).update(expire_date=real_now())
    logins.forget(real_now())
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [
        live.session.session_key
    ]
    assert Session.objects.count() == 1


@pytest.mark.parametrize("fault", [locked, read_only])
def test_t10_a_login_ends_though_the_database_takes_nothing(own_database, clock, fault):
    client = browser(person("support", "Support"))
    clock.pass_minutes(31)
    with fault():
        answer = client.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={PAGE}")
    assert client.get(PAGE).status_code == 302
