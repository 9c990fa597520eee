"""Networks with encoders and options, as they are after some training."""

from typing import Any, NamedTuple

import small_sam
import torch

from guidedseg.encoders import encoders
from guidedseg.segmentation import models

SIZE = 64


class Variant(NamedTuple):
    """A network, its encoder and its options."""

    name: str
    encoder: str = "tu-test_efficientnet"  # 82 thousand parameters
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def __str__(self):
        return "-".join([self.name, *(["original"] if self.encoder == encoders.ORIGINAL else []), *self.options])

    def build(self):
        """In training mode, after three passes: batch normalisation has statistics."""
        torch.manual_seed(0)
        original = self.encoder == encoders.ORIGINAL
        own = {
            "transunet": {"vit": "test_vit"},
            "sam": {"weights": str(small_sam.file()), "pixels": small_sam.PIXELS},
        }
        net = models.build(
            self.name,
            own.get(self.name, {}) | self.options,
            encoder=self.encoder,
            encoder_weights=None,
            decoder_width=0.125 if original else 0.25,
            image_size=SIZE,
        )
        with torch.no_grad():
            for step in range(3):
                net(pictures(seed=step))
        return net


LIBRARY = tuple(Variant(name) for name in models.MODELS)
# Mask R-CNN's is a library encoder under another name, and YOLO11n-seg and SAM have but their own
ORIGINAL = tuple(Variant(name, encoders.ORIGINAL) for name in models.MODELS if name not in {"maskrcnn", *models.OWN})
SUPERVISED = (
    Variant("unet3plus", options={"deep_supervision": True, "class_guided": True}),
    Variant("unetpp", options={"deep_supervision": True}),
    Variant("unetpp", encoders.ORIGINAL, {"deep_supervision": True}),
)


def pictures(count=4, seed=9):
    """(count, 1, SIZE, SIZE) float32 in [0, 1]."""
    return torch.rand(count, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


def find_lesions_in_half(net, images):
    """Move the threshold of a class-guided network, in evaluation mode; others stay as they are."""
    if getattr(net, "classifier", None) is None:
        return
    with torch.no_grad():
        lesion = net.classifier(net.encoder(images)[-1])  # (N, 2)
        missing = (lesion[:, 0] - lesion[:, 1]).sort().values
        net.classifier[1].bias[1] += missing[len(images) // 2 - 1 : len(images) // 2 + 1].mean()
