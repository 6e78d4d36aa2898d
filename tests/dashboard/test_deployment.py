"""What stands in Dockerfile, compose.yaml and the units of systemd: parsed, since no engine is at hand here.

The commands themselves are run by tests/stack, which takes them from compose.yaml.
"""

import configparser
import re
import shlex
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml

from dashboard import probe, server
from dashboard.finders import BrowserLibraries
from scripts.install import ROOT
from tests.stack.composed import let_in, services

OURS = ("dashboard", "worker", "migrate")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = sorted((ROOT / "docs/systemd").iterdir())


def test_there_are_two_dashboards_three_workers_and_what_they_need():
    found = services()
    assert found.keys() == {*OURS, "proxy", "postgres", "redis"}
    assert found["dashboard"]["deploy"] == {"replicas": 2}
    assert found["worker"]["deploy"] == {"replicas": 3}


@pytest.mark.parametrize("name", ["proxy", "dashboard", "postgres", "redis"])
def test_who_is_asked_says_how_it_is(name):
    assert services()[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", ["proxy", *OURS, "postgres", "redis"])
def test_t40_a_container_changes_nothing_of_its_own_and_gains_no_rights(name):
    found = services()[name]
    assert found["read_only"] is True
    assert "no-new-privileges:true" in found["security_opt"]
    assert name == "postgres" or found["cap_drop"] == ["ALL"]
    assert "privileged" not in found


def test_only_the_proxy_is_reached_from_outside():
    found = services()
    assert [name for name, one in found.items() if "ports" in one] == ["proxy"]
    assert [name for name, one in found.items() if "outside" not in one["networks"]] == [
        "postgres",
        "redis",
    ]


def test_dashboards_believe_the_very_address_of_the_proxy():
    found = services()
    address = found["proxy"]["networks"]["outside"]["ipv4_address"]
    assert found["dashboard"]["environment"]["TRUSTED_PROXIES"] == address


def test_t29_backups_and_the_list_of_erased_numbers_have_a_place_that_lasts():
    """T29, T38: in containers that are written to nowhere else, and in units."""
    volumes = yaml.safe_load((ROOT / "compose.yaml").read_text())["volumes"]
    for name in OURS:
        one = services()[name]
        folder = one["environment"]["BACKUP_DIR"]
        assert f"backups:{folder}" in one["volumes"]
        # A new volume is the user's whose folder the image has there.
        assert f" {folder}\n" in DOCKERFILE
    assert "backups" in volumes
    for unit in UNITS:
        assert "ReadWritePaths=-/var/backups/message-traffic" in unit.read_text().splitlines()


def test_t01_no_secret_stands_in_a_file_or_a_command():
    text = (ROOT / "compose.yaml").read_text() + DOCKERFILE
    for name in ("SMSFACTOR_API_TOKEN", "PRIVACY_KEY", "EMAIL_URL"):
        assert name not in text
    assert re.findall(r"PASSWORD: (.*)", text) == ["${POSTGRES_PASSWORD:?set it in .env}"]
    for name in OURS:
        assert services()[name]["env_file"] == ".env"
    assert ".env" not in let_in()
    # What compose puts into a command line stands in the process list.
    assert "$" not in "".join(map(str, [one.get("command") for one in services().values()]))


def test_the_image_runs_as_nobody_and_holds_neither_tests_nor_tools():
    build, final = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert "AS build" in build.splitlines()[0]
    user = [line for line in final.splitlines() if line.startswith("USER ")]
    assert user == ["USER dashboard"]
    assert final.index("USER dashboard") < final.index("CMD ")
    assert "--require-hashes" in build
    assert not {"tests", "bench", "docs", ".git", ".state"} & set(let_in())
    assert all((ROOT / name).exists() for name in let_in())


def test_the_image_s_own_command_is_that_of_the_dashboard():
    (own,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r'"([^"]+)"', own) == services()["dashboard"]["command"]


def test_the_client_s_programs_fit_the_server():
    (client,) = re.findall(r"postgresql-client-(\d+)", DOCKERFILE)
    assert services()["postgres"]["image"].startswith(f"postgres:{client}")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_run_the_same_commands(unit):
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read(unit)
    service = found["Service"]
    lines = [value for name, value in service.items() if name in ("ExecStart", "ExecStartPre")]
    commands = [["python", *shlex.split(line)[1:]] for line in lines]
    assert lines
    assert all(line.startswith("/opt/message-traffic/.venv/bin/python ") for line in lines)
    assert all(one in [services()[name]["command"] for name in OURS] for one in commands)
    assert service["User"] != "root"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"


@pytest.mark.parametrize(("collected", "warnings"), [(True, 0), (False, 1)])
def test_where_files_are_collected_the_libraries_need_not_lie_there(
    settings, tmp_path, collected, warnings
):
    settings.BASE_DIR, settings.USES_MANIFEST = tmp_path, collected
    assert len(BrowserLibraries().check()) == warnings


def test_gunicorn_knows_every_option_of_ours():
    from gunicorn.config import KNOWN_SETTINGS

    known = {one.name for one in KNOWN_SETTINGS}
    ours = {name for name in vars(server) if not name.startswith("_") and name != "os"}
    assert ours <= known


class Health(BaseHTTPRequestHandler):
    """Answers as a dashboard that knows one host."""

    def do_GET(self) -> None:
        is_known = self.headers["Host"] == "sms.example.org"
        self.send_response({"/health/live": 200}.get(self.path, 503) if is_known else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("hosts", "what", "is_well"),
    [
        (".sms.example.org,other", "live", True),
        ("sms.example.org", "ready", False),
        ("other.example.org", "live", False),
    ],
)
def test_a_probe_asks_by_a_name_that_is_answered_to(monkeypatch, hosts, what, is_well):
    monkeypatch.setenv("ALLOWED_HOSTS", hosts)
    with HTTPServer(("127.0.0.1", 0), Health) as asked:
        thread = threading.Thread(target=asked.handle_request)
        thread.start()
        assert probe.is_well(f"0.0.0.0:{asked.server_port}", what) is is_well
        thread.join()


def test_a_probe_of_nobody_says_so():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert not probe.is_well(f"127.0.0.1:{port}", "live")
