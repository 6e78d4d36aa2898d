"""Two dashboards and three workers as processes of their own, on one PostgreSQL and one Redis.

Their commands are those of compose.yaml, their folder is that of the image. They run beside PostgreSQL
alone: `make test` leaves this folder out where the suite runs on SQLite.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import redis

from sandbox import Faults, Sandbox
from scripts import neutral
from tests.archive.own_database import _fresh as fresh
from tests.stack.composed import copied
from tests.stack.people import Crowd, Somebody
from tests.stack.processes import Processes, until

DASHBOARDS, WORKERS = ("dashboard-1", "dashboard-2"), ("worker-1", "worker-2", "worker-3")
NUMBER, TEXT = "33639985512", "canaryparcel"
TOKEN, PASSWORD = "sandbox-canary-of-the-provider", "a long canary of a password"
ROWS = 3000


class Stack:
    """Everything that runs, and what a test asks it."""

    def __init__(self, processes: Processes, box: Sandbox, database: str, cache: Any) -> None:
        self.processes, self.box, self.database, self.cache = processes, box, database, cache

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(sql, values).fetchall()

    def do(self, sql: str, *values: object) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(sql, values)

    def rows(self) -> int:
        return int(self.ask("SELECT COUNT(*) FROM messages_app_message")[0][0])


@contextmanager
def started(folder: Path) -> Iterator[Stack]:
    """Migrate by the one-off command, then start them all, and wait until they are ready."""
    address = os.environ.get("TEST_REDIS_URL", "")
    assert address, "This needs PostgreSQL and a Redis of its own: run it by `make test`."
    cache = redis.Redis.from_url(address)
    cache.flushdb()
    box = Sandbox(rows=ROWS, seed=11, token=TOKEN, faults=Faults(latency=0.05))
    template = os.environ.get("TEST_DATABASE_TEMPLATE", "template0")
    with fresh(folder, template) as database, box.serve() as url:
        (folder / "temporary").mkdir()
        environment = neutral.environment(
            database, f"{folder}/static", REDIS_URL=address, LOG_FORMAT="json", LOG_LEVEL="info",
            SMSFACTOR_API_URL=url, SMSFACTOR_API_TOKEN=TOKEN, TMPDIR=f"{folder}/temporary",
            SMSFACTOR_MAX_REQUESTS_PER_SECOND="500", SMSFACTOR_CONCURRENCY="8",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )  # fmt: skip
        with Processes(copied(folder), folder, environment) as processes:
            processes.start("migrate", "migrate")
            assert processes.completed("migrate") == 0
            made = processes.once("createsuperuser", "--noinput", "--username=root", "--email=")
            assert made.returncode == 0, made.stderr
            del processes.environment["DJANGO_SUPERUSER_PASSWORD"]
            for name in DASHBOARDS:
                processes.dashboard(name)
            for name in WORKERS:
                processes.start(name, "worker")
            stack = Stack(processes, box, database.replace("postgres://", "postgresql://"), cache)
            for name in DASHBOARDS:
                until(partial(is_ready, processes.address(name)), f"{name} is ready")
            yield stack


def is_ready(address: str) -> bool:
    try:
        return Somebody().get(f"{address}/health/ready").status_code == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Stack]:
    with django_db_blocker.unblock(), started(tmp_path_factory.mktemp("stack")) as made:
        yield made


def test_t06_t07_t10_t24_several_processes_are_one_service(stack):
    """Sessions, limits, caches, files, leases agree; one of each killed loses nothing. T1, T20, T23, T25."""
    somebody, one, two = Somebody(), *(stack.processes.address(name) for name in DASHBOARDS)
    assert somebody.log_in(one, "root", PASSWORD).status_code == 200
    assert somebody.get(f"{two}/messages/").url == f"{two}/messages/"
    assert_work_is_shared(stack)
    assert_a_killed_one_of_each_loses_nothing(stack, somebody, one, two)
    secrets = use_what_is_personal(stack, somebody, one, two)
    assert_limits_agree(stack, one, two)
    assert_the_archive_is_the_provider_s_truth(stack)
    commands = stack.processes.command_lines()
    assert stack.processes.stop() == dict.fromkeys([*DASHBOARDS, *WORKERS], 0)
    assert_no_sink_holds(stack, secrets, commands)


def assert_work_is_shared(stack: Stack) -> None:
    """Each day has one worker; two at least have some."""
    owners = "SELECT DISTINCT owner FROM messages_app_claim"
    until(lambda: len(stack.ask(owners)) >= 2, "two workers have days")
    until(lambda: len(stack.ask("SELECT owner FROM messages_app_pulse")) == 3, "three pulses")


def worker_at_work(stack: Stack) -> tuple[str, str]:
    """Owner and name of a worker that holds a day right now; "" where none does."""
    pids = {stack.processes.running[name].pid: name for name in WORKERS}
    for (owner,) in stack.ask("SELECT owner FROM messages_app_claim WHERE until > 0"):
        if name := pids.get(int(owner.split(":")[1])):
            return owner, name
    return "", ""


def assert_a_killed_one_of_each_loses_nothing(
    stack: Stack, somebody: Somebody, one: str, two: str
) -> None:
    """Under load: but the request in hand nobody's fails, and another worker takes the days over."""
    paths = ["/messages/?wait=1", "/messages/figures/?wait=1", "/analytics/data.json?wait=1",
             "/accounts/password/change/"]  # fmt: skip
    cookies = somebody.session.cookies.copy()
    with Crowd([one, two], cookies, paths, people=3) as crowd:
        until(lambda: len(crowd.answered) >= 4, "people are answered")
        until(lambda: worker_at_work(stack)[0], "a worker holds a day")
        owner, name = worker_at_work(stack)
        stack.processes.kill(name)
        # Its leases run out within thirty seconds, which are not waited for here.
        stack.do("UPDATE messages_app_claim SET until = 1 WHERE owner = %s AND until > 0", owner)
        stack.processes.kill(DASHBOARDS[0])
        seen = len(crowd.answered)
        until(lambda: len(crowd.answered) >= seen + 4, "people are answered by the other one")
        stack.processes.dashboard(DASHBOARDS[0])
        stack.processes.start(name, "worker")
        until(lambda: is_ready(one), "the killed one is there again")
        seen = len(crowd.answered)
        until(lambda: len(crowd.answered) >= seen + 4, "people are answered by both")
    assert crowd.wrong == []
    assert set(crowd.lost) <= {one}
    # Of each person the one in hand, and one that came while the listening socket was closing.
    assert len(crowd.lost) <= 2 * 3


def assert_limits_agree(stack: Stack, one: str, two: str) -> None:
    """What is counted at one dashboard is counted at the other."""
    for turn in range(6):
        answer = Somebody().log_in((one, two)[turn % 2], "nobody-of-ours", "wrong")
        assert ("Too many failed login attempts" in answer.text) is (turn == 5)
    codes = []
    for turn in range(31):
        address = f"{(one, two)[turn % 2]}/s/{'x' * 43}/"
        codes.append(Somebody().session.post(address, timeout=60).status_code)
    assert codes == [404] * 30 + [429]


def use_what_is_personal(stack: Stack, somebody: Somebody, one: str, two: str) -> dict[str, str]:
    """Search a number and a text, share, export at one and fetch at the other; give all secrets."""
    found = somebody.post(f"{one}/messages/", {"destination": NUMBER, "message": TEXT})
    assert found.status_code == 200
    assert NUMBER not in found.url
    assert somebody.get(f"{two}/conversations/{NUMBER}/").status_code == 200
    form = {"label": "Customer", "shows": ["messages"], "dates": "keep", "numbers": "masked",
            "texts": "off", "days": "7"}  # fmt: skip
    shared = somebody.post(f"{one}/shares/new/?at=messages&period=yesterday", form)
    (token,) = re.findall(r"/s/([\w-]{43})/", shared.text)[:1] or [""]
    assert token, shared.text[:2000]
    visitor = Somebody()
    assert visitor.session.post(f"{two}/s/{token}/", timeout=60).status_code == 200
    assert "shared/messages" in visitor.get(f"{one}/shared/messages/").url
    made = somebody.post(
        f"{one}/exports/?period=yesterday", {"format": "csv"}, at=f"{one}/exports/"
    )
    path = re.sub("^http://[^/]+", "", made.url)
    until(lambda: "/file" in somebody.get(two + path).text, "a worker has made the file")
    file = somebody.get(f"{two}{path}file")
    assert file.content.startswith(b"\xef\xbb\xbf")
    for path in ("/no/such/page/", f"/messages/?no={NUMBER}", "/messages/sms_mt/999999999/"):
        assert NUMBER not in somebody.get(one + path).text.replace(path, "")
    session = somebody.session.cookies.get("sessionid") or ""
    assert session
    return {"a number": NUMBER, "a text": TEXT, "the token": TOKEN, "a session": session,
            "a share token": token, "a password": PASSWORD}  # fmt: skip


def assert_the_archive_is_the_provider_s_truth(stack: Stack) -> None:
    """Not one row is lost, and none is there twice."""
    now = datetime.now(ZoneInfo("Europe/Paris")).replace(tzinfo=None, microsecond=0)
    first, last = now - timedelta(days=170), now - timedelta(minutes=10)
    dates = ("--from", first.isoformat(), "--to", last.isoformat())
    held = stack.box.shown()
    wanted = sum(first <= datetime.fromisoformat(str(row["date"])) <= last for row in held)
    epoch = datetime(1970, 1, 1)
    bounds = [(day - epoch) // timedelta(seconds=1) for day in (first, last)]
    count = "SELECT COUNT(*) FROM messages_app_message WHERE date BETWEEN %s AND %s"
    until(lambda: stack.ask(count, *bounds)[0][0] >= wanted, "all rows are there")
    checked = stack.processes.once("check_archive", *dates)
    assert "No difference." in checked.stdout, checked.stdout + checked.stderr


def assert_no_sink_holds(stack: Stack, secrets: dict[str, str], commands: str) -> None:
    """Logs, temporary files, the cache, the process list and our own folder."""
    folder = stack.processes.folder
    logs = {path.name: path.read_text() for path in stack.processes.logs.iterdir()}
    ours = [name for name in logs if name != "migrate"]  # a command speaks to who started it
    lines = [json.loads(line) for name in ours for line in logs[name].splitlines()]
    assert all({"at", "level", "logger", "message"} <= line.keys() for line in lines)
    assert {line.get("route") for line in lines} >= {"messages", "shared", "conversation"}
    assert len({line["run"] for line in lines if "run" in line}) == len(WORKERS) + 1
    sinks = {**logs, "the process list": commands, "the cache": dump(stack.cache)}
    for path in folder.rglob("*"):
        if path.is_file() and path.is_relative_to(folder / "temporary"):
            sinks[str(path)] = path.read_text(errors="replace")
    found = [
        f"{name} in {where}"
        for where, text in sinks.items()
        for name, secret in secrets.items()
        if secret in text
    ]
    assert found == []


def dump(cache: Any) -> str:
    """All keys and values of a Redis, as text."""
    keys = [key for key in cache.scan_iter() if cache.type(key) == b"string"]
    pairs = [(key, cache.get(key)) for key in keys]
    return repr(pairs)
