"""Who is trained on and who is tested on, read back (``splitting`` decides it)."""

from pathlib import Path

import pandas as pd


def read(path: Path) -> pd.DataFrame:
    """``split.csv``: image_id, group_id, split."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)
