"""Every stage of dvc.yaml depends on the modules it imports, and names nothing it does not have."""

from pathlib import Path

import pytest
import yaml
from stage_imports import HARMLESS, NETWORKS, ROOT, closure, harmless, module, needed

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def code_dependencies(stage: str, network: str) -> set[Path]:
    """Files and folders of code among a stage's deps where a network is chosen."""
    deps = (dep.replace("${item.model}", network) for dep in STAGES[stage]["deps"])
    return {ROOT / dep for dep in deps if dep.startswith(("src/", "stages/"))}


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_depends_on_a_module_that_cannot_change_a_result(stage):
    assert not [dep for dep in code_dependencies(stage, "unetpp") if harmless(dep)]


def test_every_harmless_module_is_imported_by_a_stage():
    imported = {file for stage in STAGES for file in closure(module(stage))}
    assert not [name for name in HARMLESS if not any(file.is_relative_to(ROOT / name) for file in imported)]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("stage", STAGES)
def test_stage_depends_on_every_module_it_imports_that_can_change_a_result(stage, network):
    declared = code_dependencies(stage, network)
    missing = [file for file in needed(stage, network) if not any(file.is_relative_to(dep) for dep in declared)]
    assert not missing, f"add to the deps of {stage} in dvc.yaml: {missing}"


@pytest.mark.parametrize("stage", STAGES)
def test_stage_depends_on_no_module_it_does_not_import(stage):
    read = {(file, network) for network in NETWORKS for file in needed(stage, network)}
    idle = [
        dep
        for network in NETWORKS
        for dep in code_dependencies(stage, network)
        # what only some networks are made of is a dep of all; a network's own file is none of the others'
        if not any(file.is_relative_to(dep) and (dep not in NETWORKS.values() or own == network) for file, own in read)
    ]
    assert not idle, f"remove from the deps of {stage} in dvc.yaml: {idle}"


@pytest.mark.parametrize("stage", STAGES)
def test_stage_says_what_it_is_for(stage):
    assert STAGES[stage]["desc"]


def test_only_split_and_report_have_outs_that_git_tracks():
    tracked = {
        name
        for name, stage in STAGES.items()
        for out in [*stage.get("outs", []), *stage.get("metrics", [])]
        if isinstance(out, dict) and any(settings.get("cache") is False for settings in out.values())
    }
    assert tracked == {"split", "report"}


def test_light_stages_import_no_heavy_package():
    heavy = {"torch", "torchvision", "ultralytics", "lightning", "timm", "sklearn", "matplotlib"}
    for stage in (
        "outside",
        "acquire",
        "prepare",
        "split",
        "synthetic",
        "yolo_labels",
        "frames",
        "crop_rois",
        "evaluate",
    ):
        for file in closure(module(stage)):
            at_top = [
                line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith(("import ", "from "))
            ]
            assert not [line for line in at_top if line.split()[1].split(".")[0] in heavy], file
