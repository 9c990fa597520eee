"""A damaged bundle is told in a clear way, and nothing in it runs."""

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import payloads
import pytest
from damage import copied, hashed_again, lead_elsewhere, rewritten
from safetensors.torch import load_file, save_file

from guidedseg.bundles import checking
from guidedseg.bundles.loading import load
from guidedseg.bundles.schema import FILES
from guidedseg.errors import GuidedsegError

ENGINES = ("onnxruntime", "openvino", "torch")


@pytest.fixture
def folder(bundle_folder, tmp_path):
    return copied(bundle_folder, tmp_path)


def refused(path: Path, what: str, engine: str = "onnxruntime") -> str:
    """Both ways to open it say the same, and name what was given."""
    with pytest.raises(GuidedsegError, match=what) as of_check:
        checking.check(path, engine)
    with pytest.raises(GuidedsegError, match=what) as of_load:
        load(path, engine=engine, threads=1)
    assert str(of_check.value) == str(of_load.value)
    assert str(path) in str(of_check.value)
    return str(of_check.value)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0, -1])
def test_a_changed_byte_in_any_file_is_named(name, place, folder):
    content = bytearray((folder / name).read_bytes())
    content[place] ^= 1
    (folder / name).write_bytes(content)
    message = refused(folder, f"{name}: not what bundle.json says")
    assert "1 problem(s)" in message


@pytest.mark.parametrize("name", [*FILES, "bundle.json"])
def test_a_missing_file_is_named(name, folder):
    (folder / name).unlink()
    refused(folder, "it has no bundle.json" if name == "bundle.json" else f"{name}: missing")


def test_all_that_is_wrong_is_told_at_once(folder):
    (folder / "README.md").unlink()
    (folder / "example/mask.png").write_bytes(b"")
    message = refused(folder, "2 problem")
    assert "README.md: missing" in message
    assert "example/mask.png: not what" in message


DAMAGES = {
    "schema 2 is not known here, 1 is": lambda d: d.update(schema_version=2),
    "schema '1' is not known here": lambda d: d.update(schema_version="1"),
    "schema_version: Field required": lambda d: d.pop("schema_version"),
    "more: Extra inputs are not permitted": lambda d: d.update(more=1),
    "detector.more: Extra inputs": lambda d: d["detector"].update(more=1),
    "margin: Field required": lambda d: d.pop("margin"),
    "made.commit: Field required": lambda d: d["made"].pop("commit"),
    "confidence: Input should be a finite number": lambda d: d.update(confidence=float("nan")),
    "guided.threshold: Input should be a finite": lambda d: d["guided"].update(threshold=float("inf")),
    "direct.threshold: Input should be less than 1": lambda d: d["direct"].update(threshold=1.5),
    "detector.max_boxes: Input should be less": lambda d: d["detector"].update(max_boxes=10**9),
    "direct.image_size: Input should be a multiple of 32": lambda d: d["direct"].update(image_size=33),
    "name: String should match": lambda d: d.update(name="../a b"),
    "files.README.md: String should match": lambda d: d["files"].update({"README.md": "0" * 63}),
    r"\.\./x: not a file of a bundle": lambda d: d["files"].update({"../x": "0" * 64}),
    "README.md: missing in bundle.json": lambda d: d["files"].pop("README.md"),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_description_that_is_none_is_told(what, folder):
    rewritten(folder, DAMAGES[what])
    message = refused(folder, what)
    assert len(message) < 400 + 2 * len(str(folder))  # and not the whole file


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"[1]", b"null", b"\xff\xfe\0", b'{"schema_version": 1', b"[" * 9999]
)
def test_a_description_that_is_not_even_an_object_is_told(content, folder):
    (folder / "bundle.json").write_bytes(content)
    refused(folder, "is not what a bundle says of itself")


@pytest.mark.parametrize("name", ["direct", "direct/weights.safetensors", "bundle.json", "example"])
def test_a_link_out_of_the_folder_is_refused(name, folder, tmp_path):
    shutil.move(folder / name, tmp_path / "outside")
    (folder / name).symlink_to(tmp_path / "outside")
    refused(folder, f"{name}.*a link that leads out of the bundle")


def test_a_link_to_the_bundle_and_one_within_it_are_followed(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    shutil.move(folder / "README.md", folder / "CARD.md")
    (folder / "README.md").symlink_to("CARD.md")
    assert checking.check(tmp_path / "link")


def test_what_is_no_file_is_no_file_of_a_bundle(folder):
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")  # it would be waited for
    refused(folder, "README.md: missing")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("write", payloads.FILES)
@pytest.mark.parametrize("network", ["detector", "guided"])
def test_a_pickle_in_place_of_weights_is_never_run(engine, write, network, folder, tmp_path):
    write(folder / network / "weights.safetensors", tmp_path / "trace")
    refused(folder, f"{network}/weights.safetensors: not what bundle.json says", engine)
    hashed_again(folder)
    with pytest.raises(GuidedsegError, match=str(folder)):
        checking.check(folder, engine)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("place", ["../weights.safetensors", "/etc/hostname", "x/../../guided/weights.safetensors"])
@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])  # torch reads no graph
def test_a_graph_never_reads_a_file_outside_its_folder(place, engine, folder):
    shutil.copy(folder / "direct/weights.safetensors", folder)
    lead_elsewhere(folder, "direct", place)
    hashed_again(folder)
    refused(
        folder, f"direct/network.onnx and weights.safetensors beside it are no network that {engine} can open", engine
    )


@pytest.mark.parametrize("network", ["detector", "direct", "guided"])
@pytest.mark.parametrize("engine", ENGINES)
def test_another_network_under_its_own_hash_makes_the_example_fail(network, engine, folder):
    path = folder / network / "weights.safetensors"
    tensors = load_file(path)
    changed = {
        name: -tensor if tensor.is_floating_point() and tensor.ndim > 1 else tensor for name, tensor in tensors.items()
    }
    save_file(changed, path)
    hashed_again(folder)
    title = {"detector": "the detector: the box", "direct": "the direct network", "guided": "the guided network"}[
        network
    ]
    with pytest.raises(GuidedsegError, match=f"the example comes out otherwise(.|\n)*{title}"):
        checking.check(folder, engine)


def _text(folder: Path) -> None:
    (folder / "example/mask.png").write_bytes(b"hello")


def _other_size(folder: Path) -> None:
    cv2.imwrite(str(folder / "example/direct.png"), np.zeros((10, 10), np.uint8))


def _short_boxes(folder: Path) -> None:
    (folder / "example/boxes.json").write_text(json.dumps([[1, 2]]), encoding="utf-8")


def _other_input(folder: Path) -> None:
    rewritten(folder, lambda described: described["guided"].update(image_size=64))


@pytest.mark.parametrize("damage", [_text, _other_size, _short_boxes, _other_input])
def test_an_example_that_cannot_be_segmented_is_told(damage, folder):
    damage(folder)
    hashed_again(folder)
    with pytest.raises(GuidedsegError, match=f"{folder}: the example cannot be segmented with onnxruntime"):
        checking.check(folder)


def test_a_value_of_the_example_that_differs_too_much_is_told(folder):
    path = folder / "example/direct.png"
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    for more in (2, 3):
        changed = picture.copy()
        changed[5, 5] = changed[5, 5] + more if changed[5, 5] < 100 else changed[5, 5] - more
        cv2.imwrite(str(path), changed)
        hashed_again(folder)
        if more == 2:
            assert checking.check(folder)
    with pytest.raises(GuidedsegError, match="the direct network: a probability differs by 3/255"):
        checking.check(folder)


@pytest.mark.parametrize("path", ["no", "no.zip"])
def test_what_is_not_there_is_told(path, tmp_path):
    refused(tmp_path / path, "there is no such bundle")


def test_a_folder_of_something_else_is_told(tmp_path):
    refused(tmp_path, "it has no bundle.json")
