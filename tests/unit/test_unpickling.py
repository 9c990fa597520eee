"""No file is unpickled, wherever it comes from; the detector's own are in test_detector and test_detector_weights."""

import ast
from pathlib import Path

import payloads
import pytest

from guidedseg.encoders import encoders
from guidedseg.errors import GuidedsegError

ROOT = Path(__file__).parent.parent.parent
FILES = [*(ROOT / "src").rglob("*.py"), *(ROOT / "stages").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")]


@pytest.mark.parametrize("write", payloads.FILES)
def test_payload_among_encoder_weights_does_not_run(write, tmp_path):
    path = write(tmp_path / "payload.pth", tmp_path / "trace")
    with pytest.raises(GuidedsegError, match=r"encoder_weights: .*payload\.pth cannot be read"):
        encoders.read(str(path))
    assert not (tmp_path / "trace").exists()


def unpickles(call: ast.Call) -> bool:
    """Whether it is one like ``pickle.load(...)``, or ``torch.load(...)`` without ``weights_only=True``."""
    name = ast.unparse(call.func)
    settings = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    return (
        name.startswith(("pickle.load", "joblib.load", "dill.load"))
        or name.endswith(("read_pickle", "Unpickler"))
        or (name == "torch.load" and settings.get("weights_only") != "True")
        or settings.get("allow_pickle", "False") != "False"
    )


@pytest.mark.parametrize("source", ["pickle.load(f)", "torch.load(f)", "np.load(f, allow_pickle=True)"])
def test_calls_that_unpickle_are_recognised(source):
    assert unpickles(ast.parse(source).body[0].value)


def test_no_module_unpickles():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and unpickles(node)
    ]
    assert found == []
