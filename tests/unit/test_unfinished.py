"""A preparation that was killed goes on where it was, and ends in the same bytes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_datasets import DRAWN

from guidedseg.datasets import locating, preparing, union
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.records import RawImage
from guidedseg.datasets.unfinished import PICTURES, ROWS, THUMBNAILS, Unfinished, key

NAME, OPTIONS = "bus_bra", {"bus_bra": None}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two images ahead, and no more: of six, some are done when the fifth is read."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Six images."""
    DRAWN[NAME](tmp_path / "raw")
    return locating.locate(DATASETS[NAME], tmp_path / "raw")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def prepare(raw: Path, target: Path, work: Unfinished | None = None, most: int | None = None) -> list[str]:
    """Which images were read."""
    seen = []

    def records() -> Iterator[RawImage]:
        for record in union.read(NAME, OPTIONS, raw, work.image_ids if work else ()):
            if most is not None and len(seen) == most:
                raise KeyboardInterrupt
            seen.append(record.image_id)
            yield record

    preparing.write(records(), target, duplicate_threshold=0.8, unfinished=work)
    return seen


def interrupted(raw: Path, target: Path, place: Path, most: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        prepare(raw, target, Unfinished(place), most)
    assert not target.exists()


def test_it_goes_on_with_what_is_not_done_and_ends_in_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    every = prepare(raw, tmp_path / "at_once")
    place = tmp_path / "scratch" / "run"
    interrupted(raw, tmp_path / "out", place, 4)
    done = Unfinished(place).image_ids
    assert done == every[: len(done)]
    assert done
    assert prepare(raw, tmp_path / "out", Unfinished(place)) == every[len(done) :]
    assert files(tmp_path / "out") == files(tmp_path / "at_once")
    assert not place.exists()


def test_a_process_that_dies_leaves_what_the_next_can_use(raw: Path, tmp_path: Path) -> None:
    place = tmp_path / "scratch" / "run"
    code = (
        "import os; from pathlib import Path; from guidedseg.datasets import preparing, union\n"
        "from guidedseg.datasets.unfinished import Unfinished\n"
        "def records():\n"
        f"    for n, record in enumerate(union.read({NAME!r}, {OPTIONS!r}, Path({str(raw)!r}))):\n"
        "        if n == 5: os.kill(os.getpid(), 9)\n"
        "        yield record\n"
        f"preparing.write(records(), Path({str(tmp_path / 'out')!r}), duplicate_threshold=0.8,\n"
        f"                unfinished=Unfinished(Path({str(place)!r})))\n"
    )
    source = str(Path(preparing.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == -9
    assert not (tmp_path / "out").exists()
    work = Unfinished(place)
    assert 1 < len(work.image_ids) < 6
    prepare(raw, tmp_path / "out", work)
    prepare(raw, tmp_path / "at_once")
    assert files(tmp_path / "out") == files(tmp_path / "at_once")


@pytest.mark.parametrize("cut", [ROWS, THUMBNAILS, *PICTURES])
def test_what_was_cut_off_is_done_again(raw: Path, tmp_path: Path, cut: str) -> None:
    place = tmp_path / "scratch" / "run"
    interrupted(raw, tmp_path / "out", place, 5)
    before = Unfinished(place).image_ids
    if cut in PICTURES:
        (place / cut / f"{before[1]}.png").unlink()
    else:
        (place / cut).write_bytes((place / cut).read_bytes()[:-7])
    assert Unfinished(place).image_ids == before[: 1 if cut in PICTURES else -1]
    prepare(raw, tmp_path / "out", Unfinished(place))
    prepare(raw, tmp_path / "at_once")
    assert files(tmp_path / "out") == files(tmp_path / "at_once")


def test_what_other_data_left_goes(raw: Path, tmp_path: Path) -> None:
    interrupted(raw, tmp_path / "out", tmp_path / "scratch" / "one", 4)
    assert Unfinished(tmp_path / "scratch" / "other").image_ids == []
    assert not (tmp_path / "scratch" / "one").exists()


def test_key_is_another_where_data_or_options_are(raw: Path) -> None:
    first = key(raw, {"a": 1})
    assert key(raw, {"a": 1}) == first != key(raw, {"a": 2})
    picture = next(raw.rglob("*.png"))
    picture.write_bytes(picture.read_bytes())
    os.utime(picture, ns=(1, 1))
    assert key(raw, {"a": 1}) != first
