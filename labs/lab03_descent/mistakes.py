"""Mistakes that students make in lab 3, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake

# 3.1


@mistake("3.1", "Your trajectory begins after the first step; row 0 is x0 itself.")
def gradient_descent__start_missing(grad, x0, step, n):
    x, path = x0, []
    for _ in range(n):
        x = x - step * grad(x)
        path.append(x)
    return torch.stack(path) if path else x0.new_empty(0, len(x0))


@mistake("3.1", "You stop one step too early: x0 and n steps make n + 1 rows.")
def gradient_descent__one_step_short(grad, x0, step, n):
    x, path = x0, []
    for _ in range(n):
        path.append(x)
        x = x - step * grad(x)
    return torch.stack(path) if path else x0.new_empty(0, len(x0))


@mistake("3.1", "You walk uphill: the gradient is subtracted, x - step * grad(x).")
def gradient_descent__uphill(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        path.append(path[-1] + step * grad(path[-1]))
    return torch.stack(path)


@mistake(
    "3.1",
    "All rows are the last point: x -= ... changes the one tensor that your list holds n + 1 "
    "times. Make a new tensor at each step, x = x - step * grad(x).",
)
def gradient_descent__one_tensor(grad, x0, step, n):
    x = x0.clone()
    path = [x]
    for _ in range(n):
        x -= step * grad(x)
        path.append(x)
    return torch.stack(path)


@mistake(
    "3.1",
    "x -= ... writes into x0, which belongs to your caller, and into every point that you kept. "
    "Write x = x - step * grad(x).",
)
def gradient_descent__in_place(grad, x0, step, n):
    x = x0
    path = [x]
    for _ in range(n):
        x -= step * grad(x)
        path.append(x)
    return torch.stack(path)


@mistake("3.1", "You use the gradient at x0 in every step; take it anew at the point x_t.")
def gradient_descent__gradient_of_the_start(grad, x0, step, n):
    slope = grad(x0)
    return torch.stack([x0 - t * step * slope for t in range(n + 1)])


@mistake("3.1", "Every step starts at x0 again; it should start where the last one ended.")
def gradient_descent__always_from_x0(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        path.append(x0 - step * grad(path[-1]))
    return torch.stack(path)


@mistake("3.1", "step plays no part: the gradient is multiplied by it.")
def gradient_descent__step_unused(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        path.append(path[-1] - grad(path[-1]))
    return torch.stack(path)


@mistake("3.1", "You return the last point alone; asked for is the whole trajectory (n+1, D).")
def gradient_descent__last_point(grad, x0, step, n):
    x = x0
    for _ in range(n):
        x = x - step * grad(x)
    return x


@mistake(
    "3.1",
    "torch.zeros is float32, whatever x0 is: add dtype=x0.dtype, or collect the points in a list "
    "and stack them.",
)
def gradient_descent__float32(grad, x0, step, n):
    path = torch.zeros(n + 1, len(x0))
    path[0] = x0
    x = x0
    for t in range(n):
        x = x - step * grad(x)
        path[t + 1] = x
    return path


@mistake("3.1", "This is a list of points; torch.stack(path) makes one tensor (n+1, D) of it.")
def gradient_descent__list(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        path.append(path[-1] - step * grad(path[-1]))
    return path


@mistake("3.1", "You divide the gradient by its length; the step is long where F is steep.")
def gradient_descent__normalized(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        slope = grad(path[-1])
        path.append(path[-1] - step * slope / slope.norm())
    return torch.stack(path)


# 3.2


@mistake("3.2", "You took the smallest eigenvalue; the steepest direction has the largest.")
def largest_step__smallest(A):
    return 2 / torch.linalg.eigvalsh(A)[0].item()


@mistake("3.2", "1 / L is a good step; descent still converges beyond it, up to 2 / L.")
def largest_step__one(A):
    return 1 / torch.linalg.eigvalsh(A)[-1].item()


@mistake("3.2", "This is L itself; the step is 2 / L: the steeper F is, the shorter.")
def largest_step__eigenvalue(A):
    return torch.linalg.eigvalsh(A)[-1].item()


@mistake(
    "3.2",
    "A.norm() is the Frobenius norm, the root of the sum of all squared eigenvalues; L is the "
    "largest of them alone.",
)
def largest_step__frobenius(A):
    return 2 / A.norm().item()


@mistake("3.2", "The trace is the sum of all eigenvalues; L is the largest of them.")
def largest_step__trace(A):
    return 2 / A.trace().item()


@mistake(
    "3.2",
    "The largest entry of A (it stands on the diagonal) is its largest eigenvalue only where A is "
    "diagonal.",
)
def largest_step__largest_entry(A):
    return 2 / A.max().item()


@mistake(
    "3.2", "The largest sum of a row is a bound on L, not L: take the eigenvalues, eigvalsh(A)."
)
def largest_step__row_sum(A):
    return 2 / A.abs().sum(1).max().item()


@mistake(
    "3.2",
    "2 / (L + mu), with mu the smallest eigenvalue, is the fastest step; asked for is the step at "
    "which descent stops converging.",
)
def largest_step__fastest(A):
    eigenvalues = torch.linalg.eigvalsh(A)
    return 2 / (eigenvalues[0] + eigenvalues[-1]).item()


@mistake(
    "3.2",
    "The eigenvalues of A^T A are those of A squared: take those of A, or the root of the largest.",
)
def largest_step__squared(A):
    return 2 / torch.linalg.eigvalsh(A.T @ A)[-1].item()


@mistake("3.2", "This is one step for each eigenvalue; L is the largest, so there is one 2 / L.")
def largest_step__all_eigenvalues(A):
    return 2 / torch.linalg.eigvalsh(A)


@mistake("3.2", "torch.linalg.eigvals is in no order, and complex: take eigvalsh, and its largest.")
def largest_step__first_of_any_order(A):
    return 2 / torch.linalg.eigvals(A)[0]


# 3.3


def _differences(f, x, eps, of):
    """``of(f(x + e), f(x), f(x - e))`` for every coordinate."""
    g = torch.zeros_like(x)
    for i in range(len(x)):
        e = torch.zeros_like(x)
        e[i] = eps
        g[i] = of(f(x + e), f(x), f(x - e))
    return g


@mistake(
    "3.3",
    "These are forward differences: their error is of order eps. Central ones look to both sides, "
    "f(x + e) - f(x - e) over 2 eps, and err by eps^2.",
)
def numerical_gradient__forward(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up - here) / eps)


@mistake(
    "3.3",
    "These are backward differences: their error is of order eps. Central ones look to both sides, "
    "f(x + e) - f(x - e) over 2 eps, and err by eps^2.",
)
def numerical_gradient__backward(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (here - down) / eps)


@mistake("3.3", "From x - e to x + e it is 2 eps: you divided by eps.")
def numerical_gradient__over_eps(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up - down) / eps)


@mistake("3.3", "The division by 2 eps is missing: this is the difference, not the slope.")
def numerical_gradient__not_divided(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: up - down)


@mistake("3.3", "/ 2 * eps divides by 2 and multiplies by eps: put brackets, / (2 * eps).")
def numerical_gradient__brackets(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up - down) / 2 * eps)


@mistake("3.3", "The sign is the other way: it is f(x + e) - f(x - e).")
def numerical_gradient__sign(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (down - up) / (2 * eps))


@mistake("3.3", "You use a step of your own; take the argument eps.")
def numerical_gradient__eps_unused(f, x, eps=1e-5):
    h = 1e-5
    return _differences(f, x, h, lambda up, here, down: (up - down) / (2 * h))


@mistake("3.3", "You go eps / 2 to either side; here it is eps, and 2 eps from end to end.")
def numerical_gradient__half(f, x, eps=1e-5):
    return _differences(f, x, eps / 2, lambda up, here, down: (up - down) / eps)


@mistake(
    "3.3",
    "You change x itself and put it back; whoever else holds x sees it change. Work on a copy, or "
    "with new tensors, x + e and x - e.",
)
def numerical_gradient__in_place(f, x, eps=1e-5):
    g = torch.zeros_like(x)
    for i in range(len(x)):
        kept = x[i].item()
        x[i] = kept + eps
        up = f(x)
        x[i] = kept - eps
        down = f(x)
        x[i] = kept
        g[i] = (up - down) / (2 * eps)
    return g


@mistake(
    "3.3",
    "You change x through x.data (or its numpy array) and put it back: it is still x itself, and f "
    "is called while it is changed. Work on a copy.",
)
def numerical_gradient__in_place_unseen(f, x, eps=1e-5):
    g = torch.zeros_like(x)
    for i in range(len(x)):
        kept = x[i].item()
        x.data[i] = kept + eps
        up = f(x)
        x.data[i] = kept - eps
        down = f(x)
        x.data[i] = kept
        g[i] = (up - down) / (2 * eps)
    return g


@mistake(
    "3.3", "You do not go back to x_i before the next coordinate: all but the first are shifted."
)
def numerical_gradient__not_put_back(f, x, eps=1e-5):
    g, z = torch.zeros_like(x), x.clone()
    for i in range(len(x)):
        z[i] += eps
        up = f(z)
        z[i] -= 2 * eps
        g[i] = (up - f(z)) / (2 * eps)
    return g


@mistake("3.3", "x + eps moves all coordinates at once; move one at a time.")
def numerical_gradient__all_at_once(f, x, eps=1e-5):
    g = torch.zeros_like(x)
    for i in range(len(x)):
        g[i] = (f(x + eps) - f(x - eps)) / (2 * eps)
    return g


@mistake(
    "3.3",
    "float32 keeps 7 digits, and the difference of two nearly equal numbers few of them: keep x in "
    "float64.",
)
def numerical_gradient__float32_inside(f, x, eps=1e-5):
    return _differences(f, x.float(), eps, lambda up, here, down: (up - down) / (2 * eps)).double()


@mistake(
    "3.3",
    "Your result is float32, which torch.zeros and torch.tensor make of themselves: add "
    "dtype=x.dtype, or use torch.zeros_like(x).",
)
def numerical_gradient__float32(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up - down) / (2 * eps)).float()


@mistake("3.3", "f may return a Python float, which has no .item(): float(...) takes both kinds.")
def numerical_gradient__item(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up.item() - down.item()) / (2 * eps))


@mistake("3.3", "This is a list of slopes; make a tensor (D,) of it, float64 as x is.")
def numerical_gradient__list(f, x, eps=1e-5):
    g = _differences(f, x, eps, lambda up, here, down: (up - down) / (2 * eps))
    return g.tolist()


# 3.4


@mistake("3.4", "The sign of the square error's gradient is the other way: it is y - d.")
def square_error_grad__sign(y, d):
    return d - y


@mistake("3.4", "The factor 1/2 of the square error cancels the 2 of its derivative: y - d.")
def square_error_grad__factor_two(y, d):
    return 2 * (y - d)


@mistake("3.4", "The derivative of 1/2 t^2 is t: no factor 1/2 is left in the gradient.")
def square_error_grad__half(y, d):
    return (y - d) / 2


@mistake(
    "3.4", "You divided the square error's gradient by the number of samples; the course sums."
)
def square_error_grad__mean(y, d):
    return (y - d) / len(y)


@mistake(
    "3.4",
    "You divided the square error's gradient by the number of entries, as PyTorch's mean does; the "
    "course sums.",
)
def square_error_grad__mean_of_entries(y, d):
    return (y - d) / y.numel()


@mistake("3.4", "This is the square error itself; its gradient has an entry for each entry of y.")
def square_error_grad__loss(y, d):
    return (y - d).square().sum() / 2


@mistake("3.4", "You added the samples' gradients up; each row of y has a gradient of its own.")
def square_error_grad__summed(y, d):
    return (y - d).sum(0)


@mistake("3.4", "The sign of the cross-entropy's gradient is the other way.")
def cross_entropy_grad__sign(y, d):
    return F.one_hot(d, y.shape[1]) - torch.softmax(y, dim=1)


@mistake("3.4", "This is softmax(y) alone; 1 has to be taken off at the desired class of each row.")
def cross_entropy_grad__softmax_alone(y, d):
    return torch.softmax(y, dim=1)


@mistake("3.4", "You compared the scores with the one-hot rows; they go through softmax first.")
def cross_entropy_grad__no_softmax(y, d):
    return y - F.one_hot(d, y.shape[1])


@mistake(
    "3.4", "You divided the cross-entropy's gradient by the number of samples; the course sums."
)
def cross_entropy_grad__mean(y, d):
    return (torch.softmax(y, dim=1) - F.one_hot(d, y.shape[1])) / len(y)


@mistake(
    "3.4",
    "Your softmax runs over the samples; each row is one sample, so its classes lie along dim=1.",
)
def cross_entropy_grad__other_axis(y, d):
    return torch.softmax(y, dim=0) - F.one_hot(d, y.shape[1])


@mistake(
    "3.4",
    "exp overflows for large scores: take the largest score of each row off first, or use "
    "torch.softmax.",
)
def cross_entropy_grad__overflow(y, d):
    return torch.exp(y) / torch.exp(y).sum(dim=1, keepdim=True) - F.one_hot(d, y.shape[1])


@mistake(
    "3.4",
    "Without a number of classes, one_hot makes as many columns as it happens to meet: write "
    "F.one_hot(d, y.shape[1]).",
)
def cross_entropy_grad__one_hot_by_itself(y, d):
    return torch.softmax(y, dim=1) - F.one_hot(d)


@mistake("3.4", "You counted the classes from 1; they are 0, ..., K-1.")
def cross_entropy_grad__classes_from_one(y, d):
    grad = torch.softmax(y, dim=1)
    grad[torch.arange(len(y)), d - 1] -= 1
    return grad


@mistake(
    "3.4",
    "grad[:, d] takes 1 off the whole columns d, in all rows; row i loses 1 at d_i only: "
    "grad[torch.arange(N), d].",
)
def cross_entropy_grad__whole_columns(y, d):
    grad = torch.softmax(y, dim=1)
    grad[:, d] -= 1
    return grad


@mistake("3.4", "This is the cross-entropy itself; its gradient has an entry for each score.")
def cross_entropy_grad__loss(y, d):
    return F.cross_entropy(y, d, reduction="sum")


@mistake(
    "3.4",
    "You change the scores of your caller: y = y - ... makes new ones where y -= ... does not, and "
    "autograd can be asked for the gradient of a copy, y.clone().requires_grad_().",
)
def cross_entropy_grad__in_place(y, d):
    y -= y.max(dim=1, keepdim=True).values
    return torch.softmax(y, dim=1) - F.one_hot(d, y.shape[1])


@mistake(
    "3.4",
    "You subtracted the number of the class from every score; d says at which one 1 is taken off.",
)
def cross_entropy_grad__class_numbers(y, d):
    return torch.softmax(y, dim=1) - d[:, None]


@mistake(
    "3.4",
    "You took the largest score of the whole batch off; a row far below it becomes 0 / 0. Every "
    "row has a largest score of its own.",
)
def cross_entropy_grad__one_maximum(y, d):
    E = torch.exp(y - y.max())
    return E / E.sum(dim=1, keepdim=True) - F.one_hot(d, y.shape[1])


# 3.5


def _grad(Y, d):
    return torch.softmax(Y, dim=1) - F.one_hot(d, Y.shape[1])


@mistake("3.5", "You divided by the size of the batch; the course's gradients are summed.")
def minibatch_gradient__mean(W, X, d, batch):
    X, d = X[batch], d[batch]
    return _grad(X @ W.T, d).T @ X / len(batch)


@mistake("3.5", "This is the gradient over all samples; only those of the batch count.")
def minibatch_gradient__all_samples(W, X, d, batch):
    return _grad(X @ W.T, d).T @ X


@mistake("3.5", "You took the first samples of X; those of the batch are X[batch] and d[batch].")
def minibatch_gradient__first_samples(W, X, d, batch):
    X, d = X[: len(batch)], d[: len(batch)]
    return _grad(X @ W.T, d).T @ X


@mistake("3.5", "The samples are those of the batch, their labels are not: d[batch].")
def minibatch_gradient__labels_not_chosen(W, X, d, batch):
    X = X[batch]
    return _grad(X @ W.T, d[: len(batch)]).T @ X


@mistake("3.5", "A sample that stands in the batch twice counts twice; you counted it once.")
def minibatch_gradient__once(W, X, d, batch):
    batch = batch.unique()
    return _grad(X[batch] @ W.T, d[batch]).T @ X[batch]


@mistake("3.5", "Your gradient is (D+1, K), the transpose of W's shape: a row belongs to a class.")
def minibatch_gradient__transposed(W, X, d, batch):
    X, d = X[batch], d[batch]
    return X.T @ _grad(X @ W.T, d)


@mistake("3.5", "The sign is the other way: softmax(y) - onehot(d) is what x is multiplied by.")
def minibatch_gradient__sign(W, X, d, batch):
    X, d = X[batch], d[batch]
    return -_grad(X @ W.T, d).T @ X


@mistake(
    "3.5",
    "You scaled the batch's gradient up to that of all samples, by |T| / |S|; here it is the plain "
    "sum over the batch.",
)
def minibatch_gradient__scaled_up(W, X, d, batch):
    X_b, d_b = X[batch], d[batch]
    return _grad(X_b @ W.T, d_b).T @ X_b * len(X) / len(batch)


@mistake("3.5", "This is the gradient of the square error; the scores go through softmax first.")
def minibatch_gradient__no_softmax(W, X, d, batch):
    X, d = X[batch], d[batch]
    return (X @ W.T - F.one_hot(d, len(W))).T @ X


@mistake("3.5", "Your softmax runs over the samples of the batch; it runs over the classes, dim=1.")
def minibatch_gradient__other_axis(W, X, d, batch):
    X, d = X[batch], d[batch]
    return (torch.softmax(X @ W.T, dim=0) - F.one_hot(d, len(W))).T @ X


@mistake("3.5", "The desired classes play no part: take onehot(d) off the softmax.")
def minibatch_gradient__no_labels(W, X, d, batch):
    X = X[batch]
    return torch.softmax(X @ W.T, dim=1).T @ X


@mistake(
    "3.5",
    "F.one_hot(d) makes as many columns as the batch happens to have classes: tell it K, "
    "F.one_hot(d, len(W)).",
)
def minibatch_gradient__one_hot_by_itself(W, X, d, batch):
    X, d = X[batch], d[batch]
    return (torch.softmax(X @ W.T, dim=1) - F.one_hot(d)).T @ X


@mistake("3.5", "exp overflows for large scores: use torch.softmax, or your cross_entropy_grad.")
def minibatch_gradient__overflow(W, X, d, batch):
    X, d = X[batch], d[batch]
    p = torch.exp(X @ W.T)
    return (p / p.sum(dim=1, keepdim=True) - F.one_hot(d, len(W))).T @ X


@mistake("3.5", "X has its ones in column 0 already: no second column of ones is needed.")
def minibatch_gradient__bias_twice(W, X, d, batch):
    X, d = X[batch], d[batch]
    X = torch.cat([X.new_ones(len(X), 1), X], dim=1)
    return _grad(X @ W.T, d).T @ X


@mistake("3.5", "The biases, column 0 of W, learn as well: their gradient is not 0.")
def minibatch_gradient__biases_stay(W, X, d, batch):
    X, d = X[batch], d[batch]
    grad = _grad(X @ W.T, d).T @ X
    grad[:, 0] = 0
    return grad


@mistake(
    "3.5",
    "W.requires_grad_() switches autograd on for the weights of your caller; ask for gradients of "
    "a copy, W.detach().clone().requires_grad_().",
)
def minibatch_gradient__requires_grad(W, X, d, batch):
    W.requires_grad_()
    F.cross_entropy(X[batch] @ W.T, d[batch], reduction="sum").backward()
    return W.grad


# 3.6


@mistake("3.6", "You visit the samples in the order in which they stand; shuffle them first.")
def sgd__in_order(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        for batch in torch.arange(n_samples).split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "You shuffle once; every epoch needs a fresh order.")
def sgd__shuffled_once(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    order = torch.randperm(n_samples, generator=generator)
    W = W0
    for _ in range(epochs):
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake(
    "3.6",
    "You shuffle the batches, but each holds the same neighbours in every epoch: shuffle the "
    "samples, then cut.",
)
def sgd__batches_shuffled(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    batches = torch.arange(n_samples).split(batch_size)
    W = W0
    for _ in range(epochs):
        last = torch.randperm(max(n_samples // batch_size, 1), generator=generator).tolist()
        for k in last + list(range(len(last), len(batches))):
            W = W - lr * grad_batch(W, batches[k])
    return W


@mistake(
    "3.6",
    "You draw each batch anew from all samples, so that some come twice in an epoch and others "
    "never; cut one random order into pieces.",
)
def sgd__with_replacement(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        for batch in torch.arange(n_samples).split(batch_size):
            drawn = torch.randint(n_samples, (len(batch),), generator=generator)
            W = W - lr * grad_batch(W, drawn)
    return W


@mistake(
    "3.6",
    "You shuffle anew for every batch and take the first batch_size of the order: shuffle once an "
    "epoch, and take one piece after the other.",
)
def sgd__shuffled_for_each_batch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        for batch in torch.arange(n_samples).split(batch_size):
            order = torch.randperm(n_samples, generator=generator)
            W = W - lr * grad_batch(W, order[: len(batch)])
    return W


@mistake("3.6", "You leave out the last batch where it is smaller; its samples count as well.")
def sgd__last_batch_left_out(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for k in range(n_samples // batch_size):
            W = W - lr * grad_batch(W, order[k * batch_size : (k + 1) * batch_size])
    return W


@mistake("3.6", "An epoch is one pass over all samples; you make one step with a single batch.")
def sgd__one_batch_an_epoch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        batch = torch.randperm(n_samples, generator=generator)[:batch_size]
        W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "batch_size plays no part: you take all samples at once.")
def sgd__full_batch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        W = W - lr * grad_batch(W, torch.randperm(n_samples, generator=generator))
    return W


@mistake("3.6", "Your return stands inside the loop: training ends with the first epoch.")
def sgd__one_epoch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
        return W
    return W


@mistake("3.6", "You begin every epoch with W0 again: go on with the W that you have.")
def sgd__starts_anew(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    for _ in range(epochs):
        W = W0
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "You take the gradient at W0 every time; take it at the W that you have now.")
def sgd__gradient_at_the_start(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W0, batch)
    return W


@mistake(
    "3.6",
    "You add up the gradients of an epoch and make one step with their sum; the point of SGD is to "
    "step after every batch.",
)
def sgd__one_step_an_epoch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        W = W - lr * sum(grad_batch(W, batch) for batch in order.split(batch_size))
    return W


@mistake("3.6", "You go uphill: the gradient is subtracted.")
def sgd__uphill(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W + lr * grad_batch(W, batch)
    return W


@mistake("3.6", "lr plays no part: the gradient is multiplied by it.")
def sgd__lr_unused(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - grad_batch(W, batch)
    return W


@mistake(
    "3.6",
    "You divide by the size of the batch; grad_batch alone decides whether it sums or averages.",
)
def sgd__mean(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch) / len(batch)
    return W


@mistake("3.6", "W -= ... writes into W0, which belongs to your caller: W = W - lr * ...")
def sgd__in_place(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W -= lr * grad_batch(W, batch)
    return W


@mistake(
    "3.6",
    "torch.randperm(n_samples) draws from the global generator: hand generator=generator to it.",
)
def sgd__global_generator(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake(
    "3.6",
    "You seed a generator yourself, so that the order is always the same: use the one that you are "
    "given, as it is.",
)
def sgd__own_seed(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    generator = torch.Generator().manual_seed(0)
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "You return all the W met on the way; asked for is the last one.")
def sgd__history(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    history = [W0]
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            history.append(history[-1] - lr * grad_batch(history[-1], batch))
    return history


@mistake("3.6", "grad_batch takes indices (int64): hand it the piece of the order, not a list.")
def sgd__lists(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator).tolist()
        for start in range(0, n_samples, batch_size):
            W = W - lr * grad_batch(W, order[start : start + batch_size])
    return W


@mistake("3.6", "chunk(n) makes n pieces; split(batch_size) makes pieces of batch_size samples.")
def sgd__chunk(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        for batch in torch.randperm(n_samples, generator=generator).chunk(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "lr is the same in every epoch; you made it smaller on the way.")
def sgd__decaying_lr(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for epoch in range(epochs):
        for batch in torch.randperm(n_samples, generator=generator).split(batch_size):
            W = W - lr / (1 + epoch) * grad_batch(W, batch)
    return W
