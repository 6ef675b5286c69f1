"""Wrong answers to exercise 7.5 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch import nn

from course_dl.lab import mistake


class _Block(nn.Module):
    """The residual block, from which the wrong ones differ."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(c_out)
        self.shortcut = nn.Identity()
        if stride != 1 or c_in != c_out:
            self.shortcut = self.changed(c_in, c_out, stride)

    @staticmethod
    def changed(c_in, c_out, stride):
        conv = nn.Conv2d(c_in, c_out, 1, stride, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(c_out))

    def inner(self, x):
        return self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x)))))

    def forward(self, x):
        return torch.relu(self.inner(x) + self.shortcut(x))


@mistake("7.5", "The last ReLU comes before the shortcut is added: add first, then take the ReLU.")
class ResidualBlock__relu_before_addition(_Block):
    def forward(self, x):
        return torch.relu(self.inner(x)) + self.shortcut(x)


@mistake("7.5", "There is no ReLU after the addition: relu(h + shortcut(x)).")
class ResidualBlock__no_last_relu(_Block):
    def forward(self, x):
        return self.inner(x) + self.shortcut(x)


@mistake("7.5", "The shortcut is not added in forward: then this is a plain network of two layers.")
class ResidualBlock__shortcut_not_added(_Block):
    def forward(self, x):
        return torch.relu(self.inner(x))


@mistake(
    "7.5",
    "There is no shortcut where the shape changes: a convolution 1 x 1 with the stride and a norm "
    "bring x to the shape of what it is added to.",
)
class ResidualBlock__shortcut_of_same_shape_alone(_Block):
    @staticmethod
    def changed(c_in, c_out, stride):
        return None

    def forward(self, x):
        h = self.inner(x)
        return torch.relu(h if self.shortcut is None else h + self.shortcut(x))


@mistake(
    "7.5",
    "The shortcut is a convolution even where x itself will do: with stride 1 and as many channels "
    "as before, add x.",
)
class ResidualBlock__always_convolved(_Block):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__(c_in, c_out, stride)
        self.shortcut = self.changed(c_in, c_out, stride)


@mistake(
    "7.5",
    "Both convolutions 3 x 3 have the stride: only the first one does, and the shortcut.",
)
class ResidualBlock__stride_on_both(_Block):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__(c_in, c_out, stride)
        self.conv2.stride = (stride, stride)


@mistake("7.5", "The second convolution has the stride: it belongs to the first one.")
class ResidualBlock__stride_on_the_second(_Block):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__(c_in, c_out, stride)
        self.conv1.stride, self.conv2.stride = self.conv2.stride, self.conv1.stride


@mistake("7.5", "The convolution of the shortcut has no norm after it: it needs one of its own.")
class ResidualBlock__shortcut_without_norm(_Block):
    @staticmethod
    def changed(c_in, c_out, stride):
        return nn.Conv2d(c_in, c_out, 1, stride, bias=False)


@mistake("7.5", "One norm is used twice: each convolution needs a norm of its own.")
class ResidualBlock__one_norm(_Block):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__(c_in, c_out, stride)
        self.norm2 = self.norm1


@mistake("7.5", "The norms are made and never called: each one comes after its convolution.")
class ResidualBlock__norms_not_called(_Block):
    def inner(self, x):
        return self.conv2(torch.relu(self.conv1(x)))


@mistake("7.5", "The second norm is not called: it comes after the second convolution.")
class ResidualBlock__second_norm_not_called(_Block):
    def inner(self, x):
        return self.conv2(torch.relu(self.norm1(self.conv1(x))))


@mistake("7.5", "Between the two convolutions there is no ReLU: relu(norm1(conv1(x))).")
class ResidualBlock__no_inner_relu(_Block):
    def inner(self, x):
        return self.norm2(self.conv2(self.norm1(self.conv1(x))))


@mistake("7.5", "Norm and ReLU have changed places: convolution, norm, ReLU, in this order.")
class ResidualBlock__relu_before_norm(_Block):
    def inner(self, x):
        return self.norm2(self.conv2(self.norm1(torch.relu(self.conv1(x)))))


@mistake("7.5", "There is a ReLU in the second layer before the addition: it comes after it alone.")
class ResidualBlock__relu_twice(_Block):
    def forward(self, x):
        return torch.relu(torch.relu(self.inner(x)) + self.shortcut(x))


@mistake(
    "7.5",
    "x is changed in place by the ReLU, and the shortcut adds what has become of it: keep x as it "
    "is, without inplace=True on it.",
)
class ResidualBlock__in_place(_Block):
    def forward(self, x):
        h = self.inner(x.relu_())
        return torch.relu(h + self.shortcut(x))


@mistake(
    "7.5",
    "The sum is written into x (x += ...): whoever called the block finds x changed. Write "
    "h = h + shortcut.",
)
class ResidualBlock__added_to_the_input(_Block):
    def forward(self, x):
        h = self.inner(x)
        s = self.shortcut(x)
        s += h
        return torch.relu(s)


@mistake("7.5", "The convolutions have biases: the norm after each takes them off; bias=False.")
class ResidualBlock__with_biases(_Block):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__(c_in, c_out, stride)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1)


@mistake("7.5", "The convolutions 3 x 3 have no padding, so that the maps shrink: padding=1.")
class ResidualBlock__no_padding(_Block):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__(c_in, c_out, stride)
        self.conv1.padding = self.conv2.padding = (0, 0)


@mistake(
    "7.5",
    "The shortcut adds what comes out of the first layer, not x: keep x from the beginning of "
    "forward.",
)
class ResidualBlock__adds_the_first_layer(_Block):
    def forward(self, x):
        h = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(h)) + h)


@mistake("7.5", "The shortcut is multiplied, not added: relu(h + shortcut(x)).")
class ResidualBlock__multiplied(_Block):
    def forward(self, x):
        return torch.relu(self.inner(x) * self.shortcut(x))


@mistake(
    "7.5",
    "The shortcut's convolution is 3 x 3: 1 x 1 is enough, it only brings x to the right shape.",
)
class ResidualBlock__shortcut_of_three(_Block):
    @staticmethod
    def changed(c_in, c_out, stride):
        conv = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(c_out))


@mistake("7.5", "The graph is cut in the shortcut (detach or no_grad): the signal has to go back.")
class ResidualBlock__detached(_Block):
    def forward(self, x):
        return torch.relu(self.inner(x) + self.shortcut(x).detach())
