"""Wrong answers to exercise 3.4 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


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


@mistake(
    "3.4",
    "This is the gradient with respect to the probabilities: go on through softmax, to the scores.",
)
def cross_entropy_grad__of_probabilities(y, d):
    t = F.one_hot(d, y.shape[1])
    return -t / torch.softmax(y, dim=1)


@mistake(
    "3.4",
    "p (1 - p) is the diagonal of softmax's Jacobian alone, and the rest is not 0: with all of it, "
    "the gradient is softmax(y) less a one-hot vector.",
)
def cross_entropy_grad__diagonal(y, d):
    p = torch.softmax(y, dim=1)
    return (p - F.one_hot(d, y.shape[1])) * p * (1 - p)


LENGTH = "You divided by the length of y - d; the gradient of the square error is y - d as it is."


@mistake("3.4", LENGTH)
def square_error_grad__normalized(y, d):
    return (y - d) / (y - d).norm()


@mistake("3.4", LENGTH)
def square_error_grad__normalized_rows(y, d):
    return (y - d) / (y - d).norm(dim=1, keepdim=True)


@mistake("3.4", "These are the squares themselves; the derivative of 1/2 t^2 is t.")
def square_error_grad__squares(y, d):
    return (y - d).square() / 2


@mistake("3.4", "y are scores, not probabilities: go through log sum_k exp(y_k).")
def cross_entropy_grad__scores_as_probabilities(y, d):
    return -F.one_hot(d, y.shape[1]) / y


@mistake(
    "3.4",
    "Only the entry of the desired class is there; the other scores stand in log sum_k exp(y_k) "
    "too, so that they have a gradient.",
)
def cross_entropy_grad__desired_class_alone(y, d):
    return F.one_hot(d, y.shape[1]) * (torch.softmax(y, dim=1) - 1)


@mistake("3.4", "p (1 - p) is the derivative of p_k by y_k: the loss and the class d are missing.")
def cross_entropy_grad__slope_of_softmax(y, d):
    p = torch.softmax(y, dim=1)
    return p * (1 - p)


@mistake("3.4", "Your softmax runs over the whole batch; each row has a softmax of its own.")
def cross_entropy_grad__one_softmax_for_all(y, d):
    return torch.softmax(y.flatten(), dim=0).view_as(y) - F.one_hot(d, y.shape[1])


@mistake("3.4", "You took the sigmoid of each score; the probabilities are softmax(y).")
def cross_entropy_grad__sigmoids(y, d):
    return torch.sigmoid(y) - F.one_hot(d, y.shape[1])


@mistake(
    "3.4", "You took log-probabilities; what the one-hot rows are taken off are probabilities."
)
def cross_entropy_grad__log_softmax(y, d):
    return torch.log_softmax(y, dim=1) - F.one_hot(d, y.shape[1])


@mistake("3.4", "d holds numbers of classes, (N,); what is taken off softmax(y) are one-hot rows.")
def cross_entropy_grad__numbers_of_classes(y, d):
    return torch.softmax(y, dim=1) - d


@mistake("3.4", "Without keepdim=True the sums lie in a row, where each row needs its own.")
def cross_entropy_grad__no_keepdim(y, d):
    E = torch.exp(y - y.amax(dim=1, keepdim=True))
    return E / E.sum(dim=1) - F.one_hot(d, y.shape[1])


@mistake("3.4", "This is the cross-entropy itself; its gradient has an entry for each entry of y.")
def cross_entropy_grad__loss_of_each_sample(y, d):
    return torch.logsumexp(y, dim=1) - y[torch.arange(len(y)), d]
