"""Wrong answers to exercise 4.8 that students write, and what to tell them."""

from __future__ import annotations

from itertools import pairwise

import torch

from course_dl.lab import mistake

from .shared import go_back_batch


class _Network:
    """A right answer, for the wrong ones to differ from."""

    def __init__(self, sizes, g, dg, generator):
        self.g, self.dg = g, dg
        self.weights = [
            torch.randn(m, n, generator=generator) * (2 / n) ** 0.5 for n, m in pairwise(sizes)
        ]
        self.biases = [torch.zeros(m) for m in sizes[1:]]
        self.zero_grad()

    def forward(self, X):
        self.A, self.H = [], [X]
        for W, b in zip(self.weights, self.biases, strict=True):
            self.A.append(self.H[-1] @ W.T + b)
            self.H.append(self.g(self.A[-1]))
        return self.A[-1]

    def new_gradients(self, grad_Y):
        return go_back_batch(grad_Y, self.A, self.H, self.weights, self.dg)

    def backward(self, grad_Y):
        new = self.new_gradients(grad_Y)
        self.grad_weights = [t + n for t, n in zip(self.grad_weights, new[0], strict=True)]
        self.grad_biases = [t + n for t, n in zip(self.grad_biases, new[1], strict=True)]

    def step(self, lr):
        self.weights = [W - lr * G for W, G in zip(self.weights, self.grad_weights, strict=True)]
        self.biases = [b - lr * G for b, G in zip(self.biases, self.grad_biases, strict=True)]

    def zero_grad(self):
        self.grad_weights = [torch.zeros_like(W) for W in self.weights]
        self.grad_biases = [torch.zeros_like(b) for b in self.biases]


@mistake("4.8", "backward overwrites the gradients; it adds to them, until zero_grad.")
class ManualMLP__overwrites(_Network):
    def backward(self, grad_Y):
        self.grad_weights, self.grad_biases = self.new_gradients(grad_Y)


@mistake("4.8", "The step goes uphill: the gradient is subtracted.")
class ManualMLP__uphill(_Network):
    def step(self, lr):
        super().step(-lr)


@mistake("4.8", "step moves the weights only; the biases learn as well.")
class ManualMLP__biases_stay(_Network):
    def step(self, lr):
        biases = self.biases
        super().step(lr)
        self.biases = biases


@mistake("4.8", "step makes no use of lr.")
class ManualMLP__lr_unused(_Network):
    def step(self, lr):
        super().step(1.0)


@mistake("4.8", "step clears the gradients; that is left to zero_grad.")
class ManualMLP__step_clears(_Network):
    def step(self, lr):
        super().step(lr)
        self.zero_grad()


@mistake("4.8", "zero_grad forgets the biases: their gradients go on adding up.")
class ManualMLP__biases_not_cleared(_Network):
    grad_biases = None

    def zero_grad(self):
        kept = self.grad_biases
        super().zero_grad()
        self.grad_biases = kept or self.grad_biases


@mistake("4.8", "The gradients are None at the start and after zero_grad; they should be zeros.")
class ManualMLP__none(_Network):
    def backward(self, grad_Y):
        if self.grad_weights[0] is None:
            super().zero_grad()
        super().backward(grad_Y)

    def zero_grad(self):
        self.grad_weights = [None for _ in self.weights]
        self.grad_biases = [None for _ in self.biases]


@mistake("4.8", "backward divides by the number of samples; the course's gradients are summed.")
class ManualMLP__mean(_Network):
    def new_gradients(self, grad_Y):
        return super().new_gradients(grad_Y / len(grad_Y))


@mistake("4.8", "forward applies g to the output as well; the output is linear.")
class ManualMLP__output_activated(_Network):
    def forward(self, X):
        return self.g(super().forward(X))


@mistake("4.8", "backward multiplies by g' in the output layer too; the output is linear.")
class ManualMLP__output_derivative(_Network):
    def new_gradients(self, grad_Y):
        return super().new_gradients(grad_Y * self.dg(self.A[-1]))


@mistake(
    "4.8",
    "backward takes g' at h_k = g(a_k); dg is a function of a_k, so forward has to keep that too.",
)
class ManualMLP__dg_of_h(_Network):
    def new_gradients(self, grad_Y):
        return go_back_batch(grad_Y, self.H[1:], self.H, self.weights, self.dg)


@mistake(
    "4.8", "The weights come from the global generator: hand generator=generator to torch.randn."
)
class ManualMLP__global_generator(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, None)


@mistake(
    "4.8",
    "All weights start at 0: then all units of a layer get the same gradient, for ever. Draw them "
    "at random.",
)
class ManualMLP__zeros(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, generator)
        self.weights = [torch.zeros_like(W) for W in self.weights]


@mistake(
    "4.8",
    "The lists belong to the class, so all networks share them: make them in __init__, as "
    "attributes of self.",
)
class ManualMLP__shared(_Network):
    weights, biases = [], []

    def __init__(self, sizes, g, dg, generator):
        self.g, self.dg = g, dg
        new = _Network(sizes, g, dg, generator)
        self.weights[:], self.biases[:] = new.weights, new.biases
        self.zero_grad()

    def step(self, lr):
        self.weights[:] = [W - lr * G for W, G in zip(self.weights, self.grad_weights, strict=True)]
        self.biases[:] = [b - lr * G for b, G in zip(self.biases, self.grad_biases, strict=True)]


@mistake(
    "4.8",
    "forward adds to the lists that it kept the last time: start them anew, so that backward finds "
    "those of the last batch.",
)
class ManualMLP__old_batch(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, generator)
        self.A, self.H = [], []

    def forward(self, X):
        self.H.append(X)
        for W, b in zip(self.weights, self.biases, strict=True):
            self.A.append(self.H[-1] @ W.T + b)
            self.H.append(self.g(self.A[-1]))
        return self.A[-1]


@mistake("4.8", "The network's tensors are float64; they should be float32.")
class ManualMLP__float64(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, generator)
        self.weights = [W.double() for W in self.weights]
        self.biases = [b.double() for b in self.biases]
        self.zero_grad()


@mistake(
    "4.8",
    "You seed a generator yourself, so that all networks start the same: use the one that you are "
    "given.",
)
class ManualMLP__own_seed(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, torch.Generator().manual_seed(0))


@mistake("4.8", "forward computes the output and forgets to return it.")
class ManualMLP__output_not_returned(_Network):
    def forward(self, X):
        super().forward(X)


@mistake("4.8", "You apply g to the output as well, and go back through it; the output is linear.")
class ManualMLP__output_activated_both_ways(_Network):
    def forward(self, X):
        return self.g(super().forward(X))

    def new_gradients(self, grad_Y):
        return super().new_gradients(grad_Y * self.dg(self.A[-1]))


class _OtherBiases(_Network):
    """Biases whose gradient is made otherwise of the deltas."""

    of_biases = staticmethod(lambda delta: delta.sum(0))

    def new_gradients(self, grad_Y):
        delta, grad_weights, grad_biases = grad_Y, [], []
        for k in reversed(range(len(self.weights))):
            grad_weights.insert(0, delta.T @ self.H[k])
            grad_biases.insert(0, self.of_biases(delta))
            if k > 0:
                delta = (delta @ self.weights[k]) * self.dg(self.A[k - 1])
        return grad_weights, grad_biases


@mistake("4.8", "You summed delta over samples and units; grad_b has an entry for each unit.")
class ManualMLP__biases_summed_over_all(_OtherBiases):
    of_biases = staticmethod(lambda delta: delta.sum())


@mistake("4.8", "The weights are summed over the samples, but of the biases you took the mean.")
class ManualMLP__biases_mean(_OtherBiases):
    of_biases = staticmethod(lambda delta: delta.mean(0))


@mistake("4.8", "You summed delta over the units; the samples are the rows: sum over dimension 0.")
class ManualMLP__biases_wrong_axis(_OtherBiases):
    of_biases = staticmethod(lambda delta: delta.sum(1))


@mistake("4.8", "The gradients of the biases still have a row for each sample: sum over them.")
class ManualMLP__biases_not_summed(_OtherBiases):
    of_biases = staticmethod(lambda delta: delta)


STANDARDIZED = "forward standardizes X; the network computes with X as it comes."


@mistake("4.8", STANDARDIZED)
class ManualMLP__standardized(_Network):
    def forward(self, X):
        return super().forward((X - X.mean(0)) / X.std(0))


@mistake("4.8", STANDARDIZED)
class ManualMLP__standardized_by_one_number(_Network):
    def forward(self, X):
        return super().forward((X - X.mean()) / X.std())


@mistake(
    "4.8",
    "W = W - lr * G gives a new tensor the name W; the list still holds the old one: step has to "
    "put the new one into the list.",
)
class ManualMLP__step_not_stored(_Network):
    def step(self, lr):
        for W, G in zip(self.weights, self.grad_weights, strict=True):
            W = W - lr * G
