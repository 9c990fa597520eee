"""Who is trained on and who is tested on: train, val and test for every image, and an audit of what leaks.

A patient's frames look alike, and some pictures are filed under two patients; images of one group therefore belong
in one split (Roberts et al., Nature Machine Intelligence 3:199, 2021, on leakage). The split by image is kept beside
it because the paper used one; the audit tells what it leaks.
"""

import logging
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from guidedseg.datasets.splits import useless
from guidedseg.errors import GuidedsegError, listed
from guidedseg.names import PATHOLOGIES, SPLITS

logger = logging.getLogger(__name__)

PROTOCOLS = ("official", "holdout", "folds")
UNITS = ("patient", "image")
CANDIDATES = 200  # shuffles tried for a holdout by patient
REMEDIES = {
    "official": "Set split.protocol: holdout in params.yaml to draw a split instead of taking the official one.",
    "holdout": "Raise split.val or split.test, or change split.seed, in params.yaml.",
    "folds": "Lower split.folds, or change split.fold or split.seed, in params.yaml.",
}

FOLD = "fold"
"""What the names of official folds begin with."""

Labels = NDArray[np.str_]


def assign(
    index: pd.DataFrame, *, protocol: str, group_by: str, val: float, test: float, folds: int, fold: int, seed: int
) -> pd.DataFrame:
    """Put every image into train, val or test.

    Args:
        index: a row per image with image_id, dataset, patient_id, group_id, pathology, lesion_count, official_split.
        protocol: ``official`` takes the dataset's own split; of official folds (``fold1``, ...) part ``fold`` is test
            and the next (cyclic) val. When a group (patients who share pictures) lies in several of its splits, the
            whole group goes to one of them, test before val before train, with a warning.
            ``holdout`` draws the fractions ``val`` and ``test``, keeping the proportions of the pathologies and, in a
            union, of the datasets. ``folds`` makes ``folds`` parts stratified likewise: part ``fold`` is test, the next
            (cyclic) val, the rest train.
        group_by: ``patient`` keeps every group in one split; ``image`` ignores groups, so it leaks.
        val: fraction of the images, for ``holdout``.
        test: fraction of the images, for ``holdout``.
        folds: number of parts, for ``folds``.
        fold: part that is tested, from 0, for ``folds`` and official folds.
        seed: of every draw.

    Returns:
        image_id, group_id, split; a row per image, sorted by image_id. Depends on the seed and the set of rows, not
        on their order.

    Raises:
        GuidedsegError: a setting is not possible, a split is empty, or val or test holds no image with a lesion.
    """
    _check_settings(protocol=protocol, group_by=group_by, val=val, test=test, folds=folds, fold=fold)
    rows = index.sort_values("image_id", ignore_index=True)
    if protocol == "official":
        labels = _official(rows, group_by, fold)
    elif protocol == "holdout" and group_by == "patient":
        labels = _holdout_by_group(rows, val, test, seed)
    elif protocol == "holdout":
        labels = _holdout_by_image(rows, val, test, seed)
    else:
        labels = _folds(rows, group_by, folds, fold, seed)
    split = rows[["image_id", "group_id"]].assign(split=labels)
    _check_split(rows, split, protocol)
    return split


def audit(index: pd.DataFrame, split: pd.DataFrame, duplicates: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count what each split holds and what crosses between them.

    Args:
        index: as for ``assign``, with patient_known.
        split: as ``assign`` returns it.
        duplicates: image_a, image_b, similarity; pairs of identical or nearly identical pictures across patients.

    Returns:
        ``train``, ``val``, ``test``: images, patients, groups, lesions, images that are normal, benign, malignant or of
        an unknown pathology and, in a union, images of each dataset. ``leakage``: patients_in_several_splits,
        groups_in_several_splits, duplicate_pictures_in_several_splits (pairs), and images_of_unknown_patients, of which
        nobody can tell.
    """
    rows = index.merge(split[["image_id", "split"]], on="image_id", validate="one_to_one")
    counts: dict[str, dict[str, int]] = {}
    for name in SPLITS:
        part = rows[rows["split"] == name]
        counts[name] = {
            "images": len(part),
            "patients": int(part["patient_id"].nunique()),
            "groups": int(part["group_id"].nunique()),
            "lesions": int(part["lesion_count"].sum()),
            **{pathology: int((part["pathology"] == pathology).sum()) for pathology in PATHOLOGIES},
        }
        if rows["dataset"].nunique() > 1:
            counts[name] |= {dataset: int((part["dataset"] == dataset).sum()) for dataset in rows["dataset"].unique()}
    where = rows.set_index("image_id")["split"]
    apart = duplicates["image_a"].map(where).to_numpy() != duplicates["image_b"].map(where).to_numpy()
    counts["leakage"] = {
        "patients_in_several_splits": int((rows.groupby("patient_id")["split"].nunique() > 1).sum()),
        "groups_in_several_splits": int((rows.groupby("group_id")["split"].nunique() > 1).sum()),
        "duplicate_pictures_in_several_splits": int(np.sum(apart)),
        "images_of_unknown_patients": int((rows["patient_known"] == 0).sum()),
    }
    return counts


def _check_settings(*, protocol: str, group_by: str, val: float, test: float, folds: int, fold: int) -> None:
    problems = []
    if protocol not in PROTOCOLS:
        problems.append(f"split.protocol is {protocol!r}, it may be {', '.join(PROTOCOLS)}")
    if group_by not in UNITS:
        problems.append(f"split.group_by is {group_by!r}, it may be {', '.join(UNITS)}")
    if protocol == "holdout":
        problems += [
            f"split.{key} is {share}, it must lie between 0 and 1"
            for key, share in (("val", val), ("test", test))
            if not 0 < share < 1
        ]
        if val + test >= 1:
            problems.append(f"split.val + split.test is {val + test:g}, which leaves nothing to train on")
    if protocol == "folds":
        if folds < 3:
            problems.append(
                f"split.folds is {folds}, it must be 3 or more: one to test, one to validate, the rest to train"
            )
        if not 0 <= fold < folds:
            problems.append(f"split.fold is {fold}, it must lie between 0 and split.folds - 1 = {folds - 1}")
    if problems:
        raise listed("The split cannot be made", problems, "Change these keys in params.yaml.")


def _check_split(rows: pd.DataFrame, split: pd.DataFrame, protocol: str) -> None:
    if problems := useless(rows, split):
        raise listed("The split is of no use", problems, REMEDIES[protocol])


def _official(rows: pd.DataFrame, group_by: str, fold: int) -> Labels:
    own = rows["official_split"].astype("object").where(rows["official_split"].notna(), "").astype(str)
    own = _of_folds(own, fold)
    if (own == "").all():
        raise GuidedsegError(f"This dataset has no official split. {REMEDIES['official']}")
    unknown = rows.loc[~own.isin(SPLITS), "image_id"]
    if len(unknown):
        problems = [f"{image_id}: {name!r}" for image_id, name in zip(unknown, own[unknown.index], strict=True)]
        raise listed("Images without a valid official split (train, val, test)", problems, REMEDIES["official"])
    if group_by == "image":
        return own.to_numpy(str)
    rank = own.map(SPLITS.index)
    settled = rank.groupby(rows["group_id"]).transform("max").map(dict(enumerate(SPLITS)))
    moved = rows[settled != own]
    for (group, patient), images in moved.groupby(["group_id", "patient_id"]):
        logger.warning(
            "Patient %s shares pictures with a patient of another official split: %d image(s) move to %s with group %s",
            patient,
            len(images),
            settled[images.index[0]],
            group,
        )
    return settled.to_numpy(str)


def _of_folds(own: pd.Series, fold: int) -> pd.Series:
    """train, val and test for the names of official folds; what is no fold stays."""
    parts = sorted({name for name in own if name.startswith(FOLD)}, key=lambda name: (len(name), name))
    if not parts:
        return own
    if fold >= len(parts):
        raise GuidedsegError(
            f"split.fold is {fold}, but there are {len(parts)} official folds: choose 0 to {len(parts) - 1}."
        )
    chosen = dict.fromkeys(parts, "train") | {parts[(fold + 1) % len(parts)]: "val", parts[fold]: "test"}
    return own.replace(chosen)


def _strata(rows: pd.DataFrame) -> pd.Series:
    """What every split has its share of: the pathologies, in a union those of every dataset."""
    return rows["dataset"] + " " + rows["pathology"] if rows["dataset"].nunique() > 1 else rows["pathology"]


def _holdout_by_group(rows: pd.DataFrame, val: float, test: float, seed: int) -> Labels:
    """Best of many greedy fills: shuffle the groups, give each to the split that it brings nearest to its target.

    Compared are shares of every stratum and of all images, squared and weighted by 1/target, as in a chi-square
    distance, so that the small splits count as much as the large one.
    """
    counts = pd.crosstab(rows["group_id"], _strata(rows))
    groups = counts.index.to_numpy()
    shares = counts.to_numpy(float)
    shares = np.column_stack([shares / shares.sum(axis=0), shares.sum(axis=1) / shares.sum()])  # (G, P + 1)
    target = np.array([1 - val - test, val, test])[:, None]
    rng = np.random.default_rng(seed)
    best, best_deviation = np.zeros(len(groups), int), np.inf
    for _ in range(CANDIDATES):
        chosen, held = np.zeros(len(groups), int), np.zeros((3, shares.shape[1]))
        for group in rng.permutation(len(groups)):
            gain = (2 * (held - target) * shares[group] + shares[group] ** 2) / target
            chosen[group] = gain.sum(axis=1).argmin()
            held[chosen[group]] += shares[group]
        deviation = float(np.sum((held - target) ** 2 / target))
        if deviation < best_deviation:
            best, best_deviation = chosen, deviation
        if best_deviation < 1e-4:  # thousands of groups are filled well at the first try
            break
    names = dict(zip(groups, np.array(SPLITS)[best], strict=True))
    return rows["group_id"].map(names).to_numpy(str)


def _holdout_by_image(rows: pd.DataFrame, val: float, test: float, seed: int) -> Labels:
    from sklearn.model_selection import train_test_split  # noqa: PLC0415 - takes seconds, most splits need none of it

    labels = np.full(len(rows), "train", dtype="<U5")
    rest = np.arange(len(rows))
    for name, share in (("test", test), ("val", val)):
        try:
            rest, taken = train_test_split(
                rest, test_size=round(share * len(rows)), stratify=_strata(rows).to_numpy()[rest], random_state=seed
            )
        except ValueError as error:
            raise GuidedsegError(
                f"{len(rows)} images allow no stratified split.{name} of {share:g}: {error} {REMEDIES['holdout']}"
            ) from error
        labels[taken] = name
    return labels


def _folds(rows: pd.DataFrame, group_by: str, folds: int, fold: int, seed: int) -> Labels:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # noqa: PLC0415 - takes seconds

    units = rows["group_id"].nunique() if group_by == "patient" else len(rows)
    if units < folds:
        raise GuidedsegError(
            f"split.folds is {folds}, but split.group_by: {group_by} leaves only {units} units: lower split.folds."
        )
    by_patient = group_by == "patient"
    kind: Any = StratifiedGroupKFold if by_patient else StratifiedKFold
    divider = kind(n_splits=folds, shuffle=True, random_state=seed)
    try:
        parts = [part for _, part in divider.split(rows, _strata(rows), rows["group_id"] if by_patient else None)]
    except ValueError as error:
        raise GuidedsegError(f"No {folds} stratified folds can be made: {error} {REMEDIES['folds']}") from error
    labels = np.full(len(rows), "train", dtype="<U5")
    labels[parts[(fold + 1) % folds]] = "val"
    labels[parts[fold]] = "test"
    return labels
