"""The sandbox as a program and as a Django command."""

import http.client
import signal
import subprocess
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

import sandbox
from messages_app.management.commands import sandbox as command
from sandbox.cli import add_options, build
from sandbox.faults import CHOICES, NAMES

PROGRAM = [sys.executable, "-m", "sandbox"]


def options(*arguments):
    parser = ArgumentParser()
    add_options(parser)
    return vars(parser.parse_args(arguments))


def test_every_fault_and_guess_has_its_option():
    assert set(NAMES) <= options().keys()


def test_options_build_the_account_they_describe():
    arguments = "--rows 50 --seed 4 --token t --clock 2026-03-12T15:00 --silence --html first:2"
    box = build(options(*arguments.split(), "--cap", "7", "--latency", "0.5", "--ties", "stable"))
    assert (box.token, box.clock) == ("t", datetime(2026, 3, 12, 15))
    faults = box.faults
    assert (faults.silence, faults.html, faults.cap) == ("always", "first:2", 7)
    assert (faults.latency, faults.ties, faults.down) == (0.5, "stable", "")


def test_the_program_says_where_it_listens_and_ends_when_told():
    with subprocess.Popen(
        [*PROGRAM, "--port", "0", "--rows", "100", "--token", "t"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        place = urlsplit(process.stdout.readline().split()[-1])
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
        connection.request("GET", "/_sandbox/calls")
        assert connection.getresponse().read() == b'{"calls": 0}'
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_bad_option_ends_the_program_with_a_sentence():
    done = subprocess.run([*PROGRAM, "--html", "x"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'html is "", "always", "first:N" or "every:N"' in done.stderr


def test_the_django_command_passes_its_options_on(monkeypatch, capsys):
    seen = {}

    def run(options, say):
        seen.update(options)
        say("ready")

    monkeypatch.setattr(command, "run", run)
    call_command("sandbox", "--port", "0", "--down", "every:2")
    assert (seen["port"], seen["down"], seen["rows"]) == (0, "every:2", 200_000)
    assert capsys.readouterr().out == "ready\n"


def test_the_django_command_refuses_bad_options():
    with pytest.raises(CommandError, match="html is"):
        call_command("sandbox", "--html", "x")


def test_the_readme_names_every_guess():
    text = (Path(sandbox.__file__).parent / "README.md").read_text(encoding="utf-8")
    assert [name for name in CHOICES if f"`{name}`" not in text] == []
