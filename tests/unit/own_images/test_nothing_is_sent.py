"""Segmenting asks no other machine and leaves nothing in the home folder, whichever engine computes."""

import os
import subprocess
import sys

import cv2
import pytest
from small_bundle import picture

PROGRAM = """
import os, sys
def told(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect"):
        os.write(2, f"{event} {arguments}\\n".encode())
        os._exit(9)
sys.addaudithook(told)
from guidedseg.cli import main
main()
"""

QUIET = ("CI", "TF_BUILD", "JENKINS_URL", "GITHUB_ACTIONS", "PYTEST_CURRENT_TEST", "ORT_DISABLE_TELEMETRY")
"""What turns the libraries' reports off by itself: CI jobs, tests; and what guidedseg sets."""


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino", "torch"])
def test_no_other_machine_is_asked(engine, bundle_folder, tmp_path):
    for name in ("home", "work"):
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "picture.png"), picture(60, 90))
    options = [str(tmp_path / "picture.png"), "--bundle", str(bundle_folder), "--out", "out", "--engine", engine]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "segment", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path / "work",
        env={name: value for name, value in os.environ.items() if name not in QUIET}
        | {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home")},
    )
    assert done.returncode == 0, done.stderr
    # ONNX Runtime reports from C++, which the hook does not see, and writes what it will send there first
    assert not list((tmp_path / "home").rglob("*"))
