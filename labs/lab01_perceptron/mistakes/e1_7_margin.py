"""Wrong answers to exercise 1.7 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("1.7", "The bias must not enter the length: it moves the separator but does not turn it.")
def margin__whole_norm(w, X, d):
    return (d * (X @ w)).min() / w.norm()


@mistake("1.7", "This is the smallest score, not a distance: divide by the length of w[1:].")
def margin__not_divided(w, X, d):
    return (d * (X @ w)).min()


@mistake(
    "1.7", "You divided by the square of the length: norm() has the square root in it already."
)
def margin__squared_norm(w, X, d):
    return (d * (X @ w)).min() / (w[1:] ** 2).sum()


@mistake("1.7", "Your distances have no sign; d tells on which side a sample should be.")
def margin__unsigned(w, X, d):
    return (X @ w).abs().min() / w[1:].norm()


@mistake(
    "1.7", "The labels d do not enter: a sample of label -1 is right where its score is below 0."
)
def margin__no_labels(w, X, d):
    return (X @ w).min() / w[1:].norm()


@mistake("1.7", "You took the mean distance; the margin is that of the closest sample.")
def margin__mean(w, X, d):
    return (d * (X @ w)).mean() / w[1:].norm()


@mistake("1.7", "You took the farthest sample; the margin is the distance of the closest, the min.")
def margin__max(w, X, d):
    return (d * (X @ w)).max() / w[1:].norm()


@mistake(
    "1.7", "You left the bias out of the scores: it is weight 0 and meets the ones in column 0."
)
def margin__no_bias(w, X, d):
    return (d * (X[:, 1:] @ w[1:])).min() / w[1:].norm()


@mistake("1.7", "You cut the margin off at 0; below 0 it tells how far the worst sample is astray.")
def margin__cut_off(w, X, d):
    return (d * (X @ w)).min().clamp(min=0) / w[1:].norm()


@mistake("1.7", "You returned one distance a sample; the margin is the smallest of them.")
def margin__per_sample(w, X, d):
    return d * (X @ w) / w[1:].norm()


@mistake(
    "1.7", "You took the sample next to the line; one far on the wrong side has less, below 0."
)
def margin__next_to_the_line(w, X, d):
    distances = d * (X @ w) / w[1:].norm()
    return distances[distances.abs().argmin()]


@mistake("1.7", "You left the misclassified samples out; they count, and make the margin negative.")
def margin__right_ones_alone(w, X, d):
    distances = d * (X @ w) / w[1:].norm()
    return distances[distances > 0].min() if bool((distances > 0).any()) else torch.zeros_like(w[0])


@mistake("1.7", "d * X @ w is (d * X) @ w: put brackets, d * (X @ w).")
def margin__brackets(w, X, d):
    return (d * X @ w).min() / w[1:].norm()


OF_A_VECTOR_MACHINE = (
    "Your result depends on w alone, as the margin of a trained support vector machine does: here "
    "it is asked of any w, and how far the closest sample is."
)


@mistake("1.7", OF_A_VECTOR_MACHINE)
def margin__of_a_vector_machine(w, X, d):
    return 1 / w[1:].norm()


@mistake("1.7", OF_A_VECTOR_MACHINE)
def margin__between_two_lines(w, X, d):
    return 2 / w[1:].norm()


@mistake("1.7", OF_A_VECTOR_MACHINE)
def margin__of_a_vector_machine_with_bias(w, X, d):
    return 1 / w.norm()


@mistake("1.7", "w[:-1] leaves the last weight out; the bias is the first one.")
def margin__last_weight_left_out(w, X, d):
    return (d * (X @ w)).min() / w[:-1].norm()


@mistake("1.7", "argmin tells which sample is the closest; asked for is its distance.")
def margin__number_of_the_sample(w, X, d):
    return (d * (X @ w)).argmin()


@mistake("1.7", "argmin tells which sample is the closest; asked for is its distance.")
def margin__number_of_the_sample_as_a_float(w, X, d):
    return (d * (X @ w)).argmin().to(X.dtype)


@mistake(
    "1.7", "d as a column times the scores as a row is an (N, N) matrix: keep both one-dimensional."
)
def margin__all_pairs(w, X, d):
    return (d[:, None] * (X @ w)).min() / w[1:].norm()


@mistake("1.7", "You divided by the sum of absolute values; a length has squares and a root in it.")
def margin__sum_of_absolute_values(w, X, d):
    return (d * (X @ w)).min() / w[1:].abs().sum()


@mistake("1.7", "A sign is the other way: d <w, x> is positive for a sample on its right side.")
def margin__minus(w, X, d):
    return (-d * (X @ w)).min() / w[1:].norm()


@mistake("1.7", "You added up all distances; the margin is that of one sample, the closest.")
def margin__sum(w, X, d):
    return (d * (X @ w)).sum() / w[1:].norm()


@mistake("1.7", "You divided by the lengths of the samples too: only that of w[1:] is divided by.")
def margin__lengths_of_samples(w, X, d):
    return (d * (X @ w) / (w[1:].norm() * X[:, 1:].norm(dim=1))).min()


@mistake("1.7", "You divided by the lengths of the samples too: only that of w[1:] is divided by.")
def margin__angles(w, X, d):
    return (d * (X @ w) / (w.norm() * X.norm(dim=1))).min()
