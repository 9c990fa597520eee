"""Other datasets in the pipeline: one's own folder, a union (external ones: test_reruns.py)."""

import json
import shutil

import cv2
import pandas as pd
import pytest
from project import Project, new_project, ran

pytestmark = pytest.mark.pipeline

ALWAYS = {"outside@phantom+phantom_elsewhere"}

SMALL = {"patients": 6, "images": 16, "width": 96, "height": 72}


@pytest.fixture
def project(tmp_path) -> Project:
    return new_project(tmp_path / "project")


def test_union_is_prepared_and_split_as_one(project: Project) -> None:
    project.set(dataset="phantom+phantom_elsewhere", datasets={"phantom_elsewhere": SMALL})
    project.dvc("repro", "split")
    index = pd.read_csv(project.folder / "data/prepared/index.csv")
    assert index["dataset"].value_counts().to_dict() == {"phantom": 32, "phantom_elsewhere": 16}
    assert index["image_id"].is_unique
    assert (index["image_id"].str.split("-").str[0] == index["dataset"]).all()
    split = pd.read_csv(project.folder / "data/split.csv").merge(index[["image_id", "dataset"]])
    assert set(map(tuple, split[["dataset", "split"]].drop_duplicates().to_numpy())) == {
        (dataset, part) for dataset in ("phantom", "phantom_elsewhere") for part in ("train", "val", "test")
    }
    project.dvc("repro", "yolo_labels", "frames")
    project.set(datasets={"balance": "even"})
    assert {"yolo_labels", "frames"} == ran(project.dvc("repro", "yolo_labels", "frames")) - ALWAYS
    frames = pd.read_csv(project.folder / "data/inputs/direct/training.csv")
    listed = (project.folder / "data/yolo/train.txt").read_text().splitlines()
    detector = pd.Series(listed).str.removeprefix("./images/train/").str.removesuffix(".png")
    often = detector.value_counts()
    assert often[frames["image_id"]].tolist() == frames["times"].tolist()
    of_dataset = frames.groupby(frames["image_id"].str.split("-").str[0])["times"].sum()
    assert of_dataset["phantom"] == of_dataset["phantom_elsewhere"] == (detector.str.startswith("phantom-")).sum()
    project.set(datasets={"phantom_elsewhere": {"seed": 2}})
    assert {"acquire@phantom+phantom_elsewhere", "prepare", "split"} <= ran(project.dvc("repro", "split"))


def test_folder_of_ones_own_is_prepared_and_split_as_the_dataset_it_was_made_of(project: Project) -> None:
    """The phantom's pictures and masks as somebody would bring them, with a table of patients."""
    project.dvc("repro", "prepare")
    own, made = project.folder / "data/external/folder", project.folder / "data/prepared"
    shutil.copytree(made / "images", own / "images")
    shutil.copytree(made / "masks", own / "masks")
    index = pd.read_csv(made / "index.csv")
    table = index[["image_id", "patient_id", "pathology"]].set_axis(["image", "patient", "pathology"], axis=1)
    table.to_csv(own / "table.csv", index=False)
    project.set(dataset="folder")
    assert {"acquire@folder", "prepare", "yolo_labels", "frames"} <= ran(project.dvc("repro", "yolo_labels", "frames"))
    again = pd.read_csv(made / "index.csv")
    for column in ("image_id", "patient_id", "group_id", "pathology", "lesion_px", "sha256"):
        assert again[column].tolist() == index[column].tolist(), column
    assert json.loads((project.folder / "metrics/split.json").read_text())["leakage"]["patients_in_several_splits"] == 0


def test_synthetic_images_of_a_folder_reach_training_alone_and_count_by_their_content(project: Project) -> None:
    """Mirrored, so that they are no copies; without training, which takes minutes."""
    stages, source = ("yolo_labels", "frames"), project.folder / "generated"
    project.dvc("repro", *stages)
    before, made = project.hashes(), project.folder / "data/prepared"
    for kind in ("images", "masks"):
        (source / kind).mkdir(parents=True)
        for path in (made / kind).iterdir():
            cv2.imwrite(str(source / kind / path.name), cv2.imread(str(path))[:, ::-1])
    index = pd.read_csv(made / "index.csv")
    table = index[["image_id", "pathology"]].set_axis(["image", "pathology"], axis=1)
    table.to_csv(source / "table.csv", index=False)
    project.set(synthetic={"share": 0.5, "source": "generated", "use": "segmenters"})
    assert ran(project.dvc("repro", *stages)) == {"outside@phantom", "synthetic", *stages}
    split = pd.read_csv(project.folder / "data/split.csv")["split"]
    added = pd.read_csv(project.folder / "data/synthetic/index.csv")["image_id"]
    frames = pd.read_csv(project.folder / "data/inputs/direct/training.csv")["image_id"]
    assert len(added) == round((split == "train").sum() / 2)
    assert set(added) < set(frames)
    assert project.hashes()["data/yolo"] == before["data/yolo"]
    assert not {"data/split.csv", "metrics/split.json"} & {
        path for path, md5 in project.hashes().items() if before.get(path) != md5
    }
    assert ran(project.dvc("repro", *stages)) == {"outside@phantom"}
    picture = source / "images" / f"{added[0].removeprefix('synthetic+')}.png"
    cv2.imwrite(str(picture), cv2.imread(str(picture)) // 2)
    assert ran(project.dvc("repro", *stages)) == {"outside@phantom", "synthetic", *stages}
    shutil.copytree(made / "images", source / "images", dirs_exist_ok=True)
    told = project.dvc("repro", *stages, ok=False)
    assert "are copies of validation or test images" in told
    assert "Traceback" not in told
