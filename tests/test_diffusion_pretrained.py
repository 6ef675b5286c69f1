"""The network of digits that is in the package."""

from __future__ import annotations

import torch

from course_dl.diffusion import pretrained_digits
from course_dl.diffusion.pretrained import WEIGHTS
from course_dl.generative import class_scores
from tests.exact import seeded


def test_it_draws_digits_of_the_classes_asked_for() -> None:
    flow, d = pretrained_digits(), torch.arange(30) % 10
    x = flow.sample((30, 1, 28, 28), d, steps=10, guidance=2, generator=seeded(0))
    digits = (x / 2 + 0.5).clamp(0, 1)
    assert (class_scores(digits).argmax(1) == d).double().mean() > 0.8
    assert 0.05 < digits.mean() < 0.25


def test_it_is_ready_and_small_and_touches_no_global_generator() -> None:
    state = torch.random.get_rng_state()
    flow = pretrained_digits()
    assert torch.equal(state, torch.random.get_rng_state())
    assert not flow.training and not any(p.requires_grad for p in flow.parameters())
    assert all(p.dtype == torch.float32 for p in flow.parameters())
    assert 200_000 < WEIGHTS.stat().st_size < 700_000
