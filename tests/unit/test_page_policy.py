"""What would get into a page does not run there, and loads nothing: in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from board_runs import boarded, folds

from guidedseg.reporting.board.page import html

INTRUDERS = {
    "script": "<script>document.title = 'owned'</script>",
    "handler": """<img src="data:," onerror="document.title = 'owned'">""",
    "from the web": '<script src="https://example.org/x.js"></script>',
    "picture of the web": '<img src="https://example.org/x.png">',
    "frame": '<iframe src="https://example.org"></iframe>',
    "form": '<form action="https://example.org"><input name="a"></form><script>document.forms[1].submit()</script>',
    "base": '<base href="https://example.org/">',
}


@pytest.mark.parametrize("intruder", INTRUDERS)
def test_a_script_that_got_into_the_page_would_not_run_or_load(browser: Any, tmp_path: Path, intruder: str) -> None:
    """As if a name had not been escaped: the policy of the page is a second wall."""
    board = html(boarded(*folds(0, 1, 2)), "strict", "dice", {}, [])
    assert board.count("<main") == 1
    (tmp_path / "page.html").write_text(board.replace("<main", f"{INTRUDERS[intruder]}<main"), encoding="utf-8")
    view, said, asked = browser.new_page(), [], []
    view.on("console", lambda message: said.append(message.text))
    view.on("requestfailed", lambda request: asked.append((request.url[:4], request.failure)))
    view.goto((tmp_path / "page.html").as_uri())
    assert view.title() == "Leaderboard: dice under strict"
    assert {failure for kind, failure in asked if kind == "http"} <= {"csp"}  # before it left the browser
    assert [text for text in said if "Content Security Policy" in text]
    view.click("#theme")  # its own scripts run
    assert view.evaluate("document.documentElement.dataset.theme")
    view.close()


def test_markup_in_the_names_and_notes_of_experiments_is_text(browser: Any, tmp_path: Path) -> None:
    evil = "</li><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    board = html(boarded(*folds(0, 1, 2, profile=evil)), "strict", "dice", {}, [evil])
    (tmp_path / "page.html").write_text(board, encoding="utf-8")
    view, said = browser.new_page(), []
    view.on("console", lambda message: said.append(message.text))
    view.goto((tmp_path / "page.html").as_uri())
    assert (view.title(), said) == ("Leaderboard: dice under strict", [])
    assert view.locator("img").count() == 0
    assert evil in view.inner_text("main")
    view.close()
