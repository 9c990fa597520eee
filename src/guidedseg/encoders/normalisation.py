"""What pretrained encoders expect of their inputs, folded into their first convolutions.

They were trained on colours as (x - mean) / deviation. Of grey g in [0, 1] in each colour a first convolution w gives
the sum over colours of w * (g - mean) / deviation: a convolution of one channel, sum of w / deviation, less a number
per filter, sum of w * mean / deviation. That number goes into its bias, or into the running mean of the batch
normalisation behind it. This is exact but for zero padding, which is black here and was the mean colour there.
"""

import timm
import torch
from torch import nn

Colours = tuple[float, float, float]

IMAGENET: tuple[Colours, Colours] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALVES: tuple[Colours, Colours] = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
DPN: tuple[Colours, Colours] = ((124 / 255, 117 / 255, 104 / 255), (1 / (0.0167 * 255),) * 3)
AS_IT_IS: tuple[Colours, Colours] = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
# of smp's own encoders, which it knows from its hub alone, by how their names start; timm's are in timm
OTHERS = {
    "xception": HALVES,
    "inception": HALVES,
    "timm-tf_efficientnet_lite": HALVES,
    "dpn": DPN,
    "original": AS_IT_IS,
}


def of(name: str) -> tuple[Colours, Colours]:
    """Mean and deviation of the colours, in [0, 1], that a library's pretrained encoder was trained with."""
    if name.startswith("tu-"):
        known = timm.models.get_pretrained_cfg(name.removeprefix("tu-"), allow_unregistered=True)
        return (known.mean, known.std) if known else IMAGENET
    return next((values for start, values in OTHERS.items() if name.startswith(start)), IMAGENET)


def grey(colours: torch.Tensor, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """A first convolution for grey in [0, 1] in place of one for normalised colours.

    Args:
        colours: (O, 3, K, K), its weights.
        name: of the encoder.

    Returns:
        Weights (O, 1, K, K), and what is to be taken away behind them, (O,).
    """
    mean, deviation = (torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1) for values in of(name))
    scaled = colours.double() / deviation
    return scaled.sum(1, keepdim=True).float(), (scaled * mean).sum((1, 2, 3)).float()


def behind(encoder: nn.Module) -> dict[str, str]:
    """The batch normalisation that gets what a first convolution gives; names of modules, by those of convolutions."""
    paths = {module: path for path, module in encoder.named_modules()}
    given: dict[int, tuple[torch.Tensor, str]] = {}  # the tensors are kept, or another would get the number
    found = {}

    def note(module: nn.Module, _: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        given[id(output)] = (output, paths[module])

    def look(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if id(inputs[0]) in given:
            found[given[id(inputs[0])][1]] = paths[module]

    hooks = []
    for module in paths:
        if isinstance(module, nn.Conv2d) and module.in_channels == 1:
            hooks.append(module.register_forward_hook(note))
        elif isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(look))
    training = encoder.training
    with torch.no_grad():
        encoder.eval()(torch.zeros(1, 1, 64, 64))
    encoder.train(training)
    for hook in hooks:
        hook.remove()
    return found
