"""The text index: what enters it, what leaves it, and that it never decides alone."""

import random

import pytest
from django.db import IntegrityError, connection, transaction

from messages_app.archive import searching
from messages_app.archive.keys import key_of
from messages_app.archive.searching import contains, index_new
from messages_app.models import Message
from tests.archive.storing import store
from tests.campaign import rounds
from tests.factories import record

pytestmark = pytest.mark.django_db
on_sqlite = connection.vendor == "sqlite"


def put(*texts: str, first: int = 1) -> None:
    store(record(message_id=number, message=text) for number, text in enumerate(texts, first))


def change(number: int, text: str) -> None:
    Message.objects.filter(key=key_of("sms_mt", number)).update(
        message=text, folded=text.casefold()
    )


def found(text: str) -> set[int]:
    return set(Message.objects.filter(contains(text)).values_list("message_id", flat=True))


def waiting() -> int:
    """Rows that no index holds yet; PostgreSQL's holds each at once."""
    if not on_sqlite:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM messages_app_unindexed")
        return int(cursor.fetchone()[0])


def hits(text: str) -> set[int]:
    """Keys that SQLite's index itself gives for a text, right or wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rowid FROM messages_app_search WHERE messages_app_search MATCH %s",
            [f'"{text}"'],
        )
        return {row[0] for row in cursor.fetchall()}


def check_whole() -> None:
    """The index says itself whether its parts agree."""
    if on_sqlite:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO messages_app_search (messages_app_search) VALUES ('integrity-check')"
            )


def test_a_text_is_found_before_and_after_it_is_indexed():
    put("Votre colis est en route", "Rien", "colissimo", "")
    assert found("COLIS") == {1, 3}
    assert waiting() == (3 if on_sqlite else 0)
    assert index_new() == (3 if on_sqlite else 0)
    assert (waiting(), index_new()) == (0, 0)
    assert found("COLIS") == {1, 3}


def test_indexing_goes_in_steps_and_forgets_none():
    put(*(f"code {number}" for number in range(1, 11)))
    steps = []
    while waiting():
        steps.append(index_new(limit=4))
        assert found("code") == set(range(1, 11))
    assert steps == ([4, 4, 2] if on_sqlite else [])


def test_a_changed_text_is_found_as_it_is_and_no_more_as_it_was():
    put("premier texte", "second texte")
    index_new()
    change(1, "tout autre")
    assert (found("premier"), found("autre"), found("texte")) == (set(), {1}, {2})
    index_new()
    assert (found("premier"), found("autre"), found("texte")) == (set(), {1}, {2})
    check_whole()


def test_a_row_that_is_deleted_or_anonymised_leaves_no_trace_in_the_index():
    put("secret un", "secret deux", "secret trois", "secret quatre")
    index_new(limit=2)
    for number in (1, 3):
        change(number, "")
    Message.objects.filter(message_id__in=[2, 4]).delete()
    assert found("secret") == set()
    assert waiting() == 0
    if on_sqlite:
        assert hits("sec") == set()
    check_whole()


def test_a_text_that_changes_back_and_forth_stands_in_the_index_once():
    put("aller")
    for text in ("retour", "aller", "", "retour", "retour"):
        change(1, text)
        index_new()
        assert found("retour") == ({1} if text == "retour" else set())
    check_whole()


def test_a_broken_transaction_leaves_the_index_as_it_was():
    put("ancien")
    index_new()

    @transaction.atomic
    def half() -> None:
        change(1, "nouveau")
        put("double", first=1)

    with pytest.raises(IntegrityError):
        half()
    assert (found("ancien"), found("nouveau"), waiting()) == ({1}, set(), 0)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("100 % sûr", "0 % s"), ("a_b_c", "_b_"), (r"C:\new", r":\n"), ('dit "oui"', 'it "o'),
        ("it's", "t's"), ("a AND b NOT c*", "AND b NOT c*"), ("line\nbreak", "e\nb"), ("x-y:z^", "-y:z^"),
        ("Straße", "STRASSE"), ("ÉTÉ", "été"), ("\U0001f600\U0001f601\U0001f602", "\U0001f601"),
        ("你好世界", "好世界"), ("مرحبا بك", "حبا ب"), ("ﬁnal", "FINAL"), ("ΣΑΣ", "σας"),
    ],
)  # fmt: skip
def test_every_character_is_literal_and_case_is_folded(text, asked):
    put(text, "other words", "100 xx sûr", "axbxc")
    for _ in range(2):
        assert found(asked) == {1}
        index_new()


@pytest.mark.parametrize("asked", ["ete", "e\u0301te\u0301"])
def test_accents_count(asked):
    put("été")
    index_new()
    assert found(asked) == set()


def test_trigrams_that_stand_apart_are_no_hit():
    put("abc bcd cde", "abcde")
    index_new()
    assert found("abcde") == {2}


def test_many_hits_are_looked_up_in_the_index_or_read_over_and_come_out_the_same(monkeypatch):
    put(*(f"offre {number % 7}" for number in range(60)))
    index_new(limit=50)
    wanted = found("offre 3")
    for named, few in ((0, 0), (0, 5), (0, 100), (5, 5), (100, 100)):
        monkeypatch.setattr(searching, "NAMED", named)
        monkeypatch.setattr(searching, "FEW", few)
        assert found("offre 3") == wanted
    assert len(wanted) == 9


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_index_finds_what_reading_finds(seed):
    chance = random.Random(seed)
    letters = "abAB é\u0301%_\"'ßSs😀"

    def text() -> str:
        return "".join(chance.choices(letters, k=chance.randrange(9)))

    texts = {number: text() for number in range(1, 40)}
    put(*texts.values())
    for _ in range(rounds(sample=80, full=2000)):
        act = chance.random()
        number = chance.randrange(1, 60)
        if act < 0.2 and number not in texts:
            texts[number] = text()
            put(texts[number], first=number)
        elif act < 0.5 and number in texts:
            texts[number] = text()
            change(number, texts[number])
        elif act < 0.6:
            texts.pop(number, None)
            Message.objects.filter(message_id=number).delete()
        elif act < 0.75:
            index_new(limit=chance.choice([1, 5, 100]))
        asked = text() or "a"
        assert found(asked) == {n for n, t in texts.items() if asked.casefold() in t.casefold()}
    index_new(limit=100)
    check_whole()


def test_a_rare_word_is_looked_up_and_not_read_over():
    put("abricot", *("pomme" for _ in range(50)))
    index_new()
    rows = Message.objects.filter(contains("abricot"))
    if on_sqlite:
        assert "INTEGER PRIMARY KEY" in rows.explain()
    else:
        with connection.cursor() as cursor:
            # Of so few rows the planner would rather read all.
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "message_folded" in rows.explain()
    assert rows.get().message == "abricot"


def test_a_long_text_is_asked_for_by_a_few_of_its_parts_and_found_whole():
    texts = [f"Bonjour, votre commande {number} est prête au comptoir. " * 8 for number in range(3)]
    put(*texts)
    index_new()
    assert len(searching._match(texts[1].casefold()).split(" AND ")) <= searching.TRIGRAMS
    assert found(texts[1]) == {2}
    assert found(texts[1][:-1] + "!") == set()
