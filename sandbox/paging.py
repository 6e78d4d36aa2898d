"""Cuts the page that is answered, honestly or under the paging faults F30-F39.

Knows nothing of HTTP or of what a message is.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from random import Random

from sandbox.question import Question
from sandbox.search import Page, Search

_EVERY = 50  # with the fault `twice`, each row of this rank shows twice


def cut_page(
    search: Search, question: Question, now: int, ties: Random | None, active: AbstractSet[str]
) -> Page:
    """Return the page of a question at an instant under the active faults."""
    question = _moved(question, active)
    if "twice" in active:
        return _doubled(search, question, now, ties)
    page = search.page(question, now, ties)
    if "short_page" in active and question.start + len(page.messages) < page.passing:
        page = page._replace(messages=page.messages[: (len(page.messages) + 1) // 2])
    return page


def _moved(question: Question, active: AbstractSet[str]) -> Question:
    if "sort_ignored" in active:
        question = replace(question, sort="date", descending=True)
    if "start_ignored" in active:
        return replace(question, start=0)
    if question.start and "insert_at_head" in active:
        return replace(question, start=question.start - 1)
    if question.start and "delete_between" in active:
        return replace(question, start=question.start + 1)
    return question


def _doubled(search: Search, question: Question, now: int, ties: Random | None) -> Page:
    """Page through a list in which each 50th row is followed by itself."""
    first, last = question.start, question.start + question.length
    single = replace(question, start=_rank(first), length=_rank(last) - _rank(first) + 1)
    page = search.page(single, now, ties)
    ranks = [_rank(position) - single.start for position in range(first, last)]
    messages = [page.messages[rank] for rank in ranks if rank < len(page.messages)]
    return Page(messages, page.within, page.passing + page.passing // _EVERY)


def _rank(position: int) -> int:
    """Return the rank of the row at a position of the list with doubles."""
    group, place = divmod(position, _EVERY + 1)
    return group * _EVERY + min(place, _EVERY - 1)
