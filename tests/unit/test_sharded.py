"""Many images are prepared in shards, in processes of their own, with the bytes of one go."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

import guidedseg
from guidedseg.cluster import cutting
from guidedseg.cluster.cutting import Shard
from guidedseg.cluster.tasks import Once
from guidedseg.datasets import bus_uclm, harmonised, phantom, prepared, preparing, sharded, union
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.records import RawImage
from guidedseg.datasets.unfinished import ROWS
from guidedseg.datasets.union import Surveyed
from guidedseg.errors import GuidedsegError
from guidedseg.harmonising.picture import Harmonising

ROOT = Path(__file__).parents[2]
NAMES = ("phantom", "phantom_elsewhere")
NAME = "+".join(NAMES)
OPTIONS = dict.fromkeys(NAMES, bus_uclm.DATASET.options(source=None, sha256=None, images=None))
HOW = Harmonising(region=True, marks=True, intensity=[1.0, 99.0], mm_per_pixel=None)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets of 20 images, in each of which two patients share a picture."""
    folder = tmp_path_factory.mktemp("many") / "raw"
    for seed, name in enumerate(NAMES):
        (folder / name).mkdir(parents=True)
        assert DATASETS[name].generate is not None
        DATASETS[name].generate(folder / name, patients=6, images=20, width=96, height=72, seed=seed)
    return folder


@pytest.fixture(scope="module")
def at_once(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("at_once") / "prepared"
    preparing.write(harmonised.records(union.read(NAME, OPTIONS, raw), HOW), folder, duplicate_threshold=0.8)
    return folder


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 images are many, and there are two cores."""
    monkeypatch.setattr(cutting, "LENGTH", 20)
    monkeypatch.setattr(sharded, "FEW_CORES", 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "scratch" / "key"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def done(place: Path) -> list[str]:
    """Names of the images that are done in any shard."""
    lines = [line for rows in place.glob(f"*-of-*/{ROWS}") for line in rows.read_bytes().splitlines(keepends=True)]
    return [line.split(b'"')[1].decode() for line in lines if line.endswith(b"\n")]


def times(folder: Path, names: list[str]) -> list[int]:
    """When the pictures of these images were written."""
    return [(folder / "images" / f"{name}.png").stat().st_mtime_ns for name in names]


def surveying(raw: Path) -> Once[Surveyed]:
    return Once(partial(union.survey, NAME, OPTIONS, raw))


def prepare(survey: Once[Surveyed], place: Path) -> Path:
    """The folder that is written."""
    target = place.parent.parent / "prepared"
    sharded.prepare(survey, HOW, place, target, duplicate_threshold=0.8)
    assert not place.parent.exists()
    return target


@pytest.mark.parametrize(("length", "cores", "shards"), [(3, 2, 16), (17, 3, 12)])
def test_any_number_of_shards_and_processes_gives_the_bytes_of_one_go(
    raw, at_once, place, monkeypatch, length, cores, shards
):
    monkeypatch.setattr(cutting, "LENGTH", length)
    monkeypatch.setenv("OMP_NUM_THREADS", str(cores))
    of = []
    monkeypatch.setattr(sharded, "fill", lambda *given, fill=sharded.fill: (of.append(len(given[-1])), fill(*given)))
    assert files(prepare(surveying(raw), place)) == files(at_once)
    assert of == [shards]


def test_pictures_that_are_alike_lie_in_different_shards(at_once):
    pairs = prepared.read_duplicates(at_once)
    image_ids = prepared.read_index(at_once)["image_id"].tolist()
    number = {image_ids[place]: number for number, shard in enumerate(cutting.cut(image_ids, 16)) for place in shard}
    assert len(image_ids) == 40
    assert any(number[a] != number[b] for a, b in zip(pairs["image_a"], pairs["image_b"], strict=True))


@pytest.mark.parametrize(("length", "cores"), [(40, 2), (3, 1)])
def test_few_images_or_one_core_need_no_shards(raw, at_once, place, monkeypatch, length, cores):
    monkeypatch.setattr(cutting, "LENGTH", length)
    monkeypatch.setenv("OMP_NUM_THREADS", str(cores))
    monkeypatch.setattr(sharded, "fill", None)
    assert files(prepare(surveying(raw), place)) == files(at_once)


@dataclass(frozen=True)
class Mortal(Surveyed):
    """Kills once, in a process that is within a shard when a quarter of all images is done."""

    place: Path
    alive: Path
    whom: str

    def read(self, image_ids: Collection[str]) -> Iterator[RawImage]:
        for number, image in enumerate(super().read(image_ids)):
            if number == 2 and self.alive.exists() and len(done(self.place)) > 9:
                assert multiprocessing.parent_process() is not None
                self.alive.unlink(missing_ok=True)
                os.kill(os.getpid() if self.whom == "self" else os.getppid(), signal.SIGKILL)
            yield image


def mortal(raw: Path, place: Path, alive: Path, whom: str) -> Mortal:
    return Mortal(union.survey(NAME, OPTIONS, raw).parts, place, alive, whom)


def test_a_process_that_dies_is_replaced(raw, at_once, place, tmp_path):
    (alive := tmp_path / "alive").touch()
    assert files(prepare(Once(partial(mortal, raw, place, alive, "self")), place)) == files(at_once)
    assert not alive.exists()


def assert_the_rest_is_made(raw, place, at_once):
    """Some images are done: they stay as they are, and all of it ends as in one go."""
    names = done(place)
    assert 9 < len(names) < 40
    before = times(place, names)
    target = prepare(surveying(raw), place)
    assert files(target) == files(at_once)
    assert times(target, names) == before


def test_a_run_that_is_killed_goes_on_where_it_was(raw, at_once, place, tmp_path):
    (alive := tmp_path / "alive").touch()
    code = (
        "from functools import partial; from pathlib import Path; import test_sharded as it\n"
        "it.cutting.LENGTH, it.sharded.FEW_CORES = 20, 1\n"
        "if __name__ == '__main__':\n"
        f"    raw, place, alive = map(Path, ({str(raw)!r}, {str(place)!r}, {str(alive)!r}))\n"
        "    it.prepare(it.Once(partial(it.mortal, raw, place, alive, 'parent')), place)\n"
    )
    (program := tmp_path / "program.py").write_text(code)
    paths = [str(Path(__file__).parent), str(Path(guidedseg.__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    assert subprocess.run([sys.executable, program], env=environment, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "prepared").exists()
    assert_the_rest_is_made(raw, place, at_once)


def test_shards_made_by_hand_are_taken_over(raw, at_once, place, monkeypatch):
    for number in (2, 0):
        sharded.fill(surveying(raw), HOW, place, [Shard(number, 3)])
    monkeypatch.setattr(cutting, "LENGTH", 2000)
    assert_the_rest_is_made(raw, place, at_once)


def test_who_does_the_same_shard_waits_for_the_other(raw, place):
    def fill(_: int) -> None:
        sharded.fill(surveying(raw), HOW, place, [Shard(0, 2)])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, range(2)))
    names = done(place)
    assert len(names) == len(set(names)) > 9


def test_stage_does_one_shard_and_then_what_is_missing(raw, tmp_path, monkeypatch, capsys):
    from stages import prepare as stage

    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(raw / "phantom", tmp_path / "data/raw/phantom")
    arguments = ["prepare", "phantom", "data/prepared"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--shard", "1/3"])
    assert stage.main() is None
    assert "00001-of-00003: done. When all 3 are" in capsys.readouterr().out
    assert not (tmp_path / "data/prepared").exists()
    monkeypatch.setattr(sys, "argv", arguments)
    made = stage.main()
    assert made is not None
    assert (made[0], made[1][:9]) == (Path("data/prepared"), "20 images")
    assert not [*(tmp_path / ".scratch/prepare").iterdir()]


def test_shards_of_another_number_are_refused(raw, place):
    sharded.fill(surveying(raw), HOW, place, [Shard(1, 3)])
    with pytest.raises(GuidedsegError, match="has 3 shards already: give --shard I/3"):
        sharded.fill(surveying(raw), HOW, place, [Shard(1, 4)])
    (place / Shard(0, 5).name).mkdir()
    with pytest.raises(GuidedsegError, match="has shards of 3 and of 5: remove that folder"):
        prepare(surveying(raw), place)


def test_a_broken_file_is_told_as_in_one_go_and_nothing_is_written(tmp_path, place):
    raw = tmp_path / "raw"
    for name in NAMES:
        (raw / name).mkdir(parents=True)
        phantom.generate(raw / name, patients=6, images=20, width=96, height=72, seed=1)
    broken = sorted((raw / NAMES[1] / "images").iterdir())[7]
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(GuidedsegError, match=broken.name) as in_one_go:
        list(union.read(NAME, OPTIONS, raw))
    (target := tmp_path / "prepared").mkdir()
    (target / "before").touch()
    with pytest.raises(GuidedsegError) as in_shards:
        prepare(surveying(raw), place)
    assert str(in_shards.value) == str(in_one_go.value)
    assert files(target) == {"before": b""}
