"""The numbers of the paper (Arioua et al., Profit AI'25), in percent, the loss as it is.

Its tables 3 and 5 follow different rules, so they stand beside different columns of ours.
"""

from typing import NamedTuple

from guidedseg.datasets import bus_uclm


class Row(NamedTuple):
    """One network's line."""

    loss: float
    dice: float
    iou: float
    recall: float
    precision: float


DATASET = bus_uclm.DATASET.name
"""What they are of."""

DIRECT = {
    "unetpp": Row(0.5044, 79.19, 66.26, 77.44, 84.43),
    "unet3plus": Row(0.2905, 77.67, 64.09, 75.02, 83.37),
    "attention_unet": Row(0.4288, 77.41, 63.84, 80.50, 77.76),
    "transunet": Row(0.3722, 70.18, 54.86, 69.50, 73.65),
    "deeplabv3": Row(0.2687, 84.49, 73.57, 82.62, 88.60),
}
"""Table 3."""

GUIDED = {
    "unetpp": Row(0.3071, 94.27, 92.03, 94.66, 94.52),
    "unet3plus": Row(0.3072, 94.08, 91.74, 94.83, 94.00),
    "attention_unet": Row(0.3063, 94.20, 91.95, 94.38, 94.67),
    "transunet": Row(0.3061, 94.20, 91.93, 94.93, 94.14),
    "deeplabv3": Row(0.3071, 94.31, 92.10, 94.64, 94.58),
}
"""Table 5."""

DETECTOR = {"ap50": 81.8, "ap50_95": 65.0}
"""Table 4."""

OTHERS = bus_uclm.DATASET.published
"""Table 7, without the paper's own lines: what others report on BUS-UCLM, on splits and by rules of their own."""

TABLES = {"direct": DIRECT, "guided": GUIDED}

RULES = {"direct": "batch_pooled", "guided": "literal"}
"""The rule of ours that fits each table best."""

REASONS = {
    "direct": "Table 3 misses Dice = 2 IoU / (1 + IoU) by 0.3 to 0.7 points: too little for a mean over images, too "
    "much for sums over all pixels, so probably sums within batches",
    "guided": "the text says that an image without a box scores 1, and Table 5 misses that identity by 1.6 points, as "
    "a mean over images with many 1s does",
}
