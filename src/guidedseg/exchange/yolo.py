"""An Ultralytics dataset for segmentation: a polygon per lesion."""

from pathlib import Path

from guidedseg import progress
from guidedseg.detection import labels
from guidedseg.exchange.components import lesions, polygon
from guidedseg.exchange.data import Data


def write(data: Data, target: Path) -> None:
    """Write ``images/SPLIT/ID.png``, ``labels/SPLIT/ID.txt`` and ``data.yaml``, which holds no absolute path.

    A label line is a class (0) and a polygon in shares of width and height. An image without a lesion has an empty
    label file, which Ultralytics reads as background.
    """
    labels.lay_out(target)
    for row in progress.bar("images", data.images.itertuples(), unit="image", total=len(data.images)):
        data.copy_image(row.image_id, target / "images" / row.split / f"{row.image_id}.png")
        found = [polygon(lesion) / (row.width, row.height) for lesion in lesions(data.mask(row.image_id))]
        lines = [f"0 {' '.join(f'{share:.6f}' for share in corners.ravel())}\n" for corners in found]
        (target / "labels" / row.split / f"{row.image_id}.txt").write_text("".join(lines), encoding="utf-8")
