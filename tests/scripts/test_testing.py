"""How a test run is counted: what failed, was skipped or did not run is never a success."""

import sys
from contextlib import nullcontext

import pytest

from scripts import chromium, libreoffice, postgres, redis, testing
from scripts.checking import TYPED, Check, checks, passes
from scripts.install import ROOT
from scripts.testing import Counts, counted


def report(tmp_path, **numbers: int):
    values = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0} | numbers
    path = tmp_path / "report.xml"
    attributes = " ".join(f'{name}="{value}"' for name, value in values.items())
    path.write_text(f"<testsuites><testsuite {attributes}/></testsuites>")
    return path


@pytest.mark.parametrize(
    ("numbers", "status", "expected"),
    [
        ({"tests": 9}, 0, Counts(9, 0)),
        ({"tests": 9, "failures": 2, "errors": 1}, 1, Counts(6, 3)),
        ({"tests": 9, "skipped": 1}, 0, Counts(8, 1)),
        ({"tests": 0}, 5, Counts(0, 1)),
        ({"tests": 0}, 0, Counts(0, 1)),
        ({"tests": 9}, 3, Counts(9, 1)),
    ],
)
def test_a_run_is_counted(tmp_path, numbers, status, expected):
    assert counted(report(tmp_path, **numbers), status) == expected


@pytest.mark.parametrize("content", [None, "", "<testsuite tests='1'"])
def test_a_run_without_a_report_failed(tmp_path, content):
    path = tmp_path / "report.xml"
    if content is not None:
        path.write_text(content)
    assert counted(path, 0) == Counts(0, 1)


def test_no_test_that_postgresql_is_spared_uses_a_database(request):
    spared = [item for item in request.session.items if item.nodeid.startswith(testing.SPARED)]
    assert spared, "this one is"
    marked = [item.nodeid for item in spared if item.get_closest_marker("django_db")]
    of_database = {
        "db", "transactional_db", "live_server", "own_database", "production_database", "migrated",
    }  # fmt: skip
    given = [item.nodeid for item in spared if of_database & set(item.fixturenames)]
    assert marked + given == []
    assert all((ROOT / folder).is_dir() for folder in testing.SPARED)


def test_counts_add_up():
    assert str(Counts(3, 0) + Counts(4, 1)) == "7 passed, 1 failed"


def test_the_seed_of_the_order_is_told_and_can_be_given(monkeypatch, capsys):
    monkeypatch.setenv("SEED", "7")
    assert "--randomly-seed=7" in testing.order()
    assert "SEED=7" in capsys.readouterr().out
    monkeypatch.setenv("SEED", "")
    drawn = {testing.order()[0] for _ in range(5)}
    assert len(drawn) == 5


@pytest.fixture
def run_both(monkeypatch, tmp_path):
    """`main` with the two runs replaced by counts; what each was given is returned."""
    from contextlib import contextmanager

    from scripts.postgres import Server

    @contextmanager
    def server():
        yield Server("postgresql:///x", "x")

    monkeypatch.setattr(testing, "install", lambda *_: None)
    monkeypatch.setattr(chromium, "ensure", lambda: None)
    monkeypatch.setattr(libreoffice, "ensure", lambda: None)
    monkeypatch.setattr(postgres, "server", server)
    monkeypatch.setattr(redis, "server", lambda: nullcontext("redis://x"))
    monkeypatch.setattr(sys, "argv", ["testing"])

    def both(sqlite: Counts, other: Counts) -> tuple[int, dict]:
        given = {}

        def run(name, environment, arguments, folder):
            given[name] = (environment, arguments)
            return sqlite if name == "SQLite" else other

        monkeypatch.setattr(testing, "run", run)
        return testing.main(), given

    return both


@pytest.mark.parametrize(("campaign", "asked"), [("long", 1), ("", 0)])
def test_only_the_long_campaign_asks_for_libreoffice(run_both, monkeypatch, campaign, asked):
    calls: list[int] = []
    monkeypatch.setattr(libreoffice, "ensure", lambda: calls.append(1))
    monkeypatch.setenv("CAMPAIGN", campaign)
    run_both(Counts(1, 0), Counts(1, 0))
    assert len(calls) == asked


def test_the_last_line_is_the_sum_of_both(run_both, capsys):
    status, given = run_both(Counts(5, 0), Counts(4, 0))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == ["SQLite:     5 passed, 0 failed", "PostgreSQL: 4 passed, 0 failed",
                          "9 passed, 0 failed"]  # fmt: skip
    assert status == 0
    assert "sqlite" in given["SQLite"][0]["DATABASE_URL"]
    assert not any("browser" in argument for argument in given["SQLite"][1])
    assert "--ignore=tests/browser" in given["PostgreSQL"][1]
    assert given["PostgreSQL"][0]["TEST_DATABASE_TEMPLATE"] == "x"
    assert given["PostgreSQL"][0]["TEST_REDIS_URL"] == "redis://x"
    assert "--ignore=tests/stack" in given["SQLite"][1]
    assert not any("stack" in argument for argument in given["PostgreSQL"][1])


@pytest.mark.parametrize("bad", [(Counts(5, 1), Counts(4, 0)), (Counts(5, 0), Counts(4, 1))])
def test_a_failure_on_either_database_fails(run_both, bad):
    assert run_both(*bad)[0] == 1


def test_checks_cover_all_code():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(TYPED)


def test_production_settings_are_checked_as_for_a_public_host(tmp_path):
    by_name = {check.name: check for check in checks(str(tmp_path))}
    public = by_name["production settings"].environment
    assert public["ALLOWED_HOSTS"] == "sms.example.org"
    assert public["SMSFACTOR_API_TOKEN"]
    assert public["STATIC_ROOT"].startswith(str(tmp_path))
    assert by_name["static files"].environment == public


def test_a_failed_check_shows_why(capsys):
    assert passes(Check("good", ("-c", "print('quiet')"), {}))
    assert not passes(Check("bad", ("-c", "print('the reason'); raise SystemExit(2)"), {}))
    said = capsys.readouterr().out
    assert "quiet" not in said
    assert "the reason" in said
