"""A bundle made once, for all tests of handing it on and of segmenting with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import small_bundle
import torch

from guidedseg.bundles.loading import Bundle, load


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """What bundles are made of: detector, direct and guided, exported."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield small_bundle.networks(tmp_path_factory.mktemp("networks"))
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def bundle_folder(networks: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle, which tests only read; beside it lies ``bundle.zip``."""
    return small_bundle.write(tmp_path_factory.mktemp("bundles") / "bundle", networks)


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    """The same, opened."""
    return load(bundle_folder, threads=1)
