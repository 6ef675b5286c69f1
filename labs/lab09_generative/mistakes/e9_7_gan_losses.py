"""Wrong answers to exercise 9.7 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


@mistake(
    "9.7",
    "D's labels are exchanged: real samples cost softplus(-score), drawn ones softplus(score).",
)
def discriminator_loss__labels_exchanged(real, fake):
    return F.softplus(real).mean() + F.softplus(-fake).mean()


@mistake("9.7", "Only the real scores count in D's loss: add what the drawn ones cost.")
def discriminator_loss__real_alone(real, fake):
    return F.softplus(-real).mean()


@mistake("9.7", "Only the drawn scores count in D's loss: add what the real ones cost.")
def discriminator_loss__fake_alone(real, fake):
    return F.softplus(fake).mean()


@mistake(
    "9.7",
    "D's loss is one mean over all scores: it is the sum of two means, one over the real scores "
    "and one over the drawn ones.",
)
def discriminator_loss__one_mean(real, fake):
    return torch.cat([F.softplus(-real), F.softplus(fake)]).mean()


@mistake("9.7", "D's loss is half of what it should be: the two means are added.")
def discriminator_loss__half(real, fake):
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


@mistake(
    "9.7",
    "D's loss is a sum over the scores: it is a mean over the real ones plus one over the others.",
)
def discriminator_loss__sums(real, fake):
    return F.softplus(-real).sum() + F.softplus(fake).sum()


@mistake("9.7", "There is a sigmoid too many in D's loss: scores go into softplus as they are.")
def discriminator_loss__sigmoid_again(real, fake):
    return F.softplus(-torch.sigmoid(real)).mean() + F.softplus(torch.sigmoid(fake)).mean()


@mistake(
    "9.7",
    "The logarithm of a sigmoid that is 0 is minus infinity: use softplus or logsigmoid in D's "
    "loss.",
)
def discriminator_loss__log_of_sigmoid(real, fake):
    return -(torch.sigmoid(real).log().mean() + (1 - torch.sigmoid(fake)).log().mean())


@mistake("9.7", "D's loss has the wrong sign: it is to become small.")
def discriminator_loss__sign(real, fake):
    return -F.softplus(-real).mean() - F.softplus(fake).mean()


@mistake("9.7", "This is the loss of a Wasserstein critic: here D's scores cost softplus.")
def discriminator_loss__wasserstein(real, fake):
    return fake.mean() - real.mean()


@mistake("9.7", "D's loss is a number without a graph: return the tensor, without .item().")
def discriminator_loss__item(real, fake):
    return (F.softplus(-real).mean() + F.softplus(fake).mean()).item()


@mistake(
    "9.7",
    "This is the saturating loss of G: where D is sure, it has no gradient. Take softplus(-fake), "
    "for which G's samples would be real.",
)
def generator_loss__saturating(fake):
    return -F.softplus(fake).mean()


@mistake(
    "9.7", "G pays what D pays for drawn samples, and so learns to be found out: softplus(-fake)."
)
def generator_loss__as_discriminator(fake):
    return F.softplus(fake).mean()


@mistake("9.7", "There is a sigmoid too many in G's loss: scores go into softplus as they are.")
def generator_loss__sigmoid_again(fake):
    return F.softplus(-torch.sigmoid(fake)).mean()


@mistake(
    "9.7",
    "The logarithm of a sigmoid that is 0 is minus infinity: use softplus or logsigmoid in G's "
    "loss.",
)
def generator_loss__log_of_sigmoid(fake):
    return -torch.sigmoid(fake).log().mean()


@mistake("9.7", "G's loss is a sum: it is the mean over the scores.")
def generator_loss__sum(fake):
    return F.softplus(-fake).sum()


@mistake("9.7", "G's loss has the wrong sign: it is to become small.")
def generator_loss__sign(fake):
    return -F.softplus(-fake).mean()


@mistake(
    "9.7", "This is the loss of a Wasserstein generator: here G's scores cost softplus(-fake)."
)
def generator_loss__wasserstein(fake):
    return -fake.mean()


@mistake("9.7", "G's loss is a number without a graph: return the tensor, without .item().")
def generator_loss__item(fake):
    return F.softplus(-fake).mean().item()


@mistake("9.7", "A little number inside the logarithm of D's loss makes large scores too cheap.")
def discriminator_loss__added_number(real, fake):
    certain, wrong = torch.sigmoid(real) + 1e-8, 1 - torch.sigmoid(fake) + 1e-8
    return -certain.log().mean() - wrong.log().mean()


@mistake("9.7", "A little number inside the logarithm of G's loss takes its gradient away.")
def generator_loss__added_number(fake):
    return -(torch.sigmoid(fake) + 1e-8).log().mean()


@mistake("9.7", "fake is detached in D's loss: leave that to gan_step, a loss has all gradients.")
def discriminator_loss__detached(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake.detach()).mean()
