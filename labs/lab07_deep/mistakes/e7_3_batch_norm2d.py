"""Wrong answers to exercise 7.3 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch import nn

from course_dl.lab import mistake

from .shared import AXES, Norm, each, normalized


@mistake(
    "7.3",
    "The running variance moves towards the biased variance: it takes the unbiased one, "
    "x.var(dim=(0, 2, 3), correction=1); only the batch is normalized by the biased one.",
)
class BatchNorm2d__running_biased(Norm):
    def forward(self, x):
        if not self.training:
            return self.remembered(x)
        self.move(x.mean(AXES), x.var(AXES, correction=0))
        return self.scaled(normalized(x, self.eps))


@mistake(
    "7.3",
    "The batch is normalized by the unbiased variance: normalize by the biased one, the mean of "
    "the squares, and keep the unbiased one for the running variance alone.",
)
class BatchNorm2d__batch_unbiased(Norm):
    def forward(self, x):
        if not self.training:
            return self.remembered(x)
        self.move(x.mean(AXES), x.var(AXES))
        return self.scaled(normalized(x, self.eps, correction=1))


@mistake(
    "7.3",
    "The momentum is the wrong way round: the new batch has the share momentum, the past "
    "1 - momentum.",
)
class BatchNorm2d__momentum_turned_round(Norm):
    def move(self, mean, var):
        with torch.no_grad():
            self.running_mean.mul_(self.momentum).add_((1 - self.momentum) * mean)
            self.running_var.mul_(self.momentum).add_((1 - self.momentum) * var)


@mistake(
    "7.3",
    "In evaluation mode you still normalize by the batch: use the running statistics there.",
)
class BatchNorm2d__batch_in_evaluation(Norm):
    def forward(self, x):
        if self.training:
            self.move(x.mean(AXES), x.var(AXES))
        return self.scaled(normalized(x, self.eps))


@mistake(
    "7.3", "In training mode you normalize by the running statistics: there the batch's own count."
)
class BatchNorm2d__running_in_training(Norm):
    def forward(self, x):
        if self.training:
            self.move(x.mean(AXES), x.var(AXES))
        return self.remembered(x)


@mistake("7.3", "The running statistics move in evaluation mode too: there they stay as they are.")
class BatchNorm2d__moved_in_evaluation(Norm):
    def forward(self, x):
        if self.training:
            return super().forward(x)
        out = self.remembered(x)
        self.move(x.mean(AXES), x.var(AXES))
        return out


@mistake(
    "7.3", "The running variance starts at 0: it starts at 1, so that nothing is divided by 0."
)
class BatchNorm2d__variance_from_zero(Norm):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps, momentum)
        self.running_var.zero_()


@mistake(
    "7.3",
    "The running statistics are nn.Parameter: an optimizer would train them. Use "
    "self.register_buffer.",
)
class BatchNorm2d__statistics_as_parameters(Norm):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps, momentum)
        mean, var = self.running_mean, self.running_var
        del self.running_mean, self.running_var
        self.running_mean, self.running_var = nn.Parameter(mean), nn.Parameter(var)


@mistake(
    "7.3",
    "The running statistics are plain attributes, which state_dict() and double() do not know: "
    "use self.register_buffer.",
)
class BatchNorm2d__plain_attributes(Norm):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps, momentum)
        del self.running_mean, self.running_var
        self.running_mean, self.running_var = torch.zeros(channels), torch.ones(channels)


@mistake(
    "7.3",
    "The graph is kept through the running statistics, from batch to batch: let them move within "
    "torch.no_grad(), or by x.detach().",
)
class BatchNorm2d__graph_kept(Norm):
    def move(self, mean, var):
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var


@mistake(
    "7.3",
    "Mean and variance of the batch are taken for constants (no_grad or detach): in training "
    "gradients go through both.",
)
class BatchNorm2d__statistics_detached(Norm):
    def forward(self, x):
        if not self.training:
            return self.remembered(x)
        with torch.no_grad():
            var, mean = torch.var_mean(x, AXES, correction=0, keepdim=True)
        self.move(x.mean(AXES), x.var(AXES))
        return self.scaled((x - mean) / torch.sqrt(var + self.eps))


@mistake("7.3", "The running statistics never move: in training they take a share of each batch.")
class BatchNorm2d__never_moves(Norm):
    def move(self, mean, var):
        pass


@mistake("7.3", "The running variance never moves, only the running mean does: both have to.")
class BatchNorm2d__variance_never_moves(Norm):
    def move(self, mean, var):
        super().move(mean, self.running_var)


@mistake(
    "7.3",
    "The running statistics are replaced by those of the batch: they move by the share momentum.",
)
class BatchNorm2d__last_batch(Norm):
    def move(self, mean, var):
        with torch.no_grad():
            self.running_mean.copy_(mean)
            self.running_var.copy_(var)


@mistake(
    "7.3",
    "In evaluation you divide by the running variance: divide by its root, "
    "sqrt(running_var + eps).",
)
class BatchNorm2d__no_root_in_evaluation(Norm):
    def remembered(self, x):
        return self.scaled((x - each(self.running_mean)) / (each(self.running_var) + self.eps))


@mistake("7.3", "In evaluation gamma and beta are left out: they belong to both modes.")
class BatchNorm2d__no_scale_in_evaluation(Norm):
    def remembered(self, x):
        return (x - each(self.running_mean)) / torch.sqrt(each(self.running_var) + self.eps)


@mistake("7.3", "gamma and beta are missing among the parameters: make them by nn.Parameter.")
class BatchNorm2d__scales_not_parameters(Norm):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps, momentum)
        del self.gamma, self.beta
        self.gamma, self.beta = torch.ones(channels), torch.zeros(channels)


@mistake("7.3", "The momentum that is given is not used: 0.1 is written into your class.")
class BatchNorm2d__fixed_momentum(Norm):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps)


@mistake(
    "7.3",
    "The running statistics are collected over (2, 3) alone, each image by itself: over the batch "
    "and the places, dim=(0, 2, 3).",
)
class BatchNorm2d__instance_norm(Norm):
    def forward(self, x):
        if not self.training:
            return self.remembered(x)
        self.move(x.mean(AXES), x.var(AXES))
        return self.scaled(normalized(x, self.eps, axes=(2, 3)))


@mistake(
    "7.3", "__init__ must begin with super().__init__(): nn.Module has to get ready for parameters."
)
class BatchNorm2d__no_super(nn.Module):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        self.gamma = nn.Parameter(torch.ones(channels))


class _Plain(Norm):
    """Of which one of the tensors to be learnt is a plain one."""

    name = ""

    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps, momentum)
        value = getattr(self, self.name).detach()
        delattr(self, self.name)
        setattr(self, self.name, value)


@mistake("7.3", "beta is missing among the parameters: make it by nn.Parameter.")
class BatchNorm2d__beta_is_plain(_Plain):
    name = "beta"


@mistake("7.3", "gamma is missing among the parameters: make it by nn.Parameter.")
class BatchNorm2d__gamma_is_plain(_Plain):
    name = "gamma"
