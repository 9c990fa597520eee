"""The one error of this project."""

from collections.abc import Sequence


class GuidedsegError(Exception):
    """Something the user can mend: the text says what is wrong, where (file, row or key), and what to do.

    Stages and the command line print the text without a traceback.
    """


class LostRankError(GuidedsegError):
    """Another rank of the same training is gone: a consequence, of which ``fitting.launching`` tells the cause.

    Attributes:
        told: whether the process that started this one tells of it.
    """

    CODE = 75
    """What a rank exits with; "temporary failure" among the codes of sysexits.h."""

    def __init__(self, text: str, *, told: bool) -> None:
        super().__init__(text)
        self.told = told


def listed(title: str, problems: Sequence[str], remedy: str, most: int = 50) -> GuidedsegError:
    """One error that names every problem, a line each.

    Args:
        title: what was being checked, for example ``"data/external/bus_uclm is not a whole BUS-UCLM"``.
        problems: each names its file or key.
        remedy: what to do about them.
        most: lines printed before the rest is counted.
    """
    lines = [f"  - {problem}" for problem in problems[:most]]
    if len(problems) > most:
        lines.append(f"  ... and {len(problems) - most} more")
    return GuidedsegError("\n".join([f"{title}: {len(problems)} problem(s)", *lines, remedy]))
