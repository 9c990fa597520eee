"""Like pictures among many: the same by hashes as by comparing all, and no explosion where thousands are alike."""

import numpy as np
import pytest

from guidedseg.datasets import alike

LENGTH = 256


def rows(number: int, seed: int) -> np.ndarray:
    """Pictures that are like no other: scalar products of about 0 +- 1/16."""
    drawn = np.random.default_rng(seed).standard_normal((number, LENGTH)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def copies(originals: np.ndarray, similarity: float) -> np.ndarray:
    """For each picture one of exactly this similarity."""
    other = rows(len(originals), seed=99)
    other -= (other * originals).sum(axis=1, keepdims=True) * originals
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    return (similarity * originals + np.sqrt(1 - similarity**2) * other).astype(np.float32)


@pytest.fixture
def by_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "EXACT", 0)


def found(unit: np.ndarray, threshold: float = 0.8) -> list[tuple[int, int]]:
    a, b, _ = alike.find(unit, np.arange(len(unit)), threshold)
    return list(zip(a.tolist(), b.tolist(), strict=True))


@pytest.mark.parametrize("exact", [0, 10_000], ids=["by hashes", "all with all"])
def test_copies_among_strangers_are_found_and_nothing_else(monkeypatch: pytest.MonkeyPatch, exact: int) -> None:
    monkeypatch.setattr(alike, "EXACT", exact)
    originals = rows(600, seed=0)
    unit = np.vstack([originals, copies(originals[:50], 0.9)])
    assert found(unit) == [(k, 600 + k) for k in range(50)]


@pytest.mark.usefixtures("by_hashes")
def test_hashes_find_98_of_100_pairs_at_the_threshold_itself() -> None:
    originals = rows(1500, seed=1)
    assert len(found(np.vstack([originals, copies(originals, 0.801)]))) >= 0.98 * 1500


def test_hashes_give_the_similarities_of_all_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    originals = rows(300, seed=2)
    unit = np.vstack([originals, copies(originals, 0.93)])
    everyone = alike.find(unit, np.arange(600), 0.8)[2].tolist()
    monkeypatch.setattr(alike, "EXACT", 0)
    assert alike.find(unit, np.arange(600), 0.8)[2].tolist() == everyone == [pytest.approx(0.93)] * 300


@pytest.mark.usefixtures("by_hashes")
def test_the_same_pairs_every_time() -> None:
    originals = rows(400, seed=3)
    unit = np.vstack([originals, copies(originals, 0.8)])
    assert found(unit) == found(unit)


@pytest.mark.parametrize("exact", [0, 10_000], ids=["by hashes", "all with all"])
def test_thousands_of_one_picture_give_links_for_each_and_not_a_million_pairs(
    monkeypatch: pytest.MonkeyPatch, exact: int
) -> None:
    monkeypatch.setattr(alike, "EXACT", exact)
    unit = np.repeat(rows(1, seed=4), 3000, axis=0)
    owners = np.arange(3000) % 2  # all with all: 1500 x 1500 pairs
    a, b, _ = alike.find(unit, owners, 0.8)
    assert len(a) < 250_000
    partners = np.bincount(np.append(a, b), minlength=3000)
    assert partners.min() >= alike.ENOUGH / 2
    assert (owners[a] != owners[b]).all()


def test_a_picture_of_nothing_is_like_no_other() -> None:
    assert found(np.zeros((3, LENGTH), np.float32)) == []
    assert found(np.zeros((0, LENGTH), np.float32)) == []
