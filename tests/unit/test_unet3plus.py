"""UNet 3+ and UNet++: skips of all scales, deep supervision, class guidance."""

import pytest
import torch
from small_networks import BATCH, ENCODER, SIZE, Fixed, network, pictures, weigh, with_fixed_features
from torch import nn

from guidedseg.encoders import encoders
from guidedseg.segmentation.models.layers import Supervised
from guidedseg.segmentation.models.unet3plus import NOTHING

pytestmark = pytest.mark.usefixtures("one_thread")


def scales_reaching(net, nodes):
    """For each node's output the scales (of five, finest first) that a gradient goes back to, and its stride."""
    features, outputs = with_fixed_features(net), []
    for node in nodes:
        node.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    net(pictures())
    return {
        SIZE // output.shape[-1]: [
            gradient is not None and bool(gradient.abs().max() > 0)
            for gradient in torch.autograd.grad(weigh(output), features, retain_graph=True, allow_unused=True)
        ]
        for output in outputs
    }


def test_every_unet3plus_node_gets_gradient_from_all_five_scales():
    net = network("unet3plus")
    assert scales_reaching(net, net.nodes) == dict.fromkeys((16, 8, 4, 2), [True] * 5)


def test_blocks_of_a_plain_unet_get_none_from_finer_scales():
    net = network("unet")
    assert scales_reaching(net, net.blocks[:4]) == {
        16: [False, False, False, True, True],
        8: [False, False, True, True, True],
        4: [False, True, True, True, True],
        2: [True] * 5,
    }


def test_unet3plus_nodes_read_finer_encoder_and_coarser_decoder_features():
    net = network("unet3plus")
    features, seen = with_fixed_features(net), []
    for node in net.nodes:
        node.register_forward_hook(lambda _module, inputs, output: seen.append((list(inputs[0]), output)))
    net(pictures())
    decoded = {4: features[4]}
    for position, (inputs, output) in zip((3, 2, 1, 0), seen, strict=True):
        expected = [*features[: position + 1], *(decoded[scale] for scale in range(position + 1, 5))]
        assert all(given is wanted for given, wanted in zip(inputs, expected, strict=True))
        assert output.shape[1] == 5 * 16  # 5 x channels, 64 * 0.25
        decoded[position] = output


@pytest.mark.parametrize(
    ("name", "encoder", "masks"), [("unet3plus", ENCODER, 5), ("unetpp", ENCODER, 4), ("unetpp", encoders.ORIGINAL, 4)]
)
def test_deep_supervision_adds_masks_in_training_alone(name, encoder, masks):
    single, several = (
        network(name, encoder=encoder, width=0.125, options=options) for options in ({}, {"deep_supervision": True})
    )
    several.load_state_dict(single.state_dict(), strict=False)  # the heads beside the last one are its own
    output = several(pictures())
    assert isinstance(output, Supervised)
    assert [tuple(mask.shape) for mask in output.masks] == [(BATCH, 1, SIZE, SIZE)] * masks
    assert output.lesion is None
    assert torch.equal(output.masks[0], single(pictures()))
    with torch.inference_mode():
        assert torch.equal(several.eval()(pictures()), single.eval()(pictures()))


def test_class_guidance_empties_the_masks_of_images_without_lesion_and_no_others():
    plain, guided = network("unet3plus"), network("unet3plus", options={"class_guided": True})
    guided.load_state_dict(plain.state_dict(), strict=False)
    images = pictures()
    with torch.inference_mode():
        wanted = plain.eval()(images)
        lesion = guided.eval().classifier(guided.encoder(images)[-1])
        guided.classifier[1].bias[1] += (lesion[:, 0] - lesion[:, 1]).median() + 1e-4  # about half of the images
        lesion = guided.classifier(guided.encoder(images)[-1])
        logits = guided(images)
    found = lesion[:, 1] > lesion[:, 0]
    assert found.any()
    assert not found.all()
    assert torch.equal(logits[found], wanted[found])
    assert (logits[~found] == NOTHING).all()


def test_class_guidance_leaves_the_masks_of_training_alone():
    net = network("unet3plus", options={"class_guided": True})
    nn.init.constant_(net.classifier[1].bias[0], 100)
    output = net(pictures())
    assert output.lesion.shape == (BATCH, 2)
    assert (output.lesion[:, 0] > output.lesion[:, 1]).all()
    assert len(output.masks) == 1
    assert output.masks[0].min() > NOTHING
    assert output.masks[0].std() > 0


def test_unetpp_has_the_nested_nodes():
    assert {"x_0_0", "x_0_1", "x_1_1", "x_0_2", "x_1_2", "x_2_2", "x_0_3", "x_1_3", "x_2_3", "x_3_3", "x_0_4"} == set(
        network("unetpp").decoder.blocks
    )


def test_mask_of_a_nested_decoder_reads_no_level_deeper_than_its_own():
    """Figure 1 and section 3.2: X(0, j) is a whole UNet++ of depth j, to which the network can be pruned."""
    net = network("unetpp", encoder=encoders.ORIGINAL, width=0.125, options={"deep_supervision": True})
    levels = [features.detach().requires_grad_() for features in net.encoder(pictures())[1:]]
    net.encoder = Fixed(levels)
    masks = net(pictures()).masks
    for depth, mask in zip((4, 3, 2, 1), masks, strict=True):
        gradients = torch.autograd.grad(weigh(mask), levels, retain_graph=True, allow_unused=True)
        assert [gradient is not None for gradient in gradients] == [level <= depth for level in range(5)]
