"""Networks that find lesions one by one: what they find is torchvision's, and makes one map."""

import pytest
import torch
from small_networks import network, pictures, squares
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import nms
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.ops import process_mask

from guidedseg.instances import merging
from guidedseg.instances.maskrcnn import MaskRCNN, target
from guidedseg.instances.network import lesions
from guidedseg.instances.suppression import strongest, unsuppressed
from guidedseg.segmentation.models.yolo11n_seg import FOUND, OVER, _inside

pytestmark = pytest.mark.usefixtures("one_thread")


def boxes_at_random(count: int, seed: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, generator=draw) * 40
    return torch.cat([corners, corners + torch.rand(count, 2, generator=draw) * 30 + 2], dim=1)


@pytest.mark.parametrize("iou", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("seed", range(5))
def test_suppression_in_rounds_keeps_what_the_greedy_one_keeps(iou, seed):
    both = torch.stack([boxes_at_random(60, seed), boxes_at_random(60, seed + 100)])
    for own, found in zip(both, unsuppressed(both, iou), strict=True):
        kept = torch.zeros(60).index_fill(0, nms(own, torch.linspace(1, 0, 60), iou), 1)
        assert torch.equal(found, kept)


def test_boxes_without_an_area_go_and_take_none_with_them():
    flat, box = [0.0, 0.0, 0.0, 9.0], [0.0, 0.0, 9.0, 9.0]
    assert unsuppressed(torch.tensor([[flat, box, flat]]), 0.5).tolist() == [[0, 1, 0]]


def test_the_strongest_bring_along_what_is_theirs():
    scores = torch.tensor([[0.1, 0.9, 0.5]])
    top, boxes = strongest(scores, 2, torch.arange(12.0).reshape(1, 3, 4))
    assert top.tolist() == [[pytest.approx(0.9), 0.5]]
    assert boxes.tolist() == [[[4, 5, 6, 7], [8, 9, 10, 11]]]


def test_a_mask_of_ones_fills_its_box_and_nothing_else():
    pasted = merging.pasted(torch.ones(1, 1, 28, 28), torch.tensor([[[8.0, 4.0, 24.0, 16.0]]]), 32, 32)[0, 0]
    assert torch.equal(pasted[5:15, 9:23], torch.ones(10, 14))
    outside = pasted.clone()
    outside[4:16, 8:24] = 0
    assert not outside.any()


def test_a_pixel_has_the_likeliest_lesion():
    masks = torch.zeros(1, 2, 1, 3)
    masks[0, 0, 0, :2], masks[0, 1, 0, 1:] = 1, 0.5
    found = merging.logits(masks, torch.tensor([[0.49, 0.9]])).sigmoid()
    # sqrt of 1 x 0.49; of that and of 0.5 x 0.9
    assert found.flatten().tolist() == pytest.approx([0.7, 0.7, 0.45**0.5], abs=1e-4)
    assert torch.isfinite(merging.logits(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1))).all()


def test_lesions_are_the_connected_components():
    one, two, none, _ = lesions(squares())
    assert one.boxes.tolist() == [[8, 4, 28, 28]]
    assert two.boxes.tolist() == [[8, 4, 28, 20], [36, 40, 60, 56]]
    assert two.numbered.unique().tolist() == [0, 1, 2]
    assert none.boxes.shape == (0, 4)
    assert [target(each)["masks"].sum(dim=(1, 2)).tolist() for each in (two, none)] == [[320, 384], []]


@pytest.fixture(scope="module")
def trained() -> MaskRCNN:
    """A Mask R-CNN that has seen bright squares for some steps."""
    return learned("maskrcnn", 6).network


def learned(name: str, steps: int) -> torch.nn.Module:
    """A network that has seen bright squares for some steps, in evaluation mode."""
    net = network(name).train()
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3)
    for step in range(steps):
        optimizer.zero_grad()
        net.loss(*bright(step)).backward()
        optimizer.step()
    return net.eval()


def bright(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    return pictures(seed=seed) * 0.3 + squares() * 0.6, squares()


@torch.no_grad()
def test_boxes_and_masks_are_those_that_torchvisions_own_way_finds(trained):
    images, _ = bright(99)
    found = trained(images)
    maps, sizes = trained.backbone(images), [(64, 64)] * len(images)
    proposals, stay = trained._proposals(list(maps.values()), images)
    theirs, _ = trained.roi_heads(maps, [own[kept > 0] for own, kept in zip(proposals, stay, strict=True)], sizes)
    for boxes, scores, masks, own in zip(*found, theirs, strict=True):
        first = torch.nonzero(scores > 0)[:3, 0]
        assert len(first) == 3
        assert torch.allclose(scores[first], own["scores"][:3], atol=1e-5)
        assert torch.allclose(boxes[first], own["boxes"][:3], atol=1e-3)
        assert torch.allclose(masks[first], own["masks"][:3, 0], atol=1e-4)


@torch.no_grad()
def test_anchors_are_torchvisions(trained):
    images = pictures()
    maps = list(trained.backbone(images).values())
    theirs = trained.anchors(ImageList(images, [(64, 64)] * len(images)), maps)[0]
    assert torch.equal(torch.cat([trained._anchors(level, each) for level, each in enumerate(maps)]), theirs)


@pytest.mark.parametrize("name", ["maskrcnn", "yolo11n_seg"])
def test_pictures_without_a_lesion_teach_too(name):
    net = network(name).train()
    loss = net.loss(pictures(), torch.zeros(4, 1, 64, 64))
    loss.backward()
    assert loss.isfinite()
    assert all(each.grad is None or each.grad.isfinite().all() for each in net.parameters())


@torch.no_grad()
def test_proposals_are_torchvisions_likeliest(trained):
    images, _ = bright(99)
    maps = trained.backbone(images)
    found, stay = trained._proposals(list(maps.values()), images)
    theirs, _ = trained.rpn(ImageList(images, [(64, 64)] * len(images)), maps)
    for own, kept, other in zip(found, stay, theirs, strict=True):
        first = own[kept > 0][:10]
        assert torch.allclose(first, other[: len(first)], atol=1e-3)
        assert len(first) == 10


def test_instances_of_yolo_are_those_that_ultralytics_finds():
    net = learned("yolo11n_seg", 10)
    images, _ = bright(99)
    with torch.no_grad():
        boxes, scores, masks = net.instances(images)
        raw, prototypes = net.network(images.expand(-1, 3, -1, -1))
        theirs = non_max_suppression(raw, conf_thres=1e-4, iou_thres=OVER, nc=1, max_det=FOUND)
    for number, own in enumerate(theirs):
        count = min(5, len(own))
        assert count > 2
        assert torch.allclose(boxes[number, :count], own[:count, :4], atol=1e-3)
        assert torch.allclose(scores[number, :count], own[:count, 4], atol=1e-6)
        outlined = process_mask(prototypes[number], own[:count, 6:], own[:count, :4], (64, 64), upsample=True) > 0
        ours = (masks[number, :count] > 0.5) & (_inside(boxes[number : number + 1, :count], 64, 64)[0] > 0)
        # Ultralytics crops at a quarter of the size, so masks may differ by a pixel along their boxes
        assert (ours != outlined).float().mean() < 0.03


@pytest.mark.slow  # a minute
@pytest.mark.parametrize(("name", "steps"), [("maskrcnn", 80), ("yolo11n_seg", 200)])
def test_they_learn_to_fill_squares(name, steps):
    net = learned(name, steps)
    images, masks = bright(999)
    with torch.no_grad():
        found = net(images).sigmoid()
    best = max(
        2 * (mask & (masks > 0)).sum() / (mask.sum() + masks.sum()) for mask in [found >= each for each in LEVELS]
    )
    assert best > 0.9


LEVELS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
