"""What the name of a run's scratch folder depends on, so that only the same work resumes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_training import INPUTS, NAME, NETWORK, OPTIONS, RECIPE, make_inputs

from guidedseg.fitting import fingerprint
from guidedseg.params.training import Train
from guidedseg.segmentation import training
from guidedseg.segmentation.inputs import Inputs


def test_recipe_has_the_keys_of_params() -> None:
    Train.model_validate(RECIPE)


class TestFingerprint:
    """The folder of a run's checkpoints is named after everything that its result depends on."""

    def of(self, inputs: Inputs = INPUTS, *, seed: int = 3, network: dict[str, Any] = NETWORK, **recipe: Any) -> str:
        return training._fingerprint(inputs, NAME, OPTIONS, network, RECIPE | recipe, seed)

    def test_same_work_has_the_same_name(self) -> None:
        assert self.of() == self.of(make_inputs())

    @pytest.mark.parametrize("key", RECIPE)
    def test_every_key_of_the_recipe_counts(self, key: str) -> None:
        assert self.of(**{key: "another"}) != self.of()

    @pytest.mark.parametrize(
        "package", ["torch", "timm", "albumentations", "segmentation_models_pytorch", "torchvision"]
    )
    def test_versions_of_the_libraries_count(self, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
        before = self.of()
        version = fingerprint.version
        monkeypatch.setattr(fingerprint, "version", lambda name: "0" if name == package else version(name))
        assert self.of() != before

    def test_seed_counts(self) -> None:
        assert self.of(seed=4) != self.of()

    @pytest.mark.parametrize("kind", ["images", "masks", "wide_images", "wide_masks"])
    def test_every_pixel_counts(self, kind: str) -> None:
        pixels = getattr(INPUTS, kind).copy()
        pixels[-1, -1, -1] ^= 1
        assert self.of(replace(INPUTS, **{kind: pixels})) != self.of()

    @pytest.mark.parametrize(("table", "key", "value"), [("items", "split", "test"), ("training", "jitter", 0.1)])
    def test_items_count(self, table: str, key: str, value: object) -> None:
        items = getattr(INPUTS, table).copy()
        items.loc[items.index[0], key] = value
        assert self.of(replace(INPUTS, **{table: items})) != self.of()

    def test_content_of_the_weights_file_counts(self, tmp_path: Path) -> None:
        weights = tmp_path / "encoder.safetensors"
        network = NETWORK | {"encoder_weights": str(weights)}
        names = []
        for content in (b"first", b"second", b"first"):
            weights.write_bytes(content)
            names.append(self.of(network=network))
        assert names[0] == names[2] != names[1]
        assert self.of(network=network) != self.of()

    def test_memory_mapped_inputs_have_the_name_of_their_pixels(self, tmp_path: Path) -> None:
        np.save(tmp_path / "images.npy", INPUTS.images)
        mapped = replace(INPUTS, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
        assert self.of(mapped) == self.of()
