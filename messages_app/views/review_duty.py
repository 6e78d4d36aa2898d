"""Who reads the archive, what went wrong, and how long the provider takes: in words for the review."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from messages_app import clock
from messages_app.analysis import shown
from messages_app.analysis.sentence import second_words
from messages_app.archive import duty, faults, timing
from messages_app.archive.duty import Failed, OnDuty
from messages_app.archive.runs import KILLED, STOPPED
from messages_app.archive.tables import Reread
from messages_app.models import Quarantine, SyncRun
from messages_app.privacy import Mask, words
from messages_app.provider import sentence_of
from messages_app.visible import one_line

RUNS, BARRED = 12, 20
DAY = timedelta(days=1)

OUTCOMES = {
    "": gettext_lazy("under way"),
    "ok": gettext_lazy("good"),
    "partial": gettext_lazy("in part"),
    "failed": gettext_lazy("failed"),
}
KINDS = {
    "looked": gettext_lazy("what somebody looks at"),
    "present": gettext_lazy("the present"),
    "ahead": gettext_lazy("what is planned"),
    "asked": gettext_lazy("asked for here"),
    "unsettled": gettext_lazy("what may still change"),
    "gap": gettext_lazy("what was never read"),
    "settled": gettext_lazy("comparison of what is settled"),
    "sync": gettext_lazy("by hand"),
    "start": gettext_lazy("start"),
}
"""What a run reads, by the reason that it was planned for."""


def duty_context(now: datetime, mask: Mask) -> dict[str, Any]:
    """Template context of workers, failures, latest runs, quarantine and times. `now` is real time."""
    good = duty.last_good(now)
    return {
        "workers": [_worker(one) for one in duty.on_duty(now)],
        "failures": [_failure(one, good) for one in duty.failures(now)],
        "runs": [_run(one) for one in duty.latest_runs(RUNS)],
        "barred": [_barred(one, mask) for one in Quarantine.objects.order_by("-seen_at")[:BARRED]],
        "barred_count": shown.number(Quarantine.objects.count()),
        **_times(now),
    }


def range_of(one: Reread | SyncRun | Quarantine) -> str:
    start, end = second_words(one.start), second_words(one.end)
    return start if start == end else f"{start} – {end}"


def moment_of(moment: datetime) -> str:
    now = clock.real_now()
    return shown.day_and_clock(moment.astimezone(now.tzinfo), now)


def _worker(one: OnDuty) -> dict[str, str]:
    """A worker in words."""
    lease = one.lease
    state = _("reading") if one.is_reading else _("at rest") if one.is_there else _("gone")
    held = ""
    if lease:
        text = ngettext(
            "%(n)s day, renewed %(ago)s ago", "%(n)s days, renewed %(ago)s ago", lease.days
        )
        ago = shown.duration(int(lease.beat.total_seconds()))
        held = text % {"n": shown.number(lease.days), "ago": ago}
    return {
        "name": one.owner.rpartition(":")[0] or one.owner, "state": state,
        "since": moment_of(one.since) if one.since else shown.NOTHING,
        "last": moment_of(one.last) if one.last else shown.NOTHING,
        "held": held or shown.NOTHING, "runs": shown.number(one.runs),
        "failed": shown.number(one.failed), "rows": shown.number(one.rows),
        "calls": shown.number(one.calls),
    }  # fmt: skip


def reason_words(reason: str) -> str:
    """Why a run ended as it did, in words; names of errors of ours stand as they are."""
    known = sentence_of(reason) or faults.sentence_of(reason)
    if known:
        return _(known)
    if reason == KILLED:
        return _("A process was ended amid its work.")
    if reason == STOPPED:
        return _("It was told to end.")
    # A run has a reason for each thing that it lacks.
    told = "; ".join(_(one) for one in reason.split("; ") if one)
    return told or _("No reason was written down.")


def _failure(one: Failed, good: datetime | None) -> dict[str, str]:
    is_over = good is not None and good > one.last
    return {
        "why": reason_words(one.reason), "kind": one.reason, "times": shown.number(one.times),
        "first": moment_of(one.first), "last": moment_of(one.last),
        "state": _("over") if is_over else _("not over yet"),
    }  # fmt: skip


def _run(one: SyncRun) -> dict[str, str]:
    return {
        "when": moment_of(one.began_at), "what": str(KINDS.get(one.kind, one.kind)),
        "range": range_of(one), "outcome": str(OUTCOMES.get(one.outcome, one.outcome)),
        "why": reason_words(one.reason) if one.reason else "",
        "rows": shown.number(one.rows), "calls": shown.number(one.calls),
    }  # fmt: skip


def _barred(one: Quarantine, mask: Mask) -> dict[str, str]:
    # What came as an id may be anything.
    found = one_line(words(one.message_id, mask))
    return {
        "range": range_of(one), "id": found or shown.NOTHING, "why": _(one.reason),
        "tries": shown.number(one.tries), "last": moment_of(one.seen_at),
    }  # fmt: skip


def _times(now: datetime) -> dict[str, Any]:
    """How long the provider took in the last day, hour by hour."""
    hours = timing.by_hour(now - DAY)
    answered, mean = timing.together(hours)
    return {
        "times": [
            {
                "hour": moment_of(one.hour), "calls": shown.number(one.calls),
                "mean": _seconds(one.mean), "half": _within(one.half), "most": _within(one.most),
            }
            for one in reversed(hours)
        ],
        "answered": shown.number(answered),
        "mean": _seconds(mean) if answered else shown.NOTHING,
        "calls": shown.number(duty.calls_since(now - DAY)),
    }  # fmt: skip


def _seconds(seconds: float) -> str:
    return _("%s s") % shown.number(round(seconds, 2))


def _within(seconds: float | None) -> str:
    return _("over %s") % _seconds(timing.EDGES[-1]) if seconds is None else _seconds(seconds)
