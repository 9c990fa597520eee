"""Words that several packages share: columns of tables and their values."""

BOX = ["x0", "y0", "x1", "y1"]
"""Columns of a box, half-open, pixels of the original image."""

SPLITS = ("train", "val", "test")

PATHOLOGIES = ("normal", "benign", "malignant", "unknown")
"""Of images; unknown: a lesion of which nothing is told."""

MODES = ("direct", "guided")
"""The approaches, each with a network of its own."""

NETWORKS = {
    "unet": "U-Net",
    "unetpp": "UNet++",
    "unet3plus": "UNet3+",
    "attention_unet": "Attention U-Net",
    "transunet": "TransUNet",
    "deeplabv3": "DeepLabV3",
    "skunet": "SK-U-Net",
    "maskrcnn": "Mask R-CNN",
    "yolo11n_seg": "YOLO11n-seg",
    "sam": "SAM",
}
"""Networks as papers write them, in the order of tables."""


DETECTORS = {"yolo": "YOLO11n", "fcos": "FCOS", "maskrcnn": "Mask R-CNN", "cascade": "cascade"}
"""What proposes boxes, as tables write it. A cascade's are of the direct network's own probabilities."""


def datasets_in(name: str) -> list[str]:
    """The datasets that ``dataset`` of params.yaml names: several are joined by ``+``."""
    return name.split("+")
