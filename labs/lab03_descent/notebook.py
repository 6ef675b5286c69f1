# %% [markdown]
# # Lab 3: Gradient descent
#
# *Session 1. You bring lab 2's networks and losses; lab 4 brings the gradients that are still
# missing.*
#
# A network computes whatever its weights say. But who says what the weights are to be? The course's
# answer: write down how bad the network is, as a number $E(W)$, the **loss**, and look for weights
# for which it is small. A small network already has some thousands of weights, and nobody can look
# at a function of thousands of variables. What we can know is its slope at the place where we
# stand.
#
# So this is a walk in the fog: feel which way is down, make a step, feel again. It is called
# **gradient descent**, and every network of this course learns by it. In this lab you will
#
# 1. write it in three lines, and see it crawl, converge, zigzag and explode;
# 2. compute the one number that decides which: the **largest step**;
# 3. see where it ends in a landscape with several valleys;
# 4. measure a gradient without knowing anything of the function;
# 5. write down the gradients of the two losses of the course;
# 6. replace the gradient over all samples by that of a few, and find out what you lose and gain:
#    **stochastic gradient descent**.
#
# At the end four of your own functions, and nothing else, learn to read handwritten digits.
#
# There are six exercises; allow two to three hours. Under each one stands a check:
# `lab.check("3.1")` says what is right, what is wrong, and often why. `lab.hint("3.1")` gives a
# hint, one more each time. Cells that need your functions wait until these pass.

# %% [markdown]
# **Letters of this lab.**
#
# | sign | what it is | shape | in Python |
# | --- | --- | --- | --- |
# | $F$, $\nabla F$ | a function to be made small, its gradient (in code, `F` is `torch.nn.functional`) | a number, $(D)$ | `f`, `grad` |
# | $x_t$ | the point after $t$ steps | $(D)$ | `path[t]` |
# | $\eta$ | step size; for networks, the learning rate | | `step`, `lr` |
# | $A$, $b$, $x^*$ | the bowl $\frac12 x^\top A x - b^\top x$, and its minimum | $(D, D)$, $(D)$, $(D)$ | `A`, `b`, `minimum` |
# | $\lambda_{\max}$, $\lambda_{\min}$ | largest, smallest eigenvalue of $A$; $\kappa$ is their ratio | | |
# | $\varepsilon$, $u_i$ | a small step, and the direction of coordinate $i$; $e = \varepsilon u_i$ | a number, $(D)$ | `eps`, `e` |
# | $y_i$, $d_i$ | output for sample $i$, and what is desired | $(K)$; class $0, \ldots, K-1$, or $(K)$ | `y`, `d` |
# | $L(y_i; d_i)$, $E$ | loss of a sample, of all | a number | |
# | $W$, $X$ | weights, bias first; samples with a 1 in front | $(K, D+1)$, $(N, D+1)$ | `W`, `X` |
# | $S$, $T$ | a batch, all training samples; $\lvert S \rvert$ of them | $(\lvert S \rvert)$ | `batch` |

# %% setup
from course_dl.lab import Lab

lab = Lab("lab03")

# %%
import math
from collections.abc import Callable
from time import perf_counter

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl import plots
from course_dl.data import gaussian_classes, mnist


def seeded(seed):
    """A random generator: the same seed gives the same numbers each time."""
    return torch.Generator().manual_seed(seed)


def point(*coordinates):
    return torch.tensor(coordinates, dtype=torch.float64)


# %% [markdown]
# ## 1. Downhill
#
# You stand at a point $x_0$ of a hilly country $F$, in dense fog. Where is the bottom?

# %%
plots.descent_1d(
    lambda x: 0.3 * x**2 + torch.sin(2 * x),
    {"you are here, $x_0 = 2.6$": point(2.6)},
    limits=(-3.5, 3.5),
    title="What you cannot see",
)

# %% [markdown]
# You feel the slope under your feet, the derivative $F'(x_0)$. It is positive: $F$ grows to the
# right, so down is to the left. In several variables, the **gradient**
#
# $$ \nabla F(x) = \left( \frac{\partial F}{\partial x_1}, \ldots,
#    \frac{\partial F}{\partial x_D} \right) $$
#
# is the direction in which $F$ grows fastest, and the opposite direction is the steepest way down.
# For a small move $v$ it says how much $F$ changes, $F(x + v) \approx F(x) + \langle \nabla F(x), v
# \rangle$. So make a step against it, and look again:
#
# $$ x_{t+1} = x_t - \eta\, \nabla F(x_t). $$
#
# The number $\eta > 0$ is the **step size**; for networks, it is called the *learning rate*. This
# formula is all there is to gradient descent. Your function keeps every point on the way, so that
# we can look at the walk afterwards.

# %% exercise="3.1"
from course_dl.labs.lab03_descent.solutions import gradient_descent

# %% [markdown]
# Now walk. The function is $F(x) = x^2$ with the derivative $2x$, the start is $x_0 = 2$, and four
# walkers make 12 steps each. They differ in the step size alone. (A ring is a start, a star an
# end; a walk that ends outside of the picture has no star.)

# %% after="3.1"
walkers = {
    0.03: "too small: it crawls",
    0.3: "good",
    0.9: "too large: it zigzags",
    1.06: "far too large: it diverges",
}
figure, panels = plots.page(2, 2, height=2.6)
for (step, verdict), panel in zip(walkers.items(), panels, strict=True):
    path = gradient_descent(lambda x: 2 * x, point(2.0), step, 12)
    print(f"step {step:4}: after 12 steps at x = {path[-1].item():9.4f}")
    plots.descent_1d(
        lambda x: x**2, path, limits=(-4.2, 4.2), title=f"step {step}, {verdict}", figure=panel
    )
figure

# %% [markdown]
# The last walker makes each step downhill, as seen from where it stands, and climbs all the same:
# it jumps over the valley, and lands higher on the other side. **The gradient knows nothing of what
# lies beyond the next few inches.**
#
# Two variables now, and a bowl that is steeper in one direction than in the other:
#
# $$ F(x) = \tfrac12\, x^\top A x - b^\top x, \qquad \nabla F(x) = A x - b, \qquad
#    A = \begin{pmatrix} 3 & 1 \\ 1 & 2 \end{pmatrix}, \quad
#    b = \begin{pmatrix} 1 \\ -1 \end{pmatrix}. $$
#
# The gradient is 0 at one point only, the minimum $x^* = A^{-1} b$.

# %%
A = torch.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=torch.float64)
b = point(1.0, -1.0)
minimum = torch.linalg.solve(A, b)


def bowl(x):
    return 0.5 * x @ A @ x - b @ x


def bowl_slope(x):
    return A @ x - b


print("the minimum is at", [round(value, 4) for value in minimum.tolist()])

# %% after="3.1"
start = point(-1.5, 1.5)
paths = {f"step {step}": gradient_descent(bowl_slope, start, step, 20) for step in (0.03, 0.2, 0.5)}
plots.descent_path(bowl, paths, minimum=minimum, title="Three walks into a bowl, 20 steps each")

# %% [markdown]
# Each step stands at right angles to the contour on which it begins; that is what "steepest" means.
# It does *not* point at the minimum, unless the contours are circles, or the step begins on one of
# their axes. Watch them walk:

# %% after="3.1"
plots.animate_descent(bowl, paths, seconds=6.0)

# %% [markdown]
# ## 2. How large may a step be?
#
# Too small is slow and too large is a catastrophe. Where is the border? For the bowl we can find
# out exactly, and near a minimum, every smooth function looks like a bowl.
#
# Write $r_t = x_t - x^*$ for the way that is still to go. Because $b = A x^*$,
#
# $$ r_{t+1} = x_t - \eta (A x_t - b) - x^* = r_t - \eta A r_t = (I - \eta A)\, r_t. $$
#
# $A$ is symmetric, so there are $D$ directions at right angles to each other, its eigenvectors, in
# which $A$ only stretches, by the eigenvalues $\lambda_1, \ldots, \lambda_D$. In the direction of
# eigenvector $j$,
#
# $$ \text{each step multiplies the way to go by} \quad 1 - \eta \lambda_j. $$
#
# Descent converges if all of these factors lie strictly between $-1$ and $+1$. Here they are for
# the bowl, as the step grows:

# %%
steps = torch.linspace(0, 0.8, 81)
smallest, largest = torch.linalg.eigvalsh(A).tolist()
print(f"the eigenvalues of A are {smallest:.3f} and {largest:.3f}")
plots.curves(
    {
        rf"$\lambda = {smallest:.2f}$, the flat direction": 1 - smallest * steps,
        rf"$\lambda = {largest:.2f}$, the steep direction": 1 - largest * steps,
        "$-1$: beyond, descent diverges": torch.full_like(steps, -1),
    },
    steps,
    xlabel=r"step $\eta$",
    ylabel=r"factor $1 - \eta \lambda$",
    title="What one step makes of the way still to go",
)

# %% [markdown]
# The steepest direction leaves first. With the largest eigenvalue $\lambda_{\max}$,
#
# $$ 1 - \eta \lambda_{\max} > -1 \quad \Longleftrightarrow \quad
#    \eta < \frac{2}{\lambda_{\max}}. $$

# %% exercise="3.2"
from course_dl.labs.lab03_descent.solutions import largest_step

# %% [markdown]
# A formula that says "here, and not there" should be put to the test: 2 % below the border and 2 %
# above it, from the same start, in the same picture. We take a narrower bowl for it, with the
# eigenvalues 1 and 20, so that the two directions are seen apart.

# %%
turn = torch.linalg.qr(torch.tensor([[2.0, 1.0], [1.0, -2.0]], dtype=torch.float64)).Q
flat, steep = turn.T  # two directions at right angles


def valley(kappa):
    """A matrix with the eigenvalues 1 (in the direction `flat`) and kappa (`steep`)."""
    return turn @ torch.diag(point(1.0, kappa)) @ turn.T


# %% after="3.1 3.2"
V = valley(20.0)
border = largest_step(V)
walks = {
    f"{share:.0%} of the border": gradient_descent(
        lambda x: V @ x, 2.6 * flat + 0.25 * steep, share * border, 50
    )
    for share in (1.02, 0.98)
}
print(f"the border is at 2 / lambda_max = {border:.4f}")
for label, walk in walks.items():
    distance = walk.norm(dim=1)
    print(
        f"{label}: from distance {distance[0]:.2f} down to {distance.min():.2f}, "
        f"after 50 steps it is {distance[-1]:.2f}"
    )

figure, (left, right) = plots.page(1, 2, height=4.2)
plots.descent_path(lambda x: 0.5 * x @ V @ x, walks, limits=((-2.6, 2.6), (-2.6, 2.6)), figure=left)
plots.curves(
    {label: walk.norm(dim=1) for label, walk in walks.items()},
    range(51),
    log="y",
    xlabel="step $t$",
    ylabel="distance from the minimum",
    figure=right,
)
figure

# %% [markdown]
# Both walkers come down the valley, and jump from side to side as they come. One jumps a little
# less far each time, the other a little further. For a dozen steps you could not tell which is
# which! Divergence begins in the steepest direction alone, and everything else may look well
# meanwhile.
#
# Now all step sizes at once, in the bowl of section 1: where is the walker after 20 steps?

# %% after="3.1 3.2"
border = largest_step(A)
near = minimum + point(0.5, 0.15)
shares = torch.cat([torch.linspace(0.02, 0.98, 49), torch.linspace(0.99, 1.06, 15)])
left_over = [
    (gradient_descent(bowl_slope, near, share * border, 20)[-1] - minimum).norm().item()
    for share in shares.tolist()
]
begin = (near - minimum).norm().item()
plots.curves(
    {"after 20 steps": left_over, "at the start": [begin] * len(shares)},
    shares,
    log="y",
    xlabel=r"step, as a part of $2 / \lambda_{\max}$",
    ylabel="distance from the minimum",
    title="Larger steps are better, until they are not",
)

# %% [markdown]
# Everything to the right of 1 ends further away than it began. The best step lies somewhat below
# the border, at $2 / (\lambda_{\max} + \lambda_{\min})$: there the factors of the flattest and of
# the steepest direction are equally large,
# $\pm \frac{\lambda_{\max} - \lambda_{\min}}{\lambda_{\max} + \lambda_{\min}}$.
#
# ### Long, narrow valleys
#
# With $\kappa = \lambda_{\max} / \lambda_{\min}$, the **condition number** of $A$, that best factor
# is $\frac{\kappa - 1}{\kappa + 1}$. For a round bowl, $\kappa = 1$, it is 0: one step, and you are
# there. For a long, narrow valley it is nearly 1. The steep direction forbids large steps, and the
# flat one would need them: the problem is **ill-conditioned**.


# %% after="3.1"
def walk_in(kappa, n, step=None):
    """n steps in the valley of this condition number, of the best size unless it is given."""
    V = valley(kappa)
    step = step or 2 / (kappa + 1)
    return V, gradient_descent(lambda x: V @ x, -1.7 * flat + 0.7 * steep, step, n)


figure, panels = plots.page(1, 3, height=3.0, title="15 steps of the best size, from one start")
for kappa, panel in zip((1.0, 6.0, 40.0), panels, strict=True):
    V, walk = walk_in(kappa, 15)
    plots.descent_path(
        lambda x, V=V: 0.5 * x @ V @ x,
        walk,
        limits=((-2, 2), (-2, 2)),
        title=rf"$\kappa = {kappa:g}$",
        figure=panel,
    )
figure

# %% [markdown]
# How many steps does it take until a millionth of the way is left? The theory says: those for which
# $\left( \frac{\kappa - 1}{\kappa + 1} \right)^t = 10^{-6}$, that is about $7 \kappa$. We count.

# %% after="3.1 3.2"
kappas = [2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0]
counted, predicted = [], []
for kappa in kappas:
    factor = (kappa - 1) / (kappa + 1)
    predicted.append(math.log(1e-6) / math.log(factor))
    top = 2 / largest_step(valley(kappa))  # as your function finds it; the smallest one is 1
    distance = walk_in(kappa, int(2 * predicted[-1]), step=2 / (top + 1))[1].norm(dim=1)
    counted.append(int((distance > 1e-6 * distance[0]).sum()))
    print(f"condition number {kappa:5.0f}: {counted[-1]:5} steps, predicted {predicted[-1]:7.1f}")
plots.curves(
    {"counted": counted, "predicted": predicted},
    kappas,
    log="xy",
    xlabel=r"condition number $\kappa$",
    ylabel="steps to a millionth",
    title="The price of a narrow valley",
)

# %% [markdown]
# Twice as narrow costs twice as many steps. The losses of networks are far narrower still. Much of
# what you will meet later in the course (normalising the inputs, batch normalisation, momentum,
# Adam) are ways around this picture.
#
# ## 3. Several valleys
#
# A bowl has one minimum, and descent finds it from everywhere. The loss of a network is no bowl.
# Here is a landscape with four valleys, of different depth:
#
# $$ F(x) = (x_1^2 - 1)^2 + (x_2^2 - 1)^2 + \tfrac25\, x_1 x_2 + \tfrac{3}{10}\, x_1. $$
#
# For its gradient we ask PyTorch, which can differentiate what it computes (lab 4 shows how that
# works).


# %%
def landscape(x):
    """F of one point (2,), or of each row of (N, 2)."""
    x_1, x_2 = x[..., 0], x[..., 1]
    return (x_1**2 - 1) ** 2 + (x_2**2 - 1) ** 2 + 0.4 * x_1 * x_2 + 0.3 * x_1


slope = torch.func.grad(landscape)
whole = ((-1.9, 1.9), (-1.9, 1.9))

# %% after="3.1"
starts = {
    "A": point(-1.8, 0.4),
    "B": point(-0.1, 1.8),
    "C": point(0.3, -0.2),
    "D": point(1.8, 0.3),
    "E": point(-1.5, -1.7),
}
from_starts = {
    f"start {name}": gradient_descent(slope, x0, 0.02, 200) for name, x0 in starts.items()
}
with_steps = {
    f"step {step}": gradient_descent(slope, point(1.7, 1.85), step, 200)
    for step in (0.14, 0.11, 0.02)
}
for label, path in (from_starts | with_steps).items():
    x_1, x_2 = path[-1].tolist()
    print(f"{label:9}: ends at ({x_1:5.2f}, {x_2:5.2f}), where F = {landscape(path[-1]):6.3f}")

figure, (left, right) = plots.page(1, 2, height=4.4)
plots.descent_path(landscape, from_starts, limits=whole, title="Several starts", figure=left)
plots.descent_path(landscape, with_steps, limits=whole, title="Several steps", figure=right)
figure

# %% [markdown]
# On the left, the step is the same and the starts differ: each walk ends in a valley nearby, deep
# or not. On the right the start is the same and the *steps* differ, and so do the ends! A large
# step jumps out of the valley in which a small one stays.
#
# So which start leads to which valley? Here is a trick to walk from thousands of starts at once.
# Put them all into one long vector. The sum of $F$ over all points is a function of this vector,
# its gradient holds the gradient of each point, and descent on it moves each point as if it were
# alone.

# %% after="3.1"
corners = torch.tensor([[-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
all_slopes = torch.func.grad(lambda x: landscape(x.reshape(-1, 2)).sum())


def ends(starts, step, n=80):
    """Where descent from each row of `starts` ends."""
    return gradient_descent(all_slopes, starts.flatten(), step, n)[-1].reshape(-1, 2)


valleys = ends(corners, 0.05)
valley_names = ["I", "II", "III", "IV"]
for name, lowest in zip(valley_names, valleys, strict=True):
    x_1, x_2 = lowest.tolist()
    print(
        f"valley {name:3}: lowest at ({x_1:5.2f}, {x_2:5.2f}), where F = {landscape(lowest):5.2f}"
    )


def valley_reached(step):
    return lambda starts: torch.cdist(ends(starts, step), valleys).argmin(1)


figure, panels = plots.page(1, 2, height=4.2)
for step, panel in zip((0.02, 0.15), panels, strict=True):
    plots.decision_regions(
        valley_reached(step),
        valleys,
        torch.arange(4),
        names=valley_names,
        limits=whole,
        title=f"The valley reached, step {step}",
        figure=panel,
    )
figure

# %% [markdown]
# With small steps the country is divided neatly: the start decides, and the walls run along the
# ridges. With large steps, neighbouring starts end in different valleys. Nothing is random here,
# and still you could not tell.
#
# Keep this picture in mind when two trainings of the same network end with different weights.
#
# ## 4. A gradient without knowing anything
#
# Where does the gradient come from? If all we can do with $F$ is to compute it, there is the
# definition of the derivative: move a little, and see how much $F$ changes. To one side, that is
# $(F(x + \varepsilon) - F(x)) / \varepsilon$. To both sides it is better:
#
# $$ \frac{\partial F}{\partial x_i}(x) \approx
#    \frac{F(x + \varepsilon u_i) - F(x - \varepsilon u_i)}{2 \varepsilon}, $$
#
# where $u_i$ is 1 at $i$ and 0 elsewhere. Why better? Look at Taylor's series (in one variable):
#
# $$ F(x \pm \varepsilon) = F(x) \pm \varepsilon F'(x) + \tfrac{\varepsilon^2}{2} F''(x)
#    \pm \tfrac{\varepsilon^3}{6} F'''(x) + \ldots $$
#
# In the difference of the two, the term with $F''$ cancels. What is left is an error of order
# $\varepsilon^2$ in place of $\varepsilon$.
#
# Mind two things. `f` may be any code, so do not count on autograd (in this exercise it is switched
# off). And `x` belongs to your caller: not even for a moment should it be changed.

# %% exercise="3.3"
from course_dl.labs.lab03_descent.solutions import numerical_gradient

# %% [markdown]
# How small should $\varepsilon$ be? "As small as possible", says the definition. Let us look, at
# one point of the landscape, at the error of the gradient for all $\varepsilon$ from $1$ to
# $10^{-13}$: of your central differences, and of differences to one side.

# %% after="3.3"
x = point(0.7, -1.4)
truth = slope(x)
eps_values = torch.logspace(0, -13, 40, dtype=torch.float64)


def one_sided(f, x, eps):
    steps = eps * torch.eye(len(x), dtype=x.dtype)  # row i is eps u_i
    return torch.stack([(f(x + e) - f(x)) / eps for e in steps])


def error_of(method):
    return [
        ((method(landscape, x, eps) - truth).norm() / truth.norm()).item()
        for eps in eps_values.tolist()
    ]


plots.v_curve(
    eps_values,
    {"one side": error_of(one_sided), "central": error_of(numerical_gradient)},
    xlabel=r"distance $\varepsilon$ from the point",
    title="The error of a gradient by differences",
)

# %% [markdown]
# A **V**. From the right, the error falls as the theory says: where $\varepsilon$ is ten times
# smaller, it is 10 times smaller for one-sided differences and 100 times for central ones. Then it
# *rises* again, and that is the computer's arithmetic. float64 keeps 16 digits.
# $F(x + \varepsilon)$ and $F(x - \varepsilon)$ agree in most of them, the difference is made of
# what is left, and it is divided by a small number. With float32 and its 7 digits, the method is
# nearly useless.
#
# At the best $\varepsilon$, around $10^{-5}$, eleven digits are right: this is how a formula for a
# gradient is *tested*. To *train*, it is hopeless: each gradient costs $2 D$ values of $F$. You
# will see the number in a minute.
#
# Still, it takes any code. This function goes through text, of which no autograd knows anything:


# %% after="3.1 3.3"
def rounded_bowl(x):
    """The bowl of section 1, computed from its coordinates as text with 12 digits."""
    x_1, x_2 = (float(f"{value:.12f}") for value in x.tolist())
    return 1.5 * x_1**2 + x_1 * x_2 + x_2**2 - x_1 + x_2


def measured_slope(x):
    return numerical_gradient(rounded_bowl, x, eps=1e-4)


path = gradient_descent(measured_slope, point(-1.5, 1.5), 0.3, 40)
print("descent ends at", [round(value, 6) for value in path[-1].tolist()])
print("the minimum is ", [round(value, 6) for value in minimum.tolist()])

# %% [markdown]
# ## 5. The loss of a classifier
#
# From hills to learning. A model gives each sample $i$ an output $y_i$, and the training loss adds
# up how far each is from what was desired:
#
# $$ E(W) = \sum_i L(y_i; d_i). $$
#
# The gradient of $E$ for the weights begins with the gradient of $L$ for the *outputs*. The course
# has two losses:
#
# | task | loss of a sample | $d$ |
# | --- | --- | --- |
# | regression (square error) | $L = \frac12 \lVert y - d \rVert^2$ | as many numbers as $y$ |
# | classification (cross-entropy) | $L = -y_d + \log \sum_k e^{y_k}$ | a class $0, \ldots, K-1$ |
#
# In the second one, $y_0, \ldots, y_{K-1}$ are *scores*, and the softmax is part of the loss: it is
# $-\log p_d$, where $p_k = e^{y_k} / \sum_j e^{y_j}$ is the probability that the model gives to
# class $k$. Here is that loss for two classes, as the score of the right class grows, with its
# slope:

# %%
right_score = torch.linspace(-6, 6, 121, dtype=torch.float64)
scores = torch.stack([right_score, torch.zeros_like(right_score)], dim=1).requires_grad_()
losses = F.cross_entropy(scores, torch.zeros(121, dtype=torch.int64), reduction="none")
(slopes,) = torch.autograd.grad(losses.sum(), scores)
plots.curves(
    {"loss $L$": losses, r"slope $\partial L / \partial y_d$": slopes[:, 0]},
    right_score,
    xlabel="score of the right class (the other score is 0)",
    title="Cross-entropy: wrong and sure is expensive",
)

# %% [markdown]
# Far on the right the model is right and sure: the loss is nearly 0, and so is its slope; nothing
# remains to be learnt. Far on the left it is wrong and sure, and the slope is $-1$, no steeper,
# however wrong it is.
#
# Work out both gradients with pencil and paper; the results are surprisingly alike. A batch has one
# sample a row. Each row of $y$ takes part in the loss of its own sample only, so the gradient has
# the shape of $y$, and each row is the gradient of one sample. Nothing is summed here, nothing is
# divided. (Write the formulas, here and in the next exercise. Autograd would pass the check too,
# but it teaches you nothing, and lab 4 builds on these formulas.)

# %% exercise="3.4"
from course_dl.labs.lab03_descent.solutions import square_error_grad, cross_entropy_grad

# %% [markdown]
# Do not trust a formula: test it. You own a tool for that, `numerical_gradient`. It wants a
# function of one long vector, so the scores of five samples go in flat.

# %% after="3.3 3.4"
y = torch.randn(5, 4, generator=seeded(0), dtype=torch.float64)
d_values = torch.randn(5, 4, generator=seeded(1), dtype=torch.float64)
d_classes = torch.tensor([0, 3, 1, 1, 2])

tests = {
    "square error": (
        lambda v: 0.5 * (v.reshape(5, 4) - d_values).square().sum(),
        square_error_grad(y, d_values),
    ),
    "cross-entropy": (
        lambda v: F.cross_entropy(v.reshape(5, 4), d_classes, reduction="sum"),
        cross_entropy_grad(y, d_classes),
    ),
}
for name, (E, formula) in tests.items():
    measured = numerical_gradient(E, y.flatten()).reshape(5, 4)
    print(f"{name:13}: formula and measurement differ by {(formula - measured).abs().max():.1e}")

# %% [markdown]
# ## 6. A few samples instead of all
#
# The simplest model that reads an image is the **linear classifier**, one neuron for each class:
# weights $W$ $(K, D+1)$, whose row $k$ are bias and weights of class $k$, and scores $y = W x$. All
# samples at once: $Y = X W^\top$. The pixels of an image are the entries of $x$, after a 1 for the
# bias. Here are the digits.

# %%
train, test = mnist("train"), mnist("test")
print(f"{len(train):,} digits to learn from, {len(test):,} to test on: {train.source}")


def with_ones(X):
    return torch.cat([X.new_ones(len(X), 1), X], dim=1)


X, d = train.tensors()
X = with_ones(X)  # (N, 785)
X_test, d_test = test.tensors()
X_test = with_ones(X_test)
everything = torch.arange(len(X))
plots.image_grid(train.images[:20], train.labels[:20])

# %% [markdown]
# How does the loss depend on $W$? Row $i$ of $Y$ is $W x_i$. Write $g_i = \nabla_{y_i} L$, the row
# that your `cross_entropy_grad` gives. Score $k$ of sample $i$ is $\langle w_k, x_i \rangle$, so
# sample $i$ contributes $g_{ik}\, x_i$ to the gradient of $w_k$, and
#
# $$ \nabla_W E = \sum_{i \in T} g_i\, x_i^\top, \qquad T = \text{all training samples}. $$
#
# Sixty thousand terms for a single step! But the sum is a kind of survey, and nobody asks everybody
# in a survey. Take a **batch** $S$ of a few samples, drawn at random:
#
# $$ \nabla_W E_S = \sum_{i \in S} g_i\, x_i^\top. $$
#
# (A sample that is drawn twice counts twice.) A loop over the samples of the batch is right, and
# makes the training at the end take minutes. One product of matrices takes seconds; the third hint
# leads to it.

# %% exercise="3.5"
from course_dl.labs.lab03_descent.solutions import minibatch_gradient

# %% [markdown]
# First, the bill: what does the gradient over all samples cost by your formula, by differences, and
# for a batch of 100?

# %% after="3.5"
W = torch.zeros(10, 785)


def seconds(work, repeats=3):
    work()
    started = perf_counter()
    for _ in range(repeats):
        work()
    return (perf_counter() - started) / repeats


one_value = seconds(lambda: F.cross_entropy(X @ W.T, d, reduction="sum"))
by_formula = seconds(lambda: minibatch_gradient(W, X, d, everything))
for_a_batch = seconds(lambda: minibatch_gradient(W, X, d, everything[:100]), 20)
print(f"by differences: 2 x {W.numel()} values of E, {2 * W.numel() * one_value / 60:8.1f} minutes")
print(f"by your formula, all samples:        {1000 * by_formula:8.1f} milliseconds")
print(f"by your formula, 100 samples:        {1000 * for_a_batch:8.2f} milliseconds")

# %% [markdown]
# ### Is a batch to be trusted?
#
# The course claims: **on average, the gradient of a batch is $|S| / |T|$ times the gradient over
# all samples**,
#
# $$ \mathbb{E}\left[ \nabla E_S \right] = \frac{|S|}{|T|}\, \nabla E. $$
#
# This is easy to prove (each of the $|S|$ members of the batch is each sample with probability
# $1 / |T|$), and easy to test by a *Monte Carlo* experiment: draw many batches, and average. We do
# so for a small problem, where we can look at every component of the gradient: 300 points of the
# plane in three classes, so that $W$ has $3 \times 3$ entries, and batches of 10.

# %%
X_toy, d_toy = gaussian_classes(300, generator=seeded(1), dtype=torch.float64)
X_toy = with_ones(X_toy)
W_toy = 0.3 * torch.randn(3, 3, generator=seeded(2), dtype=torch.float64)
plots.scatter(X_toy[:, 1:], d_toy, title="300 samples, three classes")

# %% after="3.5"
n_batch, n_estimates = 10, 4096
draw = seeded(3)
estimates = torch.stack(
    [
        minibatch_gradient(
            W_toy, X_toy, d_toy, torch.randint(300, (n_batch,), generator=draw)
        ).flatten()
        for _ in range(n_estimates)
    ]
)
expected = n_batch / 300 * minibatch_gradient(W_toy, X_toy, d_toy, torch.arange(300)).flatten()

names = [f"$w_{{{k}{j}}}$" for k in range(3) for j in range(3)]
figure, panels = plots.page(2, 1, height=3.0)
for count, panel in zip((16, n_estimates), panels, strict=True):
    plots.monte_carlo(
        estimates[:count],
        expected,
        names=names,
        title=f"{count} batches of {n_batch} samples",
        figure=panel,
    )
figure

# %% [markdown]
# With 16 batches, the means scatter about what is expected, and the error bars (two standard
# errors) say how much they may. With 4,096 batches the means sit in the squares.
#
# Error bars must shrink in a certain way: the mean of $R$ independent estimates is off by
# $\sigma / \sqrt{R}$, if $\sigma$ is how much a single one is off. Four times the work, half the
# error. We measure it: cut the 4,096 estimates into groups of $R$, take the mean of each group, and
# look how far from the truth it is.

# %% after="3.5"
group_sizes = [1, 4, 16, 64, 256, 1024]
measured, uncertain = [], []
for size in group_sizes:
    means = estimates.reshape(-1, size, 9).mean(1)
    errors = (means - expected).norm(dim=1)
    measured.append(errors.square().mean().sqrt().item())
    # Of n squared errors, the mean is uncertain by their spread over the root of n.
    spread = errors.square().std().item() / len(errors) ** 0.5
    uncertain.append(spread / measured[-1])  # one half of it for the root, twice for the bar
law = [measured[0] / size**0.5 for size in group_sizes]
for size, error, theory in zip(group_sizes, measured, law, strict=True):
    print(f"mean of {size:4} batches: off by {error:.4f}, the law says {theory:.4f}")

away = (estimates.mean(0) - expected) / (estimates.std(0) / n_estimates**0.5)
print(
    f"all {n_estimates} batches: no component is off by more than {away.abs().max():.1f} standard errors"
)
plots.curves(
    {"measured": measured, r"$\sigma / \sqrt{R}$": law},
    group_sizes,
    errors={"measured": uncertain, r"$\sigma / \sqrt{R}$": [0.0] * len(law)},
    log="xy",
    xlabel="number $R$ of batches averaged",
    ylabel="error of the mean",
    title="Four times the batches, half the error",
)

# %% [markdown]
# The claim holds, to the accuracy of the experiment. A batch points, *on average*, where all
# samples point.
#
# ### The noise of a batch against its size
#
# But we do not average thousands of batches: we step along a single one. How much of it is signal,
# $\frac{|S|}{|T|} \nabla E$, and how much is noise, the rest? On 5,000 of the digits, for batches
# of several sizes: at the beginning, where all weights are 0, and after 30 steps of descent with
# all samples.

# %% after="3.2 3.5"
n_some = 5000
X_some, d_some = X[:n_some], d[:n_some]
curvature = (X_some.T.double() @ X_some.double()) / 2 + torch.eye(785, dtype=torch.float64)
safe = largest_step(curvature)  # why this matrix: see section 8

W_start = torch.zeros(10, 785)
W_later = W_start
for _ in range(30):
    W_later = W_later - 0.9 * safe * minibatch_gradient(
        W_later, X_some, d_some, torch.arange(n_some)
    )

# %% after="3.2 3.5"
sizes = [1, 4, 16, 64, 256, 1024]
draw = seeded(4)
figure, panels = plots.page(1, 2, height=3.4)
moments = {"at the start": W_start, "30 steps later": W_later}
for (when, W), panel in zip(moments.items(), panels, strict=True):
    full = minibatch_gradient(W, X_some, d_some, torch.arange(n_some))
    signal, noise = [], []
    for size in sizes:
        batches = [torch.randint(n_some, (size,), generator=draw) for _ in range(40)]
        wanted = size / n_some * full
        rest = [(minibatch_gradient(W, X_some, d_some, S) - wanted).norm() ** 2 for S in batches]
        signal.append(wanted.norm().item())
        noise.append(torch.stack(rest).mean().sqrt().item())
    as_large = (noise[0] / signal[0]) ** 2
    print(f"{when}: noise and signal are equally large at about {as_large:.0f} samples")
    plots.curves(
        {"signal": signal, "noise": noise},
        sizes,
        log="xy",
        xlabel="samples in the batch $|S|$",
        ylabel="norm",
        title=when,
        figure=panel,
    )
    panel.axes[0].set_ylim(0.5, 5000)  # one scale for both
figure

# %% [markdown]
# Two straight lines. The signal grows with $|S|$, the noise only with $\sqrt{|S|}$, so the larger
# batch is the better survey; but *for its price* it is the worse one: 100 times the samples buy 10
# times the accuracy.
#
# And compare the two pictures. The signal has fallen to about a quarter, because we are nearer to the
# minimum, where the gradient over all samples is 0. The gradients of single samples are not 0 there:
# they only cancel. So the noise has fallen to about a half only, and near the minimum it is all there
# is.
#
# ## 7. Stochastic gradient descent
#
# Do not ask everybody before each step: ask a few, make a small step, ask the next few. Shuffle the
# samples and cut them into batches; once all have been seen, an **epoch** is over. Shuffle again.
#
# $$ W \leftarrow W - \eta\, \nabla E_S(W), \qquad S = \text{the next batch}. $$
#
# Your function is told how to get the gradient of a batch, `grad_batch(W, batch)`, so it works for
# any model and any data. All random numbers come from the `generator` that it is given: whoever
# knows the seed can repeat the training exactly.

# %% exercise="3.6"
from course_dl.labs.lab03_descent.solutions import sgd

# %% [markdown]
# First where we can see it: a line $y = w_0 + w_1 x$ through 200 noisy points, with the square
# error. The loss is a bowl over the plane of $(w_0, w_1)$. Your `grad_batch` gets every $W$ on the
# way, so it can keep them for the picture.

# %%
N = 200
x_line = 2 * torch.rand(N, 1, generator=seeded(5), dtype=torch.float64)
d_line = 0.5 + 1.5 * x_line + 0.6 * torch.randn(N, 1, generator=seeded(6), dtype=torch.float64)
X_line = with_ones(x_line)
best_line = torch.linalg.lstsq(X_line, d_line).solution.flatten()


def line_loss(w):
    return 0.5 * (X_line @ w - d_line[:, 0]).square().sum()


# %% after="3.4 3.6"
def line_gradient(W, batch):
    """The gradient of the square error on a batch; W is (1, 2), one output with its bias."""
    return square_error_grad(X_line[batch] @ W.T, d_line[batch]).T @ X_line[batch]


def sgd_path(lr, epochs, batch_size):
    """All weights on the way, (steps + 1, 2)."""
    path = []

    def recorded(W, batch):
        path.append(W.flatten().clone())
        return line_gradient(W, batch)

    W0 = torch.tensor([[-0.5, -0.5]], dtype=torch.float64)
    last = sgd(recorded, W0, N, batch_size, lr, epochs, seeded(7))
    return torch.stack([*path, last.flatten()])


# %% after="3.1 3.2 3.4 3.6"
line_border = largest_step(X_line.T @ X_line)  # the square error is a quadratic, with A = X^T X


def full_slope(w):
    return line_gradient(w[None], torch.arange(N)).flatten()


with_all = gradient_descent(full_slope, point(-0.5, -0.5), 0.6 * line_border, 5)
one_by_ten = sgd_path(lr=0.02, epochs=5, batch_size=10)

figure, (left, right) = plots.page(1, 2, height=4.2, title="Five passes over 200 samples")
for label, path, panel in (
    (f"all samples, {len(with_all) - 1} steps", with_all, left),
    (f"batches of 10, {len(one_by_ten) - 1} steps", one_by_ten, right),
):
    plots.descent_path(
        line_loss,
        path,
        limits=((-0.8, 1.6), (-0.8, 2.6)),
        minimum=best_line,
        title=label,
        xlabel="$w_0$",
        ylabel="$w_1$",
        figure=panel,
    )
figure

# %% [markdown]
# Both looked at every sample five times. Descent with all samples made five careful steps; SGD made
# a hundred careless ones, and was at the bottom of the valley after one or two epochs. But it does
# not stay at the minimum: it dances around it. How far out depends on the learning rate:

# %% after="3.1 3.2 3.4 3.6"
epochs = 150
above = {
    f"SGD, learning rate {lr}": [
        (line_loss(w) - line_loss(best_line)).item() for w in sgd_path(lr, epochs, 10)[:: N // 10]
    ]
    for lr in (0.02, 0.005, 0.001)
}
path = gradient_descent(full_slope, point(-0.5, -0.5), 0.9 * line_border, epochs)
above["all samples"] = [(line_loss(w) - line_loss(best_line)).item() for w in path]
plots.curves(
    above,
    range(epochs + 1),
    log="y",
    xlabel="passes over the data",
    ylabel="$E(W)$ above its minimum",
    title="Fast and inexact, or slow and exact",
)

# %% [markdown]
# A large learning rate is fast, and ends in a large dance; a small one the other way round. Hence
# the custom of making it smaller as training goes on. And the exact method overtakes them all in
# the end, if you can wait. For a network nobody can, and nobody needs the last digits of a minimum
# of the *training* loss.
#
# ## 8. Digits, with nothing but your own functions
#
# Now the real thing: $W$ has 7,850 entries, and the loss is the cross-entropy of all training
# digits.
#
# Which learning rate? You have a function for that. The second derivative of the cross-entropy is
# not constant, but one can show that it is never larger than $\frac12 X^\top X$. So with
# the largest eigenvalue $\lambda_{\max}$ of that matrix, $2 / \lambda_{\max}$ is safe for the whole
# sum; a batch has $|S|$ terms
# out of $|T|$, so it allows a step $|T| / |S|$ times as large. (The tiny multiple of $I$ in the
# code makes $A$ positive definite: some pixels are black in every image.)

# %% after="3.2"
n_curved, batch_size = 5000, 100
A_digits = X[:n_curved].T.double() @ X[:n_curved].double() / 2 + torch.eye(785, dtype=torch.float64)
eigenvalues = torch.linalg.eigvalsh(A_digits)
flatter = int((eigenvalues < eigenvalues[-1] / 1000).sum())
print(f"largest eigenvalue: {eigenvalues[-1]:.2g}")
print(f"{flatter} of {len(eigenvalues)} directions are more than 1000 times flatter")
lr = largest_step(A_digits) * n_curved / batch_size
print(f"safe learning rate for batches of {batch_size}: {lr:.2e} (gradients are sums)")
print(f"the same for PyTorch's mean over the batch: {lr * batch_size:.2e}")

# %% [markdown]
# There is the narrow valley that was promised: one direction forbids large steps, and most of the
# others would need them. (The last line is for later: PyTorch's
# losses take the *mean* over the batch, so its learning rates are $|S|$ times ours.)
#
# Ten epochs of SGD, one at a time, so that we can test after each; and beside it ten steps of
# descent with all samples, which cost just as much.


# %% after="3.1 3.2 3.5 3.6"
def accuracy(W, X, d):
    return ((X @ W.T).argmax(1) == d).double().mean().item()


def digits_gradient(W, batch):
    return minibatch_gradient(W, X, d, batch)


generator = seeded(8)
W_digits = torch.zeros(10, 785)
by_sgd = [accuracy(W_digits, X_test, d_test)]
started = perf_counter()
for epoch in range(1, 11):
    W_digits = sgd(digits_gradient, W_digits, len(X), batch_size, lr, 1, generator)
    by_sgd.append(accuracy(W_digits, X_test, d_test))
    print(f"epoch {epoch:2}: {by_sgd[-1]:.2%} of the test digits are read rightly")
print(f"{perf_counter() - started:.1f} s")

# %% after="3.1 3.2 3.5 3.6"
safe_for_all = lr * batch_size / len(X)
walk = gradient_descent(
    lambda w: digits_gradient(w.reshape(10, 785), everything).flatten(),
    torch.zeros(7850),
    safe_for_all,
    10,
)
by_descent = [accuracy(w.reshape(10, 785), X_test, d_test) for w in walk]

plots.curves(
    {
        f"SGD, {-(-len(X) // batch_size)} steps a pass": by_sgd[1:],
        "all samples, 1 step a pass": by_descent[1:],
        "91 %": [0.91] * 10,
    },
    xlabel="passes over the training digits",
    ylabel="accuracy on the test digits",
    title="The same work, spent in two ways",
)

# %% after="3.5 3.6"
print(f"test accuracy {by_sgd[-1]:.2%}, from {len(X):,} training digits")
if len(X) < 60_000:
    print("(with all 60,000 training digits it passes 91 %; these are the few inside the package)")
plots.weights_as_images(
    W_digits[:, 1:], names=list("0123456789"), columns=5, title="What each neuron looks for"
)

# %% [markdown]
# More than nine out of ten, by four functions of a few lines each. The weights are pictures: red
# pixels speak for the class, blue ones against it. The neuron for 0 wants a ring and nothing in the
# middle. Which digits does it get wrong?

# %% after="3.5 3.6"
guesses = (X_test @ W_digits.T).argmax(1)
wrong = (guesses != d_test).nonzero().flatten()[:16]
plots.image_grid(test.images[wrong], d_test[wrong], guesses[wrong], columns=8)

# %% [markdown]
# Some are hard for us as well. Most are not: a linear classifier compares pixels with one template
# a class, and there is more than one way to write a 4. What it lacks is hidden layers. Their
# gradient is what lab 4 is about.
#
# **To try, if you like.** Multiply the learning rate by 5 and by 50. Take batches of 10, and of
# 1,000, with the learning rate that belongs to them. Make the learning rate smaller from epoch to
# epoch: how much is there to be gained?
#
# ## What you have learnt
#
# | what | formula |
# | --- | --- |
# | gradient descent | $x_{t+1} = x_t - \eta\, \nabla F(x_t)$ |
# | on a quadratic | converges for $\eta < 2 / \lambda_{\max}$ |
# | ill-conditioning | steps in proportion to $\kappa = \lambda_{\max} / \lambda_{\min}$ |
# | several minima | the end depends on the start *and* on the step |
# | central differences | an error of order $\varepsilon^2$; for tests, not for training |
# | square error | $\nabla_y L = y - d$ |
# | cross-entropy | $\nabla_y L = \operatorname{softmax}(y) - \operatorname{onehot}(d)$ |
# | a batch, on average | $\frac{\lvert S \rvert}{\lvert T \rvert} \nabla E$ |
# | a batch, by itself | signal $\sim \lvert S \rvert$, noise $\sim \sqrt{\lvert S \rvert}$ |
# | SGD | $W \leftarrow W - \eta\, \nabla E_S(W)$, a fresh order in every epoch |

# %% [markdown]
# ## The way on
#
# - **Built here:** descent with all gradients and with those of batches (`gradient_descent`,
#   `sgd`), the largest step that it stands, and the gradients of the two losses.
# - **Next:** for the linear classifier, the way from the gradient of the scores to that of the
#   weights was a single product. A network has many layers, and the gradient has to find its way
#   back through all of them: **backpropagation**, **lab 4**.
# - **Used again:** `square_error_grad` and `cross_entropy_grad`, in lab 4, where the way back
#   begins; `numerical_gradient`, there too, as a witness; `sgd`, in lab 5, as a loop for any
#   network; why a descent fails, in lab 7.

# %%
lab.progress()
