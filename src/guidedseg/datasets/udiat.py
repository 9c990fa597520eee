"""UDIAT, also Dataset B (Yap et al., IEEE JBHI 22:1218, 2018)."""

from pathlib import Path

from guidedseg.datasets import pairs, tables
from guidedseg.datasets.dataset import Dataset, Entry, Survey
from guidedseg.group import Group


def survey(folder: Path, _: Group | None) -> Survey:
    """Pairs by name, pathology of DatasetB.xlsx; no patient is known."""
    found = Survey()
    images, masks = (pairs.pictures(folder, kind, found.problems) for kind in ("original", "GT"))
    rows = tables.read(folder / "DatasetB.xlsx", ("Image", "Type"), found.problems)
    by_name = tables.once(rows, "Image", "DatasetB.xlsx", found.problems, _named)
    types = {name: row["Type"].lower() for name, row in by_name.items()}
    for name in pairs.unmatched(images, masks, found.problems, types or None, "DatasetB.xlsx"):
        pathology = types.get(name, "")
        if types and pathology not in {"benign", "malignant"}:
            found.problems.append(f"DatasetB.xlsx: {name}: Type is {pathology!r}, not Benign or Malignant")
        found.entries.append(Entry(image_id=name, image=images[name], masks=(masks[name],), pathology=pathology))
    return found


def _named(text: str) -> str:
    """Numbers stand in the table without their zeros."""
    return Path(text).stem.zfill(6) if text else ""


DATASET = Dataset(
    name="udiat",
    title="UDIAT (Dataset B)",
    members=("original", "GT", "DatasetB.xlsx"),
    survey=survey,
    people="163 images with a lesion (109 benign, 54 malignant), UDIAT Diagnostic Centre, Sabadell, one scanner "
    "(Siemens ACUSON Sequoia C512).",
    limits="Every image has a lesion, and no image tells whose it is.",
    licence="By agreement with its authors; it may not be handed on.",
    citation="Yap et al., Automated breast ultrasound lesions detection using convolutional neural networks, IEEE JBHI "
    "22:1218 (2018).",
    link="https://doi.org/10.1109/JBHI.2017.2731873",
    get="on request: its authors ask for a signed agreement",
)
