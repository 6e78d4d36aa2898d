"""One's own account, where it is logged in, and inviting others by a mail that really travels."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.test import Client

from messages_app.audit import Act
from messages_app.audited import AuditLine
from messages_app.views.accounts import device_of
from tests.codes import with_second_factor
from tests.conftest import browser, make_roles
from tests.mails import link_in, sent, sink

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
WORDS = {"login": "support", "password": "a long password"}
LIST = "/accounts/sessions/"


@pytest.fixture(autouse=True)
def no_attempts():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def two(support):
    """The same person logged in at two places."""
    places = Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="198.51.100.20"), Client()
    for place in places:
        place.post("/accounts/login/", WORDS)
    return places


@pytest.fixture
def mail_server(settings):
    """A server on a real socket, to which mails go."""
    with sink() as server:
        settings.EMAIL_URL = "smtp://127.0.0.1"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        yield server


def role(name: str) -> int:
    return Group.objects.get(name=name).pk


def invitation(**changes):
    return {"username": "grace", "email": "grace@example.org", "groups": role("Support"), **changes}


def test_the_account_tells_what_one_is_and_may(support, support_client):
    page = support_client.get("/accounts/").content.decode()
    for words in (
        "support@example.org",
        "Support",
        "See full numbers and texts",
        "At 1 place",
        "Off:",
    ):
        assert words in page
    assert "/accounts/invite/" not in page
    with_second_factor(support)
    page = support_client.get("/accounts/").content.decode()
    assert "10 recovery codes are left." in page
    assert "/accounts/" in support_client.get("/views/").content.decode()


def test_who_may_nothing_still_has_an_account(stranger_client):
    assert "ask an administrator" in stranger_client.get("/accounts/").content.decode()


def test_t10_one_sees_where_one_is_logged_in_and_nobody_elses(two, administrator_client):
    administrator_client.get("/accounts/")
    page = two[1].get(LIST).content.decode()
    assert "Firefox on Linux" in page
    assert "198.51.100.20" in page
    assert "An unknown browser" in page
    assert page.count('class="made"') == 2


def test_t10_a_login_elsewhere_can_be_ended(two):
    there = UserSession.objects.get(ip="198.51.100.20")
    assert two[1].post(f"{LIST}{there.pk}/end/").headers["Location"] == LIST
    assert two[0].get(LIST).status_code == 302
    assert two[1].get(LIST).status_code == 200
    assert AuditLine.objects.filter(act=Act.SESSION_ENDED).count() == 1


def test_t10_the_login_here_can_be_ended_too(two):
    here = UserSession.objects.get(session_key=two[1].session.session_key)
    assert two[1].post(f"{LIST}{here.pk}/end/").headers["Location"] == "/"
    assert two[1].get(LIST).status_code == 302
    assert two[0].get(LIST).status_code == 200


def test_t10_all_can_be_ended_at_once(two, administrator_client):
    administrator_client.get("/accounts/")
    answer = two[1].post(f"{LIST}end/", follow=True)
    assert "You are logged out everywhere." in answer.content.decode()
    assert two[0].get(LIST).status_code == two[1].get(LIST).status_code == 302
    assert administrator_client.get("/accounts/").status_code == 200
    assert AuditLine.objects.get(act=Act.SESSION_ENDED).name == "support"


def test_t10_nobody_ends_anothers_login(two, administrator_client):
    there = UserSession.objects.get(ip="198.51.100.20")
    assert administrator_client.post(f"{LIST}{there.pk}/end/").status_code == 404
    assert two[0].get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/143.0 Safari/537 Edg/143.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "An unknown browser"),
        ("<b>Linux</b>", "Linux"),
    ],
)  # fmt: skip
def test_a_browser_has_a_name_as_far_as_it_says_one(agent, words):
    assert device_of(agent) == words


def test_an_invitation_travels_and_its_link_sets_a_password_once(
    administrator_client, client, mail_server
):
    answer = administrator_client.post("/accounts/invite/", invitation(), follow=True)
    assert "A mail is on its way to grace@example.org." in answer.content.decode()
    ((people, mail),) = mail_server.mails
    assert people == ["grace@example.org"]
    assert mail["From"] == "sms-traffic@localhost"
    assert mail["Subject"] == "Your account at testserver"
    text = mail.get_content()
    assert "administrator has made an account for you" in text
    grace = User.objects.get(username="grace")
    assert not grace.has_usable_password()
    assert [group.name for group in grace.groups.all()] == ["Support"]
    assert not grace.is_staff
    form = client.get(link_in(text), follow=True)
    words = {"password1": "a password of mine", "password2": "a password of mine"}
    assert client.post(form.redirect_chain[-1][0], words).status_code == 302
    client.post("/accounts/login/", {"login": "grace", "password": "a password of mine"})
    assert client.get("/views/").status_code == 200
    assert "used before or is too old" in Client().get(link_in(text)).content.decode()
    line = AuditLine.objects.get(act=Act.INVITED)
    assert (line.name, line.about, line.note) == ("administrator", "account grace", "Support")


def test_a_forgotten_password_travels_too(support, client, mail_server):
    client.post("/accounts/password/reset/", {"email": "support@example.org"})
    sent()
    ((people, mail),) = mail_server.mails
    assert people == ["support@example.org"]
    assert mail["Subject"] == "Your password"
    assert client.get(link_in(mail.get_content()), follow=True).status_code == 200


def test_who_is_invited_to_change_accounts_gets_the_administration(
    administrator_client, mail_server
):
    administrator_client.post("/accounts/invite/", invitation(groups=role("Administrator")))
    assert User.objects.get(username="grace").is_staff


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "administrator"}, "already exists"),
        ({"username": "a b"}, "valid username"),
        ({"email": "ADMINISTRATOR@example.org"}, "There is an account with this address."),
        ({"email": ""}, "required"),
        ({"email": "a@b\r\nBcc: eve@example.org"}, "valid email"),
        ({"groups": []}, "Choose a role."),
        ({"groups": "999"}, "999"),
    ],
)
def test_nobody_is_invited_by_a_wrong_form(administrator_client, mail_server, changes, words):
    answer = administrator_client.post("/accounts/invite/", invitation(**changes))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not User.objects.filter(username="grace").exists()
    assert mail_server.mails == []


def test_a_mail_that_could_not_be_sent_is_told(administrator_client, settings):
    settings.EMAIL_URL = "smtp://127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = administrator_client.post("/accounts/invite/", invitation())
    assert "“grace” is made, but the mail could not be sent" in answer.content.decode()
    assert User.objects.filter(username="grace").exists()


def test_without_a_mail_server_it_says_how_else(administrator_client, settings):
    settings.EMAIL_URL = ""
    page = administrator_client.get("/accounts/invite/").content.decode()
    assert "/admin/auth/user/add/" in page
    administrator_client.post("/accounts/invite/", invitation())
    assert not User.objects.filter(username="grace").exists()


@pytest.mark.parametrize(
    "codes", [[], ["review"], ["add_user", "change_user"], ["review", "add_user"]]
)
def test_t04_only_who_reviews_and_makes_and_changes_accounts_invites(stranger, mail_server, codes):
    make_roles()
    stranger.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client = browser(stranger)
    assert client.get("/accounts/invite/").status_code == 403
    assert client.post("/accounts/invite/", invitation()).status_code == 403
    assert not User.objects.filter(username="grace").exists()
