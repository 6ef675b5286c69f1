"""Wrong answers to exercise 10.7 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch import nn

from course_dl.lab import mistake

from .shared import Part


@mistake(
    "10.7",
    "The norms stand behind the sums, on the shortcut: each stands *before* its part, "
    "x + attention(norm(x)).",
)
class Block__post_norm(Part):
    def forward(self, x, mask=None):
        x = self.norm1(x + self.attention(x, mask))
        return self.norm2(x + self.mlp(x))


@mistake(
    "10.7",
    "What is added is norm(x), not x: nothing stands on the shortcut.",
)
class Block__norm_on_the_shortcut(Part):
    def forward(self, x, mask=None):
        x = self.norm1(x)
        x = x + self.attention(x, mask)
        x = self.norm2(x)
        return x + self.mlp(x)


@mistake(
    "10.7",
    "The norms come after their parts: attention and MLP get what is normalized, "
    "x + attention(norm(x)).",
)
class Block__norm_after_the_part(Part):
    def forward(self, x, mask=None):
        x = x + self.norm1(self.attention(x, mask))
        return x + self.norm2(self.mlp(x))


@mistake(
    "10.7", "One norm serves both parts: each needs its own, with a gamma and beta of its own."
)
class Block__one_norm(Part):
    def __init__(self, dim, heads, hidden):
        super().__init__(dim, heads, hidden)
        self.norm2 = self.norm1


@mistake("10.7", "The first norm is used twice, the second one never: the MLP has its own.")
class Block__first_norm_twice(Part):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm1(x))


@mistake(
    "10.7",
    "The second shortcut begins at the block's input: it begins where the first sum ends.",
)
class Block__second_shortcut_from_the_input(Part):
    def forward(self, x, mask=None):
        h = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(h))


@mistake(
    "10.7",
    "Attention and MLP lie side by side, both of the block's input: the MLP gets what the first "
    "sum gives.",
)
class Block__parallel(Part):
    def forward(self, x, mask=None):
        return x + self.attention(self.norm1(x), mask) + self.mlp(self.norm2(x))


@mistake("10.7", "The mask is not handed on to the attention.")
class Block__no_mask(Part):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@mistake("10.7", "The activation of the MLP is ReLU: it is GELU, nn.GELU().")
class Block__relu(Part):
    activation = nn.ReLU


@mistake(
    "10.7",
    "The GELU is the approximate one, by tanh: nn.GELU() is the exact one.",
)
class Block__tanh_gelu(Part):
    @staticmethod
    def activation():
        return nn.GELU(approximate="tanh")


@mistake("10.7", "There is no activation between the two layers of the MLP: nn.GELU().")
class Block__linear(Part):
    activation = nn.Identity


@mistake("10.7", "A GELU follows the last layer too: it stands between the two alone.")
class Block__gelu_at_the_end(Part):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + nn.functional.gelu(self.mlp(self.norm2(x)))


@mistake("10.7", "There is no shortcut round the attention: x + attention(norm(x)).")
class Block__no_first_shortcut(Part):
    def forward(self, x, mask=None):
        x = self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


@mistake("10.7", "There is no shortcut round the MLP: x + mlp(norm(x)).")
class Block__no_second_shortcut(Part):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return self.mlp(self.norm2(x))


@mistake("10.7", "There are no shortcuts: each part is added to what came in.")
class Block__no_shortcuts(Part):
    def forward(self, x, mask=None):
        return self.mlp(self.norm2(self.attention(self.norm1(x), mask)))


@mistake("10.7", "The norms are made and never called: each stands before its part.")
class Block__norms_not_called(Part):
    def forward(self, x, mask=None):
        x = x + self.attention(x, mask)
        return x + self.mlp(x)


@mistake("10.7", "The MLP comes first: first the attention, then the MLP.")
class Block__mlp_first(Part):
    def forward(self, x, mask=None):
        x = x + self.mlp(self.norm2(x))
        return x + self.attention(self.norm1(x), mask)


@mistake("10.7", "Some numbers are set to 0 at random, dropout: there is none in this block.")
class Block__dropout(Part):
    def forward(self, x, mask=None):
        x = x + nn.functional.dropout(self.attention(self.norm1(x), mask), 0.5)
        return x + self.mlp(self.norm2(x))


@mistake(
    "10.7",
    "x is changed in place by +=, and who calls the block finds other tokens afterwards: write "
    "x = x + ...",
)
class Block__in_place(Part):
    def forward(self, x, mask=None):
        with torch.no_grad():
            x += self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))
