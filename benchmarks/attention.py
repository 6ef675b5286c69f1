"""The course's attention against PyTorch's own function, forward and backward."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.measure import Row, medians, report, threads
from course_dl.attention import MultiHeadAttention, attention

BATCH, DIM, HEADS = 64, 64, 4


def main() -> None:
    rows = []
    with threads(1):
        for T in (49, 196):
            heads = MultiHeadAttention(DIM, HEADS, generator=torch.Generator().manual_seed(0))
            x = torch.randn(BATCH, T, DIM, generator=torch.Generator().manual_seed(1))
            q, k, v = (
                part.detach().requires_grad_()
                for part in heads.qkv(x).view(BATCH, T, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
            )
            times = medians(
                {
                    "heads": backward(lambda h=heads, x=x: h(x)),
                    "bare heads": backward(lambda h=heads, x=x: bare(h, x)),
                    "formula": backward(lambda q=q, k=k, v=v: attention(q, k, v)),
                    "function": backward(
                        lambda q=q, k=k, v=v: F.scaled_dot_product_attention(q, k, v)
                    ),
                },
                9,
            )
            rows.append(
                Row(
                    f"`MultiHeadAttention`, {T} tokens, forward and backward",
                    "two products and `F.scaled_dot_product_attention`",
                    times["heads"] / times["bare heads"],
                    1.05,
                    f"1 thread; the formula, `attention`, takes "
                    f"{times['formula'] / times['function']:.1f} times as long as the function",
                )
            )
    report(rows)


def bare(heads: MultiHeadAttention, x: Tensor) -> Tensor:
    q, k, v = (
        F.linear(x, heads.qkv.weight, heads.qkv.bias)
        .view(BATCH, -1, 3, HEADS, DIM // HEADS)
        .permute(2, 0, 3, 1, 4)
    )
    mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(BATCH, -1, DIM)
    return F.linear(mixed, heads.out.weight, heads.out.bias)


def backward(forward: Callable[[], Tensor]) -> Callable[[], None]:
    return lambda: forward().sum().backward()


if __name__ == "__main__":
    main()
