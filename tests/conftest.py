"""Where the tests on real images find them, a browser for tests of pages, and threads for tests of networks."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "GUIDEDSEG_BUS_UCLM_MINI"


@pytest.fixture(scope="session")
def bus_uclm_mini() -> Path:
    """A folder with an excerpt of BUS-UCLM in its official layout."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        reason = f"{VARIABLE} is not set: it names a folder with an excerpt of BUS-UCLM"
        if os.environ.get("CI"):
            pytest.fail(reason)  # or nobody would notice that real images are never read
        pytest.skip(reason)
    if not Path(folder).is_dir():
        pytest.fail(f"{VARIABLE} names {folder}, which is no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Playwright's handle of an installed Chromium, headless."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "no Chromium on the PATH (Debian's package is `chromium`)"
        if os.environ.get("CI"):
            pytest.fail(reason)  # or nobody would notice that no page is ever opened
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *quiet])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Small tensors are fastest on one thread, many times so where other processes keep the cores busy."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
