"""Where the weights of networks that are not trained here are to be had, and their licences: words for messages."""

HOMES = {
    "SAM": "github.com/facebookresearch/segment-anything, Apache-2.0",
    "SAM 2": "github.com/facebookresearch/sam2, Apache-2.0",
    "MedSAM": "github.com/bowang-lab/MedSAM, Apache-2.0",
    "MobileSAM": "github.com/ChaoningZhang/MobileSAM, Apache-2.0",
}
"""Whose layouts are understood -> the official home of the checkpoints and their licence."""

KEY = "models.sam.weights"
"""Of params.yaml: the path of a checkpoint."""


def had() -> str:
    """A sentence: where checkpoints are to be had, under which licence."""
    return f"Checkpoints are at {'; '.join(f'{home} ({name})' for name, home in HOMES.items())}."
