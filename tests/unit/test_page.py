"""The report page in a real browser: what it says, filters and keys, hostile names, empty runs, narrow screens."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawings import Drawing, everywhere, nothing, square
from runs import NO_LEAKAGE, cases_of, run_of

from guidedseg.reporting.page import gallery, index
from guidedseg.reporting.tables import table

BOX = (4, 4, 16, 14)
FOUND = ((0.9, BOX, everywhere()),)
TRUE = ((BOX, everywhere()),)
LESION = square(4, 4, 10, 12)
PARAMS = {
    "dataset": "phantom",
    "profile": "quick",
    "seed": 0,
    "split": {"protocol": "holdout", "group_by": "patient", "fold": None},
}
COUNTS = dict.fromkeys(("images", "patients", "groups", "lesions", "normal", "benign", "malignant", "unknown"), 3)
SPLIT = {**dict.fromkeys(("train", "val", "test"), COUNTS), "leakage": NO_LEAKAGE}
MADE = {
    "prepare": {"data/prepared": "1.dir"},
    "split": {"data/split.csv": "2", "metrics/split.json": "3"},
    "train_segmenter@unetpp-direct": {"models/unetpp/direct": "4.dir"},
}
TABLE = table.Table(
    "t", "A table", "Of <b>text</b>", ["", "Dice"], [["ours", "90.0"], ["paper", "80.0"]], {(0, 1)}, {1}
)

ORDINARY = (
    Drawing(LESION, LESION, FOUND, TRUE, "a_good", "P", "benign"),  # direct 100, guided 100
    Drawing(LESION, nothing(), FOUND, TRUE, "b_direct_misses", "P", "malignant"),  # 0, 100
    Drawing(LESION, LESION, (), TRUE, "c_guided_misses", "Q", "benign"),  # 100, 0
    Drawing(nothing(), nothing(), (), (), "d_normal", "Q", "normal"),  # 100, 100
)
HOSTILE = '<script>document.title="owned"<'  # no slash: image ids are names of files

Open = Callable[..., Any]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Open:
    """A function that makes the page of some drawings and opens it."""
    contexts = []

    def build_and_open(*drawings: Drawing, params: dict[str, Any] = PARAMS, run_js: str = "", **options: Any) -> Any:
        results = run_of(*drawings)
        became = gallery.outcomes(results).to_dict("index")
        entries = [gallery.entry(case, became[name]) for name, case in cases_of(results, drawings, tmp_path).items()]
        html = index.index(results, index.Facts(params, SPLIT, MADE), [TABLE], [], entries)
        (tmp_path / "index.html").write_text(html, encoding="utf-8")
        (tmp_path / "run.js").write_text(run_js, encoding="utf-8")
        contexts.append(browser.new_context(**options))
        opened = contexts[-1].new_page()
        opened.wrong = []
        opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
        opened.on("console", lambda message: opened.wrong.append(message.text))
        opened.on("request", lambda request: request.url.startswith("http") and opened.wrong.append(request.url))
        opened.goto((tmp_path / "index.html").as_uri())
        return opened

    yield build_and_open
    for context in contexts:
        context.close()


def journal(out: str = "data/split.csv", md5: str = "2", **changed: Any) -> dict[str, Any]:
    """An entry of run.js as ``guidedseg.journal`` writes it; ``changed`` sets any of its values."""
    nested = {
        "machine": {"operating system": "Debian", "processor": "p", "cores": "2", "memory": None},
        "versions": {"torch": "9", "numpy": "2"},
    }
    entry = {"md5": md5, "commit": "abc", "uncommitted changes": "none", "finished": "2026-11-23 02:32 UTC"}
    entry |= {"seconds": 5.0, "threads": 1, "gpu": None}
    for name, group in nested.items():
        entry[name] = {key: changed.pop(key, value) for key, value in group.items()}
    return {out: {**entry, **changed}}


def script(entries: dict[str, Any]) -> str:
    return f"window.guidedsegRun = {json.dumps(entries)};"


def artifacts(view: Any) -> dict[str, str]:
    """What the page says of every artifact, by its path."""
    rows = view.locator("#journal tbody tr").all()
    return {row.locator("th").inner_text(): " | ".join(row.locator("td").all_inner_texts()) for row in rows}


NOT_ON_RECORD = "made elsewhere or restored from DVC's cache: not on record"


def names(opened: Any) -> list[str]:
    return opened.locator("#cases .name").all_inner_texts()


def test_failures_come_first(opened: Open) -> None:
    view = opened(*ORDINARY)
    assert names(view) == ["c_guided_misses", "a_good", "b_direct_misses", "d_normal"]
    assert not view.wrong


def test_filters_leave_what_fits_and_count_it(opened: Open) -> None:
    view = opened(*ORDINARY)
    view.select_option("[name=pathology]", "benign")
    assert names(view) == ["c_guided_misses", "a_good"]
    assert view.inner_text("#count") == "2 of 4 images"
    view.select_option("[name=patient]", "P")
    assert names(view) == ["a_good"]
    view.select_option("[name=outcome]", "miss")
    assert names(view) == []
    assert view.is_visible("#none")
    view.click("button[type=reset]")
    view.evaluate("() => new Promise(done => setTimeout(done))")  # the page updates when the fields are reset
    assert len(names(view)) == 4


def test_scores_and_outcomes_are_the_chosen_branchs(opened: Open) -> None:
    view = opened(*ORDINARY)
    view.fill("[name=high]", "50")
    assert names(view) == ["c_guided_misses"]
    view.select_option("[name=branch]", "direct")
    assert names(view) == ["b_direct_misses"]


def test_order_by_gain_puts_the_largest_first(opened: Open) -> None:
    view = opened(*ORDINARY)
    view.select_option("[name=order]", "gain")
    assert names(view)[0] == "b_direct_misses"
    view.select_option("[name=order]", "loss")
    assert names(view)[0] == "c_guided_misses"


def layers(view: Any, name: str) -> set[str]:
    """The layers of an image that are painted."""
    case = view.locator(f"li[data-name='{name}']")
    return {layer for layer in ("truth", "direct", "guided") if case.locator(f"path.{layer}").is_visible()}


def test_keys_flip_between_image_truth_direct_and_guided(opened: Open) -> None:
    view = opened(*ORDINARY)
    assert layers(view, "a_good") == {"truth", "direct", "guided"}
    for key, shown in (("1", set()), ("2", {"truth"}), ("3", {"direct"}), ("4", {"guided"})):
        view.keyboard.press(key)
        assert layers(view, "a_good") == shown


def test_digits_typed_into_a_field_flip_nothing(opened: Open) -> None:
    view = opened(*ORDINARY)
    view.focus("[name=name]")
    view.keyboard.press("1")
    assert layers(view, "a_good") | {"x"} == {"x"}  # filtered away by its name, or:
    assert view.get_attribute("#cases", "data-view") == "all"


def test_an_image_enlarges_and_arrows_go_on_with_the_keyboard_alone(opened: Open) -> None:
    view = opened(*ORDINARY)
    view.focus("li[data-name='c_guided_misses'] button")
    view.keyboard.press("Enter")
    assert view.inner_text("#large-title") == "c_guided_misses"
    assert "guided 0" in view.inner_text("#large-about")
    view.keyboard.press("ArrowRight")
    assert view.inner_text("#large-title") == "a_good"
    view.keyboard.press("2")
    assert view.locator("#large path.truth").is_visible()
    assert not view.locator("#large path.direct").is_visible()
    view.keyboard.press("Escape")
    assert not view.is_visible("#large")


def test_where_there_are_no_keys_buttons_flip_the_enlarged_image(opened: Open) -> None:
    view = opened(*ORDINARY)
    view.click("li[data-name='a_good'] button")
    view.click("#large [data-flip=direct]")
    assert view.locator("#large path.direct").is_visible()
    assert not view.locator("#large path.truth").is_visible()
    assert view.get_attribute("#large [data-flip=direct]", "aria-pressed") == "true"
    assert view.is_checked("[name=view][value=direct]", timeout=1000)


def test_markup_in_names_is_text(opened: Open) -> None:
    drawing = ORDINARY[0]._replace(image_id=f"{HOSTILE} $x$ &", patient_id="</script><img src=x onerror=alert(1)>")
    view = opened(drawing)
    assert names(view) == [f"{HOSTILE} $x$ &"]
    assert view.title() == "unetpp on phantom: direct and guided"
    assert view.locator("img:not([src^='data:'])").count() == 0
    view.click("#cases button")
    assert view.inner_text("#large-title").startswith(HOSTILE)
    assert not view.wrong


def test_a_test_set_without_lesions_says_so(opened: Open) -> None:
    view = opened(ORDINARY[3], ORDINARY[3]._replace(image_id="e", patient_id="R"))
    assert "No test image has a lesion" in view.inner_text("#headline")
    assert "on images with a lesion\n-" in view.inner_text("#headline")
    assert not view.wrong


def test_a_detector_that_finds_nothing_is_told(opened: Open) -> None:
    view = opened(ORDINARY[2], ORDINARY[3])
    assert "The detector found nothing at all" in view.inner_text("#headline")


def test_a_single_test_image_is_told_in_the_singular(opened: Open) -> None:
    view = opened(ORDINARY[0])
    assert "1 test image of 1 patient, 1 with 1 lesion." in view.inner_text("#headline")
    assert names(view) == ["a_good"]


def test_every_picture_has_words_and_every_control_a_name(opened: Open) -> None:
    view = opened(*ORDINARY)
    assert all(image.get_attribute("alt") for image in view.locator("img").all())
    unnamed = view.evaluate(
        "[...document.querySelectorAll('button, select, input')].filter(e => !e.getAttribute('aria-label')"
        " && !e.textContent.trim() && !(e.labels && e.labels.length)).map(e => e.outerHTML)"
    )
    assert unnamed == []


def test_text_in_tables_is_escaped_and_published_rows_are_marked(opened: Open) -> None:
    view = opened(*ORDINARY)
    assert "Of <b>text</b>" in view.inner_text("#tables .caption")
    assert view.inner_text("#tables tr.published th") == "paper"
    assert view.inner_text("#tables tbody b") == "90.0"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling_and_follows_the_colour_scheme(opened: Open, scheme: str) -> None:
    entries = journal(commit="0123456789" * 4) | journal("data/prepared", "1.dir", processor="p" * 60)
    view = opened(*ORDINARY, run_js=script(entries), viewport={"width": 390, "height": 844}, color_scheme=scheme)
    assert view.evaluate("document.documentElement.scrollWidth") == 390
    background = "getComputedStyle(document.body).backgroundColor"
    red = int(view.evaluate(background).split("(")[1].split(",")[0])
    assert (red > 128) == (scheme == "light")
    view.click("#theme")
    assert int(view.evaluate(background).split("(")[1].split(",")[0]) != red


def test_on_real_images_the_page_cites_them(opened: Open) -> None:
    view = opened(*ORDINARY, params={**PARAMS, "dataset": "bus_uclm"})
    assert "Vallez" in view.inner_text("footer")
    assert "not a medical device" in view.inner_text("footer")


class TestJournal:
    """run.js beside the page: what is said of where, when and with what it was made."""

    def test_artifacts_stand_in_the_order_of_their_stages_with_the_entries_of_the_same_hash(self, opened: Open) -> None:
        entries = {
            **journal("models/unetpp/direct", "4.dir", seconds=119.96, threads=2, gpu="H100"),
            **journal("data/split.csv", "another"),
            **journal("metrics/segmentation.json", "3"),  # of no stage of this run
            **journal("data/prepared", "1.dir"),
            **journal("report/index.html", "any"),  # written after the page, which cannot hold its own hash
        }
        view = opened(*ORDINARY, run_js=script(entries))
        # 119.96 s are 2 min 0 s
        assert list(artifacts(view).items()) == [
            ("data/prepared", "5.0 s | 2026-11-23 02:32 UTC | 1 thread"),
            ("data/split.csv", NOT_ON_RECORD),
            ("models/unetpp/direct", "2 min 0 s | 2026-11-23 02:32 UTC | 2 threads, H100"),
            ("report/index.html", "5.0 s | 2026-11-23 02:32 UTC | 1 thread"),
        ]
        assert not view.wrong

    def test_what_all_were_made_with_is_said_once(self, opened: Open) -> None:
        entries = journal(commit="abc</b>") | journal("data/prepared", "1.dir", commit="abc</b>")
        view = opened(*ORDINARY, run_js=script(entries))
        text = view.text_content("#journal")
        assert text.count("abc</b>") == 1
        assert "made with" not in text
        assert view.locator("#journal details").count() == 2  # code and machine; versions

    def test_what_some_were_made_with_is_said_where_it_differs(self, opened: Open) -> None:
        entries = journal("data/prepared", "1.dir") | journal(commit="d", torch="8", **{"uncommitted changes": "a.py"})
        view = opened(*ORDINARY, run_js=script(entries))
        assert artifacts(view)["data/prepared"].endswith(" | A")
        assert artifacts(view)["data/split.csv"].endswith(" | B")
        other = view.locator("#journal details", has_text="B: as A, but")
        assert other.locator("dt").all_inner_texts() == ["commit", "uncommitted changes", "torch"]
        assert other.locator("dd").all_inner_texts() == ["d", "a.py", "8"]

    @pytest.mark.parametrize("content", ["", "window.guidedsegRun = {", "<<<<<<< HEAD\nwindow.guidedsegRun = {};"])
    def test_missing_or_torn_one_is_told_and_leaves_the_page_as_it_is(self, opened: Open, content: str) -> None:
        view = opened(*ORDINARY, run_js=content)
        assert "is not there, or not whole" in view.inner_text("#journal")
        view.select_option("[name=pathology]", "benign")
        assert len(names(view)) == 2

    def test_empty_one_has_nothing_on_record(self, opened: Open) -> None:
        view = opened(*ORDINARY, run_js="window.guidedsegRun = {};")
        assert set(artifacts(view).values()) == {NOT_ON_RECORD}
        assert not view.wrong
