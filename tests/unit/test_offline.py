"""Ultralytics is told to stay offline, and to leave the home folder alone, by whatever imports it first."""

import os
import subprocess
import sys

import pytest

BUILD = """
import torch
from guidedseg.segmentation import models
with torch.device("meta"):
    models.build({name!r}, {{}}, encoder="original", encoder_weights=None, decoder_width=1.0, image_size=64)
from ultralytics.utils import ONLINE, SETTINGS, USER_CONFIG_DIR
print(ONLINE, SETTINGS["mlflow"], USER_CONFIG_DIR)
"""


@pytest.mark.parametrize("name", ["yolo11n_seg", "sam"])
def test_networks_of_its_parts_leave_home_and_network_alone(name, tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("YOLO_")}
    told = subprocess.run(
        [sys.executable, "-c", BUILD.format(name=name)],
        cwd=tmp_path,
        env={**environment, "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.split()[:2] == ["False", "False"]
    assert ".scratch" in told
    assert not (tmp_path / "home" / ".config").exists()
