"""Every status has words for the customer and for what to try next, in both languages."""

import pytest
from django.utils import translation

from messages_app.analysis.advice import ADVICE, BY_REASON, LATE, OPERATORS, SILENT, advice_on
from messages_app.analysis.statuses import OTHER, OURS, REASONS, STATUSES
from tests.factories import incoming, record


def test_every_status_that_a_message_can_have_is_advised_on():
    missing = {name for name in (*STATUSES, *OURS) if name not in ADVICE}
    assert missing == {"incoming_message", "other_types"}, "these are advised on by other means"


def test_reasons_are_those_that_the_provider_documents():
    assert set(BY_REASON) <= set(REASONS)


@pytest.mark.parametrize("name", [*ADVICE, *BY_REASON])
def test_the_sentences_are_whole_and_french_as_well(name):
    advice = (ADVICE | BY_REASON)[name]
    for words in (advice.tell, advice.do):
        assert str(words).endswith(".")
        with translation.override("fr"):
            french = str(words)
        assert french.endswith(".")
        assert french != str(words)


@pytest.mark.parametrize("status", ["UNDELIVERED", "NOT_SENT"])
def test_a_failure_is_advised_on_by_its_reason_where_that_is_known(status):
    known = record(status=status, status_details="INVALID_DESTINATION")
    assert advice_on(known, is_young=True) == BY_REASON["INVALID_DESTINATION"]
    unknown = record(status=status, status_details="SOMETHING")
    assert advice_on(unknown, is_young=True) == ADVICE[status.lower()]


@pytest.mark.parametrize("reason", OPERATORS)
def test_no_operator_is_blamed_for_what_it_was_never_given(reason):
    for status in ("NOT_SENT", "DENIED"):
        kept = record(status=status, status_details=reason)
        assert advice_on(kept, is_young=True) == ADVICE[status.lower()]
    given = record(status="UNDELIVERED", status_details=reason)
    assert advice_on(given, is_young=True) == BY_REASON[reason]


def test_a_refusal_of_the_provider_is_advised_on_as_such_whatever_its_reason():
    refused = record(status="DENIED", status_details="INVALID_DESTINATION")
    assert advice_on(refused, is_young=True) == ADVICE["denied"]


def test_what_waits_past_its_time_is_not_said_to_be_sent_then():
    waits = record(status="WAITING")
    assert advice_on(waits, is_young=True, is_late=True) == ADVICE[LATE]
    assert advice_on(waits, is_young=True) == ADVICE["waiting"]


def test_a_reason_beside_a_success_changes_nothing():
    odd = record(status="DELIVERED", status_details="EXPIRED")
    assert advice_on(odd, is_young=False) == ADVICE["delivered"]


def test_without_a_receipt_it_matters_whether_one_may_still_come():
    sent = record(status="SENT")
    assert advice_on(sent, is_young=True) == ADVICE["sent"]
    assert advice_on(sent, is_young=False) == ADVICE[SILENT]


def test_an_unknown_status_and_incoming_messages_have_their_own():
    assert advice_on(record(status="LOST"), is_young=True) == ADVICE[OTHER]
    assert advice_on(incoming(message="Stop"), is_young=True) == ADVICE["opt_out"]
    assert advice_on(incoming(message="Merci"), is_young=True) == ADVICE["reply"]
