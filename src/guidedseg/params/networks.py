"""Groups of params.yaml about the segmentation networks."""

from typing import Annotated, Literal

from pydantic import Field

from guidedseg.group import Channels, Group, NonNegative, OpenShare, Side

Channels4 = Annotated[list[Channels], Field(min_length=4, max_length=4)]
Channels5 = Annotated[list[Channels], Field(min_length=5, max_length=5)]


class UNet(Group):
    """U-Net (Ronneberger et al. 2015)."""

    decoder_channels: Channels5


class UNetPlusPlus(Group):
    """UNet++ (Zhou et al. 2018)."""

    decoder_channels: Channels5
    deep_supervision: bool


class UNet3Plus(Group):
    """UNet 3+ (Huang et al. 2020)."""

    channels: Channels
    deep_supervision: bool
    class_guided: bool


class AttentionUNet(Group):
    """Attention U-Net (Oktay et al. 2018)."""

    decoder_channels: Channels5


class TransUNet(Group):
    """TransUNet (Chen et al. 2021)."""

    vit: Annotated[str, Field(min_length=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    decoder_channels: Channels4


class DeepLabV3(Group):
    """DeepLabV3 (Chen et al. 2017)."""

    output_stride: Literal[8, 16]
    channels: Channels
    atrous_shares: Annotated[list[OpenShare], Field(min_length=3, max_length=3)]


class SKUNet(Group):
    """SK-U-Net (Byra et al. 2020)."""

    decoder_channels: Channels5


class MaskRCNN(Group):
    """Mask R-CNN (He et al. 2017)."""

    channels: Channels
    hidden: Channels


class Yolo11nSeg(Group):
    """YOLO11n-seg of Ultralytics; the weights of its loss, by its names."""

    box: NonNegative
    cls: NonNegative
    dfl: NonNegative


class Sam(Group):
    """Segment Anything (Kirillov et al. 2023) and its kin: weights that are given."""

    weights: Annotated[str, Field(min_length=1)] | None
    pixels: Side
    normalised: bool


class Models(Group):
    """One group per network."""

    unet: UNet
    unetpp: UNetPlusPlus
    unet3plus: UNet3Plus
    attention_unet: AttentionUNet
    transunet: TransUNet
    deeplabv3: DeepLabV3
    skunet: SKUNet
    maskrcnn: MaskRCNN
    yolo11n_seg: Yolo11nSeg
    sam: Sam


class Network(Group):
    """What all networks of a profile have in common."""

    encoder: Annotated[str, Field(min_length=1)]
    encoder_weights: Annotated[str, Field(min_length=1)] | None
    decoder_width: Annotated[float, Field(gt=0, le=4)]
