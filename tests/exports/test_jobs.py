"""Files made in the background: by one worker, to the end or told as unfinished, for their maker alone."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.storage import InMemoryStorage
from django.db import connection
from django.test import Client

from messages_app.archive.claims import database_now
from messages_app.exports import direct_csv, jobs, leases
from messages_app.exports import kept as kept_files
from messages_app.models import Export, Span
from tests.archive.storing import store
from tests.conftest import browser, person
from tests.exports.reading import about, read_csv, read_ndjson, read_xlsx
from tests.exports.test_exports import body_of, exporter, lose_a_day
from tests.factories import record
from tests.views.conftest import NOW, WALL, account, box
from tests.views.test_archive import archive

__all__ = ["account", "archive", "box", "exporter"]

DAY = "period=last_24_hours"
NUMBER = "33639987701"


@pytest.fixture(autouse=True)
def kept(monkeypatch) -> InMemoryStorage:
    """Any storage of Django's does: here one that has no disk."""
    storage = InMemoryStorage()
    monkeypatch.setattr("messages_app.exports.kept.storage", lambda: storage)
    return storage


def ask(client: Client, question: str = DAY, **form: str) -> Export:
    answer = client.post(f"/exports/?{question}", {"format": "csv", **form})
    assert answer.status_code == 302, answer.content
    return Export.objects.get(pk=re.findall(r"/exports/(\d+)/", answer.headers["Location"])[0])


def few_at_once(monkeypatch) -> None:
    """Slices of ten rows, whoever makes the lines."""
    monkeypatch.setattr("messages_app.answers.SLICE", 10)
    monkeypatch.setitem(direct_csv.SLICES, connection.vendor, 10)


def work(owner: str = "a", stopped=lambda: False) -> bool:
    return jobs.work(owner, lambda: NOW, stopped)


def page(client: Client, export: Export) -> str:
    answer = client.get(f"/exports/{export.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("format", ["csv", "xlsx", "ndjson"])
def test_a_file_is_made_by_a_worker_and_is_that_which_is_sent_at_once(archive, exporter, format):
    at_once = body_of(exporter, f"/messages/export.{format}?{DAY}")
    Export.objects.all().delete()
    export = ask(exporter, format=format)
    assert "Waits for a worker" in page(exporter, export)
    assert work()
    shown = page(exporter, export)
    assert 'data-state="done"' in shown
    assert "hx-get" not in shown, "it is not asked for again"
    body = body_of(exporter, f"/exports/{export.pk}/file")
    if format == "xlsx":
        assert read_xlsx(body) == read_xlsx(at_once)
        assert about(body)["Complete"] == "yes"
        assert about(body)["Rows"] == str(len(read_xlsx(body)))
    else:
        assert body == at_once
    export.refresh_from_db()
    assert export.total == export.rows > 100
    assert not work(), "nothing is left to do"


def test_a_question_keeps_the_range_that_it_meant_when_it_was_asked(archive, exporter, monkeypatch):
    export = ask(exporter)
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW + timedelta(days=30))
    work()
    rows = read_csv(body_of(exporter, f"/exports/{export.pk}/file"))
    assert rows[0]["date"][:10] == "2026-11-18"


def test_how_far_it_is_is_told_while_it_is_made(archive, exporter, monkeypatch):
    few_at_once(monkeypatch)
    export = ask(exporter)
    seen = []
    renew = leases.renew

    def told(one: Export, owner: str, rows: int) -> None:
        renew(one, owner, rows)
        seen.append(page(exporter, export))

    monkeypatch.setattr(leases, "renew", told)
    work()
    shares = [int(re.findall(r'<progress[^>]* value="(\d+)"', one)[0]) for one in seen]
    assert shares == sorted(shares)
    assert len(set(shares)) > 5
    assert all("rows so far" in one and 'hx-trigger="every 2s"' in one for one in seen)


def test_a_file_over_the_limit_is_made_in_the_background(archive, exporter, monkeypatch):
    monkeypatch.setattr("messages_app.exports.jobs.AT_ONCE", 20)
    browsed = exporter.get(f"/messages/export.xlsx?{DAY}", headers={"Sec-Fetch-Dest": "document"})
    shown = browsed.content.decode()
    assert browsed.status_code == 200
    assert "made in the background" in shown
    assert f'action="/exports/?{DAY}"' in shown
    assert not browsed.streaming
    by_program = exporter.get(f"/messages/export.csv?{DAY}")
    assert by_program.streaming, "a program has the plain file"


def test_two_workers_never_make_the_same_file(archive, exporter, monkeypatch):
    export = ask(exporter)
    assert leases.take(export, "a")
    assert not leases.take(export, "b")
    assert not work("b")


def test_a_worker_that_was_killed_is_taken_over_and_one_that_slept_writes_nothing(
    archive, exporter, kept, monkeypatch
):
    """I9, F64, of files."""
    few_at_once(monkeypatch)
    export = ask(exporter)
    renew = leases.renew

    def slept(one: Export, owner: str, rows: int) -> None:
        if owner == "a":
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE messages_app_export SET until = {database_now()} - 1")
            monkeypatch.setattr(leases, "renew", renew)
            assert work("b")
        renew(one, owner, rows)

    monkeypatch.setattr(leases, "renew", slept)
    work("a")
    export.refresh_from_db()
    assert export.state == "done"
    assert len(kept.listdir("")[1]) == 1, "the file of the second alone"
    assert read_csv(body_of(exporter, f"/exports/{export.pk}/file"))


def test_a_worker_that_ends_gives_its_file_to_another(archive, exporter, monkeypatch):
    few_at_once(monkeypatch)
    export = ask(exporter)
    work("a", stopped=lambda: True)
    export.refresh_from_db()
    assert (export.state, export.lease, export.rows) == ("waiting", "", 0)
    assert work("b")


def test_a_file_that_could_not_be_finished_says_so_in_its_name_and_its_manifest(
    archive, exporter, monkeypatch
):
    few_at_once(monkeypatch)
    export = ask(exporter)

    def full(_export: Export, _owner: str, rows: int) -> None:
        if rows >= 30:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(leases, "renew", full)
    work()
    shown = page(exporter, export)
    assert "Could not be finished" in shown
    answer = exporter.get(f"/exports/{export.pk}/file")
    assert "INCOMPLETE.csv" in answer.headers["Content-Disposition"]
    assert 0 < len(read_csv(b"".join(answer))) <= 30
    assert exporter.get(f"/exports/{export.pk}/manifest.json").json()["finished"] is False


def test_a_storage_that_fails_is_told(archive, exporter, kept, monkeypatch):
    export = ask(exporter)
    monkeypatch.setattr(kept, "save", lambda *_: (_ for _ in ()).throw(OSError("no")))
    work()
    assert "Could not be finished" in page(exporter, export)
    assert exporter.get(f"/exports/{export.pk}/file").status_code == 404


def test_a_file_waits_until_its_range_is_fetched_where_that_is_wanted(
    archive, exporter, monkeypatch
):
    spans = list(Span.objects.filter(start__lt=WALL - timedelta(days=5)))
    lose_a_day(monkeypatch)
    export = ask(exporter, "", waits="1")
    assert not work()
    shown = page(exporter, export)
    assert "Waits until the whole range is fetched" in shown
    assert re.search(r'<progress[^>]* value="[1-9]\d?"', shown)
    Span.objects.bulk_create(spans)
    assert work()
    export.refresh_from_db()
    assert (export.state, export.missing) == ("done", [])


def test_a_file_of_what_is_there_says_what_is_not(archive, exporter, monkeypatch):
    lose_a_day(monkeypatch)
    export = ask(exporter, "", waits="0")
    assert work()
    shown = page(exporter, export)
    assert "Not all of the range is in this file" in shown
    answer = exporter.get(f"/exports/{export.pk}/file")
    assert "INCOMPLETE" in answer.headers["Content-Disposition"]


def test_a_file_expires_and_what_it_was_is_remembered_a_while(archive, exporter, kept, monkeypatch):
    export = ask(exporter)
    work()
    later = NOW + timedelta(hours=25)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: later)
    assert exporter.get(f"/exports/{export.pk}/file").status_code == 404
    kept_files.forget(later)
    assert kept.listdir("")[1] == []
    assert "its file is no longer there" in page(exporter, export)
    kept_files.forget(NOW + timedelta(days=31))
    assert not Export.objects.exists()


def test_a_file_is_for_its_maker_alone(archive, exporter, administrator_client):
    export = ask(exporter)
    work()
    for path in ("", "file", "manifest.json"):
        assert administrator_client.get(f"/exports/{export.pk}/{path}").status_code == 404
        assert Client().get(f"/exports/{export.pk}/{path}").status_code == 302
    assert administrator_client.post(f"/exports/{export.pk}/").status_code == 404
    assert (
        f'data-export="{export.pk}"' not in administrator_client.get("/exports/").content.decode()
    )


def test_t33_a_file_goes_with_the_permission_and_with_a_stricter_mask(archive, exporter):
    export = ask(exporter)
    work()
    user = User.objects.get(username="exporter")
    user.user_permissions.remove(Permission.objects.get(codename="see_personal"))
    assert exporter.get(f"/exports/{export.pk}/file").status_code == 404
    user.user_permissions.remove(Permission.objects.get(codename="export"))
    assert exporter.get(f"/exports/{export.pk}/file").status_code == 403


@pytest.mark.parametrize("format", ["csv", "xlsx", "ndjson"])
@pytest.mark.parametrize("way", ["at once", "by a worker"])
def test_t33_an_export_is_as_masked_as_the_page(archive, format, way):
    """T22."""
    store([record(message_id=9_300_000, date=WALL, destination=NUMBER, sender=NUMBER,
                  message=f"Code {NUMBER} https://canary.example", client_message_id=NUMBER,
                  status_details=f"BAD {NUMBER}", campaign_id=779)])  # fmt: skip
    user = person("analyst")
    names = ("see_messages", "see_figures", "export")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = browser(user)
    client.cookies["django_language"] = "fr"
    if way == "at once":
        body = body_of(client, f"/messages/export.{format}?campaign=779")
    else:
        export = ask(client, "campaign=779", format=format)
        work()
        body = body_of(client, f"/exports/{export.pk}/file")
    reading = {"csv": lambda b: read_csv(b, ";"), "xlsx": read_xlsx, "ndjson": read_ndjson}[format]
    (row,) = reading(body)
    masked = "+33 6 •• •• •• 01"
    assert row["destination"] == row["sender"] == masked
    assert row["message"] == "Code ••••••••••• [lien]"
    assert row["client_message_id"] == "•••••••••••"
    assert row["status_details"] == f"BAD {masked}"
    assert NUMBER[2:] not in str(reading(body))
    found = client.get(f"/exports/{Export.objects.get().pk}/manifest.json").json()
    assert found["masking"] == {"numbers": "masked", "texts": "redacted"}
    refused = client.get("/messages/export.csv", {"destination": NUMBER}, follow=True)
    assert refused.status_code == 400


def test_what_is_kept_of_a_question_names_no_number(archive, exporter):
    exporter.post("/exports/", {"format": "csv"}, query_params={"destination": NUMBER})
    export = Export.objects.get()
    assert NUMBER not in str(vars(export))
    assert "to +33 6 39 98 77 01" in page(exporter, export)


def test_somebody_who_asks_for_many_files_waits(archive, exporter):
    """T37."""
    for _ in range(jobs.MOST):
        ask(exporter)
    answer = exporter.post(f"/exports/?{DAY}", {"format": "csv"})
    assert answer.status_code == 429
    assert "of your files are being made" in answer.content.decode()
    work()
    ask(exporter)


def test_t37_somebody_who_has_many_files_sent_waits_for_one(archive, exporter):
    address = f"/messages/export.csv?{DAY}"
    sent = [exporter.get(address) for _ in range(jobs.MOST)]
    refused = exporter.get(address)
    assert refused.status_code == 429
    assert refused.json()["errors"]["__all__"][0]["code"] == "too_many"
    shown = exporter.get(address, headers={"Sec-Fetch-Dest": "document"})
    assert shown.status_code == 429
    assert "of your files are being sent" in shown.content.decode()
    assert b"".join(sent[0])
    assert exporter.get(address).status_code == 200


def test_t37_a_large_workbook_is_made_in_the_background_for_programs_too(
    archive, exporter, monkeypatch
):
    monkeypatch.setattr("messages_app.exports.jobs.AT_ONCE", 20)
    refused = exporter.get(f"/messages/export.xlsx?{DAY}")
    assert refused.status_code == 409
    assert refused.json()["errors"]["__all__"][0]["code"] == "too_large"
    asked = exporter.post(refused.json()["job"], {"format": "xlsx"})
    assert asked.status_code == 302
    assert not Export.objects.exclude(state="waiting").exists()


def test_t33_the_list_names_no_question_of_a_time_when_one_could_see_more(archive, exporter):
    exporter.post("/exports/", {"format": "csv"}, query_params={"destination": NUMBER})
    assert "98 77 01" in exporter.get("/exports/").content.decode()
    user = User.objects.get(username="exporter")
    user.user_permissions.remove(Permission.objects.get(codename="see_personal"))
    for _ in range(jobs.MOST):
        answer = exporter.post(f"/exports/?{DAY}", {"format": "csv"})
    assert answer.status_code == 429
    for shown in (answer, exporter.get("/exports/")):
        assert "98 77 01" not in shown.content.decode()
        assert shown.content.decode().count("data-export=") == jobs.MOST - 1


def test_an_export_that_is_forgotten_is_not_made(archive, exporter, kept):
    export = ask(exporter)
    assert exporter.post(f"/exports/{export.pk}/").status_code == 302
    assert not work()
    made = ask(exporter)
    work()
    exporter.post(f"/exports/{made.pk}/")
    assert kept.listdir("")[1] == []
    assert "You have exported nothing yet" in exporter.get("/exports/").content.decode()


@pytest.mark.parametrize("form", [{"format": "pdf"}, {}])
def test_a_file_that_cannot_be_is_refused(archive, exporter, form):
    assert exporter.post(f"/exports/?{DAY}", form).status_code == 400
    assert exporter.post("/exports/?status=bogus", {"format": "csv"}).status_code == 400


def test_a_lost_key_ends_a_file_and_not_the_worker(archive, exporter, settings):
    export = ask(exporter)
    Export.objects.update(question="destination=~1.broken")
    assert work()
    assert "Could not be finished" in page(exporter, export)
