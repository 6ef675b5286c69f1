# %% [markdown]
# # Lab 1: The perceptron
#
# *Session 1 begins here. You bring some Python and PyTorch's tensors; lab 2 goes on where this lab
# ends.*
#
# In 1958 Frank Rosenblatt presented a machine that learnt from examples. It was shown cards marked
# on the left or on the right, and after some dozens of them it could tell one kind from the other,
# although nobody had told it how. Its rule, the **perceptron**, fits in one line, and is the
# ancestor of every network of this course.
#
# In this lab you write it, piece by piece, and then put three questions to it:
#
# 1. **How does it learn?** By mistakes alone, one sample at a time.
# 2. **How well does it learn?** It finds *a* separator, but which one? And how long may it take?
# 3. **Where does it stop?** At four points in the plane.
#
# There are seven exercises; allow two to three hours. Under each one stands a check:
# `lab.check("1.1")` says what is right, what is wrong, and often why. `lab.hint("1.1")` gives a
# hint, one more each time. Cells that need your functions wait until these pass.

# %% [markdown]
# **Letters of this lab.** A vector is a tensor of one dimension; each row of $X$ is a sample.
#
# | sign | what it is | shape | in Python |
# | --- | --- | --- | --- |
# | $N$, $D$ | number of samples, of coordinates of a sample | | `len(X)` |
# | $X$, $x_i$ | the samples, sample $i$; with the 1 in front one longer | $(N, D)$, $(D)$; $(N, D+1)$, $(D+1)$ | `X`, `x`; `X1` |
# | $d$, $d_i$ | the labels, $-1$ or $+1$ | $(N)$ | `d` |
# | $w$, $b$ | weights, the bias $b$ first | $(D+1)$ | `w`, `w[0]` |
# | $\langle w, x \rangle$ | score of a sample | | `X @ w`: of all |
# | $y$ | prediction, $-1$ or $+1$ | $(N)$ | `predict(w, X)` |
# | $L$, $E$ | loss of a sample, of all together | | `perceptron_loss` |
# | $\text{lr}$ | learning rate | | `lr` |

# %% setup
from course_dl.lab import Lab

lab = Lab("lab01")

# %%
import torch
from torch import Tensor

from course_dl import plots
from course_dl.data import SEPARATOR, mnist, overlapping_clouds, separable_clouds


def seeded(seed):
    """A random generator: the same seed gives the same samples each time."""
    return torch.Generator().manual_seed(seed)


# %% [markdown]
# ## 1. Two classes and a line
#
# Here are 100 samples $x_i = (x_{i,1}, x_{i,2})$ of the plane. Each has a *label* $d_i$, which is
# $-1$ or $+1$. Think of the two axes as two measurements of an image, and of the labels as "left"
# and "right".

# %%
X, d = separable_clouds(100, margin=0.02, generator=seeded(3))
print("X", tuple(X.shape), " one sample a row")
print("d", tuple(d.shape), " the labels of the first five:", d[:5].tolist())
plots.scatter(X, d, title="Which rule tells the two classes apart?")

# %% [markdown]
# The simplest rule is a line. Weights $w = (w_1, w_2)$ and a *bias* $b$ give each sample a
# **score**, and the sign of the score is the **prediction**:
#
# $$ y = \operatorname{sign}(\langle w, x \rangle + b), \qquad
#    \operatorname{sign}(a) = \begin{cases} +1 & a \ge 0 \\ -1 & a < 0 \end{cases} $$
#
# The points of score 0 form the **separator**: a line in the plane, a hyperplane in $D$ dimensions.
# The weights $w$ stand at right angles to it, and the bias moves it away from the origin.
#
# ### The bias is a weight, too
#
# Put a 1 in front of every sample and the bias in front of the weights:
#
# $$ \tilde x = (1, x_1, \ldots, x_D), \qquad \tilde w = (b, w_1, \ldots, w_D), \qquad
#    \langle \tilde w, \tilde x \rangle = \langle w, x \rangle + b. $$
#
# From now on there is one vector of weights, the bias is its entry 0, and nothing that we derive
# needs a case of its own for the bias. (We leave the tildes out.)

# %% exercise="1.1"
from course_dl.labs.lab01_perceptron.solutions import add_bias

# %% after="1.1"
X1 = add_bias(X)  # the samples as every other function of this lab wants them
print(X[:3])
print(X1[:3])

# %% [markdown]
# Now the rule itself, for all samples at once. One product of the matrix $X$ (one sample a row) and
# the vector $w$ gives all scores: $(X w)_i = \langle w, x_i \rangle$.
#
# Mind the score 0. It is rare for measured data, but we will meet it at once: with $w = 0$ *every*
# score is 0. The course says $\operatorname{sign}(0) = +1$.

# %% exercise="1.2"
from course_dl.labs.lab01_perceptron.solutions import predict

# %% [markdown]
# Three guesses. Change the numbers and find a line that is better than mine: what does the bias
# do? What happens if you multiply all three numbers by 10, or by $-1$?

# %% after="1.1 1.2"
guesses = {
    "guess A": torch.tensor([0.0, 1.0, 0.0]),
    "guess B": torch.tensor([0.0, 1.0, 1.0]),
    "guess C": torch.tensor([-1.0, 1.0, 0.5]),
}
for name, w in guesses.items():
    wrong = int((predict(w, X1) != d).sum())
    print(f"{name}: w = {w.tolist()}, {wrong} of {len(d)} samples are on the wrong side")
plots.decision_boundary(X, d, guesses)

# %% [markdown]
# ## 2. How wrong is a line?
#
# To *learn* a line we need to know in which direction to change it. The number of mistakes does not
# tell: turn a line a little, and mostly nothing changes. Rosenblatt's loss counts each mistake by
# the size of its score, which is larger the further the sample is on the wrong side:
#
# $$ E(w) = \sum_i L(w; x_i, d_i), \qquad L(w; x_i, d_i) = \max(-d_i \langle w, x_i \rangle,\ 0). $$
#
# Read it slowly. If $d_i$ and the score have the same sign, $-d_i \langle w, x_i \rangle$ is
# negative, and the sample costs nothing. If not, it costs the absolute value of its score.

# %% exercise="1.3"
from course_dl.labs.lab01_perceptron.solutions import perceptron_loss

# %% [markdown]
# Let us turn a line, $w = (-\frac12, \cos \varphi, \sin \varphi)$, and look at both for the first
# 30 samples. The number of mistakes is a staircase, flat almost everywhere. The loss has a slope
# wherever there is a mistake, and the slope says where to go.

# %% after="1.1 1.2 1.3"
degrees = torch.linspace(-60, 180, 481)
turned = [torch.tensor([-0.5, torch.cos(t), torch.sin(t)]) for t in torch.deg2rad(degrees)]
counts = [int((predict(w, X1[:30]) != d[:30]).sum()) for w in turned]
losses = [float(perceptron_loss(w, X1[:30], d[:30])) for w in turned]

figure, (left, right) = plots.page(1, 2, height=3.2)
angle = "angle of w in degrees"
plots.curves(counts, degrees, xlabel=angle, title="number of mistakes", figure=left)
plots.curves(losses, degrees, xlabel=angle, title="the perceptron's loss E(w)", figure=right)

# %% [markdown]
# ## 3. Learn from one mistake
#
# What is the slope? Where sample $i$ is on its right side, its loss is 0, and so is the gradient.
# Where it is on the wrong side, the loss is $-d_i \langle w, x_i \rangle$, and
#
# $$ \nabla_w L(w; x_i, d_i) = -d_i\, x_i. $$
#
# A step against the gradient of this one sample, of $\text{lr}$ (the *learning rate*) times the
# gradient, is the **perceptron's rule**:
#
# $$ w \leftarrow w + \text{lr} \cdot d_i\, x_i \quad \text{if } \operatorname{sign}(\langle w, x_i
#    \rangle) \ne d_i, \qquad w \text{ stays as it is otherwise.} $$
#
# Does it help? After the step the sample has the score
#
# $$ \langle w + \text{lr}\, d_i x_i,\ x_i \rangle
#    = \langle w, x_i \rangle + d_i\, \text{lr}\, \|x_i\|^2. $$
#
# It moved by $\text{lr}\, \|x_i\|^2$ in the right direction. That may be enough, or not yet.
#
# (At a score of exactly 0 the loss has a kink and no gradient. The rule above decides: for
# $d_i = +1$ the sample is right, for $d_i = -1$ it is a mistake.)

# %% exercise="1.4"
from course_dl.labs.lab01_perceptron.solutions import perceptron_step

# %% [markdown]
# One step, seen from near. We start from guess A and learn from one of the samples that it gets
# wrong, the one in the ring. (Of these it is the one with most room around it, to be seen well.)

# %% after="1.1 1.2 1.4"
w = torch.tensor([0.0, 1.0, 0.0])
wrong = (predict(w, X1) != d).nonzero().flatten()
room = torch.cdist(X, X).topk(2, largest=False).values[:, 1]  # to the nearest other sample
i = int(wrong[room[wrong].argmax()])
w_new = perceptron_step(w, X1[i], d[i], 0.5)

print(f"sample {i} has label {d[i]:+g}")
print(f"its score before: {w @ X1[i]:+.2f}, after: {w_new @ X1[i]:+.2f}")
print(f"the score moved by lr * ||x||^2 = {0.5 * (X1[i] @ X1[i]):.2f}")
for name, v in [("before", w), ("after", w_new)]:
    print(f"mistakes among all samples {name}: {int((predict(v, X1) != d).sum())}")

figure = plots.decision_boundary(X, d, {"before": w, "after": w_new})
figure.axes[0].plot(*X[i], "o", markersize=14, markerfacecolor="none", markeredgecolor="black")
figure

# %% [markdown]
# ## 4. Learn from all of them
#
# **Rosenblatt's algorithm**: visit the samples in order, and learn from each. When all have been
# visited, one *epoch* is over. Learning from one sample may spoil another, so visit them all again,
# and again, until an epoch passes without a mistake. (Or until you run out of patience,
# `max_epochs`: we will see why.)
#
# Two things are easily done wrong. A sample is judged by the weights *of that moment*, not by those
# of the epoch's beginning. And the weights are never reset: an epoch goes on where the last ended.

# %% exercise="1.5"
from course_dl.labs.lab01_perceptron.solutions import train_perceptron

# %% after="1.1 1.2 1.5"
start = torch.tensor([2.0, -2.0, 1.0])
w, mistakes = train_perceptron(X1, d, start)
print("weights:", [round(v, 2) for v in w.tolist()])
print("mistakes in each epoch:", mistakes)
print("misclassified at the end:", int((predict(w, X1) != d).sum()))
plots.mistakes_per_epoch(mistakes, title="Learning from mistakes")

# %% [markdown]
# To see the separator move we need the weights after every update, not only the last ones. Your
# `perceptron_step` gives them.


# %%
def path_of_weights(X, d, w, epochs=100):
    """The weights at the start and after every update, one a row."""
    path = [w]
    for _ in range(epochs):
        before = len(path)
        for x_i, d_i in zip(X, d, strict=True):
            w = perceptron_step(path[-1], x_i, d_i, 1.0)
            if not torch.equal(w, path[-1]):
                path.append(w)
        if len(path) == before:
            break
    return torch.stack(path)


# %% [markdown]
# Press play. The arrow is $w$, it points to the side of $+1$. The first updates are large turns;
# later ones are smaller, because $w$ has grown while the updates $\pm x_i$ have not. What decides
# when it ends? The few samples close to the line.

# %% after="1.1 1.4"
path = path_of_weights(X1, d, torch.tensor([2.0, -2.0, 1.0]))
print(len(path) - 1, "updates")
plots.animate_separator(X, d, path)

# %% [markdown]
# **Try it.** Go back and train with `lr=0.1` or `lr=10`, from `start` or from `torch.zeros(3)`.
# From zeros the learning rate changes nothing but the length of $w$: why?

# %% [markdown]
# ## 5. Which line? The perceptron does not care
#
# The algorithm stops as soon as every sample is on its right side. Many lines achieve that, and
# which one comes out depends on the start and on the order of the samples. All have no error at all
# on the samples they learnt from. Are they equally good on *new* samples?
#
# We take only 40 samples to learn from, 10,000 new ones from the same two clouds to test with, and
# start 100 times at random.


# %%
def error(w, X, d):
    """The share of the samples that is misclassified."""
    return float((predict(w, X) != d).float().mean())


# %% after="1.1 1.2 1.5"
X_few, d_few = overlapping_clouds(40, distance=4.0, generator=seeded(0))
X_test, d_test = overlapping_clouds(10_000, distance=4.0, generator=seeded(1))
X1_few, X1_test = add_bias(X_few), add_bias(X_test)

starts = 5 * torch.randn(100, 3, generator=seeded(2))
runs = [train_perceptron(X1_few, d_few, w0, max_epochs=1000) for w0 in starts]
lines = torch.stack([w for w, _ in runs])
errors = torch.tensor([error(w, X1_test, d_test) for w in lines])

converged = sum(mistakes[-1] == 0 for _, mistakes in runs)
print(f"{converged} of {len(runs)} runs ended without any mistake on the 40 samples")
print(f"test error: from {errors.min():.1%} to {errors.max():.1%}, on average {errors.mean():.1%}")
plots.decision_boundary(
    X_few,
    d_few,
    lines,
    values=100 * errors,
    value_label="test error in %",
    title="100 starts, 100 separators",
)

# %% [markdown]
# Every one of these lines is perfect on its 40 samples. On new ones some err three times as often
# as others. The perceptron's loss cannot tell them apart: it is 0 for all of them.
#
# **Logistic regression** uses the same linear score, with another loss,
#
# $$ L(w; x_i, d_i) = \log\left(1 + e^{-d_i \langle w, x_i \rangle}\right). $$
#
# This one is never 0. A sample on its right side, but close to the separator, still pushes the line
# away. (Lab 2 tells where it comes from, and lab 3 how such losses are minimized. Here we borrow
# it: plain gradient descent on all samples at once.)


# %%
def logistic_regression(X, d, steps=1000, lr=0.05):
    w = torch.zeros(X.shape[1])
    for _ in range(steps):
        w = w + lr * (d * torch.sigmoid(-d * (X @ w))) @ X
    return w


# %% after="1.1 1.2 1.5"
logistic = logistic_regression(X1_few, d_few)
of_logistic = error(logistic, X1_test, d_test)
of_best = error(torch.tensor(SEPARATOR), X1_test, d_test)  # the clouds were made around this line
print(f"logistic regression: test error {of_logistic:.1%}")
print(f"{int((errors > of_logistic).sum())} of {len(errors)} perceptrons are worse than that")
plots.histogram(
    100 * errors,
    lines={
        "perceptrons, on average": 100 * errors.mean(),
        "logistic regression": 100 * of_logistic,
        "the best line there is": 100 * of_best,
    },
    xlabel="test error in %",
    ylabel="number of perceptrons",
    title="The same 40 samples, learnt without an error",
)

# %% [markdown]
# This is what the course means by the perceptron's *poor generalization error*: it is content with
# any separator, however narrowly it passes by the samples. Section 7 gives the narrowness a number.

# %% [markdown]
# ## 6. Where it stops: exclusive or
#
# All of this was for classes that a line can separate. Here are four points for which none does,
# the *exclusive or* of two bits: true ($+1$) where exactly one of the two is 1.

# %% exercise="1.6"
from course_dl.labs.lab01_perceptron.solutions import xor_dataset

# %% after="1.1 1.5 1.6"
X_xor, d_xor = xor_dataset()
X1_xor = add_bias(X_xor)
w, mistakes = train_perceptron(X1_xor, d_xor, torch.zeros(3))
print("mistakes in each epoch:", mistakes[:20], "...")
plots.mistakes_per_epoch(mistakes, title="Exclusive or: it never ends")

# %% [markdown]
# A hundred epochs, and no end. Would a thousand do? Let us look at the weights after each epoch.
# They are sums of the samples, so they are integers, and if the same weights come back, everything
# after them comes back as well.

# %% after="1.1 1.5 1.6"
w, seen = torch.zeros(3), [[0.0, 0.0, 0.0]]
for epoch in range(1, 101):
    w, mistakes = train_perceptron(X1_xor, d_xor, w, max_epochs=1)
    print(f"after epoch {epoch}: w = {w.tolist()}, {mistakes[0]} mistakes")
    if w.tolist() in seen:
        print(f"The weights are those after epoch {seen.index(w.tolist())}: a circle, for ever.")
        break
    seen.append(w.tolist())

# %% after="1.1 1.4 1.5 1.6"
path = path_of_weights(X1_xor, d_xor, torch.zeros(3), epochs=4)
plots.animate_separator(X_xor, d_xor, path, limits=((-0.5, 1.5), (-0.5, 1.5)))

# %% [markdown]
# Perhaps another order, another start, another learning rate? **No.** Suppose some weights
# $(b, w_1, w_2)$ classify all four points rightly. Then
#
# $$ \begin{aligned}
#    (0, 0) &: & b &< 0 & \qquad (0, 1) &: & b + w_2 &\ge 0 \\
#    (1, 1) &: & b + w_1 + w_2 &< 0 & \qquad (1, 0) &: & b + w_1 &\ge 0
#    \end{aligned} $$
#
# Add up the left column: $2b + w_1 + w_2 < 0$. Add up the right column:
# $2b + w_1 + w_2 \ge 0$. Both cannot be, so there are no such weights. $\blacksquare$
#
# Minsky and Papert's book *Perceptrons* (1969) was about such limits, and the interest in networks
# faded for years. Yet there is a way out: give the perceptron *another feature*. With the product
# $x_1 x_2$ as a third input it learns exclusive or, by the very same code.


# %%
def with_product(X):
    """``(x_1, x_2, x_1 x_2)`` for every sample."""
    return torch.cat([X, X[:, :1] * X[:, 1:]], dim=1)


# %% after="1.1 1.2 1.5 1.6"
start = torch.tensor([0.5, 0.0, 0.0, 0.0])
w_product, mistakes = train_perceptron(add_bias(with_product(X_xor)), d_xor, start)
print(f"converged in epoch {len(mistakes)}: w = {w_product.tolist()} for (1, x_1, x_2, x_1 x_2)")
plots.decision_regions(
    lambda points: predict(w_product, add_bias(with_product(points))),
    X_xor,
    d_xor,
    limits=((-0.5, 1.5), (-0.5, 1.5)),
    title="Exclusive or, with a third feature",
)

# %% [markdown]
# The separator is still flat, but in a space of three features; seen in the plane it is bent. Here
# *we* chose the feature. A neural network *learns* its features: that is lab 2.

# %% [markdown]
# ## 7. How narrow is a separator, and how long does learning take?
#
# The distance of a sample from the separator is its score, divided by the length of the weights
# *without the bias* (the bias moves the line, but has no part in its direction). With the label in
# front it gets a sign: positive on the right side, negative on the wrong one. The **margin** is the
# smallest of these distances:
#
# $$ \min_i \ \frac{d_i \langle w, x_i \rangle}{\|w_{1:}\|}. $$

# %% exercise="1.7"
from course_dl.labs.lab01_perceptron.solutions import margin

# %% [markdown]
# Back to the 100 separators of section 5. Is a narrow one a bad one?

# %% after="1.1 1.2 1.5 1.7"
margins = torch.tensor([float(margin(w, X1_few, d_few)) for w in lines])
print(f"margins of the perceptrons: {margins.min():.3f} to {margins.max():.3f}")
print(f"margin of logistic regression: {float(margin(logistic, X1_few, d_few)):.3f}")
narrow, wide = errors[margins < margins.median()], errors[margins >= margins.median()]
print("test error, on average and at worst:")
print(f"the narrower half: {narrow.mean():.1%}, {narrow.max():.1%}")
print(f"the wider half:    {wide.mean():.1%}, {wide.max():.1%}")
plots.relation(margins, 100 * errors, xlabel="margin", ylabel="test error in %")

# %% [markdown]
# The margin is measured on the training samples alone, and still tells something of new ones: no
# wide separator is a very bad one. Methods that look for the *widest* separator are called support
# vector machines. Logistic regression comes close to it without being asked to.
#
# ### Novikoff's theorem
#
# The margin also tells how long learning takes. Let some $w^*$ with $\|w^*\| = 1$ separate the
# samples, $d_i \langle w^*, x_i \rangle \ge \gamma > 0$ for all $i$, and let $R = \max_i \|x_i\|$.
# Then the perceptron, started from 0, makes **at most $(R / \gamma)^2$ updates**, whatever the
# order, however many samples there are, and in however many dimensions (Novikoff, 1962).
#
# *Proof.* Let $w_t$ be the weights after $t$ updates, with $\text{lr} = 1$ (from zeros it changes
# only the length of $w$), and let update $t$ be made for sample $i$.
#
# Each update takes $w$ further towards $w^*$,
#
# $$ \langle w_t, w^* \rangle = \langle w_{t-1}, w^* \rangle + d_i \langle x_i, w^* \rangle
#    \ge \langle w_{t-1}, w^* \rangle + \gamma, \quad \text{so that} \quad
#    \langle w_t, w^* \rangle \ge t \gamma. $$
#
# But it does not make $w$ much longer: at a mistake $d_i \langle w_{t-1}, x_i \rangle \le 0$, and
#
# $$ \|w_t\|^2 = \|w_{t-1}\|^2 + 2 d_i \langle w_{t-1}, x_i \rangle + \|x_i\|^2
#    \le \|w_{t-1}\|^2 + R^2, \quad \text{so that} \quad \|w_t\| \le \sqrt t\, R. $$
#
# Together, $t \gamma \le \langle w_t, w^* \rangle \le \|w_t\| \le \sqrt t\, R$, and thus
# $t \le (R / \gamma)^2$. $\blacksquare$
#
# Here, the bias is a weight like any other, and $\gamma$ is the margin with the *whole* of $w$ in
# the length.


# %%
def novikoff(w, X, d):
    """R, the largest length of a sample, and gamma, for weights w that separate the samples."""
    gamma = margin(w, X, d) * w[1:].norm() / w.norm()
    return float(X.norm(dim=1).max()), float(gamma)


# %% [markdown]
# The proof holds $\|w_t\|$ in a vice, between $t \gamma$ and $\sqrt t R$, which closes at
# $t = (R / \gamma)^2$. To see it close we need samples that teach next to nothing about each other:
# 25 samples in 25 dimensions, each on an axis of its own.

# %% after="1.1 1.4 1.7"
X1_worst = add_bias(3 * torch.eye(25))
d_worst = 1.0 - 2.0 * (torch.arange(25) % 2)
w_star = torch.cat([torch.zeros(1), d_worst])  # one weight for each sample: its label

R, gamma = novikoff(w_star, X1_worst, d_worst)
path = path_of_weights(X1_worst, d_worst, torch.zeros(26))
print(f"at most (R / gamma)^2 = {(R / gamma) ** 2:.1f} updates; it took {len(path) - 1}")

t, made = torch.arange(31), torch.arange(len(path))
plots.curves(
    {
        r"$\sqrt{t}\,R$, not above": t.sqrt() * R,
        r"$\|w_t\|$": path.norm(dim=1),
        r"$t\,\gamma$, not below": t * gamma,
    },
    {
        r"$\sqrt{t}\,R$, not above": t,
        r"$\|w_t\|$": made,
        r"$t\,\gamma$, not below": t,
    },
    xlabel="updates t",
    title="Novikoff's vice",
)

# %% [markdown]
# Here it took nearly as many updates as the bound allows. And for samples that resemble each other?
# We make 60 sets, from clouds that nearly touch to clouds far apart, train on each from zeros, and
# compare.

# %% after="1.1 1.5 1.7"
bounds, updates = [], []
for seed, gap in enumerate(torch.logspace(-2, 0.3, 60).tolist()):
    X_gap, d_gap = separable_clouds(100, margin=gap, generator=seeded(seed))
    X1_gap = add_bias(X_gap)
    _, mistakes = train_perceptron(X1_gap, d_gap, torch.zeros(3), max_epochs=10_000)
    updates.append(sum(mistakes))
    R, gamma = novikoff(torch.tensor(SEPARATOR), X1_gap, d_gap)
    bounds.append((R / gamma) ** 2)

kept = sum(made <= bound for made, bound in zip(updates, bounds, strict=True))
print(f"the bound holds in {kept} of {len(bounds)} sets")
plots.relation(
    bounds,
    updates,
    log="xy",
    xlabel=r"Novikoff's bound $(R / \gamma)^2$",
    ylabel="updates made",
    diagonal="as many as the bound allows",
)

# %% [markdown]
# The bound always holds, with much room below it: one sample teaches much about its neighbours. But
# the message is right: the narrower the gap between the classes, the longer it takes, and it does
# come to an end if, and only if, they can be separated.

# %% [markdown]
# ## 8. Two digits
#
# Now images. A digit of MNIST has $28 \times 28 = 784$ grey values in $[0, 1]$; laid out in a row
# they are a sample $x \in \mathbb{R}^{784}$, and nothing in your code has to change.

# %%
digits = {"0 against 1": [0, 1], "4 against 9": [4, 9]}
shown = [mnist("test").only(pair) for pair in digits.values()]
print(shown[0].source)
plots.image_grid(torch.cat([images.images[:10] for images in shown]), columns=10)


# %% after="1.1"
def samples_of(pair, split):
    """The images of two digits with a column of ones, and labels: -1 the first, +1 the second."""
    X, labels = mnist(split).only(pair).tensors(standardize=False)
    return add_bias(X), 2.0 * labels - 1


# %% [markdown]
# We train epoch by epoch, to see the test error on the way: `max_epochs=1`, and each time from the
# weights of the last. That is a few hundred thousand visits; give them some seconds.

# %% after="1.1 1.2 1.5"
all_mistakes, test_errors, weights = {}, {}, {}
for name, pair in digits.items():
    X_train, d_train = samples_of(pair, "train")
    X_new, d_new = samples_of(pair, "test")
    w, all_mistakes[name], test_errors[name] = torch.zeros(785), [], []
    for _ in range(10):
        w, counted = train_perceptron(X_train, d_train, w, max_epochs=1)
        all_mistakes[name] += counted
        test_errors[name].append(100 * error(w, X_new, d_new))
        if counted == [0]:
            break
    weights[name] = w
    print(f"{name}: {len(d_train):,} images, mistakes in each epoch {all_mistakes[name]}")
    print(f"{' ' * len(name)}  test error at the end {test_errors[name][-1]:.2f} %")
plots.mistakes_per_epoch(all_mistakes)

# %% [markdown]
# A line, or rather a hyperplane in 784 dimensions, is enough for zeros and ones: a few epochs, and
# the training images are learnt without an error. Fours and nines look much more alike. With the
# full MNIST the mistakes go down slowly, and no end is in sight.

# %% after="1.1 1.2 1.5"
plots.curves(
    test_errors,
    xlabel="epoch",
    ylabel="test error in %",
    title="While it still makes mistakes, it goes up and down",
)

# %% [markdown]
# The perceptron has learnt one weight for each pixel, so we can look at what it learnt. Where the
# weight is positive, ink speaks for the second digit; where it is negative, for the first. Do you
# see the stroke of the one inside the ring of the zero? And the bar on top of the nine, where a
# four is open? (The strong bar at the bottom is the curl in which many nines end; a four stands on a
# straight stem.)

# %% after="1.1 1.2 1.5"
pixels = [weights[name][1:] for name in digits]
scaled = torch.stack([w / w.abs().max() for w in pixels])
plots.weights_as_images(scaled, names=list(digits), title="Weights, the largest scaled to 1")

# %% [markdown]
# And here are fours and nines of the test set that it takes for each other.

# %% after="1.1 1.2 1.5"
fours_and_nines = mnist("test").only([4, 9])
X_new, d_new = samples_of([4, 9], "test")
guessed = (predict(weights["4 against 9"], X_new) > 0).long()
wrong = (guessed != fours_and_nines.labels).nonzero().flatten()
print(f"{len(wrong)} of {len(d_new):,} test images are wrong")
plots.image_grid(
    fours_and_nines.images[wrong[:20]],
    fours_and_nines.labels[wrong[:20]],
    guessed[wrong[:20]],
    classes=fours_and_nines.classes,
    columns=10,
)

# %% [markdown]
# ## What you have learnt
#
# | what | formula | you wrote |
# | --- | --- | --- |
# | the bias as weight 0 | $\tilde x = (1, x)$, $\tilde w = (b, w)$ | `add_bias` |
# | prediction | $y = \operatorname{sign}(\langle w, x \rangle)$, and $+1$ for 0 | `predict` |
# | loss | $E(w) = \sum_i \max(-d_i \langle w, x_i \rangle, 0)$ | `perceptron_loss` |
# | rule | $w \leftarrow w + \text{lr}\, d_i x_i$ at a mistake | `perceptron_step` |
# | algorithm | sample by sample, until an epoch has no mistake | `train_perceptron` |
# | its limit | exclusive or | `xor_dataset` |
# | margin | $\min_i d_i \langle w, x_i \rangle / \lVert w_{1:} \rVert$ | `margin` |
# | Novikoff | at most $(R / \gamma)^2$ updates | |
#
# - The perceptron learns from its mistakes alone, one sample at a time: it is gradient descent on a
#   loss, one sample a step. This idea, *stochastic gradient descent*, drives the course (lab 3).
# - It finds *some* separator, if there is one. A loss that goes on asking, like that of logistic
#   regression, generalizes better.
# - If there is no separator, it never ends. Features help; **learnt** features help more.

# %% [markdown]
# ## The way on
#
# - **Built here:** a neuron that learns from its mistakes alone (`predict`, `perceptron_step`,
#   `train_perceptron`), and the number that says how easy its task is (`margin`).
# - **Next:** **lab 2** puts many neurons side by side and one behind the other. One layer makes the
#   features for the next, and exclusive or is solved.
# - **Used again:** a step for each sample, in lab 3, as *stochastic gradient descent*, which drives
#   every training after it; the bias as weight 0, in labs 3 and 7; MNIST's digits, in nearly every
#   lab.

# %%
lab.progress()
