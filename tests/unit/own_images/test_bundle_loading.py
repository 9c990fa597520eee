"""A bundle: the same bytes again, whole as a folder and as a zip, and the same answers from every engine."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import small_bundle
from small_bundle import description, picture
from typer.testing import CliRunner

import guidedseg
from guidedseg.bundles import checking, example
from guidedseg.bundles.loading import load, sha256
from guidedseg.bundles.schema import FILES
from guidedseg.cli import app

ENGINES = ("onnxruntime", "openvino", "torch")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_written_again_it_has_the_same_bytes_as_folder_and_zip(networks, bundle_folder, tmp_path):
    again = small_bundle.write(tmp_path / "again", networks)
    assert contents(again) == contents(bundle_folder)
    assert (tmp_path / "again.zip").read_bytes() == bundle_folder.with_suffix(".zip").read_bytes()
    other = small_bundle.write(tmp_path / "other", networks, confidence=1.0)  # which no box reaches
    assert {name for name, data in contents(other).items() if data != contents(again)[name]} == {
        "bundle.json", "example/mask.png"
    }  # fmt: skip


def test_it_holds_what_its_description_lists_and_no_pickle(bundle_folder):
    found = contents(bundle_folder)
    assert sorted(found) == sorted([*FILES, "bundle.json"])
    with zipfile.ZipFile(bundle_folder.with_suffix(".zip")) as archive:
        assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == found
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    described = load(bundle_folder, threads=1).description
    assert described.files == {name: sha256(bundle_folder / name) for name in FILES}
    expected = description()
    assert {key: value for key, value in described.model_dump().items() if key in expected} == expected
    assert described.engine.startswith("onnxruntime ")


def test_names_are_completed_before_they_are_used():
    assert "load" in dir(guidedseg)


def test_folder_and_zip_are_one_bundle(bundle_folder):
    folder, zipped = (guidedseg.load(path, threads=1) for path in (bundle_folder, bundle_folder.with_suffix(".zip")))
    assert folder.description == zipped.description
    assert folder.sha256 == zipped.sha256 == sha256(bundle_folder / "bundle.json")
    image = picture(60, 90)
    assert folder.segment(image).probabilities.tobytes() == zipped.segment(image).probabilities.tobytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_check_passes_with_every_engine(engine, bundle_folder):
    lines = checking.check(bundle_folder, engine)
    assert lines[0].startswith("guidedseg-phantom-unet 0.1.0, sha256 ")
    assert lines[1] == f"files: {len(FILES)} as bundle.json says"
    assert lines[2].startswith(f"example: the same with {engine} ")


def test_every_engine_gives_the_same_probabilities_within_rounding(bundle_folder):
    opened = {engine: load(bundle_folder, engine=engine, threads=1) for engine in ENGINES}
    for engine, bundle in opened.items():
        assert bundle.engine.startswith(f"{engine} ")
    for seed in range(3):
        image = picture(60, 90, seed)
        reference = opened["torch"].segmenter.frame(image).probabilities.astype(int)
        boxes, confidences = opened["torch"].segmenter.boxes(image)
        for engine in ("onnxruntime", "openvino"):
            used = opened[engine].segmenter
            assert np.abs(used.frame(image).probabilities - reference).max() <= 1
            found, sure = used.boxes(image)
            np.testing.assert_allclose(found, boxes, atol=0.05)
            np.testing.assert_allclose(sure, confidences, atol=1e-4)


def test_more_threads_change_no_bit(bundle_folder):
    image = picture(120, 160)
    one, two = (load(bundle_folder, threads=number).segmenter for number in (1, 2))
    for first, second in zip(one.boxes(image), two.boxes(image), strict=True):
        assert first.tobytes() == second.tobytes()
    assert one.frame(image).probabilities.tobytes() == two.frame(image).probabilities.tobytes()


def test_the_example_is_a_drawing_with_a_lesion_that_is_always_the_same():
    image = example.draw()
    assert image.shape == example.SIZE
    assert image.tobytes() == example.draw().tobytes()
    assert image.std() > 20


def test_the_command_tells_that_a_bundle_is_whole(bundle_folder):
    done = CliRunner().invoke(app, ["bundle", "check", str(bundle_folder.with_suffix(".zip"))])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) == 3
