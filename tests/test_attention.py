"""Attention and its parts against PyTorch's own, with the same arrays, and against their laws."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl.attention import (
    Block,
    MultiHeadAttention,
    ViT,
    attention,
    attention_weights,
    causal_mask,
    layer_norm,
    patchify,
    sinusoids,
    unpatchify,
)
from course_dl.denoising import ideal_denoiser
from tests.exact import FLOAT64, close, drawn, seeded


def some_mask(T: int, S: int) -> Tensor:
    """Random, each row seeing something."""
    mask = drawn(T, S) > 0
    mask[torch.arange(T), torch.arange(T) % S] = True
    return mask


# The formula


@pytest.mark.parametrize("shape", [(), (2,), (3, 2)])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_torchs_with_its_gradients(shape: tuple[int, ...], masked: bool) -> None:
    q, k, v = drawn(*shape, 5, 4), drawn(*shape, 7, 4, seed=1), drawn(*shape, 7, 3, seed=2)
    mask = some_mask(5, 7) if masked else None
    given = [t.requires_grad_() for t in (q, k, v)]
    ours, theirs = attention(q, k, v, mask), F.scaled_dot_product_attention(q, k, v, mask)
    close(ours, theirs)
    weight = drawn(*shape, 5, 3, seed=3)
    for a, b in zip(
        torch.autograd.grad((ours * weight).sum(), given),
        torch.autograd.grad((theirs * weight).sum(), given),
        strict=True,
    ):
        close(a, b)


def test_weights_are_positive_sum_to_1_and_are_0_behind_the_mask() -> None:
    q, k = 1e4 * drawn(2, 5, 4), drawn(2, 5, 4, seed=1)
    for mask in (None, causal_mask(5)):
        weights = attention_weights(q, k, mask)
        close(weights.sum(-1), torch.ones(2, 5, dtype=FLOAT64))
        assert bool((weights >= 0).all())
    assert not weights[:, ~causal_mask(5)].any()


def test_attention_knows_no_order_of_keys_and_follows_that_of_queries() -> None:
    q, k, v = drawn(5, 4), drawn(7, 4, seed=1), drawn(7, 3, seed=2)
    keys, queries = torch.randperm(7, generator=seeded(0)), torch.randperm(5, generator=seeded(1))
    close(attention(q[queries], k[keys], v[keys]), attention(q, k, v)[queries])


def test_the_ideal_denoiser_is_attention() -> None:
    y, images, sigma = drawn(4, 6), drawn(9, 6, seed=1), 0.7
    scores = (-images.square().sum(1) / (2 * sigma**2)).expand(4, 9)
    theirs = F.scaled_dot_product_attention(
        y / sigma**2, images, images, attn_mask=scores, scale=1.0
    )
    close(ideal_denoiser(y, images, sigma), theirs)


def test_behind_a_causal_mask_nothing_later_is_seen() -> None:
    assert torch.equal(causal_mask(4), torch.ones(4, 4).tril().bool())
    x, later = drawn(1, 5, 4), drawn(1, 5, 4, seed=9)
    for t in range(5):
        other = torch.cat((x[:, : t + 1], later[:, t + 1 :]), 1)
        seen = [attention(z, z, z, causal_mask(5))[:, : t + 1] for z in (x, other)]
        close(*seen)


# Heads, norms, blocks


def copied(ours: nn.Module, theirs: nn.Module) -> None:
    """The arrays of ours, in theirs: by shape where PyTorch has another order."""
    left = [p.detach() for p in ours.parameters()]
    with torch.no_grad():
        for p in ours.parameters():
            p.copy_(drawn(*p.shape, seed=len(left)) / math.sqrt(p.shape[-1]))
        for q in theirs.parameters():
            k = next(k for k, p in enumerate(left) if p.shape == q.shape)
            q.copy_(left.pop(k))
    assert not left


@pytest.mark.parametrize(("N", "T", "dim", "heads"), [(3, 5, 8, 2), (2, 4, 12, 4), (5, 5, 6, 1)])
@pytest.mark.parametrize("masked", [False, True])
def test_heads_are_torchs(N: int, T: int, dim: int, heads: int, masked: bool) -> None:
    ours = MultiHeadAttention(dim, heads).double()
    theirs = nn.MultiheadAttention(dim, heads, batch_first=True, dtype=FLOAT64)
    copied(ours, theirs)
    x, mask = drawn(N, T, dim), some_mask(T, T) if masked else None
    hidden = None if mask is None else ~mask  # there, True means: may not look
    out, weights = theirs(x, x, x, attn_mask=hidden, average_attn_weights=False)
    close(ours(x, mask), out)
    close(ours.weights(x, mask), weights)


def test_heads_by_the_formula_are_heads_by_torchs_function() -> None:
    heads = MultiHeadAttention(8, 2, generator=seeded(0)).double()
    x, mask = drawn(3, 6, 8), causal_mask(6)
    q, k, v = (part.unflatten(2, (2, 4)).transpose(1, 2) for part in heads.qkv(x).chunk(3, 2))
    mixed = attention(q, k, v, mask).transpose(1, 2).flatten(2)
    close(heads(x, mask), heads.out(mixed))


@pytest.mark.parametrize("shape", [(4, 6), (2, 5, 6), (2, 3, 4, 6)])
def test_layer_norm_is_torchs(shape: tuple[int, ...]) -> None:
    x, gamma, beta = 3 + 2 * drawn(*shape), drawn(6, seed=1), drawn(6, seed=2)
    close(layer_norm(x, gamma, beta), F.layer_norm(x, (6,), gamma, beta))
    close(layer_norm(x, gamma, beta, 0.5), F.layer_norm(x, (6,), gamma, beta, 0.5))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("evaluated", [False, True])
def test_a_block_is_torchs_encoder_layer(masked: bool, evaluated: bool) -> None:
    ours = Block(8, 2, 20).double()
    theirs = nn.TransformerEncoderLayer(
        *(8, 2, 20, 0.0, "gelu"), batch_first=True, norm_first=True, dtype=FLOAT64
    )
    left = [p.detach().clone() for p in ours.parameters()]
    attention_first = [left[k] for k in (2, 3, 4, 5, 8, 9, 10, 11, 0, 1, 6, 7)]
    with torch.no_grad():
        for k, (p, q) in enumerate(zip(attention_first, theirs.parameters(), strict=True)):
            q.copy_(p.copy_(drawn(*p.shape, seed=k) / 3))
        for p, value in zip(ours.parameters(), left, strict=True):
            p.copy_(value)
    for net in (ours, theirs):
        net.train(not evaluated)
    x, mask = drawn(3, 5, 8), causal_mask(5) if masked else None
    close(ours(x, mask), theirs(x, src_mask=None if mask is None else ~mask))


def test_a_block_whose_last_layers_are_0_is_the_identity() -> None:
    block = Block(8, 2, 16, generator=seeded(0))
    for layer in (block.attention.out, block.mlp[2]):
        nn.init.zeros_(layer.weight)
    x = drawn(2, 5, 8).float()
    assert torch.equal(block(x), x)


# Patches and positions


@pytest.mark.parametrize(("shape", "p"), [((2, 3, 4, 6), 2), ((1, 1, 9, 3), 3), ((3, 2, 5, 4), 1)])
def test_patches_are_those_of_unfold_and_go_back(shape: tuple[int, ...], p: int) -> None:
    X = drawn(*shape)
    P = patchify(X, p)
    assert torch.equal(P, F.unfold(X, p, stride=p).transpose(1, 2))
    assert torch.equal(unpatchify(P, *shape[1:]), X)


def test_sinusoids_by_hand_and_their_products_depend_on_the_distance_alone() -> None:
    s = torch.tensor([0.0, 1.0, 2.5, 40.0], dtype=FLOAT64)
    waves = sinusoids(s, 6)
    for t, row in zip(s.tolist(), waves, strict=True):
        angles = [t / 10_000 ** (2 * i / 6) for i in range(3)]
        by_hand = [math.sin(a) for a in angles] + [math.cos(a) for a in angles]
        close(row, torch.tensor(by_hand, dtype=FLOAT64))
    far = sinusoids(torch.arange(100, dtype=FLOAT64), 16)
    products = far @ far.T
    for distance in (0, 1, 7, 50):
        diagonal = products.diagonal(distance)
        close(diagonal, diagonal[:1].expand_as(diagonal))
    assert sinusoids(torch.arange(101), 8).dtype == torch.float32
    close(sinusoids(torch.arange(101), 8), sinusoids(torch.arange(101.0), 8))


# A network that sees


def test_without_positions_a_vit_does_not_mind_shuffled_patches() -> None:
    X, order = drawn(4, 1, 12, 12), torch.randperm(9, generator=seeded(3))
    shuffled = unpatchify(patchify(X, 4)[:, order], 1, 12, 12)
    moved = {}
    for positions in (True, False):
        vit = ViT(12, 4, 8, 2, 2, positions=positions, generator=seeded(0)).double()
        if vit.positions is not None:
            nn.init.normal_(vit.positions, generator=seeded(1))
        moved[positions] = (vit(X) - vit(shuffled)).abs().max().item()
    assert moved[False] < 1e-12 < 1e-3 < moved[True]


def test_attention_maps_are_those_of_the_forward_pass() -> None:
    vit = ViT(8, 4, 8, 2, 2, channels=3, generator=seeded(0)).double()
    X = drawn(3, 3, 8, 8)
    seen: list[Tensor] = []
    hooks = [
        block.attention.register_forward_pre_hook(lambda m, x: seen.append(m.weights(x[0])))
        for block in vit.blocks
    ]
    vit(X)
    for hook in hooks:
        hook.remove()
    maps = vit.attention_maps(X)
    assert maps.shape == (2, 3, 2, 4, 4)
    close(maps, torch.stack(seen).detach())


def test_a_generator_draws_all_weights_and_the_global_one_is_left_alone() -> None:
    state = torch.random.get_rng_state()
    one, other = (ViT(8, 4, 8, 1, 2, generator=seeded(5)) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), other.parameters(), strict=True))
    assert sum(p.numel() for p in ViT().parameters()) == 105_418


Q = torch.zeros(3, 4)
X = torch.zeros(2, 1, 6, 6)
NOWHERE = torch.ones(3, 3).bool().triu(1)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: attention(Q, Q[:, :2], Q), ValueError, "queries and keys must have as many"),
    (lambda: attention(Q, Q, Q[:2]), ValueError, "a value for each of the 3 keys"),
    (lambda: attention(Q, Q, Q, Q), TypeError, "mask must hold booleans"),
    (lambda: attention(Q, Q, Q, NOWHERE[:2]), ValueError, r"\(3, 3\), got a bool tensor"),
    (lambda: attention(Q, Q, Q, NOWHERE), ValueError, "row 2 of mask may look nowhere"),
    (lambda: attention(Q.long(), Q, Q), TypeError, "q must hold floating-point"),
    (lambda: attention(Q[0], Q, Q), ValueError, "q must be a sequence"),
    (lambda: causal_mask(0), ValueError, "n must be at least 1"),
    (lambda: MultiHeadAttention(8, 3), ValueError, "a multiple of heads = 3, got 8"),
    (lambda: MultiHeadAttention(8, 2)(Q), ValueError, r"tokens \(N, T, 8\)"),
    (lambda: MultiHeadAttention(4, 2)(Q[None], NOWHERE), ValueError, "row 2 of mask"),
    (lambda: layer_norm(Q, Q[0, :2], Q[0]), ValueError, "gamma must have a number for each"),
    (lambda: layer_norm(Q, Q[0], Q[0], 0), ValueError, "eps must be a positive"),
    (lambda: Block(8, 2, 0), ValueError, "hidden must be at least 1"),
    (lambda: patchify(X, 4), ValueError, "sides are multiples of p = 4"),
    (lambda: patchify(X[0], 3), ValueError, r"images \(N, C, H, W\)"),
    (lambda: unpatchify(patchify(X, 3), 1, 6, 3), ValueError, "6 x 3 pixels"),
    (lambda: unpatchify(patchify(X, 3), 2, 6, 6), ValueError, "with 2 channels"),
    (lambda: sinusoids(Q, 4), ValueError, r"positions must be numbers \(T,\)"),
    (lambda: sinusoids(Q[0], 3), ValueError, "dim must be even"),
    (lambda: ViT(28, 5), ValueError, "size must be a multiple of patch = 5"),
    (lambda: ViT(8, 4)(X), ValueError, r"images \(N, 1, 8, 8\)"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
