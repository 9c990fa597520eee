"""What a network predicts for all regions, put together."""

from functools import partial
from typing import Any

import numpy as np
from torch import nn

from guidedseg.inference.engines.pytorch import PyTorch
from guidedseg.inference.predict import Predicted, predict
from guidedseg.segmentation.answers import Answers
from guidedseg.segmentation.losses import of_each


def engine_of(network: nn.Module) -> PyTorch:
    answers = Answers(network)
    return PyTorch(answers, answers.names)


def predicted(network: nn.Module, images: Any, masks: Any = None, loss: Any = None, **settings: Any) -> Predicted:
    """The parts of ``predict`` as one; loss of logits and targets."""
    losses = None if loss is None else partial(of_each, loss)
    probabilities, of_regions, gates = zip(*predict(engine_of(network), images, masks, losses, **settings), strict=True)
    levels = tuple(np.concatenate(level) for level in zip(*gates, strict=True))
    return Predicted(np.concatenate(probabilities), np.concatenate(of_regions), levels)
