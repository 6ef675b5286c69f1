"""Wrong answers to exercise 8.5 that students write, and what to tell them."""

from __future__ import annotations

from torch.nn import functional as F

from course_dl.lab import mistake

from .shared import ONE_HOT

AXES = (0, 2, 3)


def one_hot(scores, d):
    """(N, K, H, W)."""
    return F.one_hot(d, scores.shape[1]).permute(0, 3, 1, 2).to(scores.dtype)


def loss_of(p, o, eps, axes=AXES):
    """Rightly, of probabilities."""
    both, each = (p * o).sum(axes), p.sum(axes) + o.sum(axes)
    return 1 - ((2 * both + eps) / (each + eps)).mean()


@mistake("8.5", "The loss is of the scores: their softmax, the probabilities, belong in it.")
def dice_loss__of_scores(scores, d, eps=1.0):
    return loss_of(scores, one_hot(scores, d), eps)


@mistake("8.5", "You used sigmoid for each class: the probabilities are the softmax over classes.")
def dice_loss__sigmoid(scores, d, eps=1.0):
    return loss_of(scores.sigmoid(), one_hot(scores, d), eps)


@mistake("8.5", "You used log_softmax: p are the probabilities, not their logarithms.")
def dice_loss__log_softmax(scores, d, eps=1.0):
    return loss_of(scores.log_softmax(1), one_hot(scores, d), eps)


@mistake(
    "8.5",
    "argmax makes hard classes of the scores, which have no gradient: use the probabilities.",
)
def dice_loss__argmax(scores, d, eps=1.0):
    return loss_of(one_hot(scores, scores.argmax(1)), one_hot(scores, d), eps)


OTHER_AXIS = "The softmax goes along another axis than that of the classes: dim=1."


@mistake("8.5", OTHER_AXIS)
def dice_loss__softmax_over_columns(scores, d, eps=1.0):
    return loss_of(scores.softmax(-1), one_hot(scores, d), eps)


@mistake("8.5", OTHER_AXIS)
def dice_loss__softmax_over_images(scores, d, eps=1.0):
    return loss_of(scores.softmax(0), one_hot(scores, d), eps)


@mistake(
    "8.5",
    "There is a quotient for each image: sum over the batch as well, dim=(0, 2, 3), and divide "
    "once for each class.",
)
def dice_loss__each_image(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), eps, (2, 3))


@mistake(
    "8.5",
    "There is one quotient for all classes: each class has its own, and the mean is taken of them. "
    "Else the background decides alone.",
)
def dice_loss__all_classes(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), eps, (0, 1, 2, 3))


@mistake("8.5", "There is one quotient for each image, of all classes: each class has its own.")
def dice_loss__all_classes_of_an_image(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), eps, (1, 2, 3))


@mistake(
    "8.5",
    "The sums go over the batch alone, dim=0, so that each place has a quotient of its own: sum "
    "over the places of a class as well.",
)
def dice_loss__over_the_batch_alone(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), eps, 0)


@mistake("8.5", "1 - is forgotten: a loss is small where the overlap is large.")
def dice_loss__overlap(scores, d, eps=1.0):
    return 1 - loss_of(scores.softmax(1), one_hot(scores, d), eps)


@mistake("8.5", "The overlap has a minus sign in place of 1 -: the loss of a perfect answer is 0.")
def dice_loss__minus(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), eps) - 1


@mistake("8.5", "eps is added below alone: it stands above, too.")
def dice_loss__eps_below(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    return 1 - (2 * (p * o).sum(AXES) / (p.sum(AXES) + o.sum(AXES) + eps)).mean()


@mistake("8.5", "eps is added above alone: it stands below, too.")
def dice_loss__eps_above(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    return 1 - ((2 * (p * o).sum(AXES) + eps) / (p.sum(AXES) + o.sum(AXES))).mean()


@mistake("8.5", "eps plays no part: it is added above and below.")
def dice_loss__no_eps(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), 0.0)


@mistake("8.5", "The eps that is given is not used: 1 is written into your function.")
def dice_loss__fixed_eps(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), 1.0)


TWICE = "eps is counted twice: it is added to the whole numerator and the whole denominator, once."


@mistake("8.5", TWICE)
def dice_loss__eps_within_the_two(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    return 1 - (2 * ((p * o).sum(AXES) + eps) / (p.sum(AXES) + o.sum(AXES) + eps)).mean()


@mistake("8.5", TWICE)
def dice_loss__eps_twice(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), 2 * eps)


@mistake(
    "8.5",
    "Below there are sums of squares, as in another paper: the formula has the sums of p and of o.",
)
def dice_loss__squares(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    both, each = (p * o).sum(AXES), p.square().sum(AXES) + o.sum(AXES)
    return 1 - ((2 * both + eps) / (each + eps)).mean()


@mistake("8.5", "The quotients are summed over the classes: take their mean.")
def dice_loss__summed(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    both, each = (p * o).sum(AXES), p.sum(AXES) + o.sum(AXES)
    return 1 - ((2 * both + eps) / (each + eps)).sum()


@mistake("8.5", "The losses of the classes are summed: take their mean.")
def dice_loss__losses_summed(scores, d, eps=1.0):
    return scores.shape[1] * loss_of(scores.softmax(1), one_hot(scores, d), eps)


@mistake("8.5", "You returned a loss for each class: asked for is their mean.")
def dice_loss__of_each_class(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    both, each = (p * o).sum(AXES), p.sum(AXES) + o.sum(AXES)
    return 1 - (2 * both + eps) / (each + eps)


@mistake("8.5", "The 2 is missing above: where p and o agree, the quotient has to be 1.")
def dice_loss__no_two(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    both, each = (p * o).sum(AXES), p.sum(AXES) + o.sum(AXES)
    return 1 - ((both + eps) / (each + eps)).mean()


@mistake("8.5", "This is the loss of IoU, with the union below: Dice has both sums below.")
def dice_loss__iou(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    both, each = (p * o).sum(AXES), p.sum(AXES) + o.sum(AXES)
    return 1 - ((both + eps) / (each - both + eps)).mean()


@mistake(
    "8.5",
    "Means take the place of the sums: then eps is as large as a whole image. Sum over batch and "
    "places.",
)
def dice_loss__means(scores, d, eps=1.0):
    p, o = scores.softmax(1), one_hot(scores, d)
    both, each = (p * o).mean(AXES), p.mean(AXES) + o.mean(AXES)
    return 1 - ((2 * both + eps) / (each + eps)).mean()


@mistake("8.5", "Class 0 is left out: all classes count, the background too.")
def dice_loss__no_background(scores, d, eps=1.0):
    return loss_of(scores.softmax(1)[:, 1:], one_hot(scores, d)[:, 1:], eps)


@mistake(
    "8.5",
    "You returned a Python number, which has no gradient: return the tensor.",
)
def dice_loss__float(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), one_hot(scores, d), eps).item()


@mistake("8.5", "The graph is cut (detach, .data or no_grad): the loss has to be differentiated.")
def dice_loss__detached(scores, d, eps=1.0):
    return loss_of(scores.softmax(1).detach(), one_hot(scores, d), eps)


@mistake("8.5", ONE_HOT)
def dice_loss__one_hot_as_it_is(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), F.one_hot(d, scores.shape[1]), eps)


@mistake("8.5", ONE_HOT)
def dice_loss__one_hot_reshaped(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), F.one_hot(d, scores.shape[1]).reshape(scores.shape), eps)


@mistake("8.5", ONE_HOT)
def dice_loss__one_hot_transposed(scores, d, eps=1.0):
    return loss_of(scores.softmax(1), F.one_hot(d, scores.shape[1]).transpose(1, 3), eps)


@mistake(
    "8.5",
    "exp overflows where scores are large: use .softmax(dim=1), or subtract the largest score "
    "first.",
)
def dice_loss__overflow(scores, d, eps=1.0):
    e = scores.exp()
    return loss_of(e / e.sum(1, keepdim=True), one_hot(scores, d), eps)


@mistake(
    "8.5", "The number of classes is taken from d: a class may have no pixel there; K is in scores."
)
def dice_loss__classes_of_d(scores, d, eps=1.0):
    o = F.one_hot(d).permute(0, 3, 1, 2).to(scores.dtype)
    return loss_of(scores.softmax(1), o, eps)


@mistake("8.5", "Only the first image counts: sum over all of them.")
def dice_loss__first_image(scores, d, eps=1.0):
    return loss_of(scores[:1].softmax(1), one_hot(scores, d)[:1], eps)
