"""Wrong answers to exercise 11.7 that students write, and what to tell them."""

from __future__ import annotations

from course_dl.lab import mistake


@mistake(
    "11.7",
    "You start from eps_without and go the wrong way: add w (eps_with - eps_without).",
)
def guided__difference_turned_round(eps_with, eps_without, w):
    return eps_without + w * (eps_without - eps_with)


@mistake(
    "11.7",
    "eps_with and eps_without are exchanged: with w = 1 the result is eps_with.",
)
def guided__exchanged(eps_with, eps_without, w):
    return eps_with + w * (eps_without - eps_with)


@mistake(
    "11.7",
    "This is another convention, 1 + w for w, in which w = 1 counts the class twice: here w = 1 is "
    "eps_with itself, so start from eps_without.",
)
def guided__one_plus_w(eps_with, eps_without, w):
    return (1 + w) * eps_with - w * eps_without


@mistake(
    "11.7",
    "You start from eps_with and turn the change round: eps_without + w (eps_with - eps_without).",
)
def guided__one_minus_w(eps_with, eps_without, w):
    return (1 - w) * eps_with - w * eps_without


@mistake("11.7", "You took the mean of both: the class counts w times, not half.")
def guided__mean(eps_with, eps_without, w):
    return (eps_with + eps_without) / 2


@mistake("11.7", "You took the mean of both, times w: add w times the *difference* to eps_without.")
def guided__mean_times_w(eps_with, eps_without, w):
    return w * (eps_with + eps_without) / 2


@mistake("11.7", "eps_without is missing at the beginning: that is the change alone.")
def guided__change_alone(eps_with, eps_without, w):
    return w * (eps_with - eps_without)


@mistake(
    "11.7", "You multiply eps_with by w: it is the change, eps_with - eps_without, that counts."
)
def guided__times_w(eps_with, eps_without, w):
    return w * eps_with


@mistake("11.7", "eps_without is not taken off: w times the *difference* is added to it.")
def guided__sum(eps_with, eps_without, w):
    return eps_without + w * eps_with


@mistake("11.7", "w is not used: the change counts w times.")
def guided__without_w(eps_with, eps_without, w):
    return eps_with


@mistake("11.7", "w is not used, and the change is added to eps_with: it is added to eps_without.")
def guided__twice(eps_with, eps_without, w):
    return 2 * eps_with - eps_without


@mistake("11.7", "The class is not used: add w (eps_with - eps_without).")
def guided__without_class(eps_with, eps_without, w):
    return eps_without


@mistake(
    "11.7",
    "w is kept at 1 at most: above 1 the class is exaggerated, which is what guidance is for.",
)
def guided__at_most_1(eps_with, eps_without, w):
    return eps_without + min(w, 1.0) * (eps_with - eps_without)


@mistake(
    "11.7",
    "The result is scaled back to the length of eps_with: leave it as it is.",
)
def guided__norm(eps_with, eps_without, w):
    e = eps_without + w * (eps_with - eps_without)
    return e * eps_with.norm() / e.norm()


@mistake(
    "11.7",
    "The result is scaled to the spread of eps_with: leave it as it is.",
)
def guided__spread(eps_with, eps_without, w):
    e = eps_without + w * (eps_with - eps_without)
    return e * eps_with.std() / e.std()


@mistake("11.7", "You divide by 1 + w: nothing is divided.")
def guided__divided(eps_with, eps_without, w):
    return (eps_without + w * eps_with) / (1 + w)


@mistake("11.7", "The weights do not sum to 1: they are w of eps_with and 1 - w of eps_without.")
def guided__weights(eps_with, eps_without, w):
    return w * eps_with + (1 + w) * eps_without


@mistake("11.7", "A sign is wrong: w eps_with + (1 - w) eps_without, the weights sum to 1.")
def guided__weights_minus(eps_with, eps_without, w):
    return w * eps_with - (1 - w) * eps_without


@mistake("11.7", "The change is taken without its sign: no abs, it goes both ways.")
def guided__absolute(eps_with, eps_without, w):
    return eps_without + w * (eps_with - eps_without).abs()


@mistake("11.7", "w - 1 stands where w should: with w = 1 the result is eps_with.")
def guided__w_minus_1(eps_with, eps_without, w):
    return eps_without + (w - 1) * (eps_with - eps_without)


@mistake("11.7", "The result is clamped to [-1, 1]: noise goes beyond, leave it as it is.")
def guided__clamped(eps_with, eps_without, w):
    return (eps_without + w * (eps_with - eps_without)).clamp(-1, 1)
