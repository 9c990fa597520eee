"""The detector's boxes, read back."""

from pathlib import Path

import pandas as pd


def read_detections(path: Path) -> pd.DataFrame:
    """``detections.csv``: image_id, x0, y0, x1, y1 (original pixels), confidence."""
    return pd.read_csv(path, dtype={"image_id": str}, keep_default_na=False)
