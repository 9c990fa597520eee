"""Every network as it is handed on: ONNX beside its weights, the same answers from every engine."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file, save_file
from variants import LIBRARY, ORIGINAL, SIZE, SUPERVISED, find_lesions_in_half, pictures

from guidedseg import exporting
from guidedseg.inference.engines.opening import open_engine
from guidedseg.inference.engines.pytorch import PyTorch
from guidedseg.segmentation import trained
from guidedseg.segmentation.answers import Answers

pytestmark = pytest.mark.slow


def exported(answers: Answers, folder: Path) -> Path:
    weights = exporting.compact(answers.network.state_dict())
    answers.network.load_state_dict(weights)
    save_file(weights, folder / exporting.WEIGHTS)
    exporting.export(answers, folder, side=(SIZE, SIZE), outputs=answers.names)
    return folder


@pytest.mark.parametrize("variant", [*LIBRARY, *ORIGINAL, *SUPERVISED], ids=str)
def test_every_engine_gives_torchs_answers(variant, tmp_path):
    net, images = variant.build().eval(), pictures()
    find_lesions_in_half(net, images)
    answers = Answers(net)
    exported(answers, tmp_path)
    reference = PyTorch(answers, answers.names)
    expected = reference.run(images.numpy(), answers.names)
    assert expected[0].shape == (4, 1, SIZE, SIZE)
    for kind in ("onnxruntime", "openvino"):
        engine = open_engine(kind, tmp_path, 1, trained.answers)
        assert engine.gates() == reference.gates()
        found = engine.run(images.numpy(), answers.names)
        for name, one, other in zip(answers.names, found, expected, strict=True):
            assert one.shape == other.shape
            assert np.abs(one - other).max() <= (1e-3 if name == "logits" else 1e-4), (kind, name)
    (two_threads,) = open_engine("onnxruntime", tmp_path, 2, trained.answers).run(
        images.numpy()[::-1].copy(), ["probabilities"]
    )
    (one_thread,) = open_engine("onnxruntime", tmp_path, 1, trained.answers).run(images.numpy(), ["probabilities"])
    assert two_threads[::-1].tobytes() == one_thread.tobytes()
    # the weights lie in their file alone: the graph is as large as its description
    assert (tmp_path / "network.onnx").stat().st_size < 1_000_000


def test_export_gives_the_same_bytes_and_names_no_folder(tmp_path):
    files = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        torch.manual_seed(0)
        files.append((exported(Answers(LIBRARY[0].build().eval()), folder) / "network.onnx").read_bytes())
    assert files[0] == files[1]
    for word in (b"site-packages", b".py", b"/home", b"Traceback", str(Path.cwd()).encode()):
        assert word not in files[0]
    onnx.checker.check_model(str(tmp_path / "0" / "network.onnx"))


def test_graph_takes_its_tensors_from_the_weights_file(tmp_path):
    """Other weights in the file are another network, without another graph."""
    folder = exported(Answers(LIBRARY[0].build().eval()), tmp_path)
    images = pictures().numpy()
    (before,) = open_engine("onnxruntime", folder, 1, trained.answers).run(images, ["probabilities"])
    weights = load_file(folder / exporting.WEIGHTS)
    save_file({name: torch.zeros_like(tensor) for name, tensor in weights.items()}, folder / exporting.WEIGHTS)
    (after,) = open_engine("onnxruntime", folder, 1, trained.answers).run(images, ["probabilities"])
    assert before.std() > 0
    assert (after == 0.5).all()
