"""Wrong answers to exercise 2.7 that students write, and what to tell them."""

from __future__ import annotations

import torch
import torch.nn as nn

from course_dl.lab import mistake


@mistake(
    "2.7",
    "nn.Module does not find your layers: make them in __init__, not in forward, as attributes of "
    "self or in an nn.ModuleList, not in a Python list.",
)
class MLP__python_list(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = [nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])]
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake(
    "2.7",
    "sizes.pop() takes from the list of your caller, whose next network has another shape: read "
    "sizes[0], or work on list(sizes).",
)
class MLP__takes_from_sizes(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        n, self.layers, self.activation = sizes.pop(0), nn.ModuleList(), activation
        for m in sizes:
            self.layers.append(nn.Linear(n, m))
            n = m

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "The output is activated too; it should be linear: leave the last layer as it is.")
class MLP__activated_output(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers:
            x = self.activation(unit(x))
        return x


@mistake("2.7", "The activation is missing: without it all layers together are one linear map.")
class MLP__no_activation(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])

    def forward(self, x):
        for unit in self.layers:
            x = unit(x)
        return x


@mistake("2.7", "Only your first hidden layer is activated; all of them should be.")
class MLP__first_activated(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        x = self.layers[0](x)
        if len(self.layers) > 1:
            x = self.activation(x)
        for unit in self.layers[1:]:
            x = unit(x)
        return x


@mistake("2.7", "You activate the input of every layer; activate the output of the hidden ones.")
class MLP__activated_input(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers:
            x = unit(self.activation(x))
        return x


@mistake("2.7", "You always use ReLU; use the activation that is handed in.")
class MLP__always_relu(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = torch.relu(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "Where no activation is handed in it should be torch.relu: look at your default.")
class MLP__default_sigmoid(nn.Module):
    def __init__(self, sizes, activation=torch.sigmoid):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "You made one hidden layer whatever sizes says; take every two neighbours of it.")
class MLP__one_hidden(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.hidden = nn.Linear(sizes[0], sizes[1])
        self.output = nn.Linear(sizes[1], sizes[-1])
        self.activation = activation

    def forward(self, x):
        return self.output(self.activation(self.hidden(x)))


@mistake("2.7", "Your weights come first and then all biases; the order is W_1, b_1, W_2, b_2, ...")
class MLP__weights_first(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        pairs = list(zip(sizes, sizes[1:]))
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(m, n)) for n, m in pairs])
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(m)) for _, m in pairs])
        self.activation = activation

    def forward(self, x):
        last = len(self.weights) - 1
        for k, (W, b) in enumerate(zip(self.weights, self.biases)):
            x = x @ W.T + b
            if k < last:
                x = self.activation(x)
        return x


@mistake("2.7", "Your weights are transposed: W_k is (N_k, N_{k-1}), as in nn.Linear.")
class MLP__transposed(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.parts = nn.ParameterList()
        for n, m in zip(sizes, sizes[1:]):
            self.parts.append(nn.Parameter(torch.randn(n, m)))
            self.parts.append(nn.Parameter(torch.zeros(m)))
        self.activation = activation

    def forward(self, x):
        for k in range(0, len(self.parts), 2):
            x = x @ self.parts[k] + self.parts[k + 1]
            if k < len(self.parts) - 2:
                x = self.activation(x)
        return x


@mistake("2.7", "The biases are missing: leave bias=False out.")
class MLP__no_biases(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        pairs = zip(sizes, sizes[1:])
        self.layers = nn.ModuleList([nn.Linear(n, m, bias=False) for n, m in pairs])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "nn.Linear takes the number of inputs first, then of outputs; you swapped them.")
class MLP__swapped(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(m, n) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "super().__init__() is missing: it must come first in __init__.")
class MLP__no_super(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "You put a softmax at the end; the output is linear, and the loss does the rest.")
class MLP__softmax(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return torch.softmax(self.layers[-1](x), dim=1)


@mistake("2.7", "no_grad switches autograd off: a network computed in it cannot be trained.")
class MLP__no_grad(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    @torch.no_grad()
    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "detach() between the layers cuts the graph: only the last layer would learn.")
class MLP__detached(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x)).detach()
        return self.layers[-1](x)


@mistake("2.7", "activation is a function already: call it with a tensor, not as activation().")
class MLP__called_activation(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation()

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "All weights start at 0, and the hidden units stay the same; draw them at random.")
class MLP__zeros(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        for unit in self.layers:
            nn.init.zeros_(unit.weight)
            nn.init.zeros_(unit.bias)
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)
