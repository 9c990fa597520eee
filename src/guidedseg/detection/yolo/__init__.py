"""Ultralytics in and out; here, what it is told before any of it is imported.

A file that others wrote is never unpickled: ``checkpoint`` reads a ``.pt`` as data, ``network`` checks and builds what
it describes, and ``trained`` keeps a detector without a pickle.
"""

import os
from pathlib import Path

# No telemetry, no package installed behind the user's back, no settings in the home folder.
os.environ["YOLO_OFFLINE"] = "1"
os.environ["YOLO_AUTOINSTALL"] = "False"
os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(".scratch").absolute()))
os.environ.setdefault("YOLO_VERBOSE", "False")
# What it loads by itself may hold its own classes only, and a model's `activation` is looked up, not evaluated.
os.environ["ULTRALYTICS_SAFE_LOAD"] = "1"

from ultralytics.utils import SETTINGS

# In memory only. Ultralytics hands every training to what it finds installed; to DVCLive, which then rewrites dvc.yaml.
dict.update(SETTINGS, dict.fromkeys(("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb"), False))
