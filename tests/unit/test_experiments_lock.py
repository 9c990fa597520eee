"""What is believed of a dvc.lock that has entries of several runs."""

import pytest

from guidedseg import experiments, lock
from guidedseg.errors import GuidedsegError

PARAMS = {"dataset": "busi", "external": ["bus_bra"], "model": "unet", "profile": "quick", "prepare": {"look": 1}}


def stage(deps: dict[str, str], outs: dict[str, str], **params: object) -> dict[str, object]:
    files = {"deps": deps, "outs": outs}
    listed = {kind: [{"path": path, "md5": md5} for path, md5 in of.items()] for kind, of in files.items()}
    return {**listed, "params": {"params.yaml": params}}


def locked(**changes: dict[str, object]) -> dict[str, lock.Stage]:
    """bus_bra was trained on once, before its files were mended, and is now tested on."""
    entries = {
        "acquire@bus_bra": stage({}, {"data/raw/bus_bra": "old"}),
        "acquire_external@busi": stage({}, {"data/raw/busi": "old"}),
        "acquire@busi": stage({}, {"data/raw/busi": "a"}),
        "prepare": stage({"data/raw/busi": "a"}, {"data/prepared": "b"}),
        "evaluate@unet": stage({"data/prepared": "b"}, {"evaluations/unet": "c"}),
        "acquire_external@bus_bra": stage({}, {"data/raw/bus_bra": "d"}),
        "prepare_external@bus_bra": stage({"data/raw/bus_bra": "d"}, {"data/others/bus_bra": "e"}, prepare={"look": 1}),
    }
    return experiments._own(lock.stages({"stages": {**entries, **changes}}), PARAMS)


def test_entries_of_runs_with_other_datasets_are_not_asked():
    stages = locked()
    assert not {"acquire@bus_bra", "acquire_external@busi"} & set(stages)
    experiments._check_lock(stages, PARAMS, "evaluations/unet", {"data/raw/busi", "data/prepared"})
    experiments._check_lock(stages, PARAMS, "data/others/bus_bra", {"data/raw/bus_bra"})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"acquire_external@bus_bra": stage({}, {"data/raw/bus_bra": "x"})}, "data/raw/bus_bra is newer than"),
        (
            {"prepare_external@bus_bra": stage({"data/raw/bus_bra": "d"}, {"data/others/bus_bra": "e"}, prepare={})},
            r"params.yaml was changed \(prepare\) after data/others/bus_bra was made",
        ),
        ({"prepare_external@bus_bra": stage({}, {"data/others/bus_bra": "e"})}, "was not made from data/raw/bus_bra"),
        ({"prepare_external@bus_bra": stage({}, {})}, "no data/others/bus_bra in dvc.lock"),
    ],
)
def test_images_of_another_state_are_not_believed(changes, reason):
    with pytest.raises(GuidedsegError, match=reason):
        experiments._check_lock(locked(**changes), PARAMS, "data/others/bus_bra", {"data/raw/bus_bra"})
