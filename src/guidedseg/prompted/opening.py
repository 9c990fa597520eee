"""From a checkpoint to its network, or a line that says why it is of no use."""

from pathlib import Path

from torch import nn

from guidedseg.prompted import checkpoint, networks


def opened(file: Path, pixels: int) -> tuple[nn.Module, str]:
    """The network in a file, in evaluation mode, and what it is in a few words.

    Args:
        file: the checkpoint.
        pixels: side of the pictures that it will be given, a multiple of 32.

    Raises:
        GuidedsegError: there is no such file, or it does not fit.
    """
    found = checkpoint.read(file)
    try:
        return networks.of(found, pixels), networks.described(found)
    except KeyError as error:
        raise checkpoint.refused(file, f"{error.args[0]} is missing for {found.kind}") from error
    except (RuntimeError, ValueError, ArithmeticError, AssertionError, LookupError) as error:
        told = " ".join(str(error).split())[:300] or "its sizes do not go together"
        raise checkpoint.refused(file, f"it does not fit {found.kind} ({told})") from error
