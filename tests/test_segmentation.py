"""The way back up, measures of overlap and the U-Net, against torch, sets of pixels and laws."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from course_dl.convolution import conv2d
from course_dl.data import shapes
from course_dl.segmentation import UNet, conv_transpose2d, dice_loss, iou
from course_dl.training import fit

FLOAT64 = torch.float64
SHAPES = [
    (2, 3, 4, 5, 2, 3, 3),
    (1, 1, 1, 1, 1, 1, 1),
    (3, 2, 5, 2, 4, 4, 4),
    (1, 2, 3, 3, 3, 2, 3),
]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(shape, generator=generator, dtype=FLOAT64)


def close(a: Tensor, b: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def fitting(H: int, W: int, k: int, m: int) -> list[tuple[int, int]]:
    """Strides and paddings that leave a pixel or more."""
    tried = product(range(1, 5), range(5))
    return [(s, p) for s, p in tried if min((H - 1) * s + k, (W - 1) * s + m) > 2 * p]


# The transposed convolution


@pytest.mark.parametrize(("N", "C", "H", "W", "M", "k", "m"), SHAPES)
def test_a_transposed_convolution_is_torchs_and_the_adjoint_of_the_convolution(
    N: int, C: int, H: int, W: int, M: int, k: int, m: int
) -> None:
    x, w, b = drawn(N, C, H, W), drawn(C, M, k, m), drawn(M)
    none, bias = torch.zeros(M, dtype=FLOAT64), torch.zeros(C, dtype=FLOAT64)
    at = fitting(H, W, k, m)
    assert at
    for stride, padding in at:
        out = conv_transpose2d(x, w, b, stride, padding)
        close(out, F.conv_transpose2d(x, w, b, stride, padding))
        u = drawn(*out.shape, seed=stride)
        down = (conv2d(u, w, bias, stride, padding) * x).sum()
        up = (u * conv_transpose2d(x, w, none, stride, padding)).sum()
        close(down, up)


def test_one_pixel_lays_down_the_filter_times_its_value() -> None:
    x, w = torch.tensor([[[[3.0]]]]), torch.arange(6.0).view(1, 1, 2, 3)
    assert torch.equal(conv_transpose2d(x, w, torch.ones(1)), 3 * w + 1)


@pytest.mark.parametrize(("k", "counts"), [(2, {1.0}), (3, {1.0, 2.0, 4.0}), (4, {4.0})])
def test_only_a_size_that_the_stride_divides_reaches_every_pixel_as_often(
    k: int, counts: set[float]
) -> None:
    reached = conv_transpose2d(torch.ones(1, 1, 5, 5), torch.ones(1, 1, k, k), torch.zeros(1), 2)
    inside = reached[..., k - 2 : 12 - k, k - 2 : 12 - k]
    assert set(inside.unique().tolist()) == counts


def test_a_transposed_convolution_has_torchs_gradients() -> None:
    leaves = [t.requires_grad_() for t in (drawn(2, 3, 3, 4), drawn(3, 2, 3, 3), drawn(2))]
    out, truth = conv_transpose2d(*leaves, 2, 1), F.conv_transpose2d(*leaves, 2, 1)
    grad_out = drawn(*truth.shape, seed=3)
    truths = torch.autograd.grad(truth, leaves, grad_out)
    for own, expected in zip(torch.autograd.grad(out, leaves, grad_out), truths, strict=True):
        close(own, expected)


# Overlap


def labels(*shape: int, K: int, seed: int = 0) -> Tensor:
    return torch.randint(K, shape, generator=torch.Generator().manual_seed(seed))


def pixels(d: Tensor, k: int) -> set[tuple[int, ...]]:
    return {tuple(index) for index in (d == k).nonzero().tolist()}


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.int32])
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (7,)])
def test_iou_is_that_of_sets_of_pixels(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    prediction, d = labels(*shape, K=4), labels(*shape, K=4, seed=1)
    measured = iou(prediction.to(dtype), d.to(dtype), 6)
    assert measured.dtype == FLOAT64 and measured.shape == (6,)
    for k, value in enumerate(measured.tolist()):
        given, true = pixels(prediction, k), pixels(d, k)
        if given | true:
            assert value == len(given & true) / len(given | true)
        else:
            assert value != value


def test_iou_is_of_the_whole_set_and_not_a_mean_over_images() -> None:
    d = torch.tensor([[[1, 1, 1, 1]], [[0, 0, 0, 1]]])
    prediction = torch.tensor([[[1, 1, 1, 1]], [[0, 0, 1, 0]]])
    close(iou(prediction, d, 2), torch.tensor([2 / 4, 4 / 6], dtype=FLOAT64))


def test_iou_has_the_same_classes_exchanged_and_changes_sides_without_a_change() -> None:
    prediction, d = labels(2, 5, 5, K=3), labels(2, 5, 5, K=3, seed=1)
    measured = iou(prediction, d, 3)
    assert torch.equal(iou(d, prediction, 3), measured)
    assert torch.equal(iou(2 - prediction, 2 - d, 3), measured.flip(0))
    assert torch.equal(iou(d, d, 3), torch.ones(3, dtype=FLOAT64))


@pytest.mark.parametrize("eps", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 6, 1), (8,)])
def test_of_hard_scores_the_dice_loss_is_one_minus_dice_of_sets(
    shape: tuple[int, ...], eps: float
) -> None:
    K, prediction, d = 3, labels(*shape, K=3), labels(*shape, K=3, seed=2)
    scores = 2e4 * F.one_hot(prediction, K).double().movedim(-1, 1) - 1e4
    scores.requires_grad_()
    dice = 0.0
    for k in range(K):
        given, true = pixels(prediction, k), pixels(d, k)
        dice += (2 * len(given & true) + eps) / (len(given) + len(true) + eps) / K
    loss = dice_loss(scores, d, eps)
    assert loss.item() == pytest.approx(1 - dice, abs=1e-12)
    assert torch.autograd.grad(loss, scores)[0].isfinite().all()


def test_the_dice_loss_of_even_scores_is_a_closed_form() -> None:
    d = torch.tensor([[[0, 0, 0, 1]]])
    quotients = (2 * 3 / 2 + 1) / (4 / 2 + 3 + 1), (2 * 1 / 2 + 1) / (4 / 2 + 1 + 1)
    loss = dice_loss(torch.zeros(1, 2, 1, 4, dtype=FLOAT64), d)
    assert loss.item() == pytest.approx(1 - sum(quotients) / 2, abs=1e-12)


def test_the_dice_loss_has_the_gradient_that_differences_show() -> None:
    scores, d = drawn(2, 3, 2, 2).requires_grad_(), labels(2, 2, 2, K=3)
    assert torch.autograd.gradcheck(lambda y: dice_loss(y, d), scores)


def test_the_dice_loss_does_not_ask_in_which_image_a_pixel_lies() -> None:
    scores, d = drawn(4, 3, 2, 5), labels(4, 2, 5, K=3)
    beside = torch.cat(list(scores), -1)[None], torch.cat(list(d), -1)[None]
    close(dice_loss(*beside), dice_loss(scores, d))
    close(dice_loss(scores.movedim(1, -1).flatten(0, 2), d.flatten()), dice_loss(scores, d))
    close(dice_loss(scores, d.to(torch.uint8)), dice_loss(scores, d))


# The U-Net


def unet(c_in: int = 1, c_out: int = 3, width: int = 4, depth: int = 2, **more: Any) -> UNet:
    return UNet(c_in, c_out, width, depth, generator=torch.Generator().manual_seed(0), **more)


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize(("depth", "size"), [(1, (2, 3)), (2, (7, 12)), (3, (8, 17))])
def test_every_pixel_gets_its_scores_whatever_the_size(
    depth: int, size: tuple[int, int], skips: bool
) -> None:
    X = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
    assert unet(3, 5, depth=depth, skips=skips).eval()(X).shape == (2, 5, *size)


def test_a_pixel_is_seen_next_to_itself_through_the_skips_alone_where_the_bottom_is_cut_off() -> (
    None
):
    X = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    for skips in (True, False):
        net = unet(skips=skips).eval()
        for level in net.up:  # nothing comes from below
            torch.nn.init.zeros_(level.enlarge.weight)  # type: ignore[union-attr,arg-type]
        y = net(X)
        X2 = X.clone()
        X2[..., 8, 8] += 1
        changed = (net(X2) - y).abs().sum(1)[0] > 1e-6
        assert bool(changed[8, 8]) == skips
        assert not changed[0].any() and not changed[:, 0].any()


def test_what_is_seen_far_away_comes_through_the_bottom() -> None:
    X = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(1)).requires_grad_()
    net = unet().eval()
    (grad,) = torch.autograd.grad(net(X)[..., 8, 8].sum(), X)
    assert grad[..., 0, 8].abs().item() > 0


def test_the_skips_are_handed_across_level_by_level() -> None:
    net, met = unet(depth=3).eval(), []

    def keep(level: torch.nn.Module, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        met.append([tuple(t.shape[1:]) for t in (*inputs, output)])

    for level in net.up:
        level.register_forward_hook(keep)
    net(torch.zeros(1, 1, 16, 24))
    assert met == [
        [(16, 2, 3), (16, 4, 6), (16, 4, 6)],
        [(16, 4, 6), (8, 8, 12), (8, 8, 12)],
        [(8, 8, 12), (4, 16, 24), (4, 16, 24)],
    ]


def test_a_generator_decides_the_weights_and_the_global_one_stays() -> None:
    before = torch.get_rng_state()
    first, second = unet().state_dict(), unet().state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(torch.get_rng_state(), before)


def test_fit_trains_a_unet_on_label_maps() -> None:
    X, d = shapes(8, 12, generator=torch.Generator().manual_seed(0))
    net, adam = unet(3, depth=1), torch.optim.Adam
    history = fit(net, (X, d), epochs=6, batch_size=4, lr=0.02, optimizer=adam, progress=False)
    assert history["loss"][-1] < 0.8 * history["loss"][0]


# What does not fit

X, W_, B = torch.ones(2, 3, 4, 5), torch.ones(3, 2, 3, 3), torch.ones(2)
Y, D = torch.zeros(2, 3, 4, 5), torch.ones(2, 4, 5, dtype=torch.int64)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: conv_transpose2d(X, torch.ones(2, 3, 3, 3), B), ValueError, "the same C.*2, 3, 3, 3"),
    (lambda: conv_transpose2d(X[0], W_, B), ValueError, "maps x .N, C, H, W"),
    (lambda: conv_transpose2d(X, W_, torch.ones(3)), ValueError, "b must have.* 2 channels"),
    (lambda: conv_transpose2d(X, W_, B, 0), ValueError, "stride must be at least 1"),
    (lambda: conv_transpose2d(X, W_, B, 1, -1), ValueError, "padding must be at least 0"),
    (lambda: conv_transpose2d(X, W_, B, 1, 3), ValueError, "nothing is left.*smaller padding"),
    (lambda: conv_transpose2d(X.long(), W_, B), TypeError, "x must hold floating-point"),
    (lambda: iou(Y, D, 3), TypeError, "prediction must hold classes.*argmax"),
    (lambda: iou(D, D[:1], 3), ValueError, "the same pixels"),
    (lambda: iou(D, D - 2, 3), ValueError, "d must hold classes 0..2, got -1.*do not count"),
    (lambda: iou(D + 2, D, 3), ValueError, "prediction must hold classes 0..2, got 3"),
    (lambda: iou(D, D, 0), ValueError, "n_classes must be at least 1"),
    (lambda: iou(D[:0], D[:0], 3), ValueError, "at least one pixel"),
    (lambda: iou([[0]], [[0]], 1), TypeError, "prediction must be a torch.Tensor"),  # type: ignore[arg-type]
    (lambda: dice_loss(Y, D[:, :3]), ValueError, r"one class a pixel, shape \(2, 4, 5\)"),
    (lambda: dice_loss(Y, D + 2), ValueError, "0..2, got 3"),
    (lambda: dice_loss(Y, D.float()), TypeError, "integers"),
    (lambda: dice_loss(Y, D, -1.0), ValueError, "eps must be"),
    (lambda: dice_loss(D, D), TypeError, "scores must hold floating-point"),
    (lambda: dice_loss(Y[:0], D[:0]), ValueError, "scores must be"),
    (lambda: UNet(depth=0), ValueError, "depth must be at least 1"),
    (lambda: UNet(1, 2, 0), ValueError, "width must be at least 1"),
    (lambda: unet()(torch.ones(1, 1, 8, 3)), ValueError, "H and W at least 4"),
    (lambda: unet()(torch.ones(1, 3, 8, 8)), ValueError, r"\(N, 1, H, W\)"),
    (lambda: unet()(torch.ones(8, 8)), ValueError, "X must be images"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
