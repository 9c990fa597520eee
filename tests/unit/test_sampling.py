"""What an epoch draws: a seeded shuffle of a given length, with a given share of items without a lesion."""

import logging
from collections import Counter

import numpy as np
import pytest

from guidedseg.errors import GuidedsegError
from guidedseg.fitting.sampling import EpochSampler, Key

EMPTY = np.arange(20) < 8
"""Of 20 items the first 8 have no lesion."""


def drawn(sampler: EpochSampler, epoch: int) -> Counter[int]:
    """How often an epoch has each position; none is drawn again before it was drawn for the first time."""
    sampler.set_epoch(epoch)
    keys = list(sampler)
    assert len(keys) == len(sampler)
    assert len(set(keys)) == len(keys)
    counts = Counter(position for _, position, _ in keys)
    assert {(epoch, position, repeat) for position, count in counts.items() for repeat in range(count)} == set(keys)
    return counts


def test_sampler_shuffles_by_epoch_and_seed() -> None:
    sampler = EpochSampler(EMPTY, seed=3)
    keys_of: dict[int, list[Key]] = {}
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        keys = list(sampler)
        assert {key[0] for key in keys} == {epoch}
        assert sorted(key[1] for key in keys) == list(range(20))
        assert keys_of.setdefault(epoch, keys) == keys
        assert {key[2] for key in keys} == {0}
    orders = {epoch: [key[1] for key in keys] for epoch, keys in keys_of.items()}
    assert orders[0] != orders[1] != list(range(20))
    assert orders[0] != [key[1] for key in EpochSampler(EMPTY, seed=4)]
    assert len(sampler) == 20


@pytest.mark.parametrize("length", [None, 10, 20, 50])
@pytest.mark.parametrize("share", [None, 0.0, 0.1, 0.5, 0.9])
def test_length_and_share_of_items_without_a_lesion_are_as_asked(length: int | None, share: float | None) -> None:
    sampler = EpochSampler(EMPTY, seed=3, length=length, empty_share=share)
    counts = drawn(sampler, 0)
    total = 20 if length is None else length
    without = round((0.4 if share is None else share) * total)
    for kind, number in ((range(8), without), (range(8, 20), total - without)):
        own = [counts[position] for position in kind]
        assert sum(own) == number
        assert max(own) - min(own) <= 1  # whole rounds, and the rest without replacement


def test_what_an_epoch_leaves_out_is_drawn_anew_in_every_epoch() -> None:
    sampler = EpochSampler(EMPTY, seed=3, length=10)
    epochs = [frozenset(drawn(sampler, epoch)) for epoch in range(40)]
    assert len(set(epochs)) > 30
    assert frozenset.union(*epochs) == set(range(20))
    assert set(drawn(sampler, 7)) == epochs[7]
    other = EpochSampler(EMPTY, seed=4, length=10)
    assert [set(drawn(other, epoch)) for epoch in range(5)] != epochs[:5]


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_share_without_lesions_to_share_with_is_refused(share: float) -> None:
    with pytest.raises(GuidedsegError, match=rf"empty_share is {share:g}, but no training item has a lesion"):
        EpochSampler(np.ones(20, dtype=bool), seed=3, empty_share=share)


def test_without_a_share_items_may_all_be_empty() -> None:
    assert drawn(EpochSampler(np.ones(20, dtype=bool), seed=3), 0) == Counter(range(20))


def test_where_every_item_has_a_lesion_a_share_is_told_to_be_out_of_reach(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sampler = EpochSampler(np.zeros(20, dtype=bool), seed=3, empty_share=0.5)
    assert "every training item has a lesion" in caplog.text
    assert drawn(sampler, 0) == Counter(range(20))
