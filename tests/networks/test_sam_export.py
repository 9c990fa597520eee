"""MobileSAM and SAM 2 as they are handed on, at the sizes that were released: the same masks from ONNX."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import small_sam  # noqa: F401 - which tells Ultralytics what it is to know before it is imported
import torch
from safetensors.torch import save_file
from torch import nn
from ultralytics.models.sam import build

from guidedseg import exporting
from guidedseg.inference.engines.opening import open_engine
from guidedseg.segmentation import models, trained
from guidedseg.segmentation.answers import Answers

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("builder", [build.build_mobile_sam, build.build_sam2_t])
def test_every_engine_gives_torchs_logits(builder: Callable[[], nn.Module], tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save(builder().state_dict(), tmp_path / "random.pt")
    options = {"weights": str(tmp_path / "random.pt"), "pixels": 128}
    net = models.build("sam", options, encoder="original", encoder_weights=None, decoder_width=1.0, image_size=64)
    net.prompt(0.15)
    weights = exporting.compact(net.state_dict())
    net.load_state_dict(weights)
    save_file(weights, tmp_path / exporting.WEIGHTS)
    answers = Answers(net)
    exporting.export(answers, tmp_path, side=(64, 64), outputs=answers.names)
    images = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = net(images).numpy()
    assert expected.std() > 1e-3
    for kind in ("onnxruntime", "openvino"):
        (found,) = open_engine(kind, tmp_path, 1, trained.answers).run(images.numpy(), ["logits"])
        np.testing.assert_allclose(found, expected, atol=1e-4)
