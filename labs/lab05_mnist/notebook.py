# %% [markdown]
# # Lab 5: MNIST
#
# *Session 2. You bring lab 2's losses and lab 4's gradients; every lab after this one trains with a
# loop such as yours.*
#
# In the 1990s neural networks learned to read the amounts on bank cheques. The digits that they
# were developed on are still the first data set that everybody meets: **MNIST**, 70,000 images of
# $28 \times 28$ pixels. Small enough to train on in seconds, hard enough to be worth it.
#
# So far you took networks apart. In this lab you *use* one, with PyTorch's tools and in the way
# in which it is done everywhere, from digits to language models:
#
# 1. **data**: from image files to tensors, and why it matters how fast,
# 2. **training**: the loop, written once, for any model, any loss, any optimizer,
# 3. **judging**: accuracy, confusion, the mistakes themselves,
# 4. **honesty**: three sets of data, and a network that knows 500 digits by heart,
# 5. **a challenge**: the best network that ten seconds can buy.
#
# There are seven exercises; allow two to three hours. `lab.check("5.1")` says what is right, what
# is wrong, and often why. `lab.hint("5.1")` gives a hint, one more each time. Cells that need
# your functions wait until these pass.

# %% [markdown]
# **Letters of this lab.**
#
# | sign | what it is | shape | in Python |
# | --- | --- | --- | --- |
# | $N$, $K$ | number of images, of classes | | `len(X)`, 10 |
# | $p$ | a pixel, from 0 to 1 | | `images / 255` |
# | $x$, $X$ | an image, standardized, as a row of numbers; all of them | $(784)$, $(N, 784)$ | `X` |
# | $d_i$ | the class of image $i$, from 0 to $K - 1$ | $(N)$ | `d` |
# | $y_i$ | its scores $y_{i,0}, \ldots, y_{i,K-1}$ | $(K)$; $(N, K)$ | `model(X)` |
# | $\hat d_i$ | the class that is predicted: the place of the largest score | $(N)$ | `predicted` |
# | $L(y; d)$ | loss of an image; reported is its mean | a number | `loss` |
# | $C$ | confusion matrix | $(K, K)$ | `C` |

# %% setup
from course_dl.lab import Lab

lab = Lab("lab05")

# %%
import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision import datasets, transforms

# %%
import course_dl
from course_dl import plots
from course_dl.data import Batches, mnist

# One core does for networks of this size, and one is what your work is graded with.
torch.set_num_threads(1)


def seeded(seed):
    """A random generator: the same seed gives the same numbers each time."""
    return torch.Generator().manual_seed(seed)


# %% [markdown]
# ## 1. Seventy thousand digits
#
# Clerks wrote them, and pupils: 60,000 images to learn from, and 10,000, by *other* people, to be
# examined on. Each comes with its class, the digit that was meant.
#
# (The next cell looks for the images on this computer, then in the net. If neither has them, it
# takes 5,000 and 1,000 real ones that came with the course and says so; all that follows works
# with these, too, only with less accuracy.)

# %%
train_set, test_set = mnist("train"), mnist("test")
print(train_set)
print(test_set)
plots.image_grid(train_set.images[:30], train_set.labels[:30], columns=10)

# %% [markdown]
# ### As PyTorch reads them
#
# The package `torchvision` knows MNIST and many other sets. A **dataset** of PyTorch gives one
# sample at a time: `dataset[i]` is a pair of image and class. What comes out of the file is a
# picture object; a **transform** makes a tensor of it. `ToTensor` does two things: grey values
# from 0 to 255 become numbers from 0 to 1, and a picture becomes a tensor of shape
# (channels, height, width), here with one channel.

# %%
dataset = datasets.MNIST(train_set.root, train=True, transform=transforms.ToTensor())
image, label = dataset[0]
print(f"{len(dataset):,} samples; the first: {tuple(image.shape)}, {image.dtype}, class {label}")
print(f"its pixels go from {image.min():g} to {image.max():g}")

# %% [markdown]
# A **data loader** makes batches of samples: it asks the dataset for one after the other, in
# random order if told to `shuffle`, and stacks them. The last batch is smaller where the numbers
# do not fit. You go through it with `for`, once an epoch.

# %%
loader = DataLoader(dataset, batch_size=128, shuffle=True, generator=seeded(0))
images, labels = next(iter(loader))
print(f"{len(loader)} batches; the first: {tuple(images.shape)}, classes {tuple(labels.shape)}")

# %% [markdown]
# ## 2. Numbers that a network likes
#
# Pixels from 0 to 1 are never negative, and most of them are 0. Networks learn faster from inputs
# that lie around 0 and are neither tiny nor huge: from such numbers the first layer gets
# gradients of both signs, and of a size that goes with the usual learning rates. So the inputs
# are **standardized**: take out the mean of all pixels of the training set, divide by their
# standard deviation,
#
# $$ x = \frac{p - 0.1307}{0.3081}, \qquad p \in [0, 1]. $$
#
# The two numbers are found once, on the *training* set, and from then on they are part of the
# model: every image is treated with the same two, whether it comes alone or in a batch, for
# training or for the exam.
#
# All 70,000 images fit into memory with ease, so we do it for all of them at once. A multilayer
# perceptron sees an image as a long row of numbers: 784.

# %% exercise="5.1"
from course_dl.labs.lab05_mnist.solutions import standardize

# %% after="5.1"
pixels = train_set.images[:2000].flatten() / 255
X, d = standardize(train_set.images), train_set.labels
print(f"X: {tuple(X.shape)}, {X.dtype}, {X.numel() * 4 / 1e6:.0f} MB")
print(f"mean {X.mean():+.4f}, standard deviation {X.std():.4f}")
figure, panels = plots.page(1, 2, height=2.8)
for values, title, panel in ((pixels, "pixels", panels[0]), (X[:2000], "standardized", panels[1])):
    plots.histogram(
        values, lines={"mean": values.mean()}, ylabel="how many", title=title, figure=panel
    )
figure

# %% [markdown]
# ### How fast does the data come?
#
# A network that waits for its data learns nothing meanwhile. We measure one pass through 3,000
# images in three ways:
#
# - **image by image**, the way of section 1: for each image a picture object, a tensor, a
#   standardization, all called from Python; then 128 small tensors are stacked;
# - **a data loader over tensors**: the images are tensors already, but they are still fetched and
#   stacked one by one;
# - **in memory**: `course_dl.data.Batches` draws a random order for the epoch and takes the rows
#   of a batch with *one* indexing operation, `X[index]`.
#
# For comparison, what the network itself needs: forward and backward through two layers.

# %% after="5.1"
some = 3000
to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
one_by_one = datasets.MNIST(train_set.root, train=True, transform=to_tensor)
ways = {
    "image by image": DataLoader(Subset(one_by_one, range(some)), batch_size=128, shuffle=True),
    "a data loader over tensors": DataLoader(TensorDataset(X[:some], d[:some]), 128, shuffle=True),
    "in memory": Batches(X[:some], d[:some], batch_size=128),
}
seconds = {}
for name, way in ways.items():
    start = time.perf_counter()
    for _ in way:
        pass
    seconds[name] = time.perf_counter() - start

network = course_dl.MLP([784, 128, 10], generator=seeded(0))
start = time.perf_counter()
for X_batch, d_batch in ways["in memory"]:
    F.cross_entropy(network(X_batch), d_batch).backward()
seconds["the network's own work"] = time.perf_counter() - start - seconds["in memory"]

for name, needed in seconds.items():
    print(f"{name:28} {1e6 * needed / some:7.1f} microseconds an image")
work = seconds.pop("the network's own work")
print("\nan epoch of 60,000 images, learning included:")
for name, needed in seconds.items():
    print(f"{name:28} {(needed + work) * 60_000 / some:7.1f} seconds")

# %% [markdown]
# Image by image, fetching the data takes many times as long as learning from it, and the epoch is
# several times as long as it need be. For pictures that do not fit into memory there is no other
# way, and one hides it by loading with several processes while the network works. Ours fit.
# Therefore, from here on: tensors in memory.

# %% [markdown]
# ## 3. One epoch
#
# A network with one hidden layer, as a chain of PyTorch's parts. Its outputs are ten *scores*;
# the loss is cross-entropy, softmax included,
#
# $$ L(y; d) = -y_d + \log \sum_k e^{y_k} . $$
#
# Now the loop that every training is made of. For each batch:
#
# 1. **forward**: the model's output, and the mean loss over the batch,
# 2. **forget**: `optimizer.zero_grad()`, since gradients add up (lab 4!), and those left from
#    before the call must not count,
# 3. **backward**: `loss.backward()` leaves a gradient in each parameter,
# 4. **step**: `optimizer.step()` moves the parameters, in whatever way this optimizer does.
#
# Two details, which are often done wrong:
#
# - *Which loss to report?* Each batch has a mean loss, met before its step. The mean over the
#   *samples* is asked for. The last batch is smaller: a mean of means would give its samples too
#   much weight.
# - *Modes.* Some layers behave differently while they are trained: dropout silences units at
#   random, batch normalization uses the statistics of the batch. `model.train()` says that it is
#   training now, `model.eval()` that it is not.

# %% exercise="5.2"
from course_dl.labs.lab05_mnist.solutions import train_one_epoch


# %% [markdown]
# We put a tenth of the training images aside, not to be trained on. (Section 6 will say more
# about that.) Then one epoch with stochastic gradient descent. A network that knows nothing and
# says so, one tenth for each class, has the loss $\log 10 \approx 2.3026$.


# %%
def two_layers(hidden=128, dropout=0.0, seed=0):
    """784 inputs, one hidden layer of ReLU, 10 scores; the same weights for the same seed."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(784, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 10)
    )


# %% after="5.1 5.2"
n = len(X) - len(X) // 10
training = Batches(X[:n], d[:n], batch_size=128, generator=seeded(1))
held_out = Batches(X[n:], d[n:], batch_size=1000, shuffle=False)

model = two_layers()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
print(f"loss before training:    {F.cross_entropy(model(X[:n]), d[:n]):.4f}")
start = time.perf_counter()
loss = train_one_epoch(model, training, F.cross_entropy, optimizer)
print(f"loss during the epoch:   {loss:.4f}   ({time.perf_counter() - start:.2f} seconds)")
print(f"loss after it:           {F.cross_entropy(model(X[:n]), d[:n]):.4f}")

# %% [markdown]
# Why are the last two numbers so different? The one in the middle is a mean over the whole epoch:
# of batches that met a network which knew nothing, and of batches that met a good one.

# %% [markdown]
# ## 4. How many are right?
#
# The loss is what a network is trained by; what we want to know is how often it is right. The
# class it predicts is the place of its largest score, and
#
# $$ \text{accuracy} = \frac{1}{N} \sum_{i=1}^N
#    \left[ \arg\max_k\, y_{i,k} = d_i \right] . $$
#
# It is a step function of the weights, so nothing can descend on it. It is only looked at:
#
# - in **evaluation mode**; and afterwards the model is in the mode in which it was *found*, or
#   whoever trains it goes on without dropout and never learns why;
# - **without a graph**: PyTorch notes down every operation for a backward pass that will not
#   come. `torch.no_grad()` tells it not to.

# %% exercise="5.3"
from course_dl.labs.lab05_mnist.solutions import evaluate


# %% [markdown]
# With these two functions a training is a few lines. We will use them often:


# %%
def train_and_watch(model, optimizer, training, held_out, epochs):
    """Train for some epochs; after each, accuracy on what was trained on and on what was not."""
    history = {"loss": [], "accuracy": [], "val_accuracy": []}
    for _ in range(epochs):
        history["loss"].append(train_one_epoch(model, training, F.cross_entropy, optimizer))
        history["accuracy"].append(evaluate(model, training))
        history["val_accuracy"].append(evaluate(model, held_out))
    return history


# %% after="5.1 5.2 5.3"
watched = two_layers()
optimizer = torch.optim.SGD(watched.parameters(), lr=0.1)
history = train_and_watch(watched, optimizer, training, held_out, epochs=5)
for epoch, (loss, seen, unseen) in enumerate(zip(*history.values(), strict=True), start=1):
    print(f"epoch {epoch}: loss {loss:.4f}, accuracy {seen:.2%} in training, {unseen:.2%} held out")
plots.training_curves(history, title="A network with 128 hidden units")

# %% [markdown]
# (Dashed: the images put aside, "validation".) A few seconds, and nearly 98 % of digits that it has
# never seen. (At first it may do better on these than on those it has trained on: they happen to be
# a little easier. What counts is how the gap changes.) And does the mode matter? Here is a network
# with a dropout of one half: in training mode, half of its hidden units are silent, other ones each
# time.

# %% after="5.1 5.2 5.3"
noisy = two_layers(dropout=0.5)
optimizer = torch.optim.SGD(noisy.parameters(), lr=0.1)
for _ in range(2):
    train_one_epoch(noisy, training, F.cross_entropy, optimizer)
with torch.no_grad():
    for attempt in (1, 2, 3):
        share = (noisy(held_out.X).argmax(1) == held_out.d).float().mean()
        print(f"in training mode, attempt {attempt}: {share:.2%}")
print(f"in evaluation mode, your function:  {evaluate(noisy, held_out):.2%}, always")

# %% [markdown]
# ## 5. Which ones are wrong?
#
# An accuracy is one number. Look at what is behind it. Here are mistakes of the network, the ones
# first of which it was surest.

# %% after="5.1 5.2 5.3"
with torch.no_grad():
    probabilities = torch.softmax(watched(X[n:]), dim=1)
sure, predicted = probabilities.max(dim=1)
wrong = (predicted != d[n:]).nonzero().flatten()
wrong = wrong[sure[wrong].argsort(descending=True)]
print(f"{len(wrong)} of {len(d) - n:,} are wrong")
print("the network's probability of its answer:", [f"{p:.3f}" for p in sure[wrong[:5]].tolist()])
plots.image_grid(
    train_set.images[n:][wrong[:20]], d[n:][wrong[:20]], predicted[wrong[:20]], columns=10
)

# %% [markdown]
# Some you would have got wrong yourself. Some not; and the network is *sure* of them. Softmax
# makes probabilities of any scores, but nothing makes it modest.
#
# Is there a pattern? Count who is taken for whom: the **confusion matrix** has a row for each
# true class and a column for each predicted one, and entry $[i, j]$ says how many samples of
# class $i$ were predicted as $j$.
#
# $$ C_{ij} = \#\{\, n : d_n = i \text{ and } \hat d_n = j \,\} $$
#
# It is $K \times K$ whatever occurs. You may count in a loop; or find out how to turn a pair
# $(i, j)$ into one number.

# %% exercise="5.4"
from course_dl.labs.lab05_mnist.solutions import confusion_matrix

# %% after="5.1 5.2 5.3 5.4"
C = confusion_matrix(d[n:], predicted, 10)
print(f"accuracy from the diagonal: {C.diagonal().sum() / C.sum():.2%}")
off_diagonal = C - C.diagonal().diag()
for cell in off_diagonal.flatten().argsort(descending=True)[:3].tolist():
    i, j = divmod(cell, 10)
    print(f"{C[i, j]} times {i} was taken for {j}")
plots.confusion_matrix(C, title="Rows: what it is. Columns: what the network says.")

# %% [markdown]
# Which pairs do you find? Would you have guessed them? A confusion matrix need not be symmetric,
# and a class that is rarely *predicted* (its column) is another problem than one that is rarely
# *recognized* (its row).

# %% [markdown]
# ## 6. Three sets, and why
#
# We judged the network by images that it was not trained on. Was that necessary?
#
# Yes. But how they are chosen matters as well. We took the last tenth. What if somebody had sorted
# the images by class, as files in folders often are?

# %% after="5.1 5.2 5.3"
by_class = d.argsort(stable=True)
sorted_X, sorted_d = X[by_class], d[by_class]
model = two_layers()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
first, last = Batches(sorted_X[:n], sorted_d[:n]), Batches(sorted_X[n:], sorted_d[n:])
train_one_epoch(model, first, F.cross_entropy, optimizer)
print(f"classes among the last tenth: {sorted_d[n:].unique().tolist()}")
print(f"accuracy on the first nine tenths: {evaluate(model, first):.2%}")
print(f"accuracy on the last tenth:        {evaluate(model, last):.2%}")

# %% [markdown]
# So: draw at random. And from a generator of your own, so that the same images are held out in
# every run; or else what you trained on yesterday is what you validate on today.

# %% exercise="5.5"
from course_dl.labs.lab05_mnist.solutions import split

# %% after="5.5"
val, train_index = split(len(train_set), 1 / 10, seeded(2))
print(f"{len(train_index):,} images to train on, {len(val):,} for validation")
print(f"the first ones for validation: {val[:8].tolist()}")
share = torch.bincount(train_set.labels[val], minlength=10) / len(val)
print("share of each class:", " ".join(f"{p:.1%}" for p in share.tolist()))

# %% [markdown]
# ### A network that knows 500 digits by heart
#
# What happens without a second set? We train a network on 500 images, 40 times over, and watch it
# with both eyes, its loss on the validation set included.

# %% after="5.1 5.2 5.3 5.5"
X_train, d_train = X[train_index], d[train_index]
validation = Batches(X[val], d[val], batch_size=1000, shuffle=False)
few = Batches(X_train[:500], d_train[:500], batch_size=50, generator=seeded(3))

model = two_layers()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
by_heart = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
for _ in range(40):
    by_heart["loss"].append(train_one_epoch(model, few, F.cross_entropy, optimizer))
    by_heart["accuracy"].append(evaluate(model, few))
    with torch.no_grad():
        by_heart["val_loss"].append(F.cross_entropy(model(validation.X), validation.d).item())
    by_heart["val_accuracy"].append(evaluate(model, validation))

best = min(range(40), key=by_heart["val_loss"].__getitem__)
print(f"accuracy on its 500 images: {by_heart['accuracy'][-1]:.1%}")
print(f"accuracy on others:         {by_heart['val_accuracy'][-1]:.1%}")
print(f"its validation loss was smallest after epoch {best + 1}")
plots.training_curves(by_heart, title="500 images, by heart")

# %% after="5.1 5.2 5.3 5.5"
plots.curves(
    by_heart["val_loss"],
    xlabel="epoch",
    ylabel="validation loss",
    title=f"The validation loss alone: it falls until epoch {best + 1}, and rises",
)

# %% [markdown]
# On its own images the network is perfect, and its loss goes to zero. On others the accuracy
# stops early, and the loss turns and *rises*: the network gets surer and surer, also where it is
# wrong. That is **overfitting**: what it goes on learning is no longer about digits, but about
# these 500. Nothing in the training curve shows it.
#
# What helps? Above all, more data. The same network, for about the same number of steps:

# %% after="5.1 5.2 5.3 5.5"
amounts = [size for size in (100, 300, 1000, 3000, 10_000) if size < len(d_train)]
amounts.append(len(d_train))
curves = {"training": [], "validation": []}
for size in amounts:
    model = two_layers()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    batches = Batches(X_train[:size], d_train[:size], batch_size=100, generator=seeded(4))
    for _ in range(max(1, 40_000 // size)):
        train_one_epoch(model, batches, F.cross_entropy, optimizer)
    curves["training"].append(evaluate(model, batches))
    curves["validation"].append(evaluate(model, validation))
    print(f"{size:6,} images: {curves['training'][-1]:.1%} and {curves['validation'][-1]:.1%}")
plots.curves(
    curves,
    amounts,
    log="x",
    xlabel="images to train on",
    ylabel="accuracy",
    title="The gap closes as data grow",
)

# %% [markdown]
# Other things that help: a smaller network, dropout, weight decay, to stop where the validation
# loss is smallest, and to make new data of old (a digit moved by a pixel is still that digit).
#
# Each of them comes with a number to choose: how small, how much, how long. You choose it by the
# validation set. And there is the catch: choose among a hundred networks by validation accuracy,
# and the winner's accuracy is too good to be true, since it won partly by luck *on these images*.
# The validation set has taken part in the training, through you. Hence three sets:
#
# | set | used for | how often |
# | --- | --- | --- |
# | training | weights | every step |
# | validation | what *you* choose: sizes, learning rate, when to stop | as often as you like |
# | test | to say how good the result is | **once**, at the end |
#
# We have not looked at the test set so far.

# %% [markdown]
# ## 7. How large should it be?
#
# The size of a network is the number of its parameters. A linear layer from $n_{\text{in}}$ to
# $n_{\text{out}}$ has $(n_{\text{in}} + 1)\, n_{\text{out}}$. Count those that are *trained*:
# layers can be frozen (`requires_grad` is False), which you will need when you start from a
# network that somebody else has trained. And a layer can be used in two places; it is still one.

# %% exercise="5.6"
from course_dl.labs.lab05_mnist.solutions import count_parameters

# %% [markdown]
# Networks of different sizes, two epochs each, and judged by the validation set:

# %% after="5.1 5.2 5.3 5.5 5.6"
candidates, sizes = {}, {}
everything = Batches(X_train, d_train, batch_size=128, generator=seeded(5))
for hidden in (4, 16, 64, 256):
    model = two_layers(hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    for _ in range(2):
        train_one_epoch(model, everything, F.cross_entropy, optimizer)
    candidates[f"{hidden} units"] = model
    sizes[f"{hidden} units"] = count_parameters(model), evaluate(model, validation)
    print(f"{hidden:4} hidden units: {sizes[f'{hidden} units'][0]:7,} parameters")
plots.accuracy_against_parameters(sizes, ylabel="validation accuracy")

# %% [markdown]
# We choose the best one; and now, once, the test set:

# %% after="5.1 5.2 5.3 5.5 5.6"
winner = max(sizes, key=lambda name: sizes[name][1])
test = Batches(standardize(test_set.images), test_set.labels, batch_size=1000, shuffle=False)
print(f"the best on the validation set: {winner}, {sizes[winner][1]:.2%}")
print(f"its accuracy on the test set:   {evaluate(candidates[winner], test):.2%}")
error = (sizes[winner][1] * (1 - sizes[winner][1]) / len(test_set)) ** 0.5
print(f"(an accuracy on {len(test_set):,} images has a standard error of {error:.2%})")

# %% [markdown]
# Is the test accuracy *above* the validation accuracy that was too good to be true? With four
# candidates there is little luck to choose from, and the test set has chance and digits of its own.
# Trust the test set, and the standard error beside it.

# %% [markdown]
# ### What does a hidden unit look at?
#
# A unit of the first layer has one weight for each pixel, $a_i = \langle w_i, x \rangle + b_i$. So
# its weights are an image: red where ink excites it, blue where ink holds it down. First a network
# without a hidden layer, whose ten units *are* the classes; then hidden units. (Both with weight
# decay, which makes weights shrink that serve for nothing: it sweeps the picture clean.)

# %% after="5.1 5.2"
torch.manual_seed(0)
linear = nn.Sequential(nn.Linear(784, 10))
hidden_layer = two_layers(hidden=24)
for network in (linear, hidden_layer):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, weight_decay=0.005)
    for _ in range(4):
        train_one_epoch(network, training, F.cross_entropy, optimizer)
plots.weights_as_images(
    linear[0].weight, names=list("0123456789"), columns=5, title="No hidden layer: a unit a class"
)

# %% after="5.1 5.2"
plots.weights_as_images(hidden_layer[0].weight, columns=8, title="24 hidden units")

# %% [markdown]
# Without a hidden layer a unit has to be a *template*: the zero wants a ring and hates ink in its
# middle. Hidden units are free to look for parts: strokes here, gaps there, in this place and in
# no other. What the same stroke means two pixels further to the right, another unit has to learn
# anew. Lab 6 will do something about that.

# %% [markdown]
# ## 8. Is it magic?
#
# All this went through `loss.backward()` and `optimizer.step()`. You know what is behind them. To
# be sure: the same network *without autograd*, `ManualMLP` with the backward pass of lab 4. Both
# start with the same weights and see the same batches. (The next cell uses the course's
# `ManualMLP`. Have you written your own? Paste it in, and change the line that makes it.)


# %%
def manual_network(sizes):
    """A network trained without autograd. With your class from lab 4 pasted above this line:

    return ManualMLP(sizes, torch.relu, course_dl.activations.drelu, seeded(0))
    """
    return course_dl.ManualMLP(sizes)


def step_by_step(forward, learn, batches):
    """Go through all batches: the loss of each before its step, and the seconds it took."""
    losses, start = [], time.perf_counter()
    for X_batch, d_batch in batches:
        Y = forward(X_batch)
        losses.append(F.cross_entropy(Y, d_batch).item())
        learn(Y, d_batch)
    return losses, time.perf_counter() - start


# %% after="5.1"
by_autograd = two_layers(hidden=64)
by_hand = manual_network([784, 64, 10])
for k, layer in enumerate((by_autograd[0], by_autograd[-1])):
    by_hand.weights[k].copy_(layer.weight.detach())
    by_hand.biases[k].copy_(layer.bias.detach())
optimizer = torch.optim.SGD(by_autograd.parameters(), lr=0.1)


def learn_by_autograd(Y, d_batch):
    optimizer.zero_grad()
    F.cross_entropy(Y, d_batch).backward()
    optimizer.step()


def learn_by_hand(Y, d_batch):
    by_hand.zero_grad()
    by_hand.backward(course_dl.losses.cross_entropy_grad(Y, d_batch, reduction="mean"))
    by_hand.step(0.1)


same = list(Batches(X[:4000], d[:4000], batch_size=50, generator=seeded(6)))
losses_by_hand, seconds_by_hand = step_by_step(by_hand.forward, learn_by_hand, same)
losses_by_autograd, seconds_by_autograd = step_by_step(by_autograd, learn_by_autograd, same)
apart = max(abs(p - q) for p, q in zip(losses_by_hand, losses_by_autograd, strict=True))
print(f"largest difference of the losses in {len(same)} steps: {apart:.1e}")
for name, needed in (("by hand", seconds_by_hand), ("by autograd", seconds_by_autograd)):
    print(f"{name:11} {1000 * needed / len(same):.2f} milliseconds a step")
plots.curves(
    {"by hand": losses_by_hand, "by autograd": losses_by_autograd},
    xlabel="step",
    ylabel="loss of the batch",
    title="The same training twice",
)

# %% [markdown]
# One curve. No magic, then: linear layers, the chain rule, and small steps.

# %% [markdown]
# ## 9. The challenge: ten seconds
#
# Your turn. Build a network, and train it as well as you can in **10 seconds**. The check hands
# your `train` the standardized training images `X` and their classes `d`; then it judges the model
# on the test images.
#
# | accuracy on the test images | 97 % | 98 % | 98.5 % |
# | --- | --- | --- | --- |
# | points | 2 | 3 | 4 |
#
# (Where only the 5,000 images of the course are at hand, 94, 95 and 96 % are enough.)
#
# - `build_model()` makes a new network: from `(N, 784)` to `(N, 10)` scores.
# - `train(model, X, d, seconds)` trains it in place. **Look at the clock after every batch**
#   (`time.monotonic()`): a second or two over the time cost nothing, but whoever is not back five
#   seconds after it is cut off, with nothing. The check says how long the training took and how many
#   images were seen; `lab.progress()` trains nothing, it shows the last result.
# - Everything that you have learnt is allowed: another optimizer, a learning rate that falls,
#   dropout, more layers, shifted images (`torch.roll`), convolutions if you know them. Write the
#   loop yourself: `course_dl.fit` knows no clock, and is not there where your work is graded.
# - It runs on one core of the CPU, here as where it is graded; leave some room for a slower one.
#   A small network of convolutions comes to 99.3 % in that time, and to 98.4 % with the course's
#   own images. The accuracy goes on the leaderboard.
#
# A word about honesty: this check shows you *test* accuracies, as often as you like. Choose your
# network by a validation set, as in section 6, and call the check at the end. Nobody else will
# know. You will.

# %% exercise="5.7"
from course_dl.labs.lab05_mnist.solutions import build_model, train

# %% [markdown]
# Here is room to try things out, with your own validation set and a shorter time. (What takes two
# seconds here tells a lot about ten.)

# %% after="5.1 5.3 5.5"
budget = 2.0
try:
    attempt = build_model()
    start = time.monotonic()
    train(attempt, X_train, d_train, budget)
    print(f"{time.monotonic() - start:.1f} seconds of {budget:g}")
    print(f"validation accuracy: {evaluate(attempt, validation):.2%}")
except NotImplementedError:
    print("build_model and train are waiting for you.")

# %% [markdown]
# ## What you have learnt
#
# | what | formula or rule | you wrote |
# | --- | --- | --- |
# | inputs | $x = (p - 0.1307) / 0.3081$, the numbers of the training set | `standardize` |
# | loss | $L = -y_d + \log \sum_k e^{y_k}$, mean over samples | `train_one_epoch` |
# | a step | forward, `zero_grad`, `backward`, `step`; in training mode | |
# | accuracy | $\frac1N \sum_i [\arg\max_k y_{i,k} = d_i]$; evaluation mode, no graph | `evaluate` |
# | confusion | $C_{ij}$: of class $i$, predicted as $j$ | `confusion_matrix` |
# | three sets | weights, choices, the verdict; drawn at random | `split` |
# | size | $(n_{\text{in}} + 1)\, n_{\text{out}}$ for each linear layer | `count_parameters` |
# | all of it | | `build_model`, `train` |
#
# - How the data reach the network can cost more than the network. Tensors in memory, if they fit.
# - A training that goes well says nothing about images that were not in it. Overfitting shows on
#   held-out data alone, first in the loss.
# - What you choose by a set of data is fitted to it. The test set is for the end.

# %% [markdown]
# ## The way on
#
# - **Built here:** a training loop for any model, any loss and any optimizer (`train_one_epoch`),
#   and an honest judgement of what comes out (`evaluate`, `confusion_matrix`, `split`).
# - **Next:** **lab 6** gives the network eyes: units that look for the same thing everywhere in the
#   picture.
# - **Used again:** your loop, in labs 6 to 11, as `course_dl.fit`, which adds history, checkpoints
#   and schedules; held-out data, wherever something is chosen; the challenge against the clock, in
#   each of these labs.
#
# Until then: read `course_dl/training/epoch.py` beside your `train_one_epoch`.

# %%
lab.progress()
