"""The page of a finished run, opened as its reader would; of the phantom and of real images."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from project import Project, new_project

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


def test_record_names_the_commit_the_versions_and_the_durations(opened: Any):
    text = opened.text_content("#record")
    assert re.search(r"[0-9a-f]{40}", text)
    assert "torch" in text
    assert "train_detector" in text


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


@pytest.mark.real
def test_a_run_on_real_images_has_a_page(bus_uclm_mini: Path, tmp_path: Path, browser: Any):
    project = new_project(tmp_path / "real")
    (project.folder / "data" / "external").mkdir(parents=True)
    (project.folder / "data" / "external" / "bus_uclm").symlink_to(bus_uclm_mini)
    project.set(dataset="bus_uclm", datasets={"bus_uclm": {"images": None}})
    project.set(model="attention_unet", split={"val": 0.3, "test": 0.3})
    project.dvc("repro")
    view = browser.new_page()
    view.goto((project.folder / "report" / "index.html").as_uri())
    rows = pd.read_csv(project.folder / "evaluations" / "attention_unet" / "images.csv")
    assert view.locator("#cases li").count() == rows["image_id"].nunique()
    assert "Vallez" in view.inner_text("footer")
    assert view.locator("#figure-attention img").is_visible()
    view.close()
