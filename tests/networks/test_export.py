"""Every network can be exported to ONNX and gives the same there."""

import onnxruntime
import pytest
import torch
from variants import LIBRARY, ORIGINAL, SIZE, SUPERVISED, find_lesions_in_half, pictures

from guidedseg.segmentation.models.unet3plus import NOTHING

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the exporter itself
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.mark.parametrize("variant", [*LIBRARY, *ORIGINAL, *SUPERVISED], ids=str)
def test_onnx_gives_the_same_logits(variant):
    net, images = variant.build().eval(), pictures()
    find_lesions_in_half(net, images)
    program = torch.onnx.export(net, (images,), dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: images.numpy()})
    with torch.inference_mode():
        expected = net(images)
    assert found.shape == (4, 1, SIZE, SIZE)
    difference = (torch.from_numpy(found) - expected).abs().max()
    assert difference <= 1e-4
    # Untrained logits are small: the same in parts of how much they vary
    lesion = expected > NOTHING
    assert difference <= 1e-3 * expected[lesion].std()
    if "class_guided" in variant.options:
        assert lesion.flatten(1).any(1).sum() == 2
