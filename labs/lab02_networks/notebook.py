# %% [markdown]
# # Lab 2: Neural networks
#
# *Session 1. You bring the neuron of lab 1; labs 3 and 4 find the weights of what you build here.*
#
# The perceptron of lab 1 draws one line, and four points in the plane were too much for it. This
# lab puts many such units together. You will write
#
# 1. **a neuron, a layer, a network**, from the logic gates of McCulloch and Pitts (1943) to the
#    **multilayer perceptron**, as a PyTorch module;
# 2. the **activations** between the layers, and find out what they are for;
# 3. the **outputs and losses** that turn a network into a regression or a classifier.
#
# And you will see what such a network can represent, how hidden layers bend its regions, and what
# it is that a trained network tells you: a mean, or a probability.
#
# There are nine exercises; allow two to three hours. `lab.check("2.1")` checks an answer,
# `lab.hint("2.1")` gives a hint, one more each time. Cells that need your functions wait until
# these pass. All cells together take less than a minute.

# %% [markdown]
# **Letters of this lab.** A row of a batch is a sample, a row of a matrix of weights a neuron.
#
# | sign | what it is | shape | in Python |
# | --- | --- | --- | --- |
# | $x$, $X$ | inputs of one sample, of a batch of $N$ | $(D)$, $(N, D)$ | `x`, `X` |
# | $w$, $b$ | weights and bias of one neuron | $(D)$, a number | `w`, `b` |
# | $W$, $b$ | those of a layer of $M$ neurons | $(M, D)$, $(M)$ | `W`, `b` |
# | $L$, $k$ | number of layers; layer $k = 1, \ldots, L$ | | `len(weights)` |
# | $N_k$ | neurons of layer $k$; $N_0 = D$ inputs | | `sizes[k]` |
# | $W_k$, $b_k$ | weights and biases of layer $k$ | $(N_k, N_{k-1})$, $(N_k)$ | `weights[k-1]`, `biases[k-1]` |
# | $a$, $g$ | before the activation; the activation | as the outputs | `a`, `g` |
# | $h$, $H_k$ | after it: hidden outputs | $(N_k)$, $(N, N_k)$ | `h`, `H` |
# | $y$, $Y$ | outputs of the network, scores of $K$ classes | $(K)$, $(N, K)$ | `y`, `Y` |
# | $d$ | what is desired: class $0, \ldots, K-1$, or values | $(N)$, or $(N, K)$ | `d` |
# | $E$ | training loss, a sum over samples | a number | |

# %% setup
from course_dl.lab import Lab

lab = Lab("lab02")

# %%
import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LinearLR

from course_dl import fit, plots
from course_dl.data import (
    circles,
    gaussian_classes,
    gaussian_posterior,
    moons,
    noisy_regression,
    regression_mean,
    spirals,
)
from course_dl.training import per_batch


def seeded(seed):
    """A random generator: the same seed gives the same samples each time."""
    return torch.Generator().manual_seed(seed)


# %% [markdown]
# ## 1. One neuron
#
# In 1943 Warren McCulloch and Walter Pitts asked what a brain could compute if each of its cells
# did something very simple: add up what comes in, and fire if it is enough. Their neuron, with
# weights as we use them today, takes inputs $x = (x_1, \ldots, x_D)$ and gives
#
# $$ y = g(a), \qquad a = \langle w, x \rangle + b = \sum_{k=1}^{D} w_k x_k + b. $$
#
# The weights $w$ say how much each input counts, and with which sign. The **bias** $b$ says how
# easily the neuron fires (McCulloch and Pitts had a *threshold*, which is $-b$). The **activation**
# $g$ says what comes out. Theirs was Heaviside's step, $g(a) = 1$ for $a \ge 0$ and $0$ for
# $a < 0$.


# %%
def step(a):
    """Heaviside's step: 1 for a >= 0, else 0."""
    return (a >= 0).to(a.dtype)


def linear(a):
    """No activation at all."""
    return a


print(step(torch.tensor([-2.0, -0.1, 0.0, 3.0])))

# %% exercise="2.1"
from course_dl.labs.lab02_networks.solutions import neuron

# %% [markdown]
# With inputs 0 (false) and 1 (true), one neuron is a logic gate. AND fires if the sum of both
# inputs is at least 2, OR if it is at least 1. A negative weight *forbids*.

# %% after="2.1"
inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
gates = {
    "AND": ([1.0, 1.0], -2.0),
    "OR": ([1.0, 1.0], -1.0),
    "x_1 AND NOT x_2": ([1.0, -1.0], -1.0),
    "NAND": ([-1.0, -1.0], 1.0),
}
print("inputs".ljust(16), *(str(tuple(x.int().tolist())) for x in inputs))
for name, (w, b) in gates.items():
    outputs = [int(neuron(x, torch.tensor(w), b, step)) for x in inputs]
    print(name.ljust(16), *(str(y).center(6) for y in outputs))

# %% [markdown]
# Every computer can be built of NAND gates alone, so networks of these neurons can compute whatever
# a computer can. That was the discovery of 1943. What was missing is a way to *find* the weights.
#
# Now let the inputs be any two numbers. The neuron fires where $\langle w, x \rangle + b \ge 0$: on
# one side of a line. **A neuron is a half-plane**. The arrow $w$ stands at right angles to the line
# and points to the side where the neuron fires; the line is $|b| / \|w\|$ away from the origin.

# %% after="2.1"
w, b = torch.tensor([2.0, 1.0]), -1.0
X = torch.tensor([[-1.0, 2.0], [1.0, 1.0], [0.0, 1.0], [0.5, -2.0]])
for x in X:
    print(f"x = {x.tolist()}: a = {w @ x + b:+.1f}, the neuron says {neuron(x, w, b, step):.0f}")
print(f"distance of the line from the origin: {abs(b) / w.norm():.3f}")
plots.half_spaces(w, b, X, limits=((-3, 3), (-3, 3)), title="A neuron is a half-plane")

# %% [markdown]
# ## 2. A layer, and a network
#
# Put $M$ neurons side by side, all with the same inputs. Neuron $m$ has its weights in row $m$ of a
# matrix $W$ of shape $(M, D)$, and its bias in entry $m$ of $b$. For a batch $X$, one sample a row,
# all outputs of all neurons for all samples are
#
# $$ H = g(A), \qquad A = X W^\top + b, \qquad
#    A_{im} = \langle w_m, x_i \rangle + b_m . $$
#
# $X$ is $(N, D)$ and $W^\top$ is $(D, M)$, so $A$ is $(N, M)$. The vector $b$ is added to every
# row.

# %% exercise="2.2"
from course_dl.labs.lab02_networks.solutions import layer

# %% [markdown]
# Three neurons are three lines, and they cut the plane into regions. In each region another set of
# neurons is active. Three lines can make seven regions at most; are there seven?

# %% after="2.2"
W_up = torch.tensor([[0.0, 1.0], [-(3**0.5) / 2, -0.5], [3**0.5 / 2, -0.5]])
b_up = torch.tensor([0.5, 0.5, 0.5])

points = 6 * torch.rand(20_000, 2, generator=seeded(0)) - 3
patterns = layer(points, W_up, b_up, step)
kinds, counts = torch.unique(patterns, dim=0, return_counts=True)
for pattern, count in zip(kinds.int().tolist(), counts, strict=True):
    print(f"outputs {pattern}: {count / len(points):6.1%} of the points")
print(f"{len(kinds)} regions")
plots.half_spaces(W_up, b_up, title="Three neurons: three half-planes, seven regions")

# %% [markdown]
# All three are active in one region only, a triangle. To tell whether a point lies in it takes a
# second layer, which looks at the outputs of the first: one neuron that says AND. So a **network**
# is layers one after another,
#
# $$ H_0 = X, \qquad H_k = g_k\!\left(H_{k-1} W_k^\top + b_k\right) \quad
#    \text{for } k = 1, \ldots, L, \qquad Y = H_L . $$
#
# Layer $k$ has $N_k$ neurons, so $W_k$ is $(N_k, N_{k-1})$ and $b_k$ is $(N_k,)$. The layers before
# the last are called **hidden**.

# %% exercise="2.3"
from course_dl.labs.lab02_networks.solutions import forward

# %% [markdown]
# Two layers make a triangle, or any convex polygon: the *intersection* of half-planes. A third
# layer that says OR puts polygons together. Here are six neurons, two ANDs and one OR.

# %% after="2.2 2.3"
star_weights = [
    torch.cat([W_up, -W_up]),  # the same triangle twice, once upside down
    torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]),
    torch.tensor([[1.0, 1.0]]),
]
star_biases = [torch.full((6,), 0.5), torch.tensor([-3.0, -3.0]), torch.tensor([-1.0])]


def triangle(X):
    return forward(X, star_weights[:2], star_biases[:2], [step, step])[:, 0]


def star(X):
    return forward(X, star_weights, star_biases, [step, step, step])[:, 0]


points = 2.8 * torch.rand(300, 2, generator=seeded(1)) - 1.4
limits = ((-1.4, 1.4), (-1.4, 1.4))
figure, (left, right) = plots.page(1, 2, height=4.0)
plots.decision_regions(
    triangle, points, triangle(points), limits=limits, title="one AND", figure=left
)
plots.decision_regions(
    star, points, star(points), limits=limits, title="two ANDs and an OR", figure=right
)
figure

# %% after="2.2 2.3"
x = torch.tensor([[0.0, 0.8]])  # a point in the upper tip of the star
H = [x]
for W, b in zip(star_weights, star_biases, strict=True):
    H.append(forward(H[-1], [W], [b], [step]))
plots.network_diagram(
    star_weights, values=H, max_nodes=6, title="What the star's neurons say of a tip"
)

# %% [markdown]
# Three layers of steps can draw any region whose border is made of lines. But we had to *think of*
# the weights. To learn them we need to know how the output changes with a weight, and a step does
# not change at all: its derivative is 0, everywhere but at the jump. Learning needs other
# activations.
#
# ## 3. Activations
#
# | activation | $g(a)$ | $g'(a)$ | what it does |
# | --- | --- | --- | --- |
# | sigmoid | $\dfrac{1}{1 + e^{-a}}$ | $g(a)\,(1 - g(a))$ | a smooth step from 0 to 1 |
# | tanh | $\dfrac{e^a - e^{-a}}{e^a + e^{-a}}$ | $1 - g(a)^2$ | a smooth step from $-1$ to 1 |
# | ReLU | $\max(0, a)$ | 0 or 1 | rectified linear unit |
# | softplus | $\log(1 + e^a)$ | sigmoid | a smooth ReLU |
#
# The formulas are short. But float32, PyTorch's usual kind of number, ends at about $10^{38}$, and
# in $1 + 10^{-8}$ it loses the second part. Look at the sigmoid, just as the formula has it:

# %%
a = torch.tensor([-1e4, -100.0, -40.0, 0.0, 40.0, 1e4], requires_grad=True)
naive = 1 / (1 + torch.exp(-a))
naive.sum().backward()
print("a      ", a.tolist())
print("exp(-a)", torch.exp(-a).tolist())
print("value  ", naive.tolist())
print("slope  ", a.grad.tolist())

# %% [markdown]
# The values are right: one over infinity is 0. The slopes at $-10^4$ and at $-100$ are `nan`, *not
# a number*. The chain rule multiplies a derivative that is 0 by one that is infinite. One such
# `nan`, and in the next step of learning all weights of the network are `nan`.
#
# The way out is the same each time: rewrite the formula so that `exp` meets no large positive
# number. For $a < 0$, multiply the fraction above and below by $e^a$; and from the logarithm take
# out the larger of its two terms:
#
# $$ \frac{1}{1 + e^{-a}} = \frac{e^a}{1 + e^a}, \qquad
#    \log(1 + e^a) = \max(0, a) + \log\!\left(1 + e^{-|a|}\right). $$
#
# Mind the corners. At $a = 0$ neither $|a|$ nor $\max(0, a)$ has a slope, and PyTorch chooses one:
# 0 for `abs`, the mean of both sides for `torch.maximum`, 0 or 1 for `clamp` and `torch.where`. The
# sum must have the slope of your function there: $\frac14$ for the sigmoid, 1 for tanh,
# $\frac12$ for softplus.
#
# The tangent needs no work of its own, since $\tanh\frac{a}{2} = 2 \operatorname{sigmoid}(a) - 1$:
# put $2a$ in place of $a$. `tanh_from_sigmoid(a)` is $\tanh(a)$.
#
# Write all four, elementwise, with small tools such as `torch.exp`, `torch.clamp`, `torch.log1p`
# (which is $\log(1 + t)$ without the loss of digits), or `torch.where(condition, x, y)`. The latter
# computes `x` and `y` everywhere and then chooses, and autograd goes back through both: mind the
# one that is *not* chosen. The check looks at the gradients of your functions, too.

# %% exercise="2.4"
from course_dl.labs.lab02_networks.solutions import relu, sigmoid, softplus, tanh_from_sigmoid

# %% after="2.4"
a = torch.tensor([-1e4, -100.0, -40.0, 0.0, 40.0, 1e4], requires_grad=True)
print("a       ", a.tolist())
for g in (sigmoid, softplus):
    (slope,) = torch.autograd.grad(g(a).sum(), a)
    print(f"{g.__name__:8}", g(a).tolist())
    print("  slope ", slope.tolist())

a = torch.linspace(-20, 20, 4001, dtype=torch.float64)
for own, library in [
    (sigmoid, torch.sigmoid),
    (tanh_from_sigmoid, torch.tanh),
    (relu, torch.relu),
    (softplus, F.softplus),
]:
    print(f"{own.__name__:18} differs from torch's by {(own(a) - library(a)).abs().max():.1e}")

# %% [markdown]
# Is one point worth the trouble? A network often starts there. Take one neuron, whose loss for a
# sample is $\operatorname{softplus}(-a)$ in class 1 and $\operatorname{softplus}(a)$ in class 0
# (this is logistic regression; section 8 tells why). It begins with $w = 0$ and $b = 0$, so with
# $a = 0$ for every sample. Beside yours: a softplus with the right values everywhere, and the slope
# 0 at 0.


# %% after="2.4"
def flat_softplus(a):
    """Equal to softplus, but its slope at 0 is 0."""
    return torch.where(a > 0, a, 0.0) + torch.log1p(torch.exp(-a.abs()))


points, classes = moons(200, generator=seeded(1))
for name, g in {"yours": softplus, "flat at 0": flat_softplus}.items():
    w = torch.zeros(2, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    for _ in range(200):
        losses = g((1 - 2 * classes) * (points @ w + b))
        for parameter, grad in zip((w, b), torch.autograd.grad(losses.mean(), (w, b)), strict=True):
            parameter.data -= grad
    right = ((points @ w + b > 0) == (classes == 1)).float().mean()
    print(f"{name:10} w = {w.tolist()}, {right:.0%} right")

# %% [markdown]
# And here they are, each with its derivative, which autograd computes from your code. The steps of
# McCulloch and Pitts and of Rosenblatt come first: their derivative is 0, and nothing can be learnt
# through them.


# %% after="2.4"
def derivative(g):
    """g' by autograd. At 0 the slope of ReLU is what your code chooses."""

    def dg(a):
        a = a.detach().requires_grad_()
        return torch.autograd.grad(g(a).sum(), a)[0]

    return dg


shown = {
    "Heaviside": (step, torch.zeros_like),
    "sign": (lambda a: 2 * step(a) - 1, torch.zeros_like),
    "sigmoid": (sigmoid, derivative(sigmoid)),
    "tanh": (tanh_from_sigmoid, derivative(tanh_from_sigmoid)),
    "ReLU": (relu, derivative(relu)),
    "softplus": (softplus, derivative(softplus)),
}
plots.activation_curves(shown, span=5.0)

# %% [markdown]
# The derivative of the sigmoid is at most $\frac14$, and nearly 0 outside of $(-5, 5)$. In a deep
# network such derivatives are multiplied, layer by layer: we meet that in lab 4. The derivative of
# ReLU is 1 wherever the unit is active.
#
# What does a smooth step do to the half-plane? The border becomes a slope. The longer $w$, the
# steeper the slope: in the limit it is the step again.

# %% after="2.4"
w = torch.tensor([0.8, 0.6])  # of length 1
maps = {
    f"$\\|w\\| = {c:g}$": lambda X, c=c: sigmoid(c * (X @ w) + c * 0.5) for c in (1.0, 3.0, 15.0)
}
plots.probability_maps(maps, limits=((-3, 3), (-3, 3)), label="output of the neuron")

# %% [markdown]
# ## 4. What is an activation for?
#
# Suppose we leave them all out. Two layers are then
#
# $$ y = W_2 (W_1 x + b_1) + b_2 = \underbrace{W_2 W_1}_{W}\, x + \underbrace{W_2 b_1 + b_2}_{b}, $$
#
# which is *one* layer. The same goes for three layers, and for a hundred. Write the function that
# finds this one layer.

# %% exercise="2.5"
from course_dl.labs.lab02_networks.solutions import collapse

# %% after="2.3 2.5"
deep_sizes = [2, 64, 64, 64, 1]
generator = seeded(4)
deep_weights = [
    torch.randn(n_out, n_in, generator=generator, dtype=torch.float64) * (2 / n_in) ** 0.5
    for n_in, n_out in pairwise(deep_sizes)
]
deep_biases = [torch.randn(n, generator=generator, dtype=torch.float64) / 2 for n in deep_sizes[1:]]

W, b = collapse(deep_weights, deep_biases)
X_deep = 4 * torch.rand(300, 2, generator=generator, dtype=torch.float64) - 2
deep = forward(X_deep, deep_weights, deep_biases, [linear] * 4)
print("parameters of the deep network:", sum(p.numel() for p in deep_weights + deep_biases))
print("parameters of the one layer:   ", W.numel() + b.numel())
print(f"largest difference of their outputs: {(deep - (X_deep @ W.T + b)).abs().max():.1e}")

# %% [markdown]
# Nearly nine thousand parameters, and all they can do is a line. With an activation between the
# layers, the same weights bend it:

# %% after="2.3 2.5"
units = {"linear": linear, "tanh": torch.tanh, "ReLU": torch.relu}
figure, panels = plots.page(1, 3, height=3.0)
for (name, g), panel in zip(units.items(), panels, strict=True):
    gs = [g, g, g, linear]
    median = forward(
        X_deep, deep_weights, deep_biases, gs
    ).median()  # half of the points on either side

    def score(X, gs=gs, median=median):
        return forward(X, deep_weights, deep_biases, gs)[:, 0] - median

    labels = (score(X_deep) >= 0).int()
    plots.decision_regions(score, X_deep, labels, title=f"{name}, random weights", figure=panel)
figure

# %% [markdown]
# ## 5. XOR, at last
#
# Four points that no line separates, the end of lab 1: the output should be 1 for $(0, 1)$ and
# $(1, 0)$, and 0 for $(0, 0)$ and $(1, 1)$. One hidden layer with two ReLU units is enough,
#
# $$ y = \langle w_2, h \rangle + b_2, \qquad h = \operatorname{relu}(W_1 x + b_1). $$
#
# Do not train it: think. The output only has to depend on the sum $s = x_1 + x_2$, and for
# $s = 0, 1, 2$ it should be $0, 1, 0$. Draw such a function of $s$ with straight pieces. (There are
# other ways, and every one that gives exactly 0 and 1 is right.)

# %% exercise="2.6"
from course_dl.labs.lab02_networks.solutions import xor_network

# %% after="2.3 2.6"
slides = (
    torch.tensor([[1.0, -1.0], [-1.0, 1.0]]),
    torch.zeros(2),
    torch.tensor([1.0, 1.0]),
    torch.tensor(0.0),
)
yours = tuple(torch.as_tensor(p).detach().float() for p in xor_network())
X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def xor_output(X, network):
    W1, b1, w2, b2 = network
    return forward(X, [W1, w2[None]], [b1, b2[None]], [torch.relu, linear])[:, 0]


figure, (left, middle, right) = plots.page(1, 3, height=3.4)
plots.decision_regions(
    lambda X: xor_output(X, yours) - 0.5,
    X,
    xor_output(X, yours),
    limits=((-0.5, 1.5), (-0.5, 1.5)),
    title="the inputs $x$",
    figure=left,
)
for name, network, panel in [("yours", yours, middle), ("slides", slides, right)]:
    W1, b1, w2, b2 = network
    H = forward(X, [W1], [b1], [torch.relu])
    Y = xor_output(X, network)
    print(name)
    for x, h, y in zip(X.tolist(), H.tolist(), Y.tolist(), strict=True):
        print(f"  x = {x}  ->  h = {h}  ->  y = {y:g}")
    low, high = float(H.min()) - 0.5, float(H.max()) + 0.5
    plots.decision_regions(
        lambda H, w2=w2, b2=b2: H @ w2 + b2 - 0.5,
        H,
        Y,
        limits=((low, high), (low, high)),
        title=f"hidden layer, {name}",
        xlabel="$h_1$",
        ylabel="$h_2$",
        figure=panel,
    )
figure

# %% [markdown]
# This is the idea of all deep learning, in two dimensions. On the left, in the plane of the inputs,
# no line tells the classes apart. The hidden layer moves the points to new places, in the middle
# (some may fall together), and there a line is enough. On the right the network of the slides:
# $y = \operatorname{relu}(x_1 - x_2) + \operatorname{relu}(x_2 - x_1) = |x_1 - x_2|$, without
# biases. A network learns to *represent* its inputs such that the last, linear step is easy.
#
# ## 6. What can a network represent?
#
# In one dimension the answer can be built by hand. A ReLU unit $\operatorname{relu}(x - t)$ is 0 up
# to the knot $t$ and then rises with slope 1. So
#
# $$ y(x) = f(t_0) + \sum_{m=0}^{M-1} v_m \operatorname{relu}(x - t_m) $$
#
# is a broken line that changes its slope by $v_m$ at $t_m$. With the right $v_m$ it meets a
# function $f$ at all knots. This is a network with one hidden layer of $M$ units: $W_1$ is a column
# of ones, $b_1 = (-t_m)$, and the weights of the output are the changes of slope.


# %%
def broken_line(f, M):
    """Weights and biases of a network with M hidden ReLU units that meets f at M + 1 knots."""
    t = torch.linspace(-3, 3, M + 1, dtype=torch.float64)
    slopes = f(t).diff() / t.diff()
    changes = torch.cat([slopes[:1], slopes.diff()])
    weights = [torch.ones(M, 1, dtype=torch.float64), changes[None]]
    return weights, [-t[:-1], f(t[:1])]


# %% after="2.3 2.4"
f = regression_mean  # sin(2 x) + x / 2, which we will meet again
x = torch.linspace(-3, 3, 2001, dtype=torch.float64)[:, None]
broken_lines, errors = {}, {}
for M in (4, 8, 16, 32, 64, 128):
    y = forward(x, *broken_line(f, M), [relu, linear])
    broken_lines[f"{M} units"] = (x[:, 0], y[:, 0])
    errors[M] = float((y - f(x)).abs().max())
    print(f"{M:4} hidden units: largest error {errors[M]:.5f}, at most {18 / M**2:.5f}")

figure, (left, right) = plots.page(1, 2, height=3.4)
some = {name: broken_lines[name] for name in ("4 units", "8 units", "16 units")}
plots.regression_fit(
    x[::50],
    f(x[::50]),
    some,
    label="$f(x)$",
    ylabel="$y$",
    title=r"$f(x) = \sin 2x + x/2$",
    figure=left,
)
plots.curves(
    {"largest error": list(errors.values()), "$18 / M^2$": [18 / M**2 for M in errors]},
    list(errors),
    log="xy",
    xlabel="hidden units $M$",
    title="how close it comes",
    figure=right,
)
figure

# %% [markdown]
# Twice as many units, a quarter of the error. (A broken line with knots $h$ apart is off by
# $\frac18 h^2 \max |f''|$ at most; here $h = 6 / M$ and $|f''| \le 4$.) So **one hidden layer with
# enough units comes as close as you like to any continuous function** on an interval, and the same
# is true in every dimension (Cybenko 1989 and Hornik 1991 for sigmoids; Leshno and others 1993 for
# ReLU, and for every activation that is no polynomial). The theorem says that good weights *exist*.
# It says nothing of how many units it takes in 784 dimensions, and nothing of how to find the
# weights. More layers often need fewer units, and the weights are found by descent: labs 3 and 4.
#
# ## 7. The multilayer perceptron as a PyTorch module
#
# From now on PyTorch keeps the weights. An `nn.Module` knows its parameters (those of modules that
# it holds as attributes, or in an `nn.ModuleList`; not those in a list), hands them to an
# optimizer, moves them to a GPU, saves them to a file. A **multilayer perceptron** (MLP) has
#
# * one linear layer $a_k = W_k h_{k-1} + b_k$ for each two neighbouring sizes, an `nn.Linear`;
# * an activation after each hidden layer;
# * a **linear output**, $y = a_L$, since what has to be done with it depends on the task.

# %% exercise="2.7"
from course_dl.labs.lab02_networks.solutions import MLP

# %% after="2.3 2.7"
torch.manual_seed(0)
net = MLP([2, 4, 3], torch.tanh)
print(net)
for name, p in net.named_parameters():
    print(f"{name:20} {tuple(p.shape)}")
print("parameters:", sum(p.numel() for p in net.parameters()), "= (2 + 1) * 4 + (4 + 1) * 3")

X = torch.randn(5, 2)
p = [p.detach() for p in net.parameters()]
by_hand = forward(X, p[0::2], p[1::2], [torch.tanh, linear])
print(f"difference from your own forward: {(net(X) - by_hand).abs().max().item():.1e}")

# %% [markdown]
# ## 8. Outputs and losses
#
# What should come out of a network, and when is it good? That depends on the task.
#
# | task | $d$ | the last step | loss of one sample |
# | --- | --- | --- | --- |
# | regression | vector in $\mathbb R^K$ | linear, $y = a_L$ | square error $\frac12 \lVert y - d \rVert^2$ |
# | two classes | 0 or 1 | sigmoid: $P(d = 1 \mid x)$ | $-\log P(d \mid x)$ |
# | $K$ classes | $0, \ldots, K-1$ | softmax: $P(d = k \mid x)$ | $-\log P(d \mid x)$ |
#
# (Lab 1 called its two classes $-1$ and $+1$. From here on classes count from 0.) For $K$ classes
# the network has $K$ outputs, the **scores** $y_0, \ldots, y_{K-1}$ (also *logits*).
# **Softmax** makes probabilities of them:
#
# $$ \operatorname{softmax}(y)_k = \frac{e^{y_k}}{\sum_j e^{y_j}} . $$
#
# All are positive, their sum is 1, and the largest score has the largest probability. What if a
# score is $10^4$? Then $e^{y_k}$ is infinite. But adding the same number $c$ to all scores changes
# nothing, as $e^{y_k + c} = e^c e^{y_k}$. Choose $c$ well, another one for each sample.

# %% exercise="2.8"
from course_dl.labs.lab02_networks.solutions import softmax

# %% after="2.4 2.8"
Y = torch.tensor([[2.0, 1.0, 0.0], [1002.0, 1001.0, 1000.0], [1e4, 0.0, -1e4]])
print(softmax(Y))

a = torch.linspace(-8, 8, 401)
two = softmax(torch.stack([a, torch.zeros_like(a)], dim=1))[:, 0]
print(f"softmax of (a, 0) differs from sigmoid(a) by {(two - sigmoid(a)).abs().max():.1e}")

three = softmax(torch.stack([a, torch.full_like(a, 2.0), torch.zeros_like(a)], dim=1))
plots.curves(
    {f"$P(d = {k})$": three[:, k] for k in range(3)},
    a,
    xlabel="the score $a$ of class 0",
    title="softmax of the scores $(a, 2, 0)$: the winner takes most",
)

# %% [markdown]
# With two classes and scores $(a, 0)$ softmax is the sigmoid of $a$: one output is enough for two
# classes.
#
# Now the losses. The course's training loss $E$ is a **sum** over the samples of the batch:
#
# $$ E_{\text{square}} = \sum_i \tfrac12 \|y_i - d_i\|^2, \qquad
#    E_{\text{CE}} = \sum_i \Big( -y_{i, d_i} + \log \sum_k e^{y_{i, k}} \Big). $$
#
# The second one is the **cross-entropy**, $-\log$ of the probability that softmax gives the right
# class; multiply out and see. It takes *scores*: the softmax is in the loss, as in PyTorch, and for
# a good reason. The logarithm and the exponential cancel on paper, and in a computer they should
# never meet. (For scores of $10^4$ you need the trick of the last exercise once more;
# `torch.logsumexp` has it built in.)

# %% exercise="2.9"
from course_dl.labs.lab02_networks.solutions import cross_entropy, square_error

# %% after="2.8 2.9"
y = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1e4]], requires_grad=True)
d = torch.tensor([0, 1])
E = cross_entropy(y, d)
E.backward()
print(f"your cross-entropy {E.item():.4f}, PyTorch's {F.cross_entropy(y, d, reduction='sum'):.4f}")
print("its gradient:")
print(y.grad)
print("softmax(y) - onehot(d):")
print((softmax(y) - F.one_hot(d, 3)).detach())

# %% [markdown]
# The gradient is *what the network says minus what it should say*, softmax(y) − onehot(d), just as
# the gradient of the square error is $y - d$. That is no accident: each loss belongs to its output.
#
# Why not the square error of the probability? Look at a sample of class 1 among two classes. Where
# the network is sure of the wrong class (left), the square error is flat: nothing to learn from,
# just where there is most to learn. The cross-entropy has the slope $-1$ there.

# %% after="2.4 2.9"
a = torch.linspace(-10, 10, 401)
scores = torch.stack([torch.zeros_like(a), a], dim=1)
one = torch.ones(1, dtype=torch.int64)
losses = {
    "cross-entropy": [float(cross_entropy(s[None], one)) for s in scores],
    "square error of the probability": [
        float(square_error(sigmoid(s[None, 1:]), torch.ones(1, 1))) for s in scores
    ],
}
plots.curves(losses, a, xlabel="score of class 1, the right one", ylabel="loss of the sample")

# %% [markdown]
# ## 9. One layer: intersections of half-spaces
#
# Time to train something. The next cell hands your network and your losses to the training loop of
# the package, `fit`; how and why it works is the matter of labs 3 and 4, and lab 5 writes one.
# (We divide the sum by the number of samples, so that the learning rate does not depend on the size
# of the batch: *derive with sums, train with means*.)


# %%
def train(net, X, d, loss, steps=600, lr=0.02, batch=256):
    """Adam on random batches, with a learning rate that falls to 0 from batch to batch."""
    batches = math.ceil(len(X) / batch)
    epochs = math.ceil(steps / batches)
    fit(
        net,
        (X, d),
        epochs=epochs,
        batch_size=batch,
        loss=lambda y, d: loss(y, d) / len(d),
        optimizer=torch.optim.Adam,
        lr=lr,
        scheduler=per_batch(lambda optimizer: LinearLR(optimizer, 1.0, 0.0, epochs * batches)),
        device="cpu",
        progress=False,
    )


def accuracy(net, X, d):
    with torch.no_grad():
        return float((net(X).argmax(dim=1) == d).float().mean())


# %% [markdown]
# First **one layer**, `MLP([2, 5])`: a linear layer and the softmax in the loss, on five clouds of
# points. The prediction is the class with the largest probability. Since softmax keeps the order,
# that is the class with the largest *score*:
#
# $$ \operatorname*{argmax}_k\, \operatorname{softmax}(y)_k = \operatorname*{argmax}_k\, y_k. $$
#
# Class $k$ wins where $y_k \ge y_j$ for all other $j$, that is, where
# $\langle w_k - w_j, x \rangle + (b_k - b_j) \ge 0$. Each of these is a half-plane, and the region
# of class $k$ is their **intersection**: convex, with straight borders.

# %% after="2.7 2.8 2.9"
random = seeded(5)
d_clouds = torch.randint(5, (400,), generator=random)
angle = d_clouds * (2 * math.pi / 5) + 0.3
X_clouds = 2.2 * torch.stack([angle.cos(), angle.sin()], dim=1) + 0.6 * torch.randn(
    400, 2, generator=random
)

torch.manual_seed(0)
one_layer = MLP([2, 5])
train(one_layer, X_clouds, d_clouds, cross_entropy)
print(f"accuracy {accuracy(one_layer, X_clouds, d_clouds):.1%}")
plots.decision_regions(one_layer, X_clouds, d_clouds, title="five classes, one layer")

# %% after="2.7 2.8 2.9"
with torch.no_grad():
    points = 8 * torch.rand(10_000, 2, generator=random) - 4
    Y = one_layer(points)
    W, b = one_layer.parameters()
    others = [1, 2, 3, 4]
    W_0, b_0 = W[0] - W[others], b[0] - b[others]  # class 0 against each of the others
    inside = (points @ W_0.T + b_0 >= 0).all(dim=1)

winner = Y.argmax(dim=1)
agree = int((softmax(Y).argmax(dim=1) == winner).sum())
print(f"argmax softmax(y) = argmax y for {agree:,} of {len(points):,} points")
agree = int((inside == (winner == 0)).sum())
print(f"class 0 wins = in all four half-planes for {agree:,} of {len(points):,} points")
plots.half_spaces(
    W_0,
    b_0,
    label="half-planes",
    limits=((-4, 4), (-4, 4)),
    title="class 0 against each other class",
)

# %% [markdown]
# Each line is class 0 against one other class, and the shade counts the half-planes. The darkest
# region is where all four overlap: it is the region of class 0 in the picture before.
#
# ## 10. Hidden layers bend the regions
#
# Three data sets for which straight borders are not enough: two moons, a ring in a ring, and a
# spiral of three arms. Each is learnt by one layer, by a network with one hidden layer of 8 tanh
# units, and by one with two hidden layers of 16 ReLU units. The accuracy is that on 2,000 *new*
# points.

# %% after="2.7 2.9"
sets = {"moons": moons, "circles": circles, "spirals": spirals}
networks = {
    "one layer": ([], torch.relu),
    "8 tanh": ([8], torch.tanh),
    "16, 16 ReLU": ([16, 16], torch.relu),
}
figure, panels = plots.page(3, 3, height=2.5)
panel = iter(panels)
for name, draw in sets.items():
    X, d = draw(300, generator=seeded(0))
    X_new, d_new = draw(2000, generator=seeded(1))
    low, high = X.amin(0), X.amax(0)
    half = 0.55 * float((high - low).max())  # so that all panels are squares
    square = [(float(m) - half, float(m) + half) for m in (low + high) / 2]
    for title, (hidden, g) in networks.items():
        torch.manual_seed(0)
        net = MLP([2, *hidden, int(d.max()) + 1], g)
        train(net, X, d, cross_entropy)
        share = accuracy(net, X_new, d_new)
        part = next(panel)
        label = f"{title}: {share:.1%}"
        plots.decision_regions(net, X, d, limits=square, title=label, figure=part)
        part.legends.clear()
        print(f"{name:8} {title:12} {share:.1%}")
figure

# %% [markdown]
# One layer cuts with straight lines, and on the rings it is no better than a coin. One hidden layer
# bends the borders: tanh units make them smooth. ReLU units fold the plane along lines, so their
# borders are broken lines, and the second layer folds what the first has folded.
#
# Try other networks: how many hidden units do the rings need? What happens with 3? And with one
# layer more?
#
# ## 11. What does a regression learn?
#
# Networks are good at fitting. But *what* do they fit, if the data are noisy? Take
#
# $$ d = \sin(2x) + \tfrac{x}{2} + \text{noise}, \qquad x \text{ uniform in } [-3, 3], $$
#
# with normal noise of standard deviation $\sigma = 0.3$. For one and the same $x$ many $d$ are
# possible. The expected square error splits into two parts,
#
# $$ \mathbb E\left[\tfrac12 (y(x) - d)^2\right]
#    = \underbrace{\tfrac12\, \mathbb E\left[(y(x) - \mathbb E[d \mid x])^2\right]}_{
#        \text{distance to the posterior mean}}
#    + \underbrace{\tfrac12\, \mathbb E\left[(d - \mathbb E[d \mid x])^2\right]}_{
#        \text{noise, } \sigma^2 / 2 \,=\, 0.045} . $$
#
# No network can do anything about the second part. The first is smallest, 0, for
# $y(x) = \mathbb E[d \mid x]$, the **posterior mean**. So with enough data, a network that
# minimises the square error should come close to it, although it never sees anything but noisy
# samples. Here we know the truth (`regression_mean`), and can measure it: the last column is the
# root of the mean square distance, $\sqrt{\mathbb E[(y(x) - \mathbb E[d \mid x])^2]}$. Each row is
# the mean of two networks.

# %% after="2.7 2.9"
X_new, d_new = noisy_regression(100_000, generator=seeded(99))
truth = regression_mean(X_new)
amounts, repeats = [30, 300, 3000, 30_000], 2
fits, met = {}, []

head = ("samples", "training loss", "loss on new data", "1/2 distance^2 + 0.045", "distance")
print("{:>8}{:>16}{:>19}{:>25}{:>11}".format(*head))
for n in amounts:
    rows = []
    for r in range(repeats):
        X, d = noisy_regression(n, generator=seeded(r))
        torch.manual_seed(r)
        net = MLP([1, 32, 32, 1], torch.tanh)
        train(net, X, d, square_error, steps=1000)
        with torch.no_grad():
            distance2 = (net(X_new) - truth).square().mean()
            rows.append(
                [
                    square_error(net(X), d) / n,
                    square_error(net(X_new), d_new) / 1e5,
                    distance2 / 2 + 0.045,
                    distance2.sqrt(),
                ]
            )
    fits[n] = (X[:1000], d[:1000], net)
    mean = torch.tensor(rows).mean(dim=0).tolist()
    met.append(mean)
    print("{:8,}{:16.4f}{:19.4f}{:25.4f}{:11.4f}".format(n, *mean))

# %% [markdown]
# With 30 samples the networks fit the noise: the training loss is below 0.045, and on new data the
# loss is far above. With more samples both come to 0.045, each from its side but for chance. The two columns in
# the middle agree, as the formula says, for every network and not only for good ones. And the
# distance to the posterior mean falls towards 0.

# %% after="2.7 2.9"
figure, panels = plots.page(2, 2, height=3.0)
for n, panel in zip([30, 300, 30_000], panels[:3], strict=True):
    X, d, net = fits[n]
    plots.regression_fit(
        X, d, {"network": net, "$E[d|x]$": regression_mean}, title=f"{n:,} samples", figure=panel
    )
plots.curves(
    {
        "training": [m[0] for m in met],
        "new data": [m[1] for m in met],
        "$\\sigma^2 / 2$": [0.045] * len(met),
    },
    amounts,
    log="x",
    xlabel="samples",
    title="mean of the losses",
    figure=panels[3],
)
figure

# %% [markdown]
# ## 12. What does a classifier learn?
#
# The same question for the cross-entropy. Three Gaussian classes in the plane overlap, so that even
# the best classifier is sometimes wrong. Bayes' rule gives the true **posterior probabilities**
#
# $$ P(k \mid x) = \frac{P(k)\, p(x \mid k)}{\sum_j P(j)\, p(x \mid j)} , $$
#
# and `gaussian_posterior` computes them. The expected cross-entropy of a network that says
# $q_k(x) = \operatorname{softmax}(y(x))_k$ splits, too:
#
# $$ \mathbb E\left[-\log q_d(x)\right] = \underbrace{\mathbb E\Big[\sum_k P(k \mid x)
#    \log \frac{P(k \mid x)}{q_k(x)}\Big]}_{\text{distance (Kullback and Leibler), } \ge 0}
#    + \underbrace{\mathbb E\Big[-\sum_k P(k \mid x) \log P(k \mid x)\Big]}_{
#        \text{uncertainty that nobody can remove}} . $$
#
# The first part is 0 only for $q_k(x) = P(k \mid x)$. So the outputs of a classifier are more than
# a ranking: with enough data they *are* probabilities. Measured:

# %% after="2.7 2.8 2.9"
X_new, d_new = gaussian_classes(20_000, generator=seeded(99))
P = gaussian_posterior(X_new)
entropy = float(-(P * P.log()).sum(dim=1).mean())
best = float((P.argmax(dim=1) == d_new).float().mean())
sizes, nets = [100, 1000, 10_000, 100_000], {}

print(" samples   distance (KL)   mean |q - P|   loss on new data   accuracy")
for n in sizes:
    rows = []
    for r in range(repeats):
        X, d = gaussian_classes(n, generator=seeded(r))
        torch.manual_seed(r)
        net = MLP([2, 16, 16, 3], torch.tanh)
        train(net, X, d, cross_entropy, batch=512)
        with torch.no_grad():
            Y = net(X_new)
            q = softmax(Y)
            expected = -(P * torch.log_softmax(Y, dim=1)).sum(dim=1).mean()
            rows.append(
                [
                    expected - entropy,
                    (q - P).abs().mean(),
                    cross_entropy(Y, d_new) / len(Y),
                    accuracy(net, X_new, d_new),
                ]
            )
    nets[f"{n:,} samples"] = net
    kl, difference, loss, share = torch.tensor(rows).mean(dim=0).tolist()
    print(f"{n:8,} {kl:15.4f} {difference:14.4f} {loss:18.4f} {share:10.1%}")
print(f"   truth {0:15.4f} {0:14.4f} {entropy:18.4f} {best:10.1%}")

# %% after="2.7 2.8 2.9"
shown = {name: nets[name] for name in ("100 samples", "100,000 samples")}
plots.probability_maps({**shown, "the truth": gaussian_posterior}, limits=((-3.5, 3), (-3.2, 3)))

# %% [markdown]
# After 1,000 samples the accuracy is nearly the best possible, that of the truth (on these 20,000
# samples a network may even be a tenth of a percent luckier); the *probabilities* need more. And
# look at the map on the left: a network that was trained on little data is sure of itself even
# where it is wrong.
#
# ## What you have learnt
#
# | what | formula |
# | --- | --- |
# | neuron | $y = g(\langle w, x \rangle + b)$: a half-plane, with a soft border if $g$ is smooth |
# | layer | $H = g(X W^\top + b)$, one sample a row, one neuron a row of $W$ |
# | network | $H_k = g_k(H_{k-1} W_k^\top + b_k)$; without activations it is one affine map |
# | one layer and argmax | regions are intersections of half-planes |
# | one hidden layer | enough units come close to any continuous function |
# | safe formulas | `exp` meets nothing positive: $e^{-\lvert a \rvert}$, $e^{y_k - \max_j y_j}$ |
# | square error | $\sum_i \frac12 \lVert y_i - d_i \rVert^2$, gradient $y - d$ |
# | cross-entropy | $\sum_i (-y_{i, d_i} + \log \sum_k e^{y_{i,k}})$, gradient softmax − onehot |
# | with enough data | the one learns $\mathbb E[d \mid x]$, the other $P(k \mid x)$ |

# %% [markdown]
# ## The way on
#
# - **Built here:** a network of any size (`neuron`, `layer`, `MLP`), its activations, and the two
#   losses that tell it what is wanted.
# - **Next:** we let `train` find the weights. How does descent do that, when does it fail, and what
#   do random batches do to it? That is **lab 3**. Where do the gradients come from? **Lab 4**.
# - **Used again:** `cross_entropy`, in every lab that classifies; `softmax`, in lab 8 as an ideal
#   denoiser and in lab 10 as attention; `collapse`, in lab 7, where a norm disappears into a
#   convolution; the mean that a regression learns, in labs 8 and 11, where images are cleaned.

# %%
lab.progress()
