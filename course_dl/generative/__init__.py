"""Deep generative models: networks that draw, by three ways to say what "like the data" means.

- `flow`: the likelihood exactly, by an invertible network.
- `vae`: the likelihood from below, with a code for each picture.
- `gan`: a judge that learns to tell what is real.
- `frechet`, `yardstick`: how near what they draw is to the data, in the features of a network.

Likelihoods and bounds are in nats, one for each sample. Noise is an argument, or drawn from the
``generator`` that is given.
"""

from course_dl.generative.flow import AffineCoupling, Flow
from course_dl.generative.frechet import frechet_distance
from course_dl.generative.gan import (
    Discriminator,
    Generator,
    discriminator_loss,
    gan_step,
    generator_loss,
)
from course_dl.generative.vae import VAE, elbo, importance_bound, kl_to_normal, reparametrize
from course_dl.generative.yardstick import class_scores, features

__all__ = [
    "VAE",
    "AffineCoupling",
    "Discriminator",
    "Flow",
    "Generator",
    "class_scores",
    "discriminator_loss",
    "elbo",
    "features",
    "frechet_distance",
    "gan_step",
    "generator_loss",
    "importance_bound",
    "kl_to_normal",
    "reparametrize",
]
