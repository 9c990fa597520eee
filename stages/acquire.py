"""data/raw/DATASET: the raw dataset in its official layout, from a URL, a zip, a folder or drawn here."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Acquire the dataset, or the union, named on the command line."""
    from guidedseg import params
    from guidedseg.datasets import acquiring

    options = dict(params.load().datasets)
    (name,) = stages.words("dataset")
    target = Path("data/raw") / name
    return target, acquiring.acquire(
        name, options, external=Path("data/external"), target=target, scratch=Path(".scratch")
    )


if __name__ == "__main__":
    stages.run(main)
