"""BrEaST (Pawlowska et al., Scientific Data 11:148, 2024): one image of each of 256 patients, with pixel sizes."""

from pathlib import Path

from guidedseg.datasets import tables
from guidedseg.datasets.dataset import Dataset, Entry, Published, Survey
from guidedseg.group import Group
from guidedseg.junk import is_junk

IMAGES, TABLE = "BrEaST-Lesions_USG-images_and_masks", "BrEaST-Lesions-USG-clinical-data*.xlsx"

_COLUMNS = ("Image_filename", "Mask_tumor_filename", "Classification")
_PLAUSIBLE = (0.02, 0.5)  # mm per pixel: 10 to 250 mm on 500 rows


def survey(folder: Path, _: Group | None) -> Survey:
    """The table, and the files it names; masks of other findings are left out."""
    found = Survey()
    table, *others = sorted(path for path in folder.glob(TABLE) if not is_junk(path.name))
    if others:
        found.problems.append(f"{', '.join(path.name for path in (table, *others))}: several tables; keep one")
    rows = tables.read(table, _COLUMNS, found.problems, optional=("Pixel_size", "Mask_other_filename"))
    there = {
        path.name
        for path in (folder / IMAGES).iterdir()
        if not is_junk(path.name) and not (path.is_dir() and path.is_symlink())
    }
    named = set()
    for name, row in tables.once(rows, "Image_filename", table.name, found.problems).items():
        masks = _names(row["Mask_tumor_filename"])
        named |= {name, *masks, *_names(row["Mask_other_filename"])}
        absent = [each for each in (name, *masks) if each not in there]
        found.problems += [f"{IMAGES}/{each}: is missing, {table.name} names it" for each in absent]
        pathology = row["Classification"].lower()
        size = _millimetres(row["Pixel_size"])
        if size is None and any(map(str.isdigit, row["Pixel_size"])):
            found.problems.append(
                f"{table.name}: {name}: Pixel_size is {row['Pixel_size']!r}, neither in mm nor in cm a size in which a "
                f"breast could be seen ({_PLAUSIBLE[0]} to {_PLAUSIBLE[1]} mm); correct it, or say not applicable"
            )
        if pathology not in {"normal", "benign", "malignant"}:
            found.problems.append(f"{table.name}: {name}: Classification is {row['Classification']!r}")
        elif not absent:
            found.entries.append(
                Entry(
                    image_id=Path(name).stem,
                    image=f"{IMAGES}/{name}",
                    masks=tuple(f"{IMAGES}/{mask}" for mask in masks),
                    patient_id=Path(name).stem,
                    pathology=pathology,
                    mm_per_pixel=size,
                )
            )
    found.problems += [f"{IMAGES}/{name}: is not in {table.name}" for name in sorted(there - named) if rows]
    return found


def _names(cell: str) -> list[str]:
    """File names of a cell: several are joined by ``&``; of none it says so in words."""
    return [name.strip() for name in cell.split("&") if name.strip().lower().endswith(".png")]


def _millimetres(text: str) -> float | None:
    """Pixel size in mm; None for what is no number, or no plausible one.

    Known is that the table has a column Pixel_size; not known, for the table was not at hand, is its unit. The two that
    it may be, mm and cm, lie a factor of ten apart, and so a size that is plausible in one is not in the other but for
    the ends of the range: below 0.05 it may be both, and is taken for mm.
    """
    try:
        size = float(text.replace(",", "."))
    except ValueError:
        return None
    low, high = _PLAUSIBLE
    return next((each for each in (size, 10 * size) if low <= each <= high), None)


DATASET = Dataset(
    name="breast",
    title="BrEaST",
    members=(IMAGES, TABLE),
    survey=survey,
    people="256 images of as many patients in Poland (154 benign, 98 malignant, 4 normal), several scanners.",
    limits="Four images without a lesion: next to nothing is measured of normal tissue.",
    licence="CC BY 4.0.",
    citation="Pawlowska et al., Curated benchmark dataset for ultrasound based breast lesion analysis, Sci Data "
    "11:148 (2024).",
    link="https://doi.org/10.7937/9WKK-Q141",
    get="images (zip) and clinical data (xlsx) from the Cancer Imaging Archive; put the unpacked folder and the table "
    "side by side into one folder",
    published=(  # at second hand: read in a table of 2026 that cites it
        Published("Musah et al. 2025, cited by others", "nnU-Net, trained on BUSI", "48.55", "all images"),
    ),
)
