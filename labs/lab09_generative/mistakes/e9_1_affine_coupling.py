"""Wrong answers to exercise 9.1 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import Coupling


@mistake(
    "9.1",
    "log_det is summed over the whole batch: each sample has a determinant of its own, "
    "s.sum(dim=1).",
)
class AffineCoupling__log_det_of_batch(Coupling):
    def log_det(self, s):
        return s.sum()


@mistake(
    "9.1",
    "log_det is the sum over the whole batch, for every sample: sum over the columns, "
    "s.sum(dim=1).",
)
class AffineCoupling__log_det_of_batch_for_each(Coupling):
    def log_det(self, s):
        return s.sum().expand(len(s))


@mistake(
    "9.1",
    "log_det has the wrong sign: the entries of the Jacobian's diagonal are exp(s), not exp(-s).",
)
class AffineCoupling__log_det_sign(Coupling):
    def log_det(self, s):
        return -s.sum(dim=1)


@mistake("9.1", "log_det is a mean over the columns: the logarithm of a product is a sum.")
class AffineCoupling__log_det_mean(Coupling):
    def log_det(self, s):
        return s.mean(dim=1)


@mistake("9.1", "You returned the determinant itself: log_det is its logarithm, the sum of s.")
class AffineCoupling__determinant(Coupling):
    def log_det(self, s):
        return s.sum(dim=1).exp()


@mistake("9.1", "log_det sums exp(s): the logarithm of exp(s) is s.")
class AffineCoupling__log_det_of_exp(Coupling):
    def log_det(self, s):
        return s.exp().sum(dim=1)


@mistake("9.1", "You scale by s itself: s is a log scale, the half is multiplied by exp(s).")
class AffineCoupling__s_for_exp_s(Coupling):
    def forward(self, x):
        kept, changed = self.halves(x)
        s, t = self.s_t(kept)
        return self.whole(kept, changed * s + t), s.abs().log().sum(dim=1)

    def inverse(self, y):
        kept, changed = self.halves(y)
        s, t = self.s_t(kept)
        return self.whole(kept, (changed - t) / s)


@mistake("9.1", "You scale by s itself: s is a log scale, the half is multiplied by exp(s).")
class AffineCoupling__s_for_exp_s_and_sum(Coupling):
    def forward(self, x):
        kept, changed = self.halves(x)
        s, t = self.s_t(kept)
        return self.whole(kept, changed * s + t), s.sum(dim=1)

    def inverse(self, y):
        kept, changed = self.halves(y)
        s, t = self.s_t(kept)
        return self.whole(kept, (changed - t) / s)


@mistake(
    "9.1",
    "The network sees the half that changes: then inverse cannot know s and t. Give it the half "
    "that stays.",
)
class AffineCoupling__net_of_the_other_half(Coupling):
    def forward(self, x):
        kept, changed = self.halves(x)
        s, t = self.s_t(changed)
        return self.whole(kept, changed * s.exp() + t), s.sum(dim=1)


@mistake(
    "9.1",
    "inverse adds t before it divides: undo in the opposite order, first minus t, then by exp(s).",
)
class AffineCoupling__inverse_order(Coupling):
    def inverse(self, y):
        kept, changed = self.halves(y)
        s, t = self.s_t(kept)
        return self.whole(kept, changed * (-s).exp() - t)


@mistake("9.1", "inverse multiplies by exp(s), as forward does: it has to divide by it.")
class AffineCoupling__inverse_multiplies(Coupling):
    def inverse(self, y):
        kept, changed = self.halves(y)
        s, t = self.s_t(kept)
        return self.whole(kept, (changed - t) * s.exp())


@mistake(
    "9.1",
    "With flip the halves change places: glue them together as they were, the changed one first.",
)
class AffineCoupling__glued_in_wrong_order(Coupling):
    def whole(self, kept, changed):
        return torch.cat([kept, changed], dim=1)


@mistake("9.1", "flip is not used: with flip=True the second half stays.")
class AffineCoupling__no_flip(Coupling):
    def __init__(self, net, flip=False):
        super().__init__(net, False)


@mistake("9.1", "flip is the wrong way round: with flip=False the first half stays.")
class AffineCoupling__flip_turned_round(Coupling):
    def __init__(self, net, flip=False):
        super().__init__(net, not flip)


@mistake(
    "9.1", "s and t are exchanged: s is the first half of the network's columns, t the second."
)
class AffineCoupling__s_and_t_exchanged(Coupling):
    def s_t(self, kept):
        t, s = self.net(kept).chunk(2, dim=1)
        return s, t


@mistake(
    "9.1",
    "s and t are every second column of the network's output: s is its first half, t its second.",
)
class AffineCoupling__interleaved(Coupling):
    def s_t(self, kept):
        out = self.net(kept)
        return out[:, ::2], out[:, 1::2]


@mistake("9.1", "You put s through a tanh, which the exercise does not: y is x_2 exp(s) + t.")
class AffineCoupling__tanh(Coupling):
    def s_t(self, kept):
        s, t = super().s_t(kept)
        return torch.tanh(s), t


@mistake("9.1", "You took the halves of the batch: halve the columns, dim=1.")
class AffineCoupling__halves_of_the_batch(Coupling):
    def forward(self, x):
        first, second = x.tensor_split(2, dim=0)
        s, t = self.s_t(first[:, : x.shape[1] // 2])
        return x, s.sum(dim=1)


@mistake(
    "9.1", "The shift is added before the scaling: y_2 is x_2 * exp(s) + t, not (x_2 + t) * exp(s)."
)
class AffineCoupling__shift_before_scale(Coupling):
    def forward(self, x):
        kept, changed = self.halves(x)
        s, t = self.s_t(kept)
        return self.whole(kept, (changed + t) * s.exp()), s.sum(dim=1)

    def inverse(self, y):
        kept, changed = self.halves(y)
        s, t = self.s_t(kept)
        return self.whole(kept, changed * (-s).exp() - t)


@mistake("9.1", "forward returns y alone: it returns (y, log_det).")
class AffineCoupling__y_alone(Coupling):
    def forward(self, x):
        return super().forward(x)[0]


@mistake(
    "9.1",
    "A detach or torch.no_grad() cuts the graph: the network learns through s and t, let them have "
    "one.",
)
class AffineCoupling__detached(Coupling):
    def s_t(self, kept):
        with torch.no_grad():
            return super().s_t(kept)


@mistake("9.1", "inverse does not look at flip: with flip=True the second half stays there too.")
class AffineCoupling__inverse_without_flip(Coupling):
    def inverse(self, y):
        kept, changed = y.chunk(2, dim=1)
        s, t = self.s_t(kept)
        return torch.cat([kept, (changed - t) * (-s).exp()], dim=1)


@mistake("9.1", "forward and inverse are exchanged: forward is x_2 * exp(s) + t.")
class AffineCoupling__exchanged(Coupling):
    def forward(self, x):
        kept, changed = self.halves(x)
        s, t = self.s_t(kept)
        return self.whole(kept, (changed - t) * (-s).exp()), -self.log_det(s)

    def inverse(self, y):
        kept, changed = self.halves(y)
        s, t = self.s_t(kept)
        return self.whole(kept, changed * s.exp() + t)


@mistake("9.1", "Every second column stays: the halves are the first D/2 columns, and the others.")
class AffineCoupling__every_second(Coupling):
    def halves(self, x):
        first, second = x[:, ::2], x[:, 1::2]
        return (second, first) if self.flip else (first, second)
