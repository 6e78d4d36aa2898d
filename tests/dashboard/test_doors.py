"""Login first, one door, strict headers on whatever is answered."""

import json
import re

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.mails import link_in, sent

OPEN = {
    "account_login", "account_logout", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done",
    "health_live", "health_ready", "mfa_authenticate", "set_language",
}  # fmt: skip
"""Addresses that need no login."""

CSP = ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'",
       "base-uri 'none'", "form-action 'self'")  # fmt: skip


def addresses(patterns=None, prefix=""):
    """Every address of the URL configuration with its name, converters filled in."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            filled = re.sub(r"<int:[^>]+>", "1", path)
            filled = re.sub(r"<[^>]+>", "x", filled)
            yield "/" + re.sub(r"\(\?P.*|[\^$]", "", filled), pattern.name


ADDRESSES = sorted(set(addresses()), key=str)


def test_the_walk_finds_the_pages():
    names = {name for _path, name in ADDRESSES}
    assert {"messages", "analytics", "analytics_data", "review", "message", "index"} <= names
    assert names >= OPEN


@pytest.mark.parametrize(
    "path",
    ["/", "/accounts/login/", "/no/such/page", "/static/css/app.css", "/static/nothing.css",
     "/health/live", "/admin/", "/messages/"],
)  # fmt: skip
def test_t13_every_response_bears_the_strict_headers(client, db, path):
    answer = client.get(path)
    answer.close()
    policy = answer.headers["Content-Security-Policy"]
    for directive in CSP:
        assert directive in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_an_error_of_ours_bears_them_too(administrator_client, monkeypatch):
    def broken(*_args):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("messages_app.views.messages.asked", broken)
    administrator_client.raise_request_exception = False
    answer = administrator_client.get("/messages/")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "broken on purpose" not in answer.content.decode()


def test_t34_no_cache_keeps_a_page(client, db):
    answer = client.get("/accounts/login/")
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert {"Cookie", "HX-Request"} <= {v.strip() for v in answer.headers["Vary"].split(",")}


def test_an_account_of_createsuperuser_logs_in_by_name_and_password(client, db):
    User.objects.create_superuser("root", "", "a long password")
    answer = client.post("/accounts/login/", {"login": "root", "password": "a long password"})
    assert answer.status_code == 302
    assert client.get("/review/").status_code == 200


def test_t08_a_wrong_password_and_an_unknown_name_look_the_same(client, support):
    cache.clear()
    bodies = []
    for name in ("support", "nobody"):
        answer = client.post("/accounts/login/", {"login": name, "password": "wrong"})
        token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
        bodies.append(token.sub("", answer.content.decode()).replace(name, "NAME"))
    assert bodies[0] == bodies[1]
    cache.clear()


def test_t06_guessing_is_slowed_down(client, support):
    cache.clear()
    for _ in range(8):
        client.post("/accounts/login/", {"login": "support", "password": "wrong"})
    answer = client.post("/accounts/login/", {"login": "support", "password": "a long password"})
    assert "_auth_user_id" not in client.session
    assert answer.status_code in (200, 429)
    cache.clear()


RESETS = [path for path, name in ADDRESSES if "reset" in (name or "")]


def test_without_a_mail_server_nothing_resets_a_password(client, support, settings, capfd):
    settings.EMAIL_URL = ""
    assert len(RESETS) == 4
    for path in RESETS:
        assert client.get(path).status_code == 404
        assert client.post(path, {"email": support.email}).status_code == 404
    assert "reset" not in client.get("/accounts/login/").content.decode()
    assert "reset" not in "".join(capfd.readouterr())


def test_with_a_mail_server_a_forgotten_password_is_reset(client, support, settings, mailoutbox):
    settings.EMAIL_URL = "smtp://mail.example.org"
    cache.clear()
    assert "/accounts/password/reset/" in client.get("/accounts/login/").content.decode()
    answer = client.post("/accounts/password/reset/", {"email": support.email})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    sent()
    link = link_in(mailoutbox[0].body)
    assert client.get(link, follow=True).status_code == 200
    assert client.get("/accounts/password/reset/done/").status_code == 200
    assert client.get("/accounts/password/reset/key/done/").status_code == 200
    cache.clear()


def test_t13_t35_htmx_runs_no_script_of_an_answer_and_keeps_no_page(client, db):
    page = client.get("/accounts/login/").content.decode()
    (config,) = re.findall(r"""name="htmx-config" content='([^']+)'""", page)
    wanted = {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "allowScriptTags": False,
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "selfRequestsOnly": True,
    }
    assert wanted.items() <= json.loads(config).items()


def test_nobody_signs_up(client, db):
    for path in ("/accounts/signup/", "/accounts/email/", "/accounts/3rdparty/"):
        assert client.get(path).status_code in (302, 404)
        client.post(path, {"username": "eve", "password1": "a long password"})
    assert not User.objects.exists()


def test_htmx_after_the_session_ended_goes_to_the_whole_login_page(client, db):
    here = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/messages/?page=2"}
    answer = client.get("/messages/", **here)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Fmessages%2F%3Fpage%3D2"
    assert answer.content == b""


def test_t05_a_role_change_works_at_the_next_request(administrator, administrator_client):
    assert administrator_client.get("/review/").status_code == 200
    administrator.groups.clear()
    assert administrator_client.get("/review/").status_code == 403


def test_t41_the_admin_is_for_staff_and_has_no_login_of_its_own(
    client, support_client, administrator_client
):
    assert client.get("/admin/login/").headers["Location"].startswith("/accounts/login/")
    assert support_client.get("/admin/", follow=True).status_code == 403
    assert administrator_client.get("/admin/auth/user/").status_code == 200


def test_t04_who_edits_accounts_cannot_make_or_touch_a_superuser(administrator_client, support, db):
    root = User.objects.create_superuser("root", "", "a long password")
    assert administrator_client.get(f"/admin/auth/user/{root.pk}/change/").status_code == 302
    page = administrator_client.get(f"/admin/auth/user/{support.pk}/change/").content.decode()
    assert 'name="groups"' in page
    assert 'name="is_superuser"' not in page
    assert 'name="user_permissions"' not in page


def test_health_tells_no_data(client, db):
    assert client.get("/health/live").json() == {"live": True}
    assert client.get("/health/ready").json() == {"ready": True, "database": True, "migrated": True}


def test_health_is_not_ready_without_its_migrations(client, db, monkeypatch):
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: ["one"]
    )
    assert client.get("/health/ready").status_code == 503


@pytest.mark.parametrize(
    ("name", "status"),
    [("chart.js/chart.umd.min.js", 200), ("chart.js/chart.js", 404), ("chart.js/package.json", 404),
     ("../package.json", 404), ("chart.js/../../package.json", 404)],
)  # fmt: skip
def test_of_the_libraries_only_the_listed_file_is_served(client, db, name, status):
    answer = client.get(f"/static/{name}")
    assert answer.status_code == status
    if status == 200:
        body = b"".join(answer.streaming_content)
        assert b"sourceMappingURL" not in body
        assert b"Chart" in body
    answer.close()


def test_a_browser_of_another_site_cannot_post(support):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(support)
    assert strict.post("/messages/", {"period": "today"}).status_code == 403
