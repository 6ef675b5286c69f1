# %% [markdown]
# # Lab 99: A title that says what is learnt
#
# The question that this lab answers, in a paragraph. **You will** see, write, and find out...
# Allow two to three hours.

# %% setup
from course_dl.lab import Lab

lab = Lab("lab99")

# %%
import torch
from torch import Tensor

from course_dl import plots
from course_dl.data import gaussian_classes

# %% [markdown]
# ## 1. From a question to a picture, a formula and code
#
# The samples $x_1, \ldots, x_N$ below lie somewhere in the plane. Where is their middle?

# %%
X, d = gaussian_classes(300, generator=torch.Generator().manual_seed(0))
plots.scatter(X + 3, d, title="Somewhere")

# %% [markdown]
# Subtract the mean, $x_i - \frac{1}{N} \sum_j x_j$, and the middle is at 0.

# %% exercise="99.1"
from course_dl.labs.lab99_template.solutions import center

# %% [markdown]
# A cell that uses a student's function waits until the exercise passes:

# %% after="99.1"
plots.scatter(center(X + 3), d, title="Around 0")

# %% [markdown]
# ## What you have learnt
#
# The formulas of the lab in a table, and where they lead next.

# %%
lab.progress()
