"""Which test images are shown: by quantile of their score, not by taste."""

import pandas as pd

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def by_quantile(scores: pd.Series) -> list[str]:
    """The images nearest to the quantiles of a score, worst first, each once.

    Args:
        scores: image_id -> score; ties are broken by image_id.

    Returns:
        Up to ``len(QUANTILES)`` image ids.
    """
    ordered = scores.dropna().sort_index().sort_values(kind="stable").index
    if ordered.empty:
        return []
    places = [round(quantile * (len(ordered) - 1)) for quantile in QUANTILES]
    return list(dict.fromkeys(str(ordered[place]) for place in places))
