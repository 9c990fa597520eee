"""The runs of a sweep: every combination, checked and named before anything runs."""

from pathlib import Path

import pytest

from guidedseg.errors import GuidedsegError
from guidedseg.sweeps import grid

PARAMS = Path(__file__).parents[2] / "params.yaml"


def names(*settings: str) -> list[str]:
    return grid._names(grid._combinations(settings), "s")


def test_every_combination_is_a_run_with_its_whole_parameters():
    points = grid.expand(["model=unetpp,unet3plus", "seed=range(1,4)", "profiles.quick.train.epochs=5"], "s", PARAMS)
    assert [(point.values["model"], point.values["seed"]) for point in points] == [
        (model, seed) for model in ("unetpp", "unet3plus") for seed in (1, 2, 3)
    ]
    assert all(
        point.params.chosen.train.epochs == point.values["profiles"]["quick"]["train"]["epochs"] == 5
        for point in points
    )
    assert points[0].overrides == ("model=unetpp", "seed=1", "profiles.quick.train.epochs=5")


def test_a_list_is_one_value():
    values = ["external=[],[phantom_elsewhere],[busi,udiat]", "models.unet.decoder_channels=[64,32,16,16,8]"]
    points = grid.expand(values, "s", PARAMS)
    assert [point.params.external for point in points] == [[], ["phantom_elsewhere"], ["busi", "udiat"]]
    assert {tuple(point.params.models.unet.decoder_channels) for point in points} == {(64, 32, 16, 16, 8)}


def test_names_say_what_varies():
    assert names("model=unet,skunet", "seed=3", "split.fold=0,1") == [
        "s-unet-fold0",
        "s-unet-fold1",
        "s-skunet-fold0",
        "s-skunet-fold1",
    ]
    assert names("profiles.quick.train.lr=0.001,1e-5") == ["s-lr0.001", "s-lr1e-05"]
    assert names("predict.flips=true,false") == ["s-flips-True", "s-flips-False"]
    assert names("scoring.gate=null,0.5", "external=[],[busi,udiat]")[1:3] == [
        "s-gate-null-external-busi-udiat",
        "s-gate0.5-external",
    ]
    assert names("seed=3") == ["s"]


def test_names_are_refs_and_each_is_another_one():
    long = "x" * 60
    files = f"profiles.quick.network.encoder_weights=/a..b/w.lock,./w.lock.,/a/@:w,/{long}1/w,/{long}2/w"
    found = names(files)
    assert found == [
        f"s-encoder_weights-{word}" for word in ("a--b-w-lock", "w-lock", "a-w", f"{long[:37]}1-w", f"{long[:37]}2-w")
    ]
    # those that would have one name are numbered, with no number that another one has
    assert names("profiles.quick.network.encoder_weights=a/b,a@b,a-b-1") == ["s-a-b-2", "s-a-b-3", "s-a-b-1"]
    # what differs before the letters that are shown
    assert names(f"profiles.quick.network.encoder_weights=/1{long},/2{long}") == [
        f"s-encoder_weights-{long[:40]}-{number}" for number in (1, 2)
    ]


def problem(*settings: str) -> str:
    with pytest.raises(GuidedsegError) as caught:
        grid.expand(settings, "s", PARAMS)
    return str(caught.value)


def test_every_wrong_value_is_told_once():
    text = problem("model=unetpp,nonet", "seed=1,-1", "profiles.quick.train.lr=0.001,fast")
    assert text.startswith("The sweep: 3 problem(s)\n")
    for words in ("model: 'nonet' given", "seed: -1 given", "profiles.quick.train.lr: 'fast' given"):
        assert text.count(words) == 1


def test_what_dvc_does_not_understand_is_told():
    assert "Could not override 'modle': there is no such key" in problem("modle=unet,unetpp")
    assert "Error parsing override 'model'. Write key=value" in problem("model")
    assert "-S other.yaml:...: only params.yaml" in problem("other.yaml:seed=1,2")
    assert "-S seed=... is given twice" in problem("seed=1", "seed=2")
    assert "not supported" in problem("model=glob(u*)")
    assert "of something" in problem()


def test_runs_with_the_same_parameters_are_told():
    assert "seed=1 and seed=1\n" in problem("seed=1,1,2")
    assert "profiles.quick.train.lr=0.001 and profiles.quick.train.lr=0.001\n" in problem(
        "profiles.quick.train.lr=1e-3,0.001"
    )
