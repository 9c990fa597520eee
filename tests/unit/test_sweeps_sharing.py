"""What the runs of a sweep share, found from dvc.yaml and their parameters."""

from pathlib import Path

from guidedseg.sweeps import grid, sharing

ROOT = Path(__file__).parents[2]

DATA = {"acquire@phantom", "prepare", "synthetic", "yolo_labels", "frames"}
DETECTOR = {"pretrain_detector", "train_detector", "detect", "crop_rois"}


def shared(*settings: str, commit: str = "c") -> list[dict[tuple[int, ...], set[str]]]:
    """Of each wave: runs -> the stages that they share."""
    points = grid.expand(settings, "s", ROOT / "params.yaml")
    return [{part.runs: set(part.stages) for part in wave} for wave in sharing.parts(points, ROOT, commit)]


def test_networks_share_data_and_detector():
    assert shared("model=unetpp,unet") == [{(0, 1): DATA | DETECTOR}]


def test_networks_with_a_seed_share_its_detector_and_all_share_the_data():
    assert shared("model=unetpp,unet", "seed=1,2") == [{(0, 1, 2, 3): DATA}, {(0, 2): DETECTOR, (1, 3): DETECTOR}]


def test_what_is_scored_otherwise_shares_the_networks_too():
    (wave,) = shared("scoring.mask_threshold=0.3,0.4")
    assert {"train_segmenter@unetpp-direct", "predict@unetpp-guided"} <= wave[0, 1]
    assert not wave[0, 1] & {"evaluate@unetpp", "report", "split", "outside@phantom"}


def test_folds_share_the_images_alone():
    assert shared("split.protocol=folds", "split.fold=0,1") == [
        {(0, 1): {"acquire@phantom", "prepare", "pretrain_detector"}}
    ]


def test_what_only_the_stage_outside_sees_counts():
    # other pictures: neither `acquire` nor what follows names them in its parameters
    assert shared("datasets.phantom.seed=0,1") == [{(0, 1): {"pretrain_detector"}}]
    # and weights are read through a record
    (wave,) = shared("profiles.quick.network.encoder_weights=null,imagenet")
    assert wave[0, 1] == DATA | DETECTOR
    (wave,) = shared("model=sam", "models.sam.weights=a.pth,b.pth")
    assert wave[0, 1] == DATA | DETECTOR


def test_shares_of_synthetic_images_share_what_comes_before_them():
    assert shared("synthetic.share=0.0,0.5") == [{(0, 1): {"acquire@phantom", "prepare", "pretrain_detector"}}]
    assert shared("synthetic.share=0.5", "model=unet,unetpp") == [{(0, 1): DATA | DETECTOR}]


def test_external_datasets_are_shared_by_those_that_name_them():
    first, second = shared("model=unet,unetpp", "external=[],[phantom_elsewhere]")
    elsewhere = {"acquire_external@phantom_elsewhere", "prepare_external@phantom_elsewhere"}
    assert first == {(0, 1, 2, 3): DATA | DETECTOR}
    assert second[1, 3] == elsewhere
    assert not any(stages & elsewhere for runs, stages in second.items() if runs != (1, 3))


def test_a_part_has_another_name_with_other_code_or_parameters():
    def name(points: list[grid.Point], commit: str = "c") -> str:
        return sharing.parts(points, ROOT, commit)[0][0].name

    networks = grid.expand(["model=unet,unetpp,skunet"], "s", ROOT / "params.yaml")
    others = grid.expand(["model=unet,unetpp", "prepare.duplicate_similarity=0.7"], "s", ROOT / "params.yaml")
    assert name(networks[:2]) == name(networks[1:])
    assert len({name(networks[:2]), name(networks[:2], commit="d"), name(others)}) == 3
