import threading

import pytest

from guidedseg.lookahead import cores, in_order


def test_in_order_keeps_the_order_and_looks_ahead_a_bounded_number_of_items(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    taken = []

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    results = in_order(lambda item: item * 2, items())
    assert [next(results) for _ in range(10)] == list(range(0, 20, 2))
    assert len(taken) <= 10 + 2 * 2 + 1


def test_what_an_item_raises_comes_in_its_turn_and_no_more_is_begun():
    begun = []

    def function(item):
        begun.append(item)
        if item == 3:
            raise ZeroDivisionError
        return item

    found = []
    with pytest.raises(ZeroDivisionError):
        found.extend(in_order(function, range(100), workers=2))
    assert found == [0, 1, 2]
    assert max(begun) <= 3 + 2 * 2 + 1


def test_what_the_items_raise_comes_when_all_before_were_begun_and_ends_it():
    def items():
        yield from range(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda item: item, items(), workers=1))


def test_a_consumer_that_stops_leaves_no_thread_behind_and_begins_nothing_more():
    before, done, waiting = threading.active_count(), [], threading.Event()
    timer = threading.Timer(0.05, waiting.set)

    def function(item):
        if item:
            waiting.wait(10)
        done.append(item)
        return item

    results = in_order(function, range(100), workers=2)
    assert next(results) == 0
    timer.start()
    results.close()
    timer.join()
    assert threading.active_count() == before
    assert len(done) <= 4  # the first, and those that had begun


@pytest.mark.parametrize(("given", "expected"), [("3", 3), ("0", None), ("", None), ("two", None)])
def test_cores_are_those_that_the_environment_or_the_system_allows(given, expected, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert cores() == expected if expected else cores() >= 1
