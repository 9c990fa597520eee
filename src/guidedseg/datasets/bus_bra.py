"""BUS-BRA (Gomez-Flores et al., Medical Physics 51:3110, 2024)."""

from pathlib import Path

from guidedseg.datasets import pairs, tables
from guidedseg.datasets.dataset import Dataset, Entry, Survey
from guidedseg.group import Group

FOLDS = "5-fold-cv.csv"


def survey(folder: Path, _: Group | None) -> Survey:
    """Pairs, cases (patients) and pathology of bus_data.csv, the authors' five folds."""
    found = Survey()
    images = pairs.pictures(folder, "Images", found.problems)
    masks = {
        name.replace("mask_", "bus_", 1): path for name, path in pairs.pictures(folder, "Masks", found.problems).items()
    }
    rows = tables.read(folder / "bus_data.csv", ("ID", "Case", "Pathology"), found.problems)
    info = tables.once(rows, "ID", "bus_data.csv", found.problems)
    folds = {}
    if (folder / FOLDS).is_file():
        listed = tables.read(folder / FOLDS, ("ID", "kFold"), found.problems)
        folds = {name: row["kFold"] for name, row in tables.once(listed, "ID", FOLDS, found.problems).items()}
        found.problems += [f"{FOLDS}: {name} has no fold" for name in sorted(info.keys() - folds.keys())]
        found.problems += [f"{FOLDS}: {name} is not in bus_data.csv" for name in sorted(folds.keys() - info.keys())]
        found.problems += [
            f"{FOLDS}: {name}: kFold is {fold!r}, no number" for name, fold in folds.items() if not fold.isdecimal()
        ]
    else:
        found.notes.append(f"{FOLDS} is not there: split.protocol cannot be official")
    for name in pairs.unmatched(images, masks, found.problems, info or None, "bus_data.csv"):
        row = info.get(name, {"Case": "", "Pathology": ""})
        if name in info and row["Pathology"].lower() not in {"benign", "malignant"}:
            found.problems.append(f"bus_data.csv: {name}: Pathology is {row['Pathology']!r}, not benign or malignant")
        if not row["Case"] and name in info:
            found.problems.append(f"bus_data.csv: {name} has no Case, which tells the patient")
        found.entries.append(
            Entry(
                image_id=name,
                image=images[name],
                masks=(masks[name],),
                patient_id=f"case{row['Case']}" if row["Case"] else "",
                pathology=row["Pathology"].lower(),
                official_split=f"fold{folds[name]}" if name in folds else "",
            )
        )
    return found


DATASET = Dataset(
    name="bus_bra",
    title="BUS-BRA",
    members=("Images", "Masks", "bus_data.csv"),
    extras=("*-fold-cv.csv",),
    survey=survey,
    official=True,
    people="1,875 images of 1,064 patients with a lesion (1,268 benign, 607 malignant), National Institute of Cancer, "
    "Rio de Janeiro, four scanners.",
    limits="Every image has a lesion: nothing is learned, and nothing can be measured, of normal tissue.",
    licence="CC BY 4.0.",
    citation="Gomez-Flores et al., BUS-BRA: A breast ultrasound dataset for assessing computer-aided diagnosis "
    "systems, Medical Physics 51:3110 (2024).",
    link="https://doi.org/10.5281/zenodo.8231412",
)
