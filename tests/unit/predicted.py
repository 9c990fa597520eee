"""What a network predicts for all regions, put together."""

from typing import Any

import numpy as np

from guidedseg.inference.predict import Predicted, predict


def predicted(*arguments: Any, **settings: Any) -> Predicted:
    """The parts of ``predict`` as one."""
    probabilities, losses, gates = zip(*predict(*arguments, **settings), strict=True)
    levels = tuple(np.concatenate(level) for level in zip(*gates, strict=True))
    return Predicted(np.concatenate(probabilities), np.concatenate(losses), levels)
