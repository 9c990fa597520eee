"""What a trained network says of a region: probabilities, logits, attention maps. This is exported and run."""

import torch
from torch import nn
from torch.nn import functional

from guidedseg.segmentation.models.attention_gate import gates
from guidedseg.segmentation.models.layers import outputs_of


class Answers(nn.Module):
    """A network in evaluation mode, with all that is asked of it.

    Attributes:
        names: of what it gives.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval()
        levels = range(1, len(gates(network)) + 1)
        self.names = ("probabilities", "logits", *(f"gates_{level}" for level in levels))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Answer.

        Args:
            images: (N, 1, S, S) float32 in [0, 1].

        Returns:
            Probabilities and logits (N, 1, S, S), then what the attention gates let through, (N, 1, s, s) in (0, 1),
            coarse to fine; one of full size is averaged over 2 x 2 pixels, as it shows no more in a picture.
        """
        with outputs_of(gates(self.network)) as maps:
            logits = self.network(images)
        halved = (functional.avg_pool2d(one, 2) if one.shape[-1] == images.shape[-1] else one for one in maps)
        return (logits.sigmoid(), logits, *halved)
