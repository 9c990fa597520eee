"""The GPUs of this machine, dealt out to runs beside each other; on a cluster Ray does that."""

import os
from collections.abc import Sequence

from guidedseg.errors import GuidedsegError


def slots(per_run: float) -> tuple[str, ...]:
    """Values of CUDA_VISIBLE_DEVICES, one for each run that can work at a time; none where runs ask for no GPU.

    Args:
        per_run: GPUs; below 1: several runs share one.

    Raises:
        GuidedsegError: there are too few.
    """
    return dealt(_visible(), per_run) if per_run > 0 else ()


def dealt(visible: Sequence[str], per_run: float) -> tuple[str, ...]:
    """See ``slots``."""
    if per_run < 1:
        found = [name for name in visible for _ in range(int(1 / per_run))]
    else:
        count = round(per_run)
        found = [",".join(visible[start : start + count]) for start in range(0, len(visible) - count + 1, count)]
    if not found:
        raise GuidedsegError(f"--gpus-per-run {per_run:g}: this machine shows {len(visible)} GPU(s).")
    return tuple(found)


def _visible() -> list[str]:
    if (said := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name for name in said.split(",") if name.strip()]
    import torch  # noqa: PLC0415 - seconds, which only those wait for who have a GPU

    return [str(number) for number in range(torch.cuda.device_count())]
