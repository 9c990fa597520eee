"""The comparison as a Markdown table."""

from typing import Any

BRANCHES = {
    "direct": "direct",
    "guided": "guided",
    "guided_fallback": "guided, frame where no box",
    "oracle": "oracle (true boxes)",
    "gain": "guided - direct",
}


def comparison(scores: dict[str, Any]) -> str:
    """Dice of every branch under every rule in percent, with 95 % intervals, then the other metrics under ``strict``.

    Args:
        scores: what metrics/comparison.json holds.
    """
    rules = list(scores["direct"])
    lines = ["| Dice, % | " + " | ".join(rules) + " |", "|---|" + "---|" * len(rules)]
    lines += [
        f"| {title} | " + " | ".join(_cell(scores[key][rule]["dice"]) for rule in rules) + " |"
        for key, title in BRANCHES.items()
    ]
    metrics = list(scores["direct"]["strict"])
    lines += ["", "| strict, % | " + " | ".join(metrics) + " |", "|---|" + "---|" * len(metrics)]
    lines += [
        f"| {title} | " + " | ".join(_cell(scores[key]["strict"][metric]) for metric in metrics) + " |"
        for key, title in BRANCHES.items()
    ]
    return "\n".join(lines) + "\n"


def _cell(score: dict[str, float | None]) -> str:
    value, low, high = score["value"], score["ci_low"], score["ci_high"]
    if value is None or low is None or high is None:
        return "-"
    return f"{100 * value:.1f} ({100 * low:.1f} to {100 * high:.1f})"
