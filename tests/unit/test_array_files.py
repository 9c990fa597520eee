"""Arrays written part by part are those that numpy writes at once, or none at all."""

from pathlib import Path

import numpy as np
import pytest

from guidedseg.array_files import appended

FULL = Path("/dev/full")  # every write to it fails with ENOSPC
ARRAY = np.random.default_rng(0).integers(0, 256, (7, 3, 5), dtype=np.uint8)


def write(path: Path, parts: list[np.ndarray], shape: tuple[int, ...] = ARRAY.shape) -> None:
    with appended(path, shape) as append:
        for part in parts:
            append(part)


@pytest.mark.parametrize("cuts", [[], [1], [2, 2, 6]], ids=str)
def test_parts_make_the_bytes_of_the_whole(tmp_path: Path, cuts: list[int]) -> None:
    write(tmp_path / "parts.npy", np.split(ARRAY, cuts))
    np.save(tmp_path / "whole.npy", ARRAY)
    assert (tmp_path / "parts.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


def test_rows_that_lie_apart_in_memory_are_written_in_order(tmp_path: Path) -> None:
    write(tmp_path / "parts.npy", [ARRAY[::2], ARRAY[1::2, ::-1, ::-1]])
    expected = np.concatenate([ARRAY[::2], ARRAY[1::2, ::-1, ::-1]])
    np.testing.assert_array_equal(np.load(tmp_path / "parts.npy"), expected)


def test_no_rows_make_an_empty_array(tmp_path: Path) -> None:
    write(tmp_path / "none.npy", [], (0, 3, 5))
    assert np.load(tmp_path / "none.npy").shape == (0, 3, 5)


@pytest.mark.parametrize("parts", [[ARRAY[:6]], [ARRAY, ARRAY[:1]], [ARRAY[:, :2]], [ARRAY.astype(np.float32)]])
def test_parts_that_do_not_fit_leave_the_earlier_file(tmp_path: Path, parts: list[np.ndarray]) -> None:
    (tmp_path / "array.npy").write_text("earlier")
    with pytest.raises(ValueError, match=r"array\.npy: .* not"):
        write(tmp_path / "array.npy", parts)
    assert (tmp_path / "array.npy").read_text() == "earlier"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("rows", [1, 100_000], ids=["at the end", "half way"])
def test_full_disk_is_an_error_of_the_system(tmp_path: Path, rows: int) -> None:
    (tmp_path / ".partial.array.npy").symlink_to(FULL)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "array.npy", [np.zeros((rows, 3, 5), dtype=np.uint8)], (rows, 3, 5))
    assert not any(tmp_path.iterdir())
