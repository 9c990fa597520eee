"""Ranks share out every training batch, and take validation batches in turn."""

import itertools

import numpy as np
import pytest

from guidedseg.errors import GuidedsegError
from guidedseg.fitting.launching import ALONE, Rank
from guidedseg.fitting.sampling import EpochSampler, Key
from guidedseg.fitting.shares import Shares, Turns

EMPTY = np.arange(40) < 16


def shares(rank: Rank, *, batch: int = 8, items: int = 40, incomplete: bool = True, epoch: int = 0) -> list[list[Key]]:
    sampler = EpochSampler(EMPTY, seed=3, length=items, empty_share=0.25)
    each = Shares(sampler, batch, rank, incomplete=incomplete)
    sampler.set_epoch(epoch)
    found = list(each)
    assert len(found) == len(each)
    assert [len(share) for share in found] == [each.sizes(step)[rank.number] for step in range(len(each))]
    return found


@pytest.mark.parametrize(("size", "items"), list(itertools.product([2, 3, 4], [40, 41, 46, 47])))
def test_shares_of_a_step_are_together_the_batch_of_one_process(size: int, items: int) -> None:
    for epoch in (0, 5):
        alone = shares(ALONE, batch=12, items=items, epoch=epoch)
        ranks = [shares(Rank(number, size, number), batch=12, items=items, epoch=epoch) for number in range(size)]
        left_out = items % 12 < 2 * size
        steps = list(zip(*ranks, strict=True))
        assert len(steps) == -(-items // 12) - left_out
        for step, whole in zip(steps, alone, strict=False):
            assert [key for share in step for key in share] == whole
            assert max(map(len, step)) - min(map(len, step)) <= 1
            assert min(map(len, step)) >= 2


@pytest.mark.parametrize(("items", "sizes"), [(16, [8, 8]), (17, [8, 8]), (18, [8, 8, 2])])
def test_one_process_leaves_a_last_batch_of_one_item_out(items: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in shares(ALONE, items=items)] == sizes


def test_an_incomplete_batch_is_left_out_where_asked_unless_it_is_all_there_is() -> None:
    assert [len(batch) for batch in shares(ALONE, items=23, incomplete=False)] == [8, 8]
    assert [len(batch) for batch in shares(ALONE, items=7, incomplete=False)] == [7]


def test_too_few_items_for_the_ranks_are_told() -> None:
    with pytest.raises(GuidedsegError, match="5 training items are too few for 3 ranks: each needs 2"):
        shares(Rank(0, 3, 0), items=5)


@pytest.mark.parametrize(("size", "items"), list(itertools.product([1, 2, 3, 5], [1, 4, 7, 8, 9, 17])))
def test_turns_have_every_item_once_and_as_many_batches_for_each_rank(size: int, items: int) -> None:
    ranks = [list(Turns(items, 4, Rank(number, size, number))) for number in range(size)]
    assert len({len(batches) for batches in ranks}) == 1
    batches = [batch for turn in zip(*ranks, strict=True) for batch in turn][: Turns(items, 4, ALONE).batches]
    assert batches == list(Turns(items, 4, ALONE))
    assert [item for batch in batches for item in batch] == list(range(items))
