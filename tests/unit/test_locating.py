"""A dataset is found wherever its zip nests it, and what is missing where is told."""

import re

import pytest

from guidedseg.datasets import bus_uclm, locating
from guidedseg.errors import GuidedsegError


def test_dataset_is_found_however_deep_it_is_nested(tiny, tmp_path):
    nest = tmp_path / "nest"
    inner = nest / "outer" / "outer" / "BUS-UCLM"
    inner.parent.mkdir(parents=True)
    tiny.rename(inner)
    (nest / "__MACOSX" / "images").mkdir(parents=True)
    assert locating.locate(bus_uclm.DATASET, nest) == inner


def test_linked_dataset_is_found(tiny, tmp_path):
    (tmp_path / "external").mkdir()
    (tmp_path / "external" / "link").symlink_to(tiny)
    assert locating.locate(bus_uclm.DATASET, tmp_path / "external") == tmp_path / "external" / "link"


def test_what_is_missing_and_where_is_named(tiny):
    (tiny / "INFO.csv").unlink()
    with pytest.raises(GuidedsegError, match=re.escape(f"{tiny} has no INFO.csv")):
        locating.locate(bus_uclm.DATASET, tiny.parent)


def test_folder_of_other_things_is_listed(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(GuidedsegError, match=r"images, masks and INFO.csv was found(?s:.)*holds holiday\.jpg"):
        locating.locate(bus_uclm.DATASET, tmp_path)


def test_several_datasets_in_one_folder_are_named(tmp_path):
    for copy in ("one", "two"):
        for name in ("images", "masks", "INFO.csv"):
            (tmp_path / "many" / copy / name).mkdir(parents=True)
    with pytest.raises(GuidedsegError, match=r"Several datasets(?s:.)*many/one(?s:.)*many/two"):
        locating.locate(bus_uclm.DATASET, tmp_path / "many")
