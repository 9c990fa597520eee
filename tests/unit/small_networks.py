"""Networks that are quick to build, pictures for them, and what watches their features."""

from functools import partial

import timm
import torch
from timm.layers import StdConv2dSame
from timm.models.resnetv2 import ResNetV2
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer_hybrid import HybridEmbed
from torch import nn

from guidedseg.segmentation import models
from guidedseg.segmentation.models.layers import Supervised

SIZE = 64
ENCODER = "tu-test_efficientnet"  # 82 thousand parameters
NAMES = tuple(models.MODELS)
OPTIONS = {"transunet": {"vit": "test_vit"}}  # timm's smallest
BATCH = 4  # SK-U-Net normalises one value per image and channel: of two images these would always be -1 and 1


@timm.models.register_model
def small_hybrid(pretrained=False, **settings):  # noqa: ARG001 - timm's signature
    """R50-ViT-B/16 with one block per stage: what the original TransUNet is made of at a hundredth of its size."""
    conv = partial(StdConv2dSame, eps=1e-8)
    sizes = {"layers": (1, 1, 1), "channels": (128, 128, 128), "stem_chs": 32}  # its norms have groups of 32
    backbone = ResNetV2(**sizes, num_classes=0, global_pool="", preact=False, stem_type="same", conv_layer=conv)
    settings = {key: settings[key] for key in ("num_classes", "pos_drop_rate", "proj_drop_rate") if key in settings}
    embed = partial(HybridEmbed, backbone=backbone)
    vit = VisionTransformer(
        img_size=96, patch_size=1, embed_dim=32, depth=2, num_heads=2, embed_layer=embed, **settings
    )
    for stage in backbone.stages:  # or, as timm starts it, the first gradients of its branches would be 0
        nn.init.ones_(stage.blocks[0].norm3.weight)
    return vit


def network(name="unet3plus", *, seed=0, encoder=ENCODER, weights=None, width=0.25, size=SIZE, options=None):
    options = OPTIONS.get(name, {}) if options is None else options
    if name == "sam":
        import small_sam  # here: a program of its own, which a test starts, finds no module beside this folder

        options = {"weights": str(small_sam.file(seed)), "pixels": small_sam.PIXELS} | options
    torch.manual_seed(seed)
    return models.build(
        name,
        options,
        encoder=encoder,
        encoder_weights=weights,
        decoder_width=width,
        image_size=size,
    )


def size(net):
    """Number of parameters."""
    return sum(parameter.numel() for parameter in net.parameters())


def pictures(count=BATCH, seed=1, size=SIZE):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(seed))


def squares(count=BATCH, size=SIZE):
    """Masks of one lesion, of two, of none, ..."""
    masks = torch.zeros(count, 1, size, size)
    masks[::3, :, 4:28, 8:28] = 1
    masks[1::3, :, 40:56, 36:60] = 1
    masks[1::3, :, 4:20, 8:28] = 1
    return masks


def weigh(output):
    """A scalar with another weight for every pixel: behind batch normalisation a plain sum would be constant."""
    if isinstance(output, Supervised):
        parts = [*output.masks, *([] if output.lesion is None else [output.lesion])]
        return torch.stack([weigh(part) for part in parts]).sum()
    return (output * torch.rand(output.shape, generator=torch.Generator().manual_seed(2))).sum()


class Fixed(nn.Module):
    """Stands in for an encoder: gives the same features for every image."""

    def __init__(self, features):
        super().__init__()
        self.features = features

    def forward(self, x):
        return [x, *self.features]


def with_fixed_features(net):
    """Five leaf tensors at strides 2 to 32 in place of what the encoder of ``net`` gives."""
    channels = net.encoder.out_channels[1:]
    features = [
        torch.rand(2, count, SIZE // stride, SIZE // stride, requires_grad=True)
        for count, stride in zip(channels, (2, 4, 8, 16, 32), strict=False)
    ]
    net.encoder = Fixed(features)
    return features
