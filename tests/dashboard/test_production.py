"""What a start with public hosts does, seen from outside: a process of its own with its settings."""

import json
import secrets
import subprocess
import sys

import pytest

from scripts import neutral
from scripts.install import ROOT

PROGRAM = """
import json
import django
django.setup()
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
user = User.objects.create_user("support", password="a long password")
def login(**options):
    client = Client(headers={"host": "sms.example.org"})
    form = {"login": "support", "password": "a long password"}
    answer = client.post("/accounts/login/", form, **options)
    cookies = {name: dict(cookie) for name, cookie in answer.cookies.items()}
    return {"status": answer.status_code, "headers": dict(answer.headers), "cookies": cookies}
print(json.dumps({
    "secure": login(secure=True),
    "plain": login(),
    "proxied": login(HTTP_X_FORWARDED_PROTO="https", REMOTE_ADDR="10.0.0.5"),
    "forged": login(HTTP_X_FORWARDED_PROTO="https", REMOTE_ADDR="203.0.113.9"),
    "password": user.password,
    "log": settings.LOG_FORMAT,
    "files": [oct(path.stat().st_mode)[-3:] for path in FOLDER.glob("public.sqlite3*")],
}))
"""


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """What a login got, over https, plain http, a trusted proxy and a stranger."""
    folder = tmp_path_factory.mktemp("public")
    environment = neutral.environment(
        f"sqlite:///{folder}/public.sqlite3", f"{folder}/static",
        ALLOWED_HOSTS="sms.example.org", TRUSTED_PROXIES="10.0.0.5",
        SMSFACTOR_API_TOKEN=secrets.token_urlsafe(16), RETENTION_MONTHS="24",
        DJANGO_SETTINGS_MODULE="dashboard.settings",
    )  # fmt: skip
    program = f"import pathlib\nFOLDER = pathlib.Path({str(folder)!r})\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_t10_the_session_cookie_travels_by_https_alone(public):
    assert public["secure"]["status"] == 302
    cookie = public["secure"]["cookies"]["__Host-sessionid"]
    assert cookie["secure"] is True
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_every_cookie_is_secure(public):
    cookies = public["secure"]["cookies"]
    assert [name for name, cookie in cookies.items() if cookie["secure"] is not True] == []


def test_passwords_are_kept_by_argon2(public):
    assert public["password"].startswith("argon2$argon2id$")


def test_t25_the_log_is_json(public):
    assert public["log"] == "json"


def test_plain_http_is_sent_to_https_and_logs_nobody_in(public):
    assert public["plain"]["status"] == 301
    assert public["plain"]["headers"]["Location"].startswith("https://sms.example.org/")
    assert public["plain"]["cookies"] == {}


def test_browsers_are_told_to_stay_with_https(public):
    assert public["secure"]["headers"]["Strict-Transport-Security"].startswith("max-age=31536000")


def test_t07_https_is_believed_of_the_named_proxy_alone(public):
    assert public["proxied"]["status"] == 302
    assert public["forged"]["status"] == 301


def test_the_database_is_made_for_its_owner_alone(public):
    assert public["files"]
    assert set(public["files"]) == {"600"}
