"""`manage.py demo` for real: started, used over HTTP, ended in every way."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys

import pytest
import requests

from scripts import neutral
from scripts.install import ROOT
from tests.demo.running import demo, descendants, gone


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One folder for the starts below: the second one finds what the first one made."""
    return tmp_path_factory.mktemp("demo")


def log_in(address: str, name: str, password: str) -> requests.Response:
    with requests.Session() as browser:
        browser.trust_env = False
        form = browser.get(f"{address}accounts/login/", timeout=20).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token, form
        fields = {"login": name, "password": password, "csrfmiddlewaretoken": token[1]}
        return browser.post(f"{address}accounts/login/", fields, timeout=20)


def assert_long_addresses_are_answered(address: str) -> None:
    """By our own page, not by the web server's."""
    with requests.Session() as browser:
        browser.trust_env = False
        here = {"HX-Current-URL": f"{address}messages/?message={'a' * 8000}"}
        page = browser.get(f"{address}messages/", params={"message": "a" * 5000}, headers=here)
        refused = browser.get(f"{address}messages/", params={"message": "a" * 9000}, timeout=20)
    assert page.status_code == 200
    assert "csrfmiddlewaretoken" in page.text
    assert refused.status_code == 414
    assert "default-src 'none'" in refused.headers["Content-Security-Policy"]


def test_people_log_in_and_see_traffic_until_it_is_stopped(place):
    with demo(place) as one:
        assert "a sandbox" in one.said
        assert stat.S_IMODE((place / "demo_logins").stat().st_mode) == 0o600
        for name in ("support", "admin"):
            page = log_in(one.address, name, one.password(name))
            assert page.status_code == 200
            assert page.url.startswith(f"{one.address}messages/")
            assert 'data-key="sms_m' in page.text
        assert_long_addresses_are_answered(one.address)
        below = descendants(one.process.pid)
        assert len([line for line in below.values() if "-m sandbox" in line]) == 1
        # Neither a password nor the token stands where `ps` shows it to everybody.
        assert [line for line in below.values() if "oken" in line or "assword" in line] == []
        assert one.end() == 0
        assert gone(list(below))

    # The same passwords again, on the next port when the wanted one is taken; killed without a word.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(place, "--port", str(port)) as two:
            assert f"Port {port} is taken" in two.said
            assert two.password("support") == one.password("support")
            below = descendants(two.process.pid)
            assert len(below) >= 3
            two.end(signal.SIGKILL)
            assert gone(list(below))


def test_with_a_token_the_account_is_shown_and_a_dead_child_ends_all(tmp_path):
    url = "http://127.0.0.1:9"
    account = {"SMSFACTOR_API_TOKEN": "not-a-token", "SMSFACTOR_API_URL": url}
    (tmp_path / "static").mkdir()
    # Files collected by an older version, that knew none of today's.
    (tmp_path / "static/staticfiles.json").write_text('{"version": "1.1", "paths": {}, "hash": ""}')
    with demo(tmp_path, **account) as one:
        assert f"the account at {url}" in one.said
        page = requests.get(f"{one.address}accounts/login/", timeout=20).text
        assert re.search(r"/static/css/app\.[0-9a-f]{12}\.css", page)
        below = descendants(one.process.pid)
        assert [line for line in below.values() if "-m sandbox" in line] == []
        master = min(below)
        os.kill(master, signal.SIGKILL)
        assert one.process.wait(15) == 1
        assert gone(list(below))
        complaint = (tmp_path / "errors").read_text()
        assert "The dashboard ended (signal 9). The demo is stopped." in complaint
        assert "Traceback" not in complaint


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (
            {"ALLOWED_HOSTS": "sms.example.org"},
            "names others; run it with ALLOWED_HOSTS=localhost.",
        ),
        ({"SMSFACTOR_FORMAT": "yaml"}, "SMSFACTOR_FORMAT is “yaml”, but must be json or xml."),
        ({"DATABASE_URL": "postgres://x@127.0.0.1:1/x"}, "The database of DATABASE_URL does not"),
        ({"DATABASE_URL": f"sqlite:///{__file__}"}, "The database of DATABASE_URL does not"),
        ({}, "The demo's passwords cannot be kept: [Errno"),
    ],
)
def test_what_cannot_start_is_a_sentence(tmp_path, setting, sentence):
    (tmp_path / "state").write_text("a file where the folder should be")
    place = f"sqlite:///{tmp_path}/demo.sqlite3"
    environment = neutral.environment(place, f"{tmp_path}/static") | setting
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--skip-checks", "--state", tmp_path / "state"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
