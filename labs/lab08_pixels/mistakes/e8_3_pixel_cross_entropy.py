"""Wrong answers to exercise 8.3 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake

from .shared import ONE_HOT


def chosen(scores, d):
    """The scores of the right classes, (N, H, W)."""
    return scores.gather(1, d[:, None])[:, 0]


def losses(scores, d):
    """Rightly."""
    return torch.logsumexp(scores, 1) - chosen(scores, d)


LAST = (
    "The softmax, or log-sum-exp, goes along the columns of the image: the classes are axis 1, "
    "dim=1, not the last one."
)


@mistake("8.3", LAST)
def pixel_cross_entropy__over_columns(scores, d):
    return -chosen(scores.log_softmax(-1), d)


@mistake("8.3", LAST)
def pixel_cross_entropy__softmax_over_columns(scores, d):
    return -chosen(scores.softmax(dim=3), d).log()


@mistake("8.3", "The softmax goes over the images, dim=0: the classes are axis 1.")
def pixel_cross_entropy__over_images(scores, d):
    return -chosen(scores.log_softmax(0), d)


@mistake("8.3", "The softmax goes over all scores of an image: at each pixel it sums to 1.")
def pixel_cross_entropy__over_the_image(scores, d):
    return -chosen(scores.flatten(1).log_softmax(1).view_as(scores), d)


@mistake(
    "8.3",
    "reshape(-1, K) does not bring the classes to the end: it puts scores of different pixels into "
    "one row. Move the axis first, scores.movedim(1, -1).",
)
def pixel_cross_entropy__reshaped(scores, d):
    rows = scores.reshape(-1, scores.shape[1])
    own = rows[torch.arange(len(rows)), d.flatten()]
    return (torch.logsumexp(rows, 1) - own).view(d.shape)


GATHERED = (
    "The scores of the right classes are taken along another axis than that of the classes: "
    "gather(1, d[:, None])."
)


@mistake("8.3", GATHERED)
def pixel_cross_entropy__gathered_along_columns(scores, d):
    return torch.logsumexp(scores, 1) - scores.gather(3, d[:, None])[:, 0]


@mistake("8.3", GATHERED)
def pixel_cross_entropy__gathered_along_rows(scores, d):
    return torch.logsumexp(scores, 1) - scores.gather(2, d[:, None])[:, 0]


@mistake("8.3", GATHERED)
def pixel_cross_entropy__gathered_last(scores, d):
    return torch.logsumexp(scores, 1) - scores.gather(3, d[..., None])[..., 0]


@mistake("8.3", GATHERED)
def pixel_cross_entropy__gathered_after_the_softmax(scores, d):
    return -scores.log_softmax(1).gather(-1, d.unsqueeze(1)).squeeze(1)


@mistake(
    "8.3",
    "exp overflows where scores are large: subtract the largest score of each pixel first, or use "
    "torch.logsumexp.",
)
def pixel_cross_entropy__overflow(scores, d):
    return scores.exp().sum(1).log() - chosen(scores, d)


VANISHES = (
    "The probability of the right class may be 0 in floating point, whose logarithm is infinite: "
    "subtract scores, as in the formula, and take no logarithm of a probability."
)


@mistake("8.3", VANISHES)
def pixel_cross_entropy__log_of_softmax(scores, d):
    return -chosen(scores.softmax(1), d).log()


@mistake("8.3", VANISHES)
def pixel_cross_entropy__log_of_own_softmax(scores, d):
    e = torch.exp(scores - scores.amax(1, keepdim=True))
    return -torch.log(chosen(e / e.sum(1, keepdim=True), d))


@mistake(
    "8.3",
    "A small number is added within the logarithm: then the loss never exceeds a bound. Subtract "
    "scores, as in the formula, and no such number is needed.",
)
def pixel_cross_entropy__log_with_eps(scores, d):
    return -torch.log(chosen(scores.softmax(1), d) + 1e-8)


@mistake(
    "8.3",
    "You subtracted one largest score for everything: where a pixel's own scores are far below "
    "it, all exp are 0. Each pixel has a largest score of its own.",
)
def pixel_cross_entropy__largest_of_all(scores, d):
    largest = scores.max()
    return (scores - largest).exp().sum(1).log() + largest - chosen(scores, d)


@mistake("8.3", "The losses are summed: asked for is one at each pixel, (N, H, W).")
def pixel_cross_entropy__summed(scores, d):
    return losses(scores, d).sum()


@mistake("8.3", "You returned the mean of the losses: asked for is one at each pixel, (N, H, W).")
def pixel_cross_entropy__mean(scores, d):
    return losses(scores, d).mean()


@mistake("8.3", "You returned one loss for each image: asked for is one at each pixel, (N, H, W).")
def pixel_cross_entropy__of_images(scores, d):
    return losses(scores, d).mean((1, 2))


@mistake("8.3", "The sign is turned round: a loss is large where the right class has a low score.")
def pixel_cross_entropy__sign(scores, d):
    return -losses(scores, d)


@mistake(
    "8.3",
    "There is no exponential in the sum: it is log sum_k exp(y_k), not the sum of the scores.",
)
def pixel_cross_entropy__sum_of_scores(scores, d):
    return scores.sum(1) - chosen(scores, d)


@mistake("8.3", "You returned minus the right score: log sum_k exp(y_k) is missing.")
def pixel_cross_entropy__no_sum(scores, d):
    return -chosen(scores, d)


@mistake("8.3", "This is log sum_k exp(y_k) alone: the score of the right class is subtracted.")
def pixel_cross_entropy__sum_alone(scores, d):
    return torch.logsumexp(scores, 1)


@mistake("8.3", "You returned the probability of the right class; take minus its logarithm.")
def pixel_cross_entropy__probability(scores, d):
    return chosen(scores.softmax(1), d)


@mistake("8.3", "You returned -log p for all classes: only that of the right class is the loss.")
def pixel_cross_entropy__all_classes(scores, d):
    return -scores.log_softmax(1)


@mistake("8.3", "The result is (N, 1, H, W): take away the axis that gather needed.")
def pixel_cross_entropy__axis_kept(scores, d):
    return -scores.log_softmax(1).gather(1, d[:, None])


@mistake(
    "8.3", "The softmax is applied twice: log_softmax wants the scores themselves, not softmax."
)
def pixel_cross_entropy__softmax_twice(scores, d):
    return -chosen(scores.softmax(1).log_softmax(1), d)


@mistake("8.3", "The logarithm is that of base 2: log is the natural one here.")
def pixel_cross_entropy__log2(scores, d):
    return losses(scores, d) / torch.tensor(2.0, dtype=scores.dtype).log()


@mistake("8.3", ONE_HOT)
def pixel_cross_entropy__one_hot_as_it_is(scores, d):
    o = F.one_hot(d, scores.shape[1])
    return torch.logsumexp(scores, 1) - (scores * o).sum(1)


@mistake("8.3", ONE_HOT)
def pixel_cross_entropy__one_hot_reshaped(scores, d):
    o = F.one_hot(d, scores.shape[1]).reshape(scores.shape)
    return torch.logsumexp(scores, 1) - (scores * o).sum(1)


@mistake("8.3", ONE_HOT)
def pixel_cross_entropy__one_hot_transposed(scores, d):
    o = F.one_hot(d, scores.shape[1]).transpose(1, 3)
    return torch.logsumexp(scores, 1) - (scores * o).sum(1)


@mistake("8.3", "The graph is cut (detach, .data or no_grad): the loss has to be differentiated.")
def pixel_cross_entropy__detached(scores, d):
    return losses(scores.detach(), d)


@mistake("8.3", "The class itself is subtracted, not its score: d is an index into scores.")
def pixel_cross_entropy__class_as_score(scores, d):
    return torch.logsumexp(scores, 1) - d


INDEXED = (
    "d as an index does not go along with the pixels: scores[:, d] takes whole maps. gather picks "
    "one number at each pixel, scores.gather(1, d[:, None])."
)


@mistake("8.3", INDEXED)
def pixel_cross_entropy__whole_maps(scores, d):
    return torch.logsumexp(scores, 1) - scores[:, d]


@mistake("8.3", INDEXED)
def pixel_cross_entropy__maps_of_images(scores, d):
    return torch.logsumexp(scores, 1) - scores[torch.arange(len(scores)), d]
