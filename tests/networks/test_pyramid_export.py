"""FCOS and Mask R-CNN as ONNX: the same bytes twice, and what torch says at any size."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from guidedseg.detection import trained as either
from guidedseg.detection.pyramid import trained, training
from guidedseg.exporting import compact
from guidedseg.inference.engines.opening import Kind, open_engine
from guidedseg.json_files import write_json

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("kind_of_detector", "encoder"),
    [("fcos", "tu-tf_efficientnet_lite0"), ("fcos", "resnet18"), ("maskrcnn", "tu-tf_efficientnet_lite0")],
)
def test_graph_gives_what_torch_gives_at_any_size(kind_of_detector: str, encoder: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"channels": 32, "hidden": 32, "image_size": 64}
    net = training.network(kind_of_detector, encoder, sizes, None)
    save_file(compact(net.state_dict()), tmp_path / "weights.safetensors")
    write_json({"kind": kind_of_detector, "encoder": encoder, **sizes}, tmp_path / "config.json")
    trained.export(tmp_path)
    before = (tmp_path / "network.onnx").read_bytes()
    trained.export(tmp_path)
    assert (tmp_path / "network.onnx").read_bytes() == before
    network, names = either.answers(tmp_path)
    assert names == ("boxes",)
    rng = np.random.default_rng(0)
    kinds: tuple[Kind, ...] = ("onnxruntime", "openvino")
    for kind in kinds:
        engine = open_engine(kind, tmp_path, 1, either.answers)
        for size in ((64, 64), (96, 160)):
            images = rng.random((2, 1, *size), dtype=np.float32)
            with torch.no_grad():
                expected = network(torch.from_numpy(images)).numpy()
            np.testing.assert_allclose(engine.run(images, names)[0], expected, atol=1e-3)
