"""What a trained YOLO detector says of a picture: boxes as they leave its head. This is exported and run."""

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel


class RawHead(nn.Module):
    """A detector in evaluation mode: grey in, all boxes out, none left out.

    Attributes:
        names: of what it gives.
    """

    def __init__(self, network: DetectionModel) -> None:
        super().__init__()
        self.network = network.eval()
        self.names = ("boxes",)
        head = network.model[-1]
        # boxes alone, and anchors laid out for each picture's own size
        head.export, head.format, head.dynamic = True, "onnx", True

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Find boxes.

        Args:
            images: (N, 1, H, W) float32 in [0, 1], H and W multiples of 32.

        Returns:
            (N, 4 + classes, A): centre x, centre y, width and height in pixels of the input, then a confidence in
            (0, 1) per class; A is the number of places where the network looks.
        """
        boxes: torch.Tensor = self.network(images.expand(-1, 3, -1, -1))  # it was made for colours
        return boxes
