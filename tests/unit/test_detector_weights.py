"""What a detector's training starts from may be anybody's file: it is read as data, or refused; nothing in it runs."""

import pickle
from collections import OrderedDict
from copy import deepcopy
from pathlib import Path
from typing import Any

import payloads
import pytest
import torch

from guidedseg.detection.yolo import checkpoint, network, weights
from guidedseg.errors import GuidedsegError

from ultralytics import YOLO  # isort: skip - guidedseg sets the environment that it is to be imported in
from ultralytics.nn.tasks import DetectionModel  # isort: skip

KEY = r"profiles\.\*\.yolo\.weights: .*{}.* is refused: "
REMEDY = r"Give the \.pt of a YOLO detector as Ultralytics saves it, or train from scratch with 'yolo11n\.yaml'"

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of 80 classes as Ultralytics itself saves it."""
    path = tmp_path_factory.mktemp("saved") / "saved.pt"
    YOLO("yolo11n.yaml").save(path)
    return path


def changed(saved: Path, target: Path, **attributes: Any) -> str:
    """The same checkpoint, of a network with other attributes."""
    content = torch.load(saved, weights_only=False)  # of this module's own making
    for name, value in attributes.items():
        setattr(content["model"], name, value)
    torch.save(content, target)
    return str(target)


class Called:
    """Pickled as a call of ``function``."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


@pytest.mark.parametrize("write", payloads.FILES)
def test_payload_does_not_run_and_is_named(write, tmp_path):
    trace = tmp_path / "trace"
    path = write(tmp_path / "payload.pt", trace)
    what = r"it names io\.open" if write is payloads.zipped else r"it is not a zip file .* a bare pickle is not read"
    for read in (weights.check, lambda name: weights.load(name, tmp_path)):
        with pytest.raises(GuidedsegError, match=KEY.format(r"payload\.pt") + what + f".*{REMEDY}"):
            read(str(path))
    assert not trace.exists()


def test_the_payloads_of_these_tests_do_run_where_they_are_unpickled(tmp_path):
    for write in payloads.FILES:
        trace = tmp_path / write.__name__
        path = write(tmp_path / "payload.pt", trace)
        pickle.loads(path.read_bytes()) if write is payloads.bare else torch.load(path, weights_only=False)
        assert trace.exists()


def test_call_of_an_allowed_class_runs_nothing(tmp_path):
    """Ultralytics' network evaluates the text under ``activation``, and what loads its files allows its classes."""
    trace = tmp_path / "trace"
    description = {"activation": f"open({str(trace)!r}, 'w')", "nc": 1, "backbone": [[-1, 1, "Conv", [8]]], "head": []}
    torch.save({"model": Called(DetectionModel, description)}, tmp_path / "call.pt")
    with (
        torch.serialization.safe_globals([DetectionModel]),
        pytest.raises(GuidedsegError, match=KEY.format(r"call\.pt") + "it holds no network of Ultralytics"),
    ):
        weights.check(str(tmp_path / "call.pt"))
    assert not trace.exists()


def test_what_else_was_allowed_stays_allowed(saved):
    with torch.serialization.safe_globals([OrderedDict]):
        before = set(torch.serialization.get_safe_globals())
        checkpoint.read(saved)
        assert set(torch.serialization.get_safe_globals()) == before


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"activation": "open('TRACE', 'w')"}, r"its activation .* is not of the form nn\.SiLU\(\)"),
        ({"backbone": [[-1, 1, "torch_safe_load", ["TRACE"]]]}, "no YOLO detector of Ultralytics has: torch_safe_load"),
        ({"head": [[-1, 1, "Conv", [8]]]}, "it does not end in one of Detect"),
        ({"nc": "all"}, "its number of classes is 'all'"),
        ({"nc": 3}, r"it has 3 class\(es\) and no list of as many names"),
        ({"backbone": [[-1, 1, "Conv"]]}, "its architecture is no model yaml"),
        ({"scale": "s"}, "its weights do not fit its architecture .*size mismatch"),
    ],
)
def test_checkpoint_with_another_architecture_is_refused(change, what, saved, tmp_path):
    trace = tmp_path / "trace"
    change = {
        key: value.replace("TRACE", str(trace)) if isinstance(value, str) else value for key, value in change.items()
    }
    architecture = torch.load(saved, weights_only=False)["model"].yaml
    path = changed(saved, tmp_path / "changed.pt", yaml={**architecture, **change})
    with pytest.raises(GuidedsegError, match=KEY.format(r"changed\.pt") + f".*{what}"):
        weights.check(path)
    assert not trace.exists()


@pytest.mark.parametrize("names", [None, "lesion", {0: "lesion", "b": "cyst"}, {1: "lesion"}])
def test_checkpoint_whose_classes_are_not_numbered_is_refused(names, saved, tmp_path):
    path = changed(saved, tmp_path / "changed.pt", names=names)
    with pytest.raises(GuidedsegError, match=KEY.format(r"changed\.pt") + r"it has 80 class\(es\) and no list"):
        weights.check(path)


def test_yaml_with_a_program_is_refused(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "program.yaml"
    path.write_text(f"nc: 1\nactivation: open({str(trace)!r}, 'w')\nbackbone: []\nhead: [[[-1], 1, Detect, [nc]]]\n")
    with pytest.raises(GuidedsegError, match=KEY.format(r"program\.yaml") + "its activation"):
        weights.check(str(path))
    assert not trace.exists()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("gone.pt", "cannot be read .*No such file"),
        ("yolo99n.yaml", "cannot be read .*does not exist"),
        ("yolo11n-seg.yaml", "no YOLO detector of Ultralytics has: Segment"),
        ("https://example.org/yolo11n.yaml", "is refused: it is an address"),
        ("yolov8n-p6.yaml", "is refused: it takes sides in multiples of 64 pixels"),
    ],
)
def test_weights_that_cannot_be_had_are_told_without_training(name, what):
    with pytest.raises(GuidedsegError, match=rf"profiles\.\*\.yolo\.weights: .*{what}.*{REMEDY}"):
        weights.check(name)


def test_check_says_what_training_starts_from(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert weights.check("yolo11n.yaml") == "yolo11n.yaml: from scratch"
    assert weights.check("yolo11n.pt") == "yolo11n.pt: downloaded when the detector is first trained"
    assert weights.check(str(saved)) == f"{saved}: pretrained, 80 class(es)"
    assert list(tmp_path.iterdir()) == []


def test_released_weights_that_cannot_be_downloaded_name_the_way_out(tmp_path, monkeypatch):
    def refused(_: Path) -> str:
        raise ConnectionError("no route")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(weights, "attempt_download_asset", refused)
    with pytest.raises(
        GuidedsegError, match=r"'yolo11n\.pt' could not be downloaded \(no route\).*beside params\.yaml"
    ):
        weights.load("yolo11n.pt", tmp_path / "downloads")


@pytest.mark.parametrize("name", ["yolo11n", "yolov8n", "yolo26n", "yolov10n"])
def test_ultralytics_own_checkpoint_gives_the_same_network(name, tmp_path):
    model = YOLO(f"{name}.yaml")
    model.save(tmp_path / "saved.pt")
    start = weights.load(str(tmp_path / "saved.pt"), tmp_path)
    stored = deepcopy(model.model).half().float().eval()  # Ultralytics stores half precision
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(start.pretrained.eval()(picture)[0], stored(picture)[0])
    assert start.pretrained.names == model.names
    assert start.architecture == network.checked(model.model.yaml)


def test_network_fine_tuned_for_fewer_classes_keeps_its_wide_branch(saved, tmp_path):
    """With 80 classes the branch has 80 channels, with one class as many as the first of the head's inputs: 64."""
    start = weights.load(str(saved), tmp_path)
    tuned = DetectionModel(deepcopy(start.architecture), nc=1, verbose=False)
    assert tuned.model[-1].cv3[0][-1].in_channels == 64
    tuned.load(start.pretrained, verbose=False)
    assert tuned.model[-1].cv3[0][-1].in_channels == 80
    torch.save({"ema": tuned, "model": None}, tmp_path / "tuned.pt")
    again = weights.load(str(tmp_path / "tuned.pt"), tmp_path).pretrained
    assert all(torch.equal(tensor, tuned.state_dict()[name]) for name, tensor in again.state_dict().items())
