"""The phantom: BUS-UCLM's layout, the physics it claims, and the habits of a real dataset."""

import hashlib
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from guidedseg.datasets.phantom import generate
from guidedseg.datasets.phantom_imaging import compress, draw_scatterers, envelope
from guidedseg.errors import GuidedsegError

TINY = {"patients": 8, "images": 32, "width": 96, "height": 72}
DEFAULT = {"patients": 24, "images": 160, "width": 320, "height": 240}
COLOURS = {"Normal": (0, 0, 0), "Benign": (0, 255, 0), "Malignant": (255, 0, 0)}


def read_rgb(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]


def made(folder: Path, seed: int, **numbers: int) -> Path:
    folder.mkdir()
    generate(folder, seed=seed, **numbers)
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def info_of(folder: Path) -> pd.DataFrame:
    info = pd.read_csv(folder / "INFO.csv", sep=";", encoding="utf-8-sig")
    return info.assign(patient=info["Image"].str[:4])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("tiny") / "raw", 3, **TINY)


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("default") / "raw", 42, **DEFAULT)


@pytest.fixture(scope="module")
def lesions(default: Path) -> pd.DataFrame:
    """A row per lesion: label, share of the frame, width / height, grey inside, beside and behind."""
    rows = []
    for name, label in info_of(default)[["Image", "Label"]].itertuples(index=False):
        grey = read_rgb(default / "images" / name).mean(axis=2)
        mask = read_rgb(default / "masks" / name).max(axis=2) > 0
        count, components, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        for number in range(1, count):
            left, top, width, height, area = stats[number]
            inner = slice(left + width // 4, left + width - width // 4)
            band = slice(top + height + 4, top + height + 24)
            flanks = np.concatenate(
                [grey[band, max(left - width // 2, 0) : left], grey[band, left + width : left + width + width // 2]],
                axis=1,
            )
            ring = cv2.dilate((components == number).astype(np.uint8), np.ones((21, 21))) > 0
            rows.append(
                {
                    "image": name,
                    "label": label,
                    "share": area / mask.size,
                    "aspect": width / height,
                    "inside": grey[components == number].mean(),
                    "around": grey[ring & ~mask].mean(),
                    "behind": grey[band, inner].mean(),
                    "beside": flanks.mean(),
                }
            )
    return pd.DataFrame(rows)


def test_info_csv_has_bom_semicolons_and_the_official_columns(tiny: Path) -> None:
    raw = (tiny / "INFO.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfImage;Resolution;Label;Doppler;Marks;Combined\n")
    info = info_of(tiny)
    assert len(info) == TINY["images"]
    assert info["Image"].is_monotonic_increasing
    assert info["Image"].str.fullmatch(r"[A-Z]{4}_\d{3}\.png").all()
    assert set(info["Resolution"]) == {"96x72"}
    assert set(info["Label"]) == {"Normal", "Benign", "Malignant"}
    assert set(info["Doppler"]) == {"No"}
    assert set(info["Marks"]) <= {"Yes", "No"}


def test_folder_holds_info_images_and_one_mask_per_image_and_nothing_else(tiny: Path) -> None:
    names = set(info_of(tiny)["Image"])
    assert {path.name for path in tiny.iterdir()} == {"INFO.csv", "images", "masks"}
    assert {path.name for path in (tiny / "images").iterdir()} == names
    assert {path.name for path in (tiny / "masks").iterdir()} == names


@pytest.mark.parametrize("dataset", ["tiny", "default"])
def test_masks_hold_only_the_colour_of_their_label(dataset: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(dataset)
    for name, label, resolution in info_of(folder)[["Image", "Label", "Resolution"]].itertuples(index=False):
        image, mask = read_rgb(folder / "images" / name), read_rgb(folder / "masks" / name)
        width, height = map(int, resolution.split("x"))
        assert image.shape == mask.shape == (height, width, 3)
        assert image.dtype == mask.dtype == np.uint8
        lesion = mask.any(axis=2)
        assert lesion.any() == (label != "Normal")
        assert (mask[lesion] == COLOURS[label]).all()


def test_one_seed_gives_identical_bytes_and_another_seed_other_pictures(tiny: Path, tmp_path: Path) -> None:
    again, other = made(tmp_path / "again", 3, **TINY), made(tmp_path / "other", 4, **TINY)
    assert digests(again) == digests(tiny)
    assert not set(digests(other).values()) & {v for k, v in digests(tiny).items() if k.startswith("images")}


@pytest.mark.parametrize(("dataset", "benign", "malignant"), [("tiny", 3, 2), ("default", 8, 5)])
def test_every_pathology_occurs_in_enough_patients(
    dataset: str, benign: int, malignant: int, request: pytest.FixtureRequest
) -> None:
    info = info_of(request.getfixturevalue(dataset))
    patients = info.groupby("Label")["patient"].nunique()
    assert patients["Benign"] >= benign
    assert patients["Malignant"] >= malignant
    labels = info.groupby("patient")["Label"].agg(set)
    assert (labels == {"Normal"}).any()
    assert labels.map(lambda kinds: len(kinds) == 2 and "Normal" in kinds).sum() >= 2


def test_default_has_the_asked_numbers_and_proportions(default: Path) -> None:
    info = info_of(default)
    assert info["patient"].nunique() == 24
    assert info["Label"].value_counts().to_dict() == {"Normal": 72, "Benign": 59, "Malignant": 29}
    assert 5 <= (info["Marks"] == "Yes").sum() <= 40


def test_lesions_measure_one_to_twelve_percent_and_some_frames_hold_two(lesions: pd.DataFrame) -> None:
    assert lesions["share"].between(0.01, 0.12).all()
    per_image = lesions.groupby("image").size()
    assert set(per_image) == {1, 2}
    assert 2 <= (per_image == 2).sum() <= 25


@pytest.mark.parametrize(("looks", "expected"), [(1, 1.913), (4, 2 * 1.913)])
def test_envelope_of_even_tissue_has_the_snr_of_rayleigh_speckle(looks: int, expected: float) -> None:
    # A Rayleigh variable has mean/deviation = sqrt(pi / (4 - pi)) = 1.913; n independent looks raise it by sqrt(n).
    even = np.full((240, 320), 0.1, np.float32)
    echo = envelope(even, np.zeros_like(even), draw_scatterers(np.random.default_rng(0), even.shape, looks))
    assert echo.mean() / echo.std() == pytest.approx(expected, rel=0.04)
    # and its mean is sigma * sqrt(pi / 2) with 2 sigma^2 = 0.1^2
    assert echo.mean() == pytest.approx(0.1 * np.sqrt(np.pi) / 2, rel=0.02)


def test_speckle_is_wider_across_than_along_the_beam() -> None:
    even = np.full((240, 320), 0.1, np.float32)
    echo = envelope(even, np.zeros_like(even), draw_scatterers(np.random.default_rng(0), even.shape, 1))
    centred = echo - echo.mean()
    across = (centred[:, 2:] * centred[:, :-2]).mean()
    along = (centred[2:] * centred[:-2]).mean()
    assert across > 1.5 * along > 0


def test_log_compression_maps_decibels_linearly() -> None:
    # 0 dB is white, -20 dB of 60 is two thirds of 255, -60 dB and below is black.
    assert compress(np.array([1, 0.1, 1e-3, 0], np.float32), 60).tolist() == [255, 170, 0, 0]


def test_benign_lesions_are_wider_than_tall_and_malignant_ones_taller_than_wide(lesions: pd.DataFrame) -> None:
    aspect = lesions.groupby("label")["aspect"].mean()
    assert aspect["Benign"] > 1.3
    assert aspect["Malignant"] < 0.9


def test_benign_lesions_enhance_and_malignant_ones_shadow_what_lies_behind(lesions: pd.DataFrame) -> None:
    difference = (lesions["behind"] - lesions["beside"]).groupby(lesions["label"]).mean()
    assert difference["Benign"] > 5
    assert difference["Malignant"] < -10


def test_lesions_are_darker_than_their_surroundings_but_not_black(lesions: pd.DataFrame) -> None:
    assert (lesions["inside"] < lesions["around"] - 10).all()
    assert lesions["inside"].median() > 8


@pytest.mark.parametrize("dataset", ["tiny", "default"])
def test_exactly_one_picture_is_filed_under_two_patients(dataset: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(dataset)
    holders: dict[bytes, list[str]] = {}
    for name in info_of(folder)["Image"]:
        holders.setdefault(read_rgb(folder / "images" / name).tobytes(), []).append(name)
    pairs = [names for names in holders.values() if len(names) > 1]
    assert len(pairs) == 1
    first, second = pairs[0]
    assert first[:4] != second[:4]
    one, other = (read_rgb(folder / "masks" / name).max(axis=2) > 0 for name in (first, second))
    assert 0.8 < 2 * (one & other).sum() / (one.sum() + other.sum()) < 1


def test_frames_of_one_patient_are_more_alike_than_frames_of_two(default: Path) -> None:
    info = info_of(default)
    small = {}
    for name in info["Image"]:
        grey = read_rgb(default / "images" / name).mean(axis=2)
        pixels = cv2.resize(cv2.GaussianBlur(grey, (0, 0), 3), (40, 30), interpolation=cv2.INTER_AREA)[2:25, :35]
        small[name] = (pixels - pixels.mean()) / pixels.std()
    same, different = [], []
    for one, other in combinations(info["Image"], 2):
        (same if one[:4] == other[:4] else different).append(float((small[one] * small[other]).mean()))
    assert np.mean(same) > np.mean(different) + 0.15
    assert np.median(same) > np.quantile(different, 0.8)


def test_patients_start_with_letters_that_no_real_patient_starts_with(default: Path) -> None:
    assert set(info_of(default)["patient"].str[0]) <= set("JQXYZ")


@pytest.mark.parametrize(("patients", "images"), [(2, 30), (8, 8)])
def test_impossible_numbers_are_refused_naming_the_keys(patients: int, images: int, tmp_path: Path) -> None:
    with pytest.raises(GuidedsegError, match=r"datasets\.phantom\.patients"):
        generate(tmp_path, patients=patients, images=images, width=96, height=72, seed=0)
