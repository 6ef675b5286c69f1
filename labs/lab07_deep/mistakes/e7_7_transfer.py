"""Wrong answers to exercise 7.7 that students write, and what to tell them."""

from __future__ import annotations

import copy

import torch
from torch import nn

from course_dl.lab import mistake


class _Transfer(nn.Module):
    """A frozen body and a head, from which the wrong ones differ."""

    def __init__(self, body, n_features, n_classes):
        super().__init__()
        self.body = body.eval().requires_grad_(False)
        self.head = nn.Linear(n_features, n_classes)

    def train(self, mode=True):
        super().train(mode)
        self.body.eval()
        return self

    def forward(self, X):
        with torch.no_grad():
            z = self.body(X)
        return self.head(z)


class _Undone(_Transfer):
    """Whose body follows train()."""

    def train(self, mode=True):
        return nn.Module.train(self, mode)


@mistake(
    "7.7",
    "requires_grad = False stops the gradients and nothing more: in training mode the running "
    "statistics of the body's batch norms move with each batch, and dropout is on. The body needs "
    "evaluation mode as well.",
)
class Transfer__gradients_alone(_Undone):
    def __init__(self, body, n_features, n_classes):
        super().__init__(body, n_features, n_classes)
        self.body.train()


@mistake(
    "7.7",
    "eval() in __init__ is undone by the next net.train(), which puts all parts into training "
    "mode: call self.body.eval() in a train() of your own, or at the start of forward.",
)
class Transfer__eval_once(_Undone):
    pass


@mistake(
    "7.7",
    "The head is within torch.no_grad() too, and never learns: only the body belongs there.",
)
class Transfer__head_without_gradient(_Transfer):
    def forward(self, X):
        with torch.no_grad():
            return self.head(self.body(X))


@mistake("7.7", "The head is frozen as well: only the body's parameters get requires_grad_(False).")
class Transfer__all_frozen(_Transfer):
    def __init__(self, body, n_features, n_classes):
        super().__init__(body, n_features, n_classes)
        self.requires_grad_(False)

    def forward(self, X):
        return self.head(self.body(X)).requires_grad_()


@mistake(
    "7.7",
    "The head has another number of outputs than n_classes: nn.Linear(n_features, n_classes).",
)
class Transfer__wrong_width(_Transfer):
    def __init__(self, body, n_features, n_classes):
        super().__init__(body, n_features, n_features)


@mistake(
    "7.7",
    "The body is not frozen at all: its parameters are trained with the head. Use "
    "requires_grad_(False), or torch.no_grad() around it.",
)
class Transfer__nothing_frozen(_Undone):
    def __init__(self, body, n_features, n_classes):
        nn.Module.__init__(self)
        self.body, self.head = body, nn.Linear(n_features, n_classes)

    def forward(self, X):
        return self.head(self.body(X))


@mistake(
    "7.7",
    "The body is in evaluation mode, but its parameters still get gradients: "
    "requires_grad_(False), or torch.no_grad() around the body.",
)
class Transfer__eval_alone(_Transfer):
    def __init__(self, body, n_features, n_classes):
        nn.Module.__init__(self)
        self.body, self.head = body, nn.Linear(n_features, n_classes)

    def forward(self, X):
        self.body.eval()
        return self.head(self.body(X))


@mistake("7.7", "The head has a hidden layer: one linear layer, nn.Linear(n_features, n_classes).")
class Transfer__two_layers(_Transfer):
    def __init__(self, body, n_features, n_classes):
        super().__init__(body, n_features, n_classes)
        hidden = nn.Linear(n_features, n_features)
        self.head = nn.Sequential(hidden, nn.ReLU(), nn.Linear(n_features, n_classes))


@mistake(
    "7.7",
    "There is a second linear layer below the new head, as if the old head were still there: "
    "replace the old one, do not put the new one on top of it.",
)
class Transfer__old_head_kept(_Transfer):
    def __init__(self, body, n_features, n_classes):
        super().__init__(body, n_features, n_classes)
        old = nn.Linear(n_features, n_classes)
        self.head = nn.Sequential(old, nn.Linear(n_classes, n_classes))


@mistake(
    "7.7",
    "There is a softmax at the end: leave it out, cross-entropy takes scores and has it inside.",
)
class Transfer__softmax(_Transfer):
    def forward(self, X):
        return torch.softmax(super().forward(X), dim=1)


@mistake("7.7", "There is a ReLU after the head: scores may be negative; leave it out.")
class Transfer__relu(_Transfer):
    def forward(self, X):
        return torch.relu(super().forward(X))


@mistake(
    "7.7",
    "The body has new weights, as in a network that has learnt nothing: use the body that you "
    "were given as it is.",
)
class Transfer__fresh_body(_Transfer):
    def __init__(self, body, n_features, n_classes):
        body = copy.deepcopy(body)
        for part in body.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
        super().__init__(body, n_features, n_classes)


@mistake(
    "7.7",
    "Your train() does not pass the mode on to the network's other parts and does not return the "
    "network: super().train(mode) first, return self at the end.",
)
class Transfer__train_without_return(_Transfer):
    def train(self, mode=True):
        self.body.eval()

    def eval(self):
        raise TypeError("train() returned None")


@mistake(
    "7.7",
    "The whole network stays in evaluation mode, and the graph goes through the body: cut it, or "
    "the way back through the body is computed for nothing and its parameters collect gradients.",
)
class Transfer__graph_through_body(_Transfer):
    def __init__(self, body, n_features, n_classes):
        nn.Module.__init__(self)
        self.body, self.head = body.eval(), nn.Linear(n_features, n_classes)

    def parameters(self, recurse=True):
        return self.head.parameters(recurse)

    def forward(self, X):
        return self.head(self.body(X))


@mistake(
    "7.7", "__init__ must begin with super().__init__(): nn.Module has to get ready for its parts."
)
class Transfer__no_super(nn.Module):
    def __init__(self, body, n_features, n_classes):
        self.body = body
