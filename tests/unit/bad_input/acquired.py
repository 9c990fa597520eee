"""A dataset acquired as the stages do it, and what is told where that is refused."""

from pathlib import Path

from guidedseg import outside
from guidedseg.datasets import acquiring
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.errors import GuidedsegError
from guidedseg.group import Group


def options(name: str, source: Path | None = None) -> Group:
    """Of a dataset: any number of images, and no particulars."""
    none = dict.fromkeys(DATASETS[name].options.model_fields)
    return DATASETS[name].options(**none | {"source": None if source is None else str(source)})


class Acquired:
    """Called with a dataset's name and a folder or zip: what the stages ``outside`` and ``acquire`` make of it."""

    def __init__(self, root: Path) -> None:
        self.target = root / "data" / "raw" / "it"
        self.scratch = root / ".scratch"
        self.external = root / "data" / "external"

    def __call__(self, name: str, source: Path) -> str:
        """What was taken, in words."""
        own = options(name, source)
        hashes = outside.Hashes(self.scratch / "hashes.json")
        outside.of_dataset(DATASETS[name], own, drop_in=self.external / name, before={}, hashes=hashes)
        return acquiring.acquire(name, {name: own}, external=self.external, target=self.target, scratch=self.scratch)

    def refusal(self, name: str, source: Path) -> str:
        """What is told, once it is sure that nothing was left behind."""
        try:
            said = self(name, source)
        except GuidedsegError as error:
            left = [path for place in (self.target.parent, self.scratch) for path in place.rglob("*")]
            assert not left
            return str(error)
        raise AssertionError(f"it was taken: {said}")
