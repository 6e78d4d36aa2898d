"""Threads that take steps while their caller is busy."""

from threading import Event
from time import sleep

import pytest

from messages_app.archive.crew import AHEAD, Crew

SOON = 5.0


def drawn(crew):
    found = []
    while not crew.is_done():
        found += crew.results(SOON)
    return found


def halved(span):
    """A span of one is final; a wider one leads to its halves."""
    low, high = span
    if high - low == 1:
        return [low], []
    middle = (low + high) // 2
    return [], [(low, middle), (middle, high)]


@pytest.mark.parametrize("size", [1, 2, 8])
def test_all_that_steps_lead_to_is_drawn_once(size):
    with Crew(halved, size) as crew:
        crew.add((0, 100))
        crew.add((100, 130))
        assert sorted(drawn(crew)) == list(range(130))


def test_what_is_begun_is_whole_before_the_next_is_begun():
    with Crew(halved, 1) as crew:
        crew.add((0, 4))
        crew.add((4, 8))
        assert drawn(crew) == list(range(8))


def test_steps_go_on_while_the_caller_is_busy():
    went_on = Event()

    def look(step):
        if step == 5:
            went_on.set()
        return [step], []

    with Crew(look, 2) as crew:
        for step in range(6):
            crew.add(step)
        for _result in crew.results(SOON):
            assert went_on.wait(SOON), "the caller holds a result, and the others are looked at"
            break


def test_one_alone_takes_turns_with_its_caller():
    looked = []

    def look(step):
        looked.append(step)
        return [step], []

    with Crew(look, 1) as crew:
        crew.add(0)
        crew.add(1)
        for result in crew.results(SOON):
            sleep(0.05)
            assert looked == [result]
        sleep(0.05)
        assert looked == [0]


def test_a_caller_that_stays_away_is_not_buried():
    def look(step):
        return [step], []

    with Crew(look, 2) as crew:
        for step in range(AHEAD * 3):
            crew.add(step)
        next(crew.results(SOON))
        sleep(0.2)
        assert len(crew._results) <= AHEAD + 2
        assert len(drawn(crew)) == AHEAD * 3 - 1


def test_what_fails_is_raised_after_what_was_found():
    def look(step):
        if step == 3:
            sleep(0.05)
            raise LookupError
        return [step], []

    found: list[int] = []
    with Crew(look, 1) as crew:
        for step in range(5):
            crew.add(step)
        while len(found) < 3:
            found += crew.results(SOON)
        list(crew.results(SOON))
        with pytest.raises(LookupError):
            crew.is_done()
    assert found == [0, 1, 2]


def test_an_end_waits_for_the_step_under_way_and_begins_no_other():
    begun, looked = Event(), []

    def look(step):
        begun.set()
        sleep(0.1)
        looked.append(step)
        return [step], []

    with Crew(look, 2) as crew:
        for step in range(4):
            crew.add(step)
        list(crew.results(0))
        assert begun.wait(SOON)
    assert 1 <= len(looked) <= 2


def test_an_empty_crew_is_done():
    with Crew(halved, 3) as crew:
        assert crew.is_done()
        assert list(crew.results(0)) == []
        assert crew.has_room()
