"""What lab 8 says its formulas are: an adjoint, and attention."""

from __future__ import annotations

import pytest
import torch
from course_dl.labs.lab06_cnn.solutions import conv2d
from course_dl.labs.lab08_pixels.solutions import conv_transpose2d, ideal_denoiser
from torch.nn import functional as F

STEPS = [
    (k, stride, padding)
    for k in (1, 2, 3, 4)
    for stride in (1, 2, 3)
    for padding in range((stride + k + 1) // 2)  # of two rows, at least one is left
]


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(8))


@pytest.mark.parametrize(("k", "stride", "padding"), STEPS)
def test_the_transposed_convolution_is_torchs_and_the_adjoint_of_lab_6s(
    k: int, stride: int, padding: int
) -> None:
    x, w, b = normal(1, 3, 2, 3), normal(3, 2, k, k), normal(2)
    out = conv_transpose2d(x, w, b, stride, padding)
    assert torch.allclose(out, F.conv_transpose2d(x, w, b, stride, padding), rtol=0, atol=1e-12)
    u = normal(*out.shape[1:])
    forward = conv2d(u, w, torch.zeros(3, dtype=torch.float64), stride, padding)
    back = (u * (out[0] - b[:, None, None])).sum()
    assert float((forward * x[0]).sum()) == pytest.approx(float(back), rel=0, abs=1e-12)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 5, 2), (4, 30, 20)])
@pytest.mark.parametrize("sigma", [0.05, 0.7, 20.0])
def test_the_ideal_denoiser_is_attention_with_a_mask(
    sizes: tuple[int, int, int], sigma: float
) -> None:
    N, M, D = sizes
    y, images = normal(N, D), normal(M, D).flip(0)
    mask = -images.square().sum(1) / (2 * sigma**2)
    query = (y / sigma**2)[None]
    truth = F.scaled_dot_product_attention(query, images[None], images[None], mask, scale=1.0)
    assert torch.allclose(ideal_denoiser(y, images, sigma), truth[0], rtol=0, atol=1e-8)
