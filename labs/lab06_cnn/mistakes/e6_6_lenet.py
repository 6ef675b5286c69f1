"""Wrong answers to exercise 6.6 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from course_dl.lab import mistake


class _Net(nn.Module):
    """LeNet, from which the wrong ones differ."""

    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.hidden = nn.Linear(400, 84)
        self.output = nn.Linear(84, n_classes)

    def forward(self, X):
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2)
        return self.output(torch.relu(self.hidden(h.flatten(1))))


@mistake(
    "6.6", "The number of classes is written into the network: the last layer needs n_classes."
)
class LeNet__ten_classes(_Net):
    def __init__(self, n_classes=10):
        super().__init__(10)


@mistake(
    "6.6",
    "There is a softmax at the end: leave it out, cross-entropy takes scores and has it inside.",
)
class LeNet__softmax(_Net):
    def forward(self, X):
        return torch.softmax(super().forward(X), dim=1)


@mistake("6.6", "There is a ReLU after the last layer: scores may be negative; leave it out.")
class LeNet__relu_at_the_end(_Net):
    def forward(self, X):
        return torch.relu(super().forward(X))


@mistake(
    "6.6",
    "Between the layers there is pooling, but no activation: each convolution and each hidden "
    "linear layer needs one.",
)
class LeNet__no_activation(_Net):
    def forward(self, X):
        h = F.max_pool2d(self.conv1(X), 2)
        h = F.max_pool2d(self.conv2(h), 2)
        return self.output(self.hidden(h.flatten(1)))


@mistake(
    "6.6",
    "Without activations, and with the mean as pooling, the whole network is one affine map: put a "
    "ReLU after each layer but the last.",
)
class LeNet__affine(_Net):
    def forward(self, X):
        h = F.avg_pool2d(self.conv1(X), 2)
        h = F.avg_pool2d(self.conv2(h), 2)
        return self.output(self.hidden(h.flatten(1)))


@mistake(
    "6.6", "This is a multilayer perceptron, a dense layer on all pixels: begin with nn.Conv2d."
)
class LeNet__dense(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 120), nn.ReLU(), nn.Linear(120, n_classes)
        )

    def forward(self, X):
        return self.layers(X)


@mistake(
    "6.6",
    "The convolutions are in a plain list, which PyTorch does not look into: they would never be "
    "trained. Use nn.ModuleList, or an attribute for each.",
)
class LeNet__plain_list(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.convolutions = [nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)]
        self.hidden, self.output = nn.Linear(400, 84), nn.Linear(84, n_classes)

    def forward(self, h):
        for convolution in self.convolutions:
            h = F.max_pool2d(torch.relu(convolution(h)), 2)
        return self.output(torch.relu(self.hidden(h.flatten(1))))


@mistake("6.6", "flatten() makes one row of the whole batch: flatten(1) makes a row of each image.")
class LeNet__batch_flattened(_Net):
    def forward(self, X):
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2)
        return self.output(torch.relu(self.hidden(h.flatten())))


@mistake(
    "6.6",
    "The first linear layer waits for another number of inputs than it gets: print h.shape "
    "before it.",
)
class LeNet__wrong_size(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.hidden, self.output = nn.Linear(400, 84), nn.Linear(84, n_classes)

    forward = _Net.forward


@mistake(
    "6.6", "__init__ must begin with super().__init__(): nn.Module has to get ready for layers."
)
class LeNet__no_super(nn.Module):
    def __init__(self, n_classes=10):
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)


@mistake(
    "6.6",
    "F.dropout drops in evaluation mode as well: give it training=self.training, or use "
    "nn.Dropout.",
)
class LeNet__dropout_always(_Net):
    def forward(self, X):
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2)
        return self.output(F.dropout(torch.relu(self.hidden(h.flatten(1)))))


@mistake(
    "6.6",
    "Images are standardized by the mean of their batch, so that each one's scores depend on the "
    "others; nn.BatchNorm2d does that in training mode alone.",
)
class LeNet__batch_statistics(_Net):
    def forward(self, X):
        return super().forward((X - X.mean(0)) / (X.std(0, correction=0) + 1e-3))


@mistake("6.6", "You cut the graph after the convolutions (detach): they would never be trained.")
class LeNet__detached(_Net):
    def forward(self, X):
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2).detach()
        return self.output(torch.relu(self.hidden(h.flatten(1))))


@mistake("6.6", "The classes are returned in place of their scores: leave out the argmax.")
class LeNet__argmax(_Net):
    def forward(self, X):
        return super().forward(X).argmax(dim=1)
