"""The page of a finished run, opened as its reader would; of the phantom and of real images."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from project import Project, new_project, ran

from guidedseg import journal

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def opened(finished: Project, browser: Any) -> Iterator[Any]:
    view = browser.new_page()
    view.wrong = []
    view.on("pageerror", lambda error: view.wrong.append(str(error)))
    view.on("console", lambda message: view.wrong.append(message.text))
    view.goto((finished.folder / "report" / "index.html").as_uri())
    yield view
    view.close()


def test_gallery_shows_every_test_image_and_a_filter_leaves_the_normals(finished: Project, opened: Any, tmp_path: Path):
    rows = pd.read_csv(finished.folder / "evaluations" / "unetpp" / "images.csv").query("branch == 'guided'")
    assert sorted(opened.locator("#cases .name").all_inner_texts()) == sorted(rows["image_id"])
    before = opened.screenshot(path=tmp_path / "all.png")
    opened.select_option("[name=pathology]", "normal")
    normal = rows.loc[rows["pathology"] == "normal", "image_id"]
    assert sorted(opened.locator("#cases .name").all_inner_texts()) == sorted(normal)
    opened.locator("#gallery").scroll_into_view_if_needed()
    assert opened.screenshot(path=tmp_path / "normals.png") != before
    opened.click("button[type=reset]")
    assert not opened.wrong


def test_headline_is_the_metrics(finished: Project, opened: Any):
    text = (finished.folder / "report" / "comparison.md").read_text(encoding="utf-8")
    guided = re.search(r"^\| guided \| ([^|]+) \|", text, re.MULTILINE)[1]  # the first table: Dice, strict first
    assert f"Guided, Dice under strict\n{guided}" in opened.inner_text("#headline")


def test_every_figure_of_the_folder_is_on_the_page_with_words(finished: Project, opened: Any):
    names = {path.stem for path in (finished.folder / "plots" / "png").iterdir()}
    assert {path.stem for path in (finished.folder / "plots" / "svg").iterdir()} == names
    shown = {figure.get_attribute("id").removeprefix("figure-") for figure in opened.locator("figure").all()}
    assert shown == names
    assert {"rules", "failures", "contours", "masks", "boxes", "training"} < names
    assert "attention" not in names  # UNet++ has no gates
    assert all(len(image.get_attribute("alt")) > 20 for image in opened.locator("figure img").all())
    loaded = opened.evaluate("Promise.all([...document.images].map(image => image.decode().then(() => true)))")
    assert all(loaded)


def test_journal_has_every_artifact_under_the_hash_that_dvc_gave_it(finished: Project):
    lock = yaml.safe_load((finished.folder / "dvc.lock").read_text())["stages"]
    del lock["outside@phantom"]  # it looks at every run, and makes nothing
    entries = journal.read(finished.folder / journal.JOURNAL)
    hashes = finished.hashes()
    assert {out: entry["md5"] for out, entry in entries.items()} == {out: hashes[out] for out in entries}
    assert all(any(out["path"] in entries for out in stage["outs"]) for stage in lock.values())
    assert len(entries) == len(lock)


def test_run_without_anything_to_do_leaves_the_journal_as_it_is(finished: Project):
    before = (finished.folder / journal.JOURNAL).read_text()
    assert ran(finished.dvc("repro")) == {"outside@phantom"}
    assert (finished.folder / journal.JOURNAL).read_text() == before


def test_page_says_where_and_when_every_artifact_was_made(finished: Project, opened: Any):
    text = opened.text_content("#journal")
    entries = journal.read(finished.folder / journal.JOURNAL)
    unread = {"models/starts/cascade"}  # which another `detector` would start from
    assert unread < set(entries)
    assert all(out in text for out in set(entries) - unread if not out.startswith("bundles/"))
    assert "not on record" not in text
    assert re.search(r"commit[0-9a-f]{10}", text)
    assert "made with" not in text  # one commit, one machine, the same versions
    assert "torch" in text


def test_the_same_run_gives_the_same_page_whatever_the_clock_says(finished: Project):
    lock = yaml.safe_load((finished.folder / "dvc.lock").read_text())
    outs = {out["path"] for out in lock["stages"]["report"]["outs"]}
    assert "report/index.html" in outs
    assert "report/run.js" not in outs  # the clock's and the machine's, so in no hash
    finished.git("ls-files", "--error-unmatch", "report/run.js")


def test_nothing_comes_from_the_web(finished: Project):
    html = (finished.folder / "report" / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", html)
    assert str(finished.folder) not in html


def one_image(folder: Path) -> None:
    """Of the test images one with a lesion stays; the others go to those that were trained on."""
    path = folder / "data" / "split.csv"
    split = pd.read_csv(path)
    lesions = pd.read_csv(folder / "data" / "prepared" / "index.csv").set_index("image_id")["lesion_count"]
    tested = split["split"] == "test"
    first = split.loc[tested & (split["image_id"].map(lesions) > 0), "image_id"].iloc[0]
    path.unlink()
    split.assign(split=split["split"].mask(tested & (split["image_id"] != first), "train")).to_csv(path, index=False)


def no_boxes(folder: Path) -> None:
    rewrite(folder / "data" / "detections.csv", lambda text: text.splitlines()[0] + "\n")
    items = folder / "predictions" / "unetpp" / "guided" / "items.csv"
    table = pd.read_csv(items)
    kept = (table["source"] != "detector").to_numpy()
    rewrite(items, lambda _: table[kept].to_csv(index=False))
    tiles = items.with_name("probabilities.npy")
    remaining = np.load(tiles)[kept]
    tiles.unlink()
    np.save(tiles, remaining)


HOSTILE = '<script>alert("x")< $x$ &'


def hostile_name(folder: Path) -> None:
    """The first test image gets a name that is markup, a formula and not a word."""
    split = pd.read_csv(folder / "data" / "split.csv")
    old = split.loc[split["split"] == "test", "image_id"].iloc[0]
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    for path in folder.rglob("*.csv"):
        rewrite(path, lambda text: text.replace(f"{old},", f"{quoted},"))
    for kind in ("images", "masks"):
        picture = folder / "data" / "prepared" / kind / f"{old}.png"
        picture.rename(picture.with_stem(HOSTILE))


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    """In a new file: the old one may be a link into DVC's cache."""
    text = path.read_text(encoding="utf-8")
    path.unlink()
    path.write_text(change(text), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (no_boxes, "The detector found nothing at all in the test images"),
        (one_image, "1 test image of 1 patient"),
        (hostile_name, HOSTILE),
    ],
)
def test_a_run_of_an_empty_or_odd_kind_has_a_page_that_says_so(
    finished: Project, tmp_path: Path, browser: Any, change: Callable[[Path], None], said: str
):
    folder = tmp_path / "copy"
    shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns(".git", ".dvc", "raw", "yolo", "report"))
    change(folder)
    for stage in ("evaluate", "report"):
        command = [sys.executable, "-W", "error", "-m", f"stages.{stage}", "unetpp"]
        done = subprocess.run(
            command, cwd=folder, env=finished.environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    view = browser.new_page()
    wrong: list[str] = []
    view.on("pageerror", lambda error: wrong.append(str(error)))
    view.on("dialog", lambda dialog: wrong.append(dialog.message))
    view.goto((folder / "report" / "index.html").as_uri())
    assert said in view.inner_text("#main")
    assert view.evaluate("Promise.all([...document.images].map(image => image.decode())).then(all => all.length)") > 10
    assert not wrong
    view.close()


@pytest.mark.real
@pytest.mark.slow
def test_a_run_on_real_images_has_a_page(bus_uclm_mini: Path, tmp_path: Path, browser: Any):
    project = new_project(tmp_path / "real")
    (project.folder / "data" / "external").mkdir(parents=True)
    (project.folder / "data" / "external" / "bus_uclm").symlink_to(bus_uclm_mini)
    project.set(dataset="bus_uclm", datasets={"bus_uclm": {"images": None}})
    quick = {"yolo": {"epochs": 1, "patience": 1, "close_mosaic": 0}, "train": {"epochs": 1, "patience": 1}}
    project.set(model="attention_unet", split={"val": 0.3, "test": 0.3}, profiles={"quick": quick})
    project.dvc("repro")
    view = browser.new_page()
    view.goto((project.folder / "report" / "index.html").as_uri())
    rows = pd.read_csv(project.folder / "evaluations" / "attention_unet" / "images.csv")
    assert view.locator("#cases li").count() == rows["image_id"].nunique()
    assert "Vallez" in view.inner_text("footer")
    assert view.locator("#figure-attention img").is_visible()
    view.close()
