"""`manage.py worker`: keep the archive in step with the provider until told to stop."""

import logging
import os
import signal
import threading
from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from messages_app import clock, logins
from messages_app.archive.faults import FAILURES, kind_of, sentence_of
from messages_app.archive.plan import Policy
from messages_app.archive.runs import note_failure
from messages_app.archive.starting import Refused
from messages_app.archive.worker import Patience, Worker, new_owner
from messages_app.audit_chain import purge_in_turn
from messages_app.audit_settings import record_settings
from messages_app.exports import jobs, kept
from messages_app.management.ranges import add_same_account
from messages_app.provider import ConfigurationFault, ProviderError
from messages_app.sources import Account, account

GRACE_SECONDS = 6.0
"""How long a call under way may go on after a stop; its rows would be read again anyhow."""

log = logging.getLogger("messages_app.archive")


class Command(BaseCommand):
    """Run one worker; several may run, here and on other machines."""

    help = (
        "Follow the provider: the present, what people look at, what is missing, what may change."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare one option; all else is settings."""
        add_same_account(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C, then end within ten seconds. Raises CommandError."""
        stop = threading.Event()

        def end(*_: object) -> None:
            if not stop.is_set():
                stop.set()
                leave = threading.Timer(GRACE_SECONDS, _leave)
                leave.daemon = True
                leave.start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        # Files of exports are made beside it: neither waits for the other.
        files = threading.Thread(target=make_files, args=(stop,), name="exports", daemon=True)
        files.start()
        try:
            follow(stop, same_account=options["same_account"])
        finally:
            stop.set()
            files.join(GRACE_SECONDS)


def follow(stop: threading.Event, *, same_account: bool = False) -> None:
    """Work until `stop` is set. What fails at the start too is said once, and tried again ever later.

    Raises CommandError where trying again would not help.
    """
    owner, patience = new_owner(), Patience()
    while not stop.is_set():
        began = clock.real_now()
        try:
            with account(same_account=same_account) as opened:
                _worker(opened, stop, owner).run()
                return
        except (Refused, ConfigurationFault) as reason:
            raise CommandError(str(reason)) from None
        except ProviderError as error:
            kind, pause = error.kind, patience.failed(error.sentence, error.retry_after)
        except FAILURES as error:
            kind = kind_of(error)
            pause = patience.failed(sentence_of(kind))
            connection.close()
        note_failure(owner, kind, began, clock.real_now())
        stop.wait(pause)


def make_files(stop: threading.Event) -> None:
    """Make files of exports until `stop` is set. What fails is said once and tried again ever later:
    whatever it is, the next files are made.
    """
    owner, patience, due = new_owner(), Patience(), float("-inf")
    while not stop.is_set():
        try:
            if (now := monotonic()) >= due:
                due = now + kept.EVERY
                kept.forget(clock.real_now())
                purge_in_turn(clock.real_now())
                logins.forget(clock.real_now())
                record_settings()
            pause = 0.0 if jobs.work(owner, clock.real_now, stop.is_set) else jobs.IDLE_SECONDS
            patience.is_over()
        except FAILURES as error:
            pause = patience.failed(sentence_of(kind_of(error)))
            connection.close()
        except Exception as error:
            # Its words may hold a value.
            pause = patience.failed(f"files of exports cannot be made: {type(error).__name__}")
        stop.wait(pause)
    connection.close()


def _worker(opened: Account, stop: threading.Event, owner: str) -> Worker:
    return Worker(
        opened.reader,
        opened.api_url,
        clock.real_now,
        stopped=stop.is_set,
        sleep=stop.wait,
        at_once=opened.at_once,
        policy=_policy(),
        owner=owner,
    )


def _policy() -> Policy:
    return Policy.of(
        present=settings.ARCHIVE_PRESENT_SECONDS,
        recheck=settings.ARCHIVE_RECHECK_MINUTES,
        ahead=settings.ARCHIVE_AHEAD_DAYS,
        reconcile=settings.ARCHIVE_RECONCILE_DAYS,
        reconcile_calls=settings.ARCHIVE_RECONCILE_CALLS,
    )


def _leave() -> None:
    """End without waiting for threads that hang in a call. Leases run out by themselves."""
    log.warning("the worker ends in the middle of a call")
    os._exit(0)
