"""Wrong answers to exercise 4.1 that students write, and what to tell them."""

from __future__ import annotations

from course_dl.lab import mistake


@mistake("4.1", "You applied g in the last layer too; the output is linear, h_L = a_L.")
def forward_pass__output_activated(x, weights, biases, g):
    a, h = [], [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(W @ h[-1] + b)
        h.append(g(a[-1]))
    return a, h


@mistake("4.1", "The biases play no part: a_k = W_k h_{k-1} + b_k.")
def forward_pass__no_bias(x, weights, biases, g):
    a, h = [], [x]
    for W in weights:
        a.append(W @ h[-1])
        h.append(g(a[-1]))
    return a, [*h[:-1], a[-1]]


@mistake("4.1", "h should begin with the input: h[0] is h_0 = x.")
def forward_pass__input_left_out(x, weights, biases, g):
    a, h = forward_pass__right(x, weights, biases, g)
    return a, h[1:]


@mistake("4.1", "You multiplied by the transpose of W_k; for one sample a_k = W_k h_{k-1} + b_k.")
def forward_pass__transposed(x, weights, biases, g):
    return forward_pass__right(x, [W.T for W in weights], biases, g)


@mistake("4.1", "The two lists come in the other order: first a, then h.")
def forward_pass__swapped(x, weights, biases, g):
    a, h = forward_pass__right(x, weights, biases, g)
    return h, a


@mistake("4.1", "You kept h_k in the list a; a_k is what goes into g, before the activation.")
def forward_pass__h_for_a(x, weights, biases, g):
    _, h = forward_pass__right(x, weights, biases, g)
    return h[1:], h


@mistake(
    "4.1", "Every layer reads the input x; layer k reads h_{k-1}, the output of the one before."
)
def forward_pass__always_x(x, weights, biases, g):
    a = [W @ x + b for W, b in zip(weights, biases, strict=True)]
    return a, [x, *(g(a_k) for a_k in a[:-1]), a[-1]]


@mistake("4.1", "The next layer reads a_k in place of h_k = g(a_k): g has to act in between.")
def forward_pass__a_handed_on(x, weights, biases, g):
    a, h = [], [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(W @ (a[-1] if a else x) + b)
        h.append(g(a[-1]))
    return a, [*h[:-1], a[-1]]


def forward_pass__right(x, weights, biases, g):
    a, h = [], [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(W @ h[-1] + b)
        h.append(g(a[-1]))
    return a, [*h[:-1], a[-1]]


@mistake("4.1", "The list a should begin with a_1 = W_1 x + b_1; x itself belongs to h.")
def forward_pass__input_in_a(x, weights, biases, g):
    a, h = forward_pass__right(x, weights, biases, g)
    return [x, *a], h
