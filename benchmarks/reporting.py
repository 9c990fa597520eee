"""What the report stage costs on as many test images as a fifth of BUS-UCLM has.

    python -m benchmarks.reporting [--images 137]

A made-up run: phantom images of BUS-UCLM's size, masks that are a little wrong, all of them test images. The stage runs
as DVC runs it, in a process of its own. The reference, in the same run, is the least that a report with pictures does:
reading every image and every mask once and putting the predicted masks together.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import psutil

from guidedseg import params, scoring
from guidedseg.datasets import phantom, prepared, preparing, splitting, union
from guidedseg.evaluation import counts
from guidedseg.evaluation.operating import Operating
from guidedseg.inference import predict, tiles
from guidedseg.json_files import write_json
from guidedseg.names import BOX
from guidedseg.reporting import cases, results
from guidedseg.segmentation import crops, inputs

ROOT = Path(__file__).parent.parent
MODEL = "unetpp"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=137)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_run(folder, asked.images)
        run = results.read(folder, MODEL, detector="yolo", seed=0, batch=16, match_iou=0.5)
        start = time.perf_counter()
        read = sum(1 for _ in cases.read(run, folder / "data/prepared", run.images["image_id"]))
        reference = time.perf_counter() - start
        seconds, memory = report(folder)
        page = (folder / "report/index.html").stat().st_size / 1e6
    print(f"{read} test images of 856 x 606, {psutil.cpu_count()} cores")
    print(f"reading and putting together  {reference:6.1f} s")
    print(f"report stage                  {seconds:6.1f} s, {memory / 1e6:.0f} MB at most, page {page:.1f} MB")
    print(f"report / reading: {seconds / reference:.1f}")


def make_run(folder: Path, images: int) -> None:
    """Everything that the report stage reads, under ``folder``."""
    raw, data = folder / "raw", folder / "data/prepared"
    raw.mkdir()
    phantom.generate(raw, patients=max(12, images // 12), images=images, width=856, height=606, seed=0)
    preparing.write(
        union.read("bus_uclm", dict(params.load(ROOT / "params.yaml").datasets), raw), data, duplicate_threshold=0.8
    )
    index = prepared.read_index(data)
    split = index[["image_id", "group_id"]].assign(split="test")
    split.iloc[::40, 2], split.iloc[1::40, 2] = "train", "val"  # the audit wants all three
    split.to_csv(folder / "data/split.csv", index=False)
    write_json(splitting.audit(index, split, prepared.read_duplicates(data)), folder / "metrics/split.json")
    split["split"] = "test"
    rng = np.random.default_rng(0)
    lesions = prepared.read_lesions(data)
    boxes = lesions[["image_id", *BOX]].assign(confidence=rng.uniform(0.1, 0.9, len(lesions)).round(5))
    boxes.to_csv(folder / "data/detections.csv", index=False)
    guided = crops.rois(index, split, lesions, boxes, margin=0.15, jitter=0.1, backgrounds=1)
    predicted = {}
    for mode, regions in (("direct", crops.frames(index, split, jitter=0.2)), ("guided", guided)):
        target = folder / "inputs" / mode
        target.mkdir(parents=True)
        crops.write(regions, data, 128, target)
        made = inputs.load(target)
        wrong = np.stack([cv2.GaussianBlur(mask * np.uint8(255), (15, 15), 0) for mask in made.masks])
        target = folder / "predictions" / MODEL / mode
        target.mkdir(parents=True)
        predict.write([predict.Predicted(wrong, np.full(len(wrong), 0.1), ())], made.items, 128, target)
        predicted[mode] = tiles.load(target)
        target = folder / "models" / MODEL / mode
        target.mkdir(parents=True)
        epochs = np.arange(1, 16)
        curve = {
            "epoch": epochs,
            "train_loss": 1 / epochs,
            "val_loss": 1.2 / epochs,
            "val_dice": 1 - 1 / epochs,
            "val_strict": 1 - 1 / epochs,
        }
        pd.DataFrame(curve).to_csv(target / "curve.csv", index=False)
    operating = Operating(
        confidence=0.3,
        direct_gate=0.0,
        direct_threshold=0.5,
        guided_threshold=0.5,
        direct_ungated_threshold=0.5,
        guided_ungated_confidence=0.3,
        guided_ungated_threshold=0.5,
        direct_dice=0.9,
        guided_dice=0.9,
        direct_ungated_dice=0.9,
        guided_ungated_dice=0.9,
    )
    evaluation = scoring.evaluate(
        predicted["direct"],
        predicted["guided"],
        predicted["guided"],  # which has no box of a cascade
        index,
        lambda image_id: prepared.load_mask(data, image_id),
        operating,
        match_iou=0.5,
        surface_tolerance=0.005,
    )
    target = folder / "evaluations" / MODEL
    target.mkdir(parents=True)
    counts.write(evaluation, target)
    write_json(operating.__dict__, target / "operating.json")
    write_json({"datasets": []}, folder / "evaluations/external" / MODEL / "datasets.json")
    (folder / "models/detector").mkdir()
    detector = pd.DataFrame({"epoch": epochs}).assign(val_map50=0.5, val_map50_95=0.4)
    detector.to_csv(folder / "models/detector/curve.csv", index=False)
    shutil.copy(ROOT / "params.yaml", folder)


def report(folder: Path) -> tuple[float, float]:
    """Seconds of the stage, and the most memory that it and its children held together, bytes."""
    start = time.perf_counter()
    stage = subprocess.Popen([sys.executable, "-m", "stages.report", MODEL], cwd=folder, env=environment())
    most = 0
    while stage.poll() is None:
        most = max(most, held(stage.pid))
        time.sleep(0.05)
    if stage.returncode:
        sys.exit("the stage failed")
    return time.perf_counter() - start, most


def environment() -> dict[str, str]:
    """The stages are found here, whatever the folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def held(pid: int) -> int:
    """Memory of a process and its children, pages that they share counted once, bytes."""
    try:
        process = psutil.Process(pid)
        return sum(each.memory_full_info().pss for each in [process, *process.children(recursive=True)])
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()
