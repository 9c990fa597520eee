"""A function over many items: the same results here and in other processes; what dies or raises costs its item."""

import functools
import itertools
import multiprocessing
import os
import signal
import time

import pytest
from mortal_work import DEADLY, cut_off, doubling, weighty

from guidedseg.cluster.cutting import Shard, count_for, cut
from guidedseg.cluster.tasks import TRIES, Done, Place, each
from guidedseg.errors import GuidedsegError


def refusing():
    raise GuidedsegError("no engine. Install one.")


def by_item(found) -> dict[int, tuple[object, object]]:
    return {done.item: (done.value, done.problem) for done in found}


def test_a_process_that_dies_is_replaced_and_its_item_tried_again(tmp_path):
    found = by_item(each(functools.partial(doubling, tmp_path), [*range(7), DEADLY, 8, 9], Place(2)))
    good = {number: (2 * number, None) for number in (0, 1, 2, 3, 4, 6, 8, 9)}
    died = (None, f"its process died {TRIES} times, with exit code -9")
    assert found == {**good, 5: (None, "ValueError: five is not liked"), DEADLY: died}
    assert len([*tmp_path.glob("try-3-*")]) == 2
    assert len([*tmp_path.glob(f"try-{DEADLY}-*")]) == TRIES
    # what opens an engine ran once in each process: two to begin with, one for every death
    assert len([*tmp_path.glob("made-*")]) <= 2 + 1 + TRIES


@pytest.mark.parametrize("which", [0, 1])
def test_a_process_that_is_killed_while_it_has_nothing_to_do_takes_no_other_with_it(which, tmp_path):
    def items():
        yield from (0, 1)
        yield 2  # asked for when one of the first two is done
        deadline = time.monotonic() + 30
        while len([*tmp_path.glob("try-*")]) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)  # both wait
        killed = sorted(multiprocessing.active_children(), key=lambda child: child.pid)[which]
        killed.kill()
        time.sleep(0.5)
        yield from (6, 7, 8)

    found = by_item(each(functools.partial(doubling, tmp_path), items(), Place(2)))
    assert found == {number: (2 * number, None) for number in (0, 1, 2, 6, 7, 8)}


def test_a_process_that_dies_in_the_middle_of_its_answer_has_not_answered(tmp_path):
    found = by_item(each(functools.partial(cut_off, tmp_path), range(6), Place(2)))
    assert found == {number: (2 * number, None) for number in range(6)}
    assert (tmp_path / "died").exists()


def test_a_process_that_dies_before_it_has_read_anything_is_replaced(monkeypatch):
    start, born = multiprocessing.util.spawnv_passfds, []

    def still_born(path, command, kept):
        process = start(path, command, kept)
        if b"--multiprocessing-fork" in map(os.fsencode, command):  # not Python's own, which tracks resources
            born.append(process)
            if len(born) <= 2:
                os.kill(process, signal.SIGKILL)
        return process

    monkeypatch.setattr(multiprocessing.util, "spawnv_passfds", still_born)
    found = by_item(each(functools.partial(weighty, bytes(8 << 20)), range(6), Place(2)))
    assert found == {number: (2 * number, None) for number in range(6)}
    assert len(born) >= 4


def test_one_process_is_this_one(tmp_path):
    found = by_item(each(functools.partial(doubling, tmp_path), [0, 5, 6], Place(1)))
    assert found == {0: (0, None), 5: (None, "ValueError: five is not liked"), 6: (12, None)}
    assert (tmp_path / f"made-{os.getpid()}").exists()


@pytest.mark.parametrize("processes", [1, 2])
def test_what_cannot_be_made_is_told_of_every_item(processes):
    assert by_item(each(refusing, range(3), Place(processes))) == dict.fromkeys(
        range(3), (None, "no engine. Install one.")
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_items_are_taken_as_they_are_needed(tmp_path, processes):
    taken = 0

    def items():
        nonlocal taken
        for number in itertools.count(10):
            taken += 1
            yield number

    found = each(functools.partial(doubling, tmp_path), items(), Place(processes))
    for _ in range(5):
        assert next(found).problem is None
        assert taken <= 5 + 2 * processes + 1
    found.close()  # which ends the processes


def test_without_ray_this_machine_serves_and_it_is_said(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert [*each(functools.partial(doubling, tmp_path), [1], Place(ray="auto"))] == [Done(1, 2)]
    assert "pip install 'guidedseg[ray]'" in caplog.text


def test_every_item_is_in_one_shard_whatever_else_is_listed():
    names = [f"folder/{number}" for number in range(1000)]
    whole = [names[position] for places in cut(names, 7) for position in places]
    assert sorted(whole) == sorted(names)
    at = {names[position]: number for number, places in enumerate(cut(names, 7)) for position in places}
    fewer = names[::3][::-1]
    for number, places in enumerate(cut(fewer, 7)):
        assert all(at[fewer[position]] == number for position in places)
        assert [*places] == sorted(places)
    assert max(map(len, cut(names, 7))) < 1.4 * 1000 / 7
    assert [len(places) for places in cut([], 3)] == [0, 0, 0]


def test_a_shard_is_told_as_i_of_n():
    assert Shard.parse("3/8") == Shard(3, 8)
    assert Shard(3, 8).name == "00003-of-00008"
    assert [count_for(items) for items in (0, 1, 2000, 2001, 1_000_000)] == [1, 1, 1, 2, 500]
    for text in ("8/8", "-1/8", "3", "3/", "/8", "a/b", "3/8/9", "0/0", "²/8"):
        with pytest.raises(GuidedsegError, match="I/N is needed"):
            Shard.parse(text)
