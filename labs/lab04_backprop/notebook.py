# %% [markdown]
# # Lab 4: Backpropagation
#
# *Session 2. You bring the networks of lab 2 and the descent of lab 3; labs 6 and 7 go back through
# more kinds of layers.*
#
# A network learns by gradient descent: every weight takes a small step against the derivative of
# the loss. You know the step from lab 3. What is missing is the derivative, for *every* weight of
# *every* layer, and a network for digits has a hundred thousand of them.
#
# In 1986 Rumelhart, Hinton and Williams showed how to get all of them at once, for about twice the
# price of computing the loss itself. Their method, **backpropagation**, is nothing but the chain
# rule in a clever order, and it is behind every network that was trained since. In PyTorch it hides
# in one line, `loss.backward()`. Here you write it yourself:
#
# 1. **forward**, and remember what you met on the way,
# 2. **backward**, layer by layer, with an error signal $\delta_k$ in your hands,
# 3. **check** it against two independent witnesses,
# 4. **train** a network with it: two moons first, then the digits of MNIST.
#
# There are eight exercises; allow two to three hours. Under each one stands a check:
# `lab.check("4.1")` says what is right, what is wrong, and often why. `lab.hint("4.1")` gives a
# hint, one more each time. Cells that need your functions wait until these pass. Autograd is
# switched off in the checks: it may judge your gradients, but not compute them.

# %% [markdown]
# **Letters of this lab.** Small letters are of one sample; capitals of a batch, a sample a row.
#
# | sign | what it is | shape | in Python |
# | --- | --- | --- | --- |
# | $L$, $k$ | number of layers; layer $k = 1, \ldots, L$ | | `len(weights)` |
# | $N_k$ | units of layer $k$; $N$ is the number of samples | | |
# | $W_k$, $b_k$ | weights and biases of layer $k$ | $(N_k, N_{k-1})$, $(N_k)$ | `weights[k-1]`, `biases[k-1]` |
# | $g$, $g'$ | the activation and its derivative | | `g`, `dg` |
# | $a_k$; $A_k$ | before the activation | $(N_k)$; $(N, N_k)$ | `a[k-1]`; `A[k-1]` |
# | $h_k$; $H_k$ | after it; $h_0 = x$ | $(N_k)$; $(N, N_k)$ | `h[k]`; `H[k]` |
# | $y = h_L$; $Y$ | the output | $(N_L)$; $(N, N_L)$ | `h[-1]`; `H[-1]` |
# | $d$ | what is desired: a class $0, \ldots, K-1$, or values | | `d` |
# | $E$ | the loss; of a batch, the sum | a number | |
# | $\delta_k$; $\Delta_k$ | error signal $\partial E / \partial a_k$ | $(N_k)$; $(N, N_k)$ | `delta` |
# | $\nabla_W E$ | gradient, of the shape of $W$ | as $W$ | `grad_W` |

# %% setup
from course_dl.lab import Lab

lab = Lab("lab04")

# %%
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

# %%
import course_dl
from course_dl import plots
from course_dl.activations import drelu, dsigmoid, dtanh, relu, sigmoid, tanh
from course_dl.data import Batches, mnist, moons


def seeded(seed):
    """A random generator: the same seed gives the same numbers each time."""
    return torch.Generator().manual_seed(seed)


def random_network(sizes, seed, dtype=torch.float64):
    """Random weights and biases for layers of these sizes."""
    generator = seeded(seed)
    weights = [
        torch.randn(m, n, generator=generator, dtype=dtype) / n**0.5 for n, m in pairwise(sizes)
    ]
    biases = [0.5 * torch.randn(m, generator=generator, dtype=dtype) for m in sizes[1:]]
    return weights, biases


# %% [markdown]
# ## 1. Forward, and remember
#
# A network is a chain of layers. Each takes the output $h_{k-1}$ of the one before, applies a
# *linear layer* and then an *activation* $g$, number by number:
#
# $$ a_k = W_k h_{k-1} + b_k, \qquad h_k = g(a_k), \qquad k = 1, \ldots, L. $$
#
# It begins with the sample, $h_0 = x$. The last layer has no activation: its output is
# $y = h_L = a_L$, any numbers at all. (Scores for a classifier, values for a regression; what
# they mean is the business of the loss.)
#
# So far this is lab 2. What is new: we will need every $a_k$ and every $h_k$ again on the way
# back. So keep them all.
#
# | what | in the course | in Python |
# | --- | --- | --- |
# | weights of layer $k$ | $W_k$, of shape $(N_k, N_{k-1})$ | `weights[k-1]` |
# | before the activation | $a_k$ | `a[k-1]` |
# | after the activation | $h_k$ | `h[k]` |
# | the sample | $h_0 = x$ | `h[0]` |
#
# Python counts lists from 0, and there is no $a_0$: that is why `a` is one shorter than `h`.

# %% exercise="4.1"
from course_dl.labs.lab04_backprop.solutions import forward_pass

# %% [markdown]
# A network to look at: two inputs, two hidden layers of three units, two outputs, with
# $g = \tanh$. Red is positive, blue is negative. Follow one unit: it collects the values on its
# left, each times the weight on the edge, adds its bias, and bends the sum into $(-1, 1)$.

# %% after="4.1"
weights, biases = random_network([2, 3, 3, 2], seed=7)
x = torch.tensor([1.0, -0.5], dtype=torch.float64)
a, h = forward_pass(x, weights, biases, tanh)
for k in range(1, 4):
    print(f"a_{k} = {[round(v, 3) for v in a[k - 1].tolist()]}")
    print(f"h_{k} = {[round(v, 3) for v in h[k].tolist()]}")
plots.network_diagram(weights, values=h, title="One sample on its way through")

# %% [markdown]
# ### The slow way to a gradient
#
# How much does the loss $E$ change with one weight? The simplest way to find out is to try: nudge
# the weight a little, go forward again, and compare. One forward pass for each weight. What would
# that cost for a small network on the $28 \times 28$ images of MNIST?


# %%
def seconds_of(function, *args, repeat=50):
    """The time that one call takes: the shortest of many, since other programs disturb."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - start)
    return min(times)


# %% after="4.1"
digits_network = random_network([784, 128, 10], seed=0, dtype=torch.float32)
image = torch.rand(784, generator=seeded(1))

seconds = seconds_of(forward_pass, image, *digits_network, relu)
n = sum(p.numel() for parameters in digits_network for p in parameters)
print(f"{n:,} parameters; one forward pass takes {1e6 * seconds:.0f} microseconds")
print(f"one gradient by nudging: {n * seconds:.1f} seconds, for a single image")
print(f"one epoch of 60,000 images: {60_000 * n * seconds / 3600:.0f} hours")

# %% [markdown]
# And training takes many epochs. Nobody waits that long. Backpropagation gives the *exact*
# gradient of all these parameters for the price of about two more forward passes. We will measure
# it.

# %% [markdown]
# ## 2. Where the error starts
#
# Backpropagation begins where the network ends: how does the loss change with the *outputs*? Two
# losses matter in this course.
#
# **Square error**, for values: with the desired output $d \in \mathbb{R}^K$,
#
# $$ E = \tfrac12 \| y - d \|^2 . $$
#
# **Cross-entropy**, for classes: with the desired class $d \in \{0, \ldots, K-1\}$ and scores
# $y$,
#
# $$ E = -\log \frac{e^{y_d}}{\sum_k e^{y_k}} = -y_d + \log \sum_k e^{y_k} . $$
#
# Take a pencil and find $\nabla_y E$ for both. The second one has a surprise: after all these
# exponentials and logarithms, what remains is "what the network believes, less what is true".
#
# A word of warning. Scores of $10^4$ do occur, and $e^{10000}$ is no number that a computer
# knows. Your function must not mind.

# %% exercise="4.2"
from course_dl.labs.lab04_backprop.solutions import output_gradient

# %% [markdown]
# Let us look at it. Three classes; the two wrong ones have the score 0, and the score of the
# right one moves. Where the network is wrong (left), each step up the score gains a whole step of
# loss: the gradient is $-1$. Where it is right, there is nothing left to do. In between, no kink
# and no jump.

# %% after="4.2"
scores = torch.linspace(-6, 6, 61)
right_class = torch.tensor(0)
losses, slopes = [], []
for s in scores:
    y = torch.stack([s, torch.zeros(()), torch.zeros(())])
    losses.append(float(F.cross_entropy(y, right_class)))
    slopes.append(float(output_gradient(y, right_class, "cross_entropy")[0]))

y = torch.tensor([2.0, 1.0, -1.0])
gradient = output_gradient(y, torch.tensor(1), "cross_entropy")
for name, row in (
    ("scores", y),
    ("probabilities", torch.softmax(y, 0)),
    ("gradient, if d = 1", gradient),
):
    print(f"{name:20}", *(f"{value:+.3f}" for value in row.tolist()))
plots.curves(
    {"the loss $E$": losses, "its gradient": slopes},
    scores,
    xlabel="score of the right class",
    title="Cross-entropy with three classes",
)

# %% [markdown]
# Descent goes *against* the gradient: it pushes the score of the right class up, and pulls each
# wrong one down, the harder the more the network believes in it. The pushes and pulls add up to
# zero.

# %% [markdown]
# ## 3. One layer back
#
# Now the heart of the matter. Somebody hands you $\nabla_h E$, how the loss changes with the
# *output* of a layer. You want to know how it changes with the layer's weights, with its biases,
# and with its *input*. That last one you will hand on, to the layer before.
#
# The layer was $a = W h_{\text{prev}} + b$, then $h = g(a)$. Go back in the opposite order.
#
# **Through the activation.** Unit $i$ had $h_i = g(a_i)$, so a nudge of $a_i$ moves $h_i$ by
# $g'(a_i)$ times as much:
#
# $$ \delta_i := \frac{\partial E}{\partial a_i} = \frac{\partial E}{\partial h_i}\, g'(a_i). $$
#
# This $\delta$ is the **error signal**, one number a unit.
#
# **Through the linear layer.** $a_i = \sum_j W_{ij} (h_{\text{prev}})_j + b_i$, and therefore
#
# $$ \frac{\partial E}{\partial W_{ij}} = \delta_i\, (h_{\text{prev}})_j, \qquad
#    \frac{\partial E}{\partial b_i} = \delta_i, \qquad
#    \frac{\partial E}{\partial (h_{\text{prev}})_j} = \sum_i W_{ij}\, \delta_i . $$
#
# The last sum runs over *all* units $i$ that the input $j$ feeds: blame comes back along every
# edge, in proportion to its weight. Read the first index of $W$ as "to" and the second as "from".
# Forward sums over "from"; backward sums over "to".
#
# Your task is to write these three as products of vectors and matrices. If you are in doubt, look
# at the shapes: a gradient always has the shape of the thing itself.

# %% exercise="4.3"
from course_dl.labs.lab04_backprop.solutions import backward_layer

# %% [markdown]
# Do you believe it? Here is a layer of tanh with a very simple loss, $E = \langle c, h \rangle$,
# whose gradient $\nabla_h E$ is just $c$. We nudge one single weight by $10^{-6}$ and watch $E$.

# %% after="4.3"
W, b = (parameter[0] for parameter in random_network([4, 3], seed=2))
h_prev = torch.randn(4, generator=seeded(3), dtype=torch.float64)
c = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)


def E(W):
    return float(c @ tanh(W @ h_prev + b))


grad_W, grad_b, grad_h_prev = backward_layer(c, W @ h_prev + b, h_prev, W, dtanh)

for i, j in [(0, 0), (1, 3), (2, 1)]:
    nudge = torch.zeros(3, 4, dtype=torch.float64)
    nudge[i, j] = 1e-6
    slope = (E(W + nudge) - E(W - nudge)) / 2e-6
    print(f"W[{i}, {j}]: nudging says {slope:+.8f}, backward_layer says {grad_W[i, j]:+.8f}")

# %% [markdown]
# ## 4. All the way back
#
# One layer's $\nabla_{h_{\text{prev}}} E$ is the $\nabla_h E$ of the layer before. So start at
# the output and repeat. With the names of section 1:
#
# $$ \begin{aligned}
#    \delta_L &= \nabla_y E && \text{(the output is linear)} \\
#    \delta_k &= \left( W_{k+1}^\top\, \delta_{k+1} \right) \odot g'(a_k)
#       && k = L-1, \ldots, 1 \\
#    \nabla_{W_k} E &= \delta_k\, h_{k-1}^\top, \qquad \nabla_{b_k} E = \delta_k
#       && k = L, \ldots, 1
#    \end{aligned} $$
#
# ($\odot$ is the product entry by entry.) That is all of backpropagation, on three lines. Mind
# three things: which $a$ belongs to which $W$; that the output has no activation; and that the
# lists you return are in the order of the layers, although you find the last one first.

# %% exercise="4.4"
from course_dl.labs.lab04_backprop.solutions import backward_pass

# %% [markdown]
# The same network and the same sample as before, now with a desired output. Above, the values go
# from left to right. Below, the errors come back from right to left. The two outputs are told
# what to do ($\delta_3 = y - d$). Each hidden unit gets its share of the blame along the edges,
# and multiplies it by its own slope $g'(a)$: a unit that sits where tanh is flat can do little
# about it.

# %% after="4.1 4.2 4.4"
d = torch.tensor([0.5, 0.5], dtype=torch.float64)
grad_y = output_gradient(h[-1], d, "square")
grad_weights, grad_biases = backward_pass(grad_y, a, h, weights, dtanh)
for k in range(1, 4):
    print(f"delta_{k} = {[round(v, 3) for v in grad_biases[k - 1].tolist()]}")
plots.network_diagram(weights, values=h, errors=grad_biases)

# %% [markdown]
# (Where do we get the $\delta_k$ from? Look at the formulas: $\nabla_{b_k} E = \delta_k$.)
#
# Does it help? One step of descent with these gradients, for several step sizes:

# %% after="4.1 4.2 4.4"
print(f"loss before: {(h[-1] - d).square().sum() / 2:.4f}")
for lr in (0.01, 0.1, 0.3, 1.0, 3.0):
    moved_weights = [W - lr * grad for W, grad in zip(weights, grad_weights, strict=True)]
    moved_biases = [b - lr * grad for b, grad in zip(biases, grad_biases, strict=True)]
    y = forward_pass(x, moved_weights, moved_biases, tanh)[1][-1]
    print(f"loss after a step with lr = {lr:<4g}: {(y - d).square().sum() / 2:.4f}")

# %% [markdown]
# And the price? Once more the network for digits, with its hundred thousand parameters.

# %% after="4.1 4.2 4.4"
digits_weights, digits_biases = digits_network
digits_a, digits_h = forward_pass(image, digits_weights, digits_biases, relu)
start_signal = output_gradient(digits_h[-1], torch.tensor(3), "cross_entropy")
forward_cost = seconds_of(forward_pass, image, digits_weights, digits_biases, relu)
backward_cost = seconds_of(backward_pass, start_signal, digits_a, digits_h, digits_weights, drelu)
print(f"forward:  {1e6 * forward_cost:4.0f} microseconds")
print(f"backward: {1e6 * backward_cost:4.0f} microseconds, for the gradient of {n:,} parameters")
print(f"nudging every parameter would take {n * forward_cost / backward_cost:,.0f} times as long")

# %% [markdown]
# ## 5. A whole batch at once
#
# Training works with *batches*: $N$ samples, one a row. Forward, the vectors become matrices,
#
# $$ A_k = H_{k-1} W_k^\top + b_k, \qquad H_k = g(A_k), $$
#
# and $\Delta_k$, too, has one error signal a row. The loss of the batch is the **sum** of the
# losses of its samples, so its gradient is the sum of their gradients:
#
# $$ \nabla_{W_k} E = \sum_{i=1}^N \delta_{k,i}\, h_{k-1,i}^\top . $$
#
# A loop over the samples would do it, slowly. One product of two matrices does it as well: which
# one? (Remember what a product of matrices is: a sum of outer products.) And what becomes of
# $W_{k+1}^\top \delta_{k+1}$, when the $\delta$ are rows?

# %% exercise="4.5"
from course_dl.labs.lab04_backprop.solutions import backward_pass_batch


# %%
def forward_batch(X, weights, biases, g):
    """A and H of a batch X (N, N_0), as forward_pass gives a and h of one sample."""
    A, H = [], [X]
    for W, b in zip(weights, biases, strict=True):
        A.append(F.linear(H[-1], W, b))
        H.append(g(A[-1]))
    return A, [*H[:-1], A[-1]]


def sample_by_sample(samples, weights, dg):
    return [backward_pass(*sample, weights, dg) for sample in samples]


# %% [markdown]
# Same result, other price. Both ways compute the same sums; one calls PyTorch a few times for
# each sample, the other a few times for the batch. This is why deep learning speaks in matrices.

# %% after="4.4 4.5"
net = random_network([20, 50, 10], seed=4, dtype=torch.float32)
one_by_one, all_at_once, counts = [], [], [1, 4, 16, 64, 256]
for N in counts:
    A, H = forward_batch(torch.randn(N, 20, generator=seeded(5)), *net, tanh)
    grad_Y = torch.randn(N, 10, generator=seeded(6))
    samples = [(grad_Y[i], [A_k[i] for A_k in A], [H_k[i] for H_k in H]) for i in range(N)]
    one_by_one.append(seconds_of(sample_by_sample, samples, net[0], dtanh, repeat=5))
    all_at_once.append(seconds_of(backward_pass_batch, grad_Y, A, H, net[0], dtanh))
    parts = sample_by_sample(samples, net[0], dtanh)
    total = sum(grad_weights[0] for grad_weights, _ in parts)
    batch = backward_pass_batch(grad_Y, A, H, net[0], dtanh)[0][0]
    print(
        f"N = {N:3d}: largest difference {(total - batch).abs().max() / batch.abs().max():.0e}, "
        f"the batch is {one_by_one[-1] / all_at_once[-1]:.0f} times as fast"
    )
plots.curves(
    {"a loop over samples": one_by_one, "products of matrices": all_at_once},
    counts,
    log="xy",
    xlabel="samples in the batch",
    ylabel="seconds",
)

# %% [markdown]
# ## 6. Two witnesses
#
# A wrong gradient is a treacherous thing. The network often learns *something* all the same, only
# worse, and nothing tells you. So gradients are checked, and by somebody else. First witness:
# **`torch.autograd`**, which keeps its own record of the forward pass.
#
# How to compare? "The difference is $10^{-6}$" means nothing where the gradient itself is
# $10^{-6}$. Divide the largest difference by the largest entry of *autograd's* gradient (absolute
# values both), for each parameter by itself; and take care where the whole of it is 0.

# %% exercise="4.6"
from course_dl.labs.lab04_backprop.solutions import gradients_agree

# %% [markdown]
# Here autograd judges *your* backpropagation: shallow and deep, wide and narrow, both losses. In
# float64 numbers carry 16 digits, and two right ways to the same gradient differ only in the last
# ones.


# %% after="4.1 4.2 4.4 4.6"
def judged_by_autograd(sizes, loss, spoilt=None):
    """How far your gradients are from autograd's; that of the bias ``spoilt`` is changed before."""
    weights, biases = random_network(sizes, seed=8)
    x = torch.randn(sizes[0], generator=seeded(9), dtype=torch.float64)
    d = torch.randn(sizes[-1], generator=seeded(10), dtype=torch.float64)
    if loss == "cross_entropy":
        d = torch.tensor(1)
    a, h = forward_pass(x, weights, biases, tanh)
    grads = backward_pass(output_gradient(h[-1], d, loss), a, h, weights, dtanh)
    grad_weights, grad_biases = map(list, grads)
    if spoilt is not None:
        grad_biases[spoilt - 1] = 1.001 * grad_biases[spoilt - 1]
    return gradients_agree(grad_weights, grad_biases, weights, biases, tanh, x, d, loss)


for sizes in ([4, 3], [4, 8, 3], [10, 40, 40, 5], [3, *[6] * 10, 4]):
    for loss in ("square", "cross_entropy"):
        apart = judged_by_autograd(sizes, loss)
        print(f"depth {len(sizes) - 1:2d}, {loss:13}: {apart:.1e}")

# %% [markdown]
# And a saboteur: we multiply the gradient of *one* bias vector, deep inside, by 1.001. It is
# noticed.

# %% after="4.1 4.2 4.4 4.6"
apart = judged_by_autograd([3, *[6] * 10, 4], "cross_entropy", spoilt=6)
print(f"after the sabotage: {apart:.1e}")

# %% [markdown]
# ### The second witness knows nothing of derivatives
#
# Your function and autograd could share a misunderstanding. Finite differences cannot: they only
# go forward. With a step $\varepsilon$ in one parameter $\theta$,
#
# $$ \text{one-sided:}\ \ \frac{E(\theta + \varepsilon) - E(\theta)}{\varepsilon}, \qquad
#    \text{central:}\ \ \frac{E(\theta + \varepsilon) - E(\theta - \varepsilon)}{2 \varepsilon} . $$
#
# Which $\varepsilon$ is best? The smaller the better, says calculus. Let us see.


# %%
def differences(weights, biases, x, d, eps, central):
    """Finite differences of the square error in every parameter, one after the other."""

    def E():
        return float((forward_pass(x, weights, biases, tanh)[1][-1] - d).square().sum() / 2)

    weights, biases = [W.clone() for W in weights], [b.clone() for b in biases]
    here, slopes = E(), []
    for parameter in (*weights, *biases):
        entries = parameter.view(-1)
        for i, kept in enumerate(entries.tolist()):
            entries[i] = kept + eps
            ahead = E()
            entries[i] = kept - eps
            slopes.append((ahead - E()) / (2 * eps) if central else (ahead - here) / eps)
            entries[i] = kept
    return torch.tensor(slopes, dtype=torch.float64)


# %% after="4.1 4.2 4.4"
v_sizes = [4, 5, 3]
v_weights, v_biases = random_network(v_sizes, seed=11)
x_v, d_v = (
    torch.randn(4, generator=seeded(12)).double(),
    torch.randn(3, generator=seeded(13)).double(),
)
a_v, h_v = forward_pass(x_v, v_weights, v_biases, tanh)
found_v = backward_pass(output_gradient(h_v[-1], d_v, "square"), a_v, h_v, v_weights, dtanh)
exact = torch.cat([grad.flatten() for part in found_v for grad in part])

steps = torch.logspace(-12, -0.5, 24, dtype=torch.float64)
single = [[p.float() for p in part] for part in (v_weights, v_biases)]


def errors_of(net, x, d, central):
    return [
        float((differences(*net, x, d, eps, central) - exact).abs().max() / exact.abs().max())
        for eps in steps.tolist()
    ]


plots.v_curve(
    steps,
    {
        "one-sided": errors_of((v_weights, v_biases), x_v, d_v, False),
        "central": errors_of((v_weights, v_biases), x_v, d_v, True),
        "central in float32": errors_of(single, x_v.float(), d_v.float(), True),
    },
    title="Finite differences against your backpropagation",
)

# %% [markdown]
# A V. On its right arm $\varepsilon$ is too large: the curve is not its tangent (the error falls
# like $\varepsilon$, or like $\varepsilon^2$ for central differences). On its left arm
# $\varepsilon$ is too small: $E(\theta + \varepsilon)$ and $E(\theta)$ agree in nearly all of
# their digits, and their difference is made of rounding. At the bottom of the V they agree with
# *your* gradient to ten digits or so. Two witnesses, one verdict.
#
# Now you know why gradient checks use central differences, float64 and
# $\varepsilon \approx 10^{-5}$; and why, in float32, nobody should hope for more than four
# digits.

# %% [markdown]
# ## 7. Gradients add up
#
# A batch is a sum, and a sum can be taken in parts: the gradient of 300 samples is that of the
# first 100, plus that of the next 100, plus that of the rest. A training that adds gradients up
# can work with batches that would not fit into memory at once.

# %% exercise="4.7"
from course_dl.labs.lab04_backprop.solutions import accumulate

# %% after="4.5 4.7"
part_weights, part_biases = random_network([6, 8, 4], seed=14)
X = torch.randn(300, 6, generator=seeded(15)).double()
grad_Y = torch.randn(300, 4, generator=seeded(16)).double()


def gradient_of(part):
    A, H = forward_batch(X[part], part_weights, part_biases, tanh)
    return backward_pass_batch(grad_Y[part], A, H, part_weights, dtanh)[0]


total = [torch.zeros_like(W) for W in part_weights]
for first in (0, 100, 200):
    total = accumulate(total, gradient_of(slice(first, first + 100)))
whole = gradient_of(slice(None))
for k in (0, 1):
    print(f"W_{k + 1}: three parts and the whole differ by {(total[k] - whole[k]).abs().max():.0e}")

# %% [markdown]
# PyTorch works the same way: `backward()` **adds** to `.grad`, and goes on adding until you say
# stop.

# %%
unit = torch.nn.Linear(2, 1)
x_pair, d_one = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0]])
torch.nn.init.zeros_(unit.weight)
torch.nn.init.zeros_(unit.bias)
for call in (1, 2, 3):
    F.mse_loss(unit(x_pair), d_one).backward()
    print(f"after backward() number {call}: grad = {unit.weight.grad.tolist()[0]}")
unit.zero_grad()
print(f"after zero_grad():            grad = {unit.weight.grad}")

# %% [markdown]
# So each step of a training begins with `zero_grad()`. What if you forget it? The step then goes
# along the sum of *all* gradients so far, those of long ago included.


# %%
def regression_losses(zero, steps=60, lr=0.05):
    """Losses of a linear regression by gradient descent, with and without zero_grad."""
    X = torch.randn(50, 3, generator=seeded(17))
    d = X @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.1 * torch.randn(50, 1, generator=seeded(18))
    W = torch.zeros(3, 1, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(X @ W, d)
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            W -= lr * W.grad
        if zero:
            W.grad = None
    return losses


plots.curves(
    {"with zero_grad": regression_losses(True), "forgotten": regression_losses(False)},
    log="y",
    xlabel="step",
    ylabel="loss",
    title="The gradients of yesterday",
)

# %% [markdown]
# ## 8. A network of your own
#
# Time to put it together: a class that goes forward, goes backward, and learns. You have nearly
# all the parts. What is left to think about:
#
# - **Memory.** `backward(grad_Y)` is not told $A$ and $H$. `forward` must leave them behind.
# - **The start.** If two hidden units begin with the same weights, they get the same gradients,
#   and are the same for ever. Draw the weights at random (from the generator you are given, so
#   that a run can be repeated): normal, with a standard deviation of
#   $\sqrt{2 / n_{\text{in}}}$, where $n_{\text{in}}$ is the number of inputs of the layer. Biases
#   may be 0.
# - **Adding up.** `backward` adds to the gradients. `zero_grad` sets them to zeros (tensors of
#   zeros, not None). `step` uses them, and leaves them.
#
# Everything is float32 here, PyTorch's habit for training.

# %% exercise="4.8"
from course_dl.labs.lab04_backprop.solutions import ManualMLP

# %% [markdown]
# ### Two moons
#
# The course derives with *sums* over samples and trains with *means*, so that the learning rate
# does not depend on the size of the batch. The mean's gradient is the sum's, divided by $N$; it
# is enough to divide $\nabla_Y E$. The package has your `output_gradient` for whole batches:
# `course_dl.losses.cross_entropy_grad(Y, d, reduction="mean")`.

# %% after="4.8"
X_moons, d_moons = moons(300, noise=0.15, generator=seeded(19))
X_new, d_new = moons(2000, noise=0.15, generator=seeded(20))
net = ManualMLP([2, 32, 2], relu, drelu, seeded(21))

corner = torch.tensor([-2.0, -1.4]), torch.tensor([3.0, 1.9])
rows, columns = torch.linspace(0, 1, 80), torch.linspace(0, 1, 100)
grid = torch.cartesian_prod(rows, columns).flip(1) * (corner[1] - corner[0]) + corner[0]

losses, frames = [], []
for step in range(801):
    if step % 25 == 0 or step in (1, 2, 4, 8, 16):
        frames.append((step, torch.softmax(net.forward(grid), 1)[:, 1].reshape(80, 100)))
    Y = net.forward(X_moons)
    losses.append(float(F.cross_entropy(Y, d_moons)))
    net.zero_grad()
    net.backward(course_dl.losses.cross_entropy_grad(Y, d_moons, reduction="mean"))
    net.step(0.5)

for name, points, labels in (("training", X_moons, d_moons), ("new", X_new, d_new)):
    accuracy = (net.forward(points).argmax(1) == labels).float().mean()
    print(f"accuracy on {name} samples: {accuracy:.1%}")
plots.curves(
    losses, range(801), log="y", xlabel="step", ylabel="loss", title="No autograd in sight"
)

# %% [markdown]
# Watch it learn. The colour is the probability of class 1, from 0 (blue) to 1 (yellow). After a few
# steps the border is little more than a corner; then the hidden units find out, one by one, where
# to bend it.


# %% after="4.8"
def draw(ax, frame):
    step, probability = frame
    extent = (corner[0][0], corner[1][0], corner[0][1], corner[1][1])
    shades = ax.imshow(probability, extent=extent, origin="lower", cmap="cividis", vmin=0, vmax=1)
    bar = ax.inset_axes((1.02, 0.0, 0.03, 1.0))
    ax.figure.colorbar(shades, cax=bar, label="probability of class 1")
    for k, (colour, marker) in enumerate((("#0072B2", "o"), ("#E69F00", "s"))):
        look = {"color": colour, "marker": marker, "edgecolors": "white", "linewidths": 0.5}
        ax.scatter(*X_moons[d_moons == k].T, s=16, label=f"class {k}", **look)
    ax.set(title=f"step {step}", xlabel="$x_1$", ylabel="$x_2$")
    ax.legend(loc="upper right", frameon=True, framealpha=0.9)


plots.animate(draw, frames)

# %% [markdown]
# ### The digits
#
# Section 1 wanted many hours for one epoch. Now watch. But first the proof that your network
# and PyTorch's do the same thing: a network of `torch.nn`, with *your* initial weights, on the
# same batches, trained by autograd.

# %%
train, test = mnist("train"), mnist("test")
print(train.source)
X_train, d_train = train.tensors()
X_test, d_test = test.tensors()


def accuracy_of(net, X, d):
    return float((net.forward(X).argmax(1) == d).float().mean())


# %% after="4.8"
def twin_of(net):
    """The same network of torch.nn, with a copy of the same weights."""
    layers = []
    for W, b in zip(net.weights, net.biases, strict=True):
        linear = torch.nn.Linear(W.shape[1], W.shape[0])
        linear.load_state_dict({"weight": W, "bias": b})
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


net = ManualMLP([784, 128, 10], relu, drelu, seeded(22))
twin = twin_of(net)
optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
by_hand, by_autograd = [], []
for X_batch, d_batch in [*Batches(X_train[:3840], d_train[:3840], generator=seeded(23))]:
    Y = net.forward(X_batch)
    by_hand.append(float(F.cross_entropy(Y, d_batch)))
    net.zero_grad()
    net.backward(course_dl.losses.cross_entropy_grad(Y, d_batch, reduction="mean"))
    net.step(0.1)

    loss = F.cross_entropy(twin(X_batch), d_batch)
    by_autograd.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

apart = max(abs(p - q) for p, q in zip(by_hand, by_autograd, strict=True))
print(f"largest difference of the losses in {len(by_hand)} steps: {apart:.1e}")
plots.curves(
    {"your ManualMLP": by_hand, "torch.nn and autograd": by_autograd},
    xlabel="step",
    ylabel="loss of the batch",
    title="Two networks, one curve",
)

# %% [markdown]
# Step for step the same, but for rounding in float32. Now train yours in earnest. That is the
# whole program:

# %% after="4.8"
digits_net = ManualMLP([784, 128, 10], relu, drelu, seeded(24))
batches = Batches(X_train, d_train, batch_size=128, generator=seeded(25))
history = {"loss": [], "accuracy": [], "val_accuracy": []}
start = time.perf_counter()
for epoch in range(5):
    loss_sum = 0.0
    for X_batch, d_batch in batches:
        Y = digits_net.forward(X_batch)
        loss_sum += float(F.cross_entropy(Y, d_batch, reduction="sum"))
        digits_net.zero_grad()
        digits_net.backward(course_dl.losses.cross_entropy_grad(Y, d_batch, reduction="mean"))
        digits_net.step(0.2)
    history["loss"].append(loss_sum / len(d_train))
    history["accuracy"].append(accuracy_of(digits_net, X_train, d_train))
    history["val_accuracy"].append(accuracy_of(digits_net, X_test, d_test))
    print(
        f"epoch {epoch + 1}: {time.perf_counter() - start:4.1f} s, "
        f"loss {history['loss'][-1]:.3f}, test accuracy {history['val_accuracy'][-1]:.2%}"
    )
plots.training_curves(history, title="MNIST, trained by your own backpropagation")

# %% [markdown]
# (In these curves "validation" are the test images.) What does it still get wrong? Would you have
# known?

# %% after="4.8"
guesses = digits_net.forward(X_test).argmax(1)
wrong = (guesses != d_test).nonzero().flatten()
print(f"{len(wrong)} of {len(d_test):,} test images are wrong")
plots.image_grid(test.images[wrong[:20]], d_test[wrong[:20]], guesses[wrong[:20]], columns=10)

# %% [markdown]
# ## 9. When the error signal fades
#
# Backpropagation was known in 1986. Why did *deep* networks have to wait for another 25 years?
# Look at the formula once more:
#
# $$ \delta_k = \left( W_{k+1}^\top\, \delta_{k+1} \right) \odot g'(a_k) . $$
#
# Each layer multiplies the signal by $W^\top$ and by $g'$. The network of those years used the
# sigmoid.

# %%
plots.activation_curves(
    ["sigmoid", "relu"], title="An activation decides what comes back through it"
)

# %% [markdown]
# The slope of the sigmoid is $\frac14$ at best, and nearly 0 elsewhere. Ten layers of it leave at
# most $\left(\frac14\right)^{10} \approx 10^{-6}$ of the signal (if the weights do not make up
# for it). The ReLU has the slope 1 wherever a unit is active. We measure it: 12 layers of 100
# units, a batch of 256 digits, weights of the size recommended above.


# %%
def he_weights(sizes, seed):
    """Weights of the size sqrt(2 / n_in) times a standard normal, and biases of 0."""
    generator = seeded(seed)
    weights = [torch.randn(m, n, generator=generator) * (2 / n) ** 0.5 for n, m in pairwise(sizes)]
    return weights, [torch.zeros(m) for m in sizes[1:]]


# %% after="4.5"
deep = [784, *[100] * 11, 10]
deep_weights, deep_biases = he_weights(deep, seed=26)
norms = {}
for name, g, dg in (("sigmoid", sigmoid, dsigmoid), ("tanh", tanh, dtanh), ("ReLU", relu, drelu)):
    A, H = forward_batch(X_train[:256], deep_weights, deep_biases, g)
    grad_Y = course_dl.losses.cross_entropy_grad(H[-1], d_train[:256], reduction="mean")
    deep_grads, _ = backward_pass_batch(grad_Y, A, H, deep_weights, dg)
    norms[name] = [float(grad.norm()) for grad in deep_grads]
    print(f"{name:8} first layer {norms[name][0]:.1e}, last layer {norms[name][-1]:.1e}")
plots.gradient_norms(norms, ylabel="norm of the gradient of $W_k$")

# %% [markdown]
# The axis is logarithmic. With sigmoids, the gradient of the first layer is ten thousand times
# and more below that of the last one: with a learning rate that suits the last layers, the first
# ones stand still. This is the **vanishing gradient**. With ReLU, all layers hear what
# the loss says.
#
# What does it mean for learning? Your network, six layers deep, the same initial weights, once
# with each activation.

# %% after="4.8"
six = [784, *[64] * 5, 10]
runs = {}
for name, g, dg in (("sigmoid", sigmoid, dsigmoid), ("ReLU", relu, drelu)):
    net = ManualMLP(six, g, dg, seeded(27))
    net.weights[:], net.biases[:] = he_weights(six, seed=28)
    runs[name] = []
    for X_batch, d_batch in [
        *Batches(X_train[:5000], d_train[:5000], 64, generator=seeded(29))
    ] * 3:
        Y = net.forward(X_batch)
        runs[name].append(float(F.cross_entropy(Y, d_batch)))
        net.zero_grad()
        net.backward(course_dl.losses.cross_entropy_grad(Y, d_batch, reduction="mean"))
        net.step(0.05)
    print(f"{name:8} accuracy on the test images: {accuracy_of(net, X_test, d_test):.1%}")
plots.curves(runs, xlabel="step", ylabel="loss of the batch", title="Six layers deep")

# %% [markdown]
# The deep sigmoid network knows no more than that there are ten digits: its loss stays at
# $\log 10 \approx 2.3$. Nothing is wrong with its gradients. They are right, and too small. **Try
# it**: how far does a much larger learning rate help? Fewer layers? `tanh`?

# %% [markdown]
# ## What you have learnt
#
# | what | formula | you wrote |
# | --- | --- | --- |
# | forward | $a_k = W_k h_{k-1} + b_k$, $h_k = g(a_k)$ | `forward_pass` |
# | the start, square error | $\delta_L = y - d$ | `output_gradient` |
# | the start, cross-entropy | $\delta_L = \text{softmax}(y) - \text{onehot}(d)$ | |
# | back through a layer | $\delta_k = (W_{k+1}^\top \delta_{k+1}) \odot g'(a_k)$ | `backward_layer` |
# | | $\nabla_{W_k} E = \delta_k h_{k-1}^\top$, $\nabla_{b_k} E = \delta_k$ | `backward_pass` |
# | for a batch | $\Delta_k = (\Delta_{k+1} W_{k+1}) \odot g'(A_k)$ | `backward_pass_batch` |
# | | $\nabla_{W_k} E = \Delta_k^\top H_{k-1}$, $\nabla_{b_k} E = \sum_i \Delta_{k,i}$ | |
# | is it right? | largest difference over largest entry | `gradients_agree` |
# | several batches | gradients add up until `zero_grad` | `accumulate` |
# | learn | $W_k \leftarrow W_k - \text{lr} \cdot \nabla_{W_k} E$ | `ManualMLP` |
#
# - Backpropagation is the chain rule, taken from the output to the input, so that every layer's
#   work is used by all layers before it. The whole gradient costs about as much as two forward
#   passes.
# - A gradient is checked against autograd and against finite differences: in float64, with
#   central differences, relative to its own size. (`course_dl.gradcheck.check_gradients` does
#   both at once.)
# - The signal is multiplied in every layer, and can fade. The activation and the size of the
#   first weights decide.

# %% [markdown]
# ## The way on
#
# - **Built here:** the gradient of every weight of a network, layer by layer and for whole batches,
#   two ways to know that it is right, and `ManualMLP`, which learns without autograd.
# - **Next:** **lab 5** trains networks on MNIST with the tools of PyTorch. You know now what its
#   `loss.backward()` does.
# - **Used again:** `ManualMLP`, in lab 5, beside PyTorch's; `backward_layer`, in lab 6 for a
#   convolution and in lab 7 for a norm; signals that fade on their way back, in lab 7, where twenty
#   layers fail.
#
# Until then: `course_dl/backprop.py` is this lab in the course's own hand, layer by layer; read it
# beside your solution.

# %%
lab.progress()
