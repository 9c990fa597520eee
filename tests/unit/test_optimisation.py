"""What decays, how the learning rate runs, and what the optimisers are."""

import warnings

import pytest
import torch
from torch import nn

from guidedseg.fitting import optimisation

LR = 0.5


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, kernel_size=3), nn.BatchNorm2d(2), nn.Conv2d(2, 1, kernel_size=1))


def built(
    net: nn.Module | None = None,
    *,
    optimizer: str = "sgd",
    schedule: str = "constant",
    weight_decay: float = 0.0,
    warmup: float = 0.0,
    steps: int = 10,
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    return optimisation.build(
        net or network(),
        optimizer=optimizer,
        lr=LR,
        weight_decay=weight_decay,
        schedule=schedule,
        warmup=warmup,
        steps=steps,
    )


def rates(schedule: str, *, warmup: float = 0.0, steps: int = 10) -> list[float]:
    """Share of the full learning rate in every step."""
    optimizer, scheduler = built(schedule=schedule, warmup=warmup, steps=steps)
    shares = []
    for _ in range(steps):
        (share,) = {group["lr"] / LR for group in optimizer.param_groups}
        shares.append(share)
        optimizer.step()
        scheduler.step()
    return shares


def test_constant_rate_stays() -> None:
    assert rates("constant") == [1.0] * 10


def test_cosine_falls_from_the_full_rate_towards_zero() -> None:
    # (1 + cos(pi k / 4)) / 2 for k = 0, 1, 2, 3
    assert rates("cosine", steps=4) == pytest.approx([1, 0.853553, 0.5, 0.146447], abs=1e-6)


def test_polynomial_has_the_power_of_nine_tenths() -> None:
    # (1 - k / 4) ** 0.9
    assert rates("polynomial", steps=4) == pytest.approx([1, 0.771890, 0.535887, 0.287175], abs=1e-6)


@pytest.mark.parametrize("schedule", optimisation.SCHEDULES)
def test_warm_up_rises_in_equal_steps_to_the_full_rate(schedule: str) -> None:
    shares = rates(schedule, warmup=0.4)
    assert shares[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])  # four steps of ten, then the schedule's first
    assert shares[4:] == pytest.approx(rates(schedule, steps=6))


@pytest.mark.parametrize("schedule", optimisation.SCHEDULES)
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps_are_enough_and_the_full_rate_is_reached(schedule: str, warmup: float, steps: int) -> None:
    shares = rates(schedule, warmup=warmup, steps=steps)
    assert max(shares) == pytest.approx(1)
    assert min(shares) > 0


def test_schedule_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rates("cosine", warmup=0.3)


def test_schedule_continues_where_its_state_was_saved() -> None:
    expected = rates("cosine", warmup=0.3)
    optimizer, scheduler = built(schedule="cosine", warmup=0.3)
    for _ in range(4):
        optimizer.step()
        scheduler.step()
    other, continued = built(schedule="cosine", warmup=0.3)
    other.load_state_dict(optimizer.state_dict())
    continued.load_state_dict(scheduler.state_dict())
    assert other.param_groups[0]["lr"] / LR == pytest.approx(expected[4])
    other.step()
    continued.step()
    assert other.param_groups[0]["lr"] / LR == pytest.approx(expected[5])


# Without a gradient only decay moves anything: by lr * decay = 0.05, and 1.9 times that with Nesterov momentum.
@pytest.mark.parametrize(("name", "left"), [("adamw", 0.95), ("sgd", 0.905)])
def test_weights_decay_and_biases_and_normalisations_do_not(name: str, left: float) -> None:
    net = network()
    before = {key: value.clone() for key, value in net.named_parameters()}
    optimizer, _ = built(net, optimizer=name, weight_decay=0.1)
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for key, value in net.named_parameters():
        share = left if key in {"0.weight", "2.weight"} else 1.0
        torch.testing.assert_close(value.detach(), share * before[key], msg=key)


def test_frozen_weights_are_left_out() -> None:
    net = network()
    net[0].requires_grad_(requires_grad=False)
    optimizer, _ = built(net)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 4


@pytest.mark.parametrize(("name", "kind"), [("adamw", "AdamW"), ("adam", "Adam"), ("sgd", "SGD")])
def test_optimisers_are_those_of_their_names(name: str, kind: str) -> None:
    optimizer, _ = built(optimizer=name)
    assert type(optimizer).__name__ == kind


def test_sgd_has_nesterov_momentum() -> None:
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    optimizer, _ = built(net)
    moves = []
    for _ in range(2):
        net.weight.grad = torch.ones_like(net.weight)
        before = net.weight.item()
        optimizer.step()
        moves.append((before - net.weight.item()) / LR)
    # buffer 1, then 0.9 * 1 + 1 = 1.9; Nesterov moves by gradient + 0.9 * buffer
    assert moves == pytest.approx([1.9, 1 + 0.9 * 1.9])
