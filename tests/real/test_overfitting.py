"""Every network can learn eight real lesions by heart: what cannot, has a fault between image and mask."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from guidedseg import regions
from guidedseg.datasets import bus_uclm, locating, prepared, preparing, reading
from guidedseg.params import GIVEN, ONE_BY_ONE
from guidedseg.segmentation import models
from guidedseg.segmentation.data import as_input

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SIZE = 64
LESIONS = 8
MARGIN, JITTER = 0.3, 0.4  # more than in params.yaml: in tight regions one ellipse nearly fits all lesions
STEPS = 100
OPTIONS = {"transunet": {"vit": "test_vit", "dropout": 0.0}}


@pytest.fixture(scope="module")
def rois(bus_uclm_mini, tmp_path_factory):
    """Images (8, 1, S, S) float32 in [0, 1] and masks (8, 1, S, S) float32 in {0, 1}, one patient each."""
    folder = tmp_path_factory.mktemp("mini") / "prepared"
    records = reading.read(bus_uclm.DATASET, locating.locate(bus_uclm.DATASET, bus_uclm_mini))
    index = preparing.write(records, folder, duplicate_threshold=0.8)
    lesions = prepared.read_lesions(folder).merge(index[["image_id", "group_id"]], on="image_id")
    lesions = lesions.drop_duplicates("group_id").head(LESIONS)
    images, masks, rng = [], [], np.random.default_rng(0)
    for lesion in lesions.itertuples():
        image, mask = prepared.load_image(folder, lesion.image_id), prepared.load_mask(folder, lesion.image_id)
        box = np.array([[lesion.x0, lesion.y0, lesion.x1, lesion.y1]])
        region = regions.enlarge(regions.jitter(box, JITTER, rng), MARGIN, image.shape[1], image.shape[0])[0]
        images.append(regions.crop(image, region, SIZE))
        masks.append(regions.crop_mask(mask, region, SIZE))
    assert len(images) == LESIONS
    return as_input(np.stack(images))[:, None], torch.from_numpy(np.stack(masks)).float()[:, None]


def dice(y, target):
    """Pooled over all pixels; y: probabilities, or 0 and 1."""
    return 2 * (y * target).sum() / (y.sum() + target.sum())


def test_no_single_mask_fits_all_eight(rois):
    _, masks = rois
    averages = masks.mean(0, keepdim=True)
    best = max(dice((averages >= share / LESIONS).float().expand_as(masks), masks) for share in range(1, LESIONS + 1))
    assert best < 0.7


# those that find lesions one by one learn by losses of their own, and slower: tests/unit/test_instances.py
@pytest.mark.parametrize("name", [name for name in models.MODELS if name not in (*ONE_BY_ONE, *GIVEN)])
def test_eight_lesions_are_learned_by_heart(name, rois):
    images, masks = rois
    torch.manual_seed(0)
    net = models.build(
        name,
        OPTIONS.get(name, {}),
        encoder="tu-test_efficientnet",
        encoder_weights=None,
        decoder_width=0.25,
        image_size=SIZE,
    )
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.005)
    for _ in range(STEPS):
        logits = net(images)
        loss = functional.binary_cross_entropy_with_logits(logits, masks) + 1 - dice(logits.sigmoid(), masks)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        found = (net.eval()(images) > 0).float()
    assert dice(found, masks) >= 0.95
