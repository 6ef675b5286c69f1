"""Exercise 10.2: the causal mask, by its definition and by what it hides."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, equal, require, shaped

from .shared import ANSWERS

causal_mask = Exercise(
    "10.2",
    ["causal_mask"],
    points=1,
    difficulty=1,
    minutes=5,
    answers=ANSWERS,
    hints=[
        "Row t belongs to the token that looks, column s to the one looked at. For which s may it?",
        "True where s <= t: on the diagonal and below it. A token may look at itself.",
        "torch.ones(n, n, dtype=torch.bool).tril() keeps what is on the diagonal and below.",
    ],
)


@causal_mask.test("three tokens, by hand")
def test_causal_mask_by_hand(student: Student) -> None:
    equal(
        student.causal_mask(3),
        torch.tensor([[True, False, False], [True, True, False], [True, True, True]]),
        "the mask",
    )


@causal_mask.test("one token; many")
def test_causal_mask_any(student: Student, rng: Inputs) -> None:
    for size in (1, 2, 6):
        (n,) = rng.sizes(size)
        t = torch.arange(n)
        equal(student.causal_mask(n), t[:, None] >= t, "the mask")


@causal_mask.test("what comes later changes nothing", hidden=True)
def test_causal_mask_behaviour(student: Student, rng: Inputs) -> None:
    x, later = rng.normal(5, 3), rng.normal(5, 3)
    mask = shaped(student.causal_mask(5), (5, 5), torch.bool, "the mask")
    for t in range(5):
        other = torch.cat([x[: t + 1], later[t + 1 :]])
        seen = [
            F.scaled_dot_product_attention(*3 * [z[None]], mask)[0, : t + 1] for z in (x, other)
        ]
        require(
            bool((seen[0] == seen[1]).all()), f"Token {t} sees something of the tokens after it."
        )
