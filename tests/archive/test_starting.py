"""Nothing is read before archive, program, account and clock belong together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from messages_app.archive import starting
from messages_app.archive.starting import (
    OLD_DATABASE,
    OLD_PROGRAM,
    OTHER_ACCOUNT,
    Refused,
    check_schema,
    is_ours,
    prepare,
)
from messages_app.archive.tables import CallTime, Reread
from messages_app.archive.windows import Window
from messages_app.made import Flag
from messages_app.models import Message, ProviderTrait, Span
from messages_app.provider import AuthenticationFault, Token
from messages_app.sources import fingerprint
from tests.archive.test_sync import DAY, NOW, WEEK, missing, provider, stored, sync, truth, worker

__all__ = ["provider"]

pytestmark = pytest.mark.django_db
ZONE = "Europe/Paris"


def prepared(mark: str, zone: str = ZONE, now: datetime = NOW, **options) -> list[str]:
    return list(prepare(mark, zone, now, **options))


def test_the_first_account_is_remembered_and_welcome_again():
    assert prepared("a") == []
    assert prepared("a") == []
    assert is_ours("a")
    assert not is_ours("b")


def test_another_account_is_refused_and_never_mixed():
    """F66: it asks; nothing is changed by asking."""
    prepared("a")
    with pytest.raises(Refused, match="another account"):
        prepared("b")
    assert is_ours("a")


def test_the_same_account_with_a_new_token_goes_on_when_told(provider):
    """F66."""
    prepared("a")
    sync(provider)
    assert prepared("b", same_account=True) == []
    assert is_ours("b")
    assert stored() == truth(provider)


def test_invented_traffic_makes_room_for_a_real_account(provider):
    prepared("sandbox:a")
    sync(provider)
    (said,) = prepared("real")
    assert "emptied" in said
    assert stored() == set()
    assert not Span.objects.exists()
    assert is_ours("real")


def test_nothing_that_was_made_of_invented_traffic_sticks_to_a_real_account():
    """A flag finds its message by type and id: the real account may have the same ones."""
    prepared("sandbox:a")
    Flag.objects.create(
        key=3, type="sms_mt", message_id=1, date=DAY, note="Invented", flagged_at=NOW
    )
    Reread.objects.create(start=DAY, end=DAY, asked_at=NOW, asked_by="support")
    CallTime.objects.create(hour=NOW, bin=1, calls=7, took=9)
    prepared("real")
    assert [model.objects.count() for model in (Flag, Reread, CallTime)] == [0, 0, 0]


def test_invented_traffic_stays_until_the_provider_takes_the_new_token(provider):
    """F16, F66: a wrong one in the settings must not empty anything."""
    prepared("sandbox:a")
    sync(provider)
    asked = []

    def refuse() -> None:
        asked.append(1)
        raise AuthenticationFault("Token invalide")

    with pytest.raises(AuthenticationFault):
        prepared("real", is_accepted=refuse)
    assert asked
    assert stored() == truth(provider)
    assert is_ours("sandbox:a")
    prepared("sandbox:a", is_accepted=refuse)
    assert len(asked) == 1, "who goes on is not asked about"
    (said,) = prepared("real", is_accepted=lambda: asked.append(1))
    assert "emptied" in said
    assert len(asked) == 2


def test_a_real_account_never_makes_room_for_invented_traffic(provider):
    prepared("real")
    sync(provider)
    with pytest.raises(Refused):
        prepared("sandbox:a")
    assert stored() == truth(provider)


def test_a_fingerprint_tells_accounts_apart_and_holds_no_token(settings):
    """T1."""
    settings.SMSFACTOR_API_URL = "https://api.example.org"
    settings.SMSFACTOR_API_TOKEN = Token("a-token-of-the-account")
    first = fingerprint()
    assert "a-token" not in first
    settings.SMSFACTOR_API_TOKEN = Token("another-token")
    assert fingerprint() != first
    settings.SMSFACTOR_API_URL = "https://api.example.net"
    settings.SMSFACTOR_API_TOKEN = Token("a-token-of-the-account")
    assert fingerprint() != first


@pytest.mark.parametrize(
    ("url", "token", "invented"),
    [
        ("http://127.0.0.1:9999", "sandbox-1-x", True),
        ("http://127.0.0.1:9999", "a-real-one-behind-a-proxy", False),
        ("https://api.example.org", "sandbox-x", False),
    ],
)
def test_only_the_demo_s_own_sandbox_counts_as_invented(settings, url, token, invented):
    settings.SMSFACTOR_API_URL, settings.SMSFACTOR_API_TOKEN = url, Token(token)
    settings.PROVIDER_IS_SANDBOX = url.startswith("http://")
    assert fingerprint().startswith(starting.SANDBOX) is invented


def test_a_sandbox_is_the_same_at_each_start_and_another_with_other_rows(settings):
    settings.PROVIDER_IS_SANDBOX = True
    found = set()
    for port, token in [(1000, "sandbox-500-x"), (2000, "sandbox-500-y"), (2000, "sandbox-600-x")]:
        settings.SMSFACTOR_API_URL = f"http://127.0.0.1:{port}"
        settings.SMSFACTOR_API_TOKEN = Token(token)
        found.add(fingerprint())
    assert found == {"sandbox:500", "sandbox:600"}


def test_another_zone_has_everything_read_again(provider):
    """F52: what was past in one zone may be to come in the other; no row is lost meanwhile."""
    prepared("a")
    sync(provider)
    (said,) = prepared("a", "Indian/Reunion")
    assert "Indian/Reunion" in said
    assert not Span.objects.exists()
    assert stored() == truth(provider)
    assert prepared("a", "Indian/Reunion") == []


def test_readings_of_the_future_fence_nothing_off(provider):
    """F49, F51: a clock that once was in 2999 must not keep what is true out for ever."""
    moment = provider.moment
    provider.moment = datetime(2999, 1, 1, tzinfo=moment.tzinfo)
    sync(provider)
    provider.moment = moment
    provider.rows[5] = replace(provider.rows[5], status="UNDELIVERED")
    sync(provider)
    assert not Message.objects.filter(status="UNDELIVERED").exists(), "the fence holds it off"
    (said,) = prepared("a", now=NOW.astimezone(UTC))
    assert "clock" in said
    assert missing(provider) != []
    sync(provider)
    assert Message.objects.filter(status="UNDELIVERED").count() == 1
    assert missing(provider) == []


def test_a_clock_that_is_a_little_fast_is_left_alone(provider):
    provider.moment = NOW + timedelta(minutes=3)
    sync(provider)
    assert prepared("a", now=NOW.astimezone(UTC)) == []


def applied(name: str) -> None:
    MigrationRecorder(connection).record_applied("messages_app", name)


def test_an_old_program_before_a_newer_database_refuses(provider):
    """F59: also in the middle of its work, when somebody else migrates."""
    check_schema()
    one = worker(provider)
    one.cycle()
    applied("0999_of_the_future")
    with pytest.raises(Refused, match=OLD_PROGRAM):
        one.cycle()


def test_an_old_program_counts_nothing_anew():
    """F59: it does not know what a newer one counts by."""
    applied("0999_of_the_future")
    with pytest.raises(CommandError, match=OLD_PROGRAM):
        call_command("rebuild_rollups", stdout=StringIO())


def test_a_database_that_lacks_migrations_is_named():
    MigrationRecorder(connection).record_unapplied("messages_app", "0003_archive")
    with pytest.raises(Refused, match=OLD_DATABASE):
        check_schema()


@pytest.mark.parametrize("command", ["worker", "sync", "check_archive"])
def test_commands_say_the_sentence_and_fail(command):
    """F66."""
    ProviderTrait.objects.create(api_url="", name="account", value="another")
    options = [] if command == "worker" else ["--from", f"{DAY:%F}", "--to", f"{WEEK.end:%F}"]
    with pytest.raises(CommandError, match=OTHER_ACCOUNT[:40]):
        call_command(command, *options, stdout=StringIO())


def test_an_old_backup_is_brought_up_to_date(provider):
    """F61: its coverage is as old as its rows, so all that may have changed since is read again."""
    sync(provider)
    backup = list(Message.objects.values()), list(Span.objects.values())
    provider.moment += timedelta(days=3)
    provider.rows[1400] = replace(provider.rows[1400], status="UNDELIVERED")
    sync(provider, Window(WEEK.start, WEEK.end))
    Message.objects.all().delete()
    Span.objects.all().delete()
    Message.objects.bulk_create(Message(**row) for row in backup[0])
    Span.objects.bulk_create(Span(**row) for row in backup[1])
    one = worker(provider)
    for _ in range(30):
        if one.cycle():
            break
    assert Message.objects.get(key=4 * provider.rows[1400].message_id).status == "UNDELIVERED"
