"""Everything that can be known to fail before the first stage runs."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from guidedseg import params
from guidedseg.errors import GuidedsegError

FREE_GB = {"phantom": 1, "bus_uclm": 4}
"""Raw and prepared images, inputs, tiles and weights of one network, with copies in DVC's cache."""


def run(path: Path = Path("params.yaml")) -> Iterator[str]:
    """Check one thing after the other.

    Args:
        path: params.yaml.

    Yields:
        One line per thing that is in order.

    Raises:
        GuidedsegError: the first thing that is not.
    """
    settings = params.load(path)
    chosen = f"dataset {settings.dataset}, profile {settings.profile}, model {settings.model}, mode {settings.mode}"
    yield f"{path}: {chosen}"

    free = shutil.disk_usage(Path.cwd()).free / 1e9
    needed = FREE_GB[settings.dataset]
    if free < needed:
        raise GuidedsegError(
            f"{free:.1f} GB free on this disk, about {needed} GB needed; `dvc gc -w` drops unused results"
        )
    yield f"disk: {free:.0f} GB free"

    if settings.dataset == "bus_uclm" and not Path("data/raw/bus_uclm").exists():
        from guidedseg.datasets import places

        origin = places.find(settings.datasets.bus_uclm.source, drop_in=Path("data/external/bus_uclm"))
        yield f"raw data: {origin}"

    import torch

    from guidedseg.segmentation import models

    network = settings.chosen.network
    options = getattr(settings.models, settings.model).model_dump()
    net = models.build(settings.model, options, **network.model_dump(), image_size=settings.chosen.inputs.image_size)
    count = sum(parameter.numel() for parameter in net.parameters()) / 1e6
    encoder = models.encoder_used(settings.model, network.encoder)
    weights = models.weights_used(settings.model, network.encoder, network.encoder_weights)
    yield f"{settings.model} on encoder {encoder} (weights: {weights or 'from scratch'}): {count:.2f} M parameters"

    yield f"device: {torch.cuda.get_device_name() if torch.cuda.is_available() else 'CPU'}"
