"""What a training is said to need of memory is about what it takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from guidedseg import needs

ROOT = Path(__file__).parents[2]

STEP = """
import resource, sys
import torch
from guidedseg import needs, params
from guidedseg.segmentation import models
name, batch, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
options = getattr(params.load().models, name).model_dump()
def build():
    return models.build(name, options, encoder="original", encoder_weights=None, decoder_width=0.5, image_size=size)
told = needs.training(build(), batch, size)
network = build().train()
optimiser = torch.optim.AdamW(network.parameters())
for _ in range(2):
    optimiser.zero_grad()
    network(torch.rand(batch, 1, size, size)).mean().backward()
    optimiser.step()
print(told, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


@pytest.mark.parametrize(("model", "batch", "size"), [("unet3plus", 4, 96)])
def test_a_step_takes_about_what_is_said(model: str, batch: int, size: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STEP, model, str(batch), str(size)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told, taken = map(float, done.stdout.split())
    assert told / 2 < taken < told * 2


def test_of_a_container_its_own_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(needs, "_LIMITS", (str(limit),))
    monkeypatch.setattr(needs.torch.cuda, "is_available", lambda: False)
    machine = needs.memory()
    limit.write_text("max\n")
    assert needs.memory()[0] == machine[0]
    limit.write_text("1000000000\n")
    there, free = needs.memory()
    assert there == 1.0
    assert free <= 1.0
