"""Wrong answers to exercise 6.7 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


def go_back(grad_out, x, w, stride=1, padding=0):
    """Backwards, rightly."""
    k = w.shape[-1]
    delta = grad_out.flatten(2)
    columns = F.unfold(x, k, stride=stride, padding=padding)
    grad_w = torch.einsum("nmp,ncp->mc", delta, columns).view_as(w)
    grad_x = F.fold(w.flatten(1).T @ delta, x.shape[2:], k, stride=stride, padding=padding)
    return grad_x, grad_w, delta.sum((0, 2))


@mistake("6.7", "grad_w is the mean over the images; gradients of a batch are summed.")
def conv2d_backward__mean(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_x, grad_w / len(x), grad_b / len(x)


@mistake("6.7", "grad_b is one number for each filter, the sum over images and places of grad_out.")
def conv2d_backward__bias_not_summed(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, _ = go_back(grad_out, x, w, stride, padding)
    return grad_x, grad_w, grad_out.sum(0)


@mistake("6.7", "grad_b is the mean over the places; every place adds its grad_out.")
def conv2d_backward__bias_mean(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, _ = go_back(grad_out, x, w, stride, padding)
    return grad_x, grad_w, grad_out.mean((2, 3)).sum(0)


@mistake(
    "6.7",
    "The filters are turned round in grad_x: a pixel that the filter saw through w[i, j] gets back "
    "through w[i, j].",
)
def conv2d_backward__flipped(grad_out, x, w, stride=1, padding=0):
    _, grad_w, grad_b = go_back(grad_out, x, w, stride, padding)
    return go_back(grad_out, x, w.flip(2, 3), stride, padding)[0], grad_w, grad_b


@mistake(
    "6.7", "A pixel is in several patches: what comes back from them adds up, not the last alone."
)
def conv2d_backward__overwritten(grad_out, x, w, stride=1, padding=0):
    _, grad_w, grad_b = go_back(grad_out, x, w, stride, padding)
    k = w.shape[-1]
    grad_x = torch.zeros_like(F.pad(x, (padding,) * 4))
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            part = torch.einsum("nm,mckl->nckl", grad_out[:, :, i, j], w)
            grad_x[:, :, i * stride : i * stride + k, j * stride : j * stride + k] = part
    height, width = x.shape[2:]
    return (
        grad_x[:, :, padding : padding + height, padding : padding + width].clone(),
        grad_w,
        grad_b,
    )


@mistake("6.7", "grad_x still has the margin of the padding: cut it off, x has no gradient there.")
def conv2d_backward__margin_kept(grad_out, x, w, stride=1, padding=0):
    return go_back(grad_out, F.pad(x, (padding,) * 4), w, stride, 0)


@mistake("6.7", "The stride plays no part on the way back: the patches lie stride pixels apart.")
def conv2d_backward__no_stride(grad_out, x, w, stride=1, padding=0):
    return go_back(grad_out, x, w, 1, padding)


@mistake("6.7", "grad_x and grad_w are swapped: the result is (grad_x, grad_w, grad_b).")
def conv2d_backward__swapped(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_w, grad_x, grad_b


@mistake("6.7", "The gradient of w comes from the first image alone: sum over all images.")
def conv2d_backward__first_image(grad_out, x, w, stride=1, padding=0):
    grad_x, _, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_x, go_back(grad_out[:1], x[:1], w, stride, padding)[1], grad_b


@mistake("6.7", "The bias has no gradient in your result: (grad_x, grad_w, grad_b).")
def conv2d_backward__no_bias(grad_out, x, w, stride=1, padding=0):
    return go_back(grad_out, x, w, stride, padding)[:2]


def _with_margin(grad_out, x, w, stride, padding):
    """The gradients, that of x with its margin."""
    grad_x = go_back(grad_out, F.pad(x, (padding,) * 4), w, stride, 0)[0]
    return grad_x, *go_back(grad_out, x, w, stride, padding)[1:]


@mistake("6.7", "[padding:-padding] is empty where padding is 0: cut from padding to padding + H.")
def conv2d_backward__empty_without_padding(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, grad_b = _with_margin(grad_out, x, w, stride, padding)
    return grad_x[:, :, padding:-padding, padding:-padding], grad_w, grad_b


@mistake("6.7", "The margin lies on all four sides: the image begins at row and column padding.")
def conv2d_backward__cut_at_the_end_alone(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, grad_b = _with_margin(grad_out, x, w, stride, padding)
    return grad_x[:, :, : x.shape[2], : x.shape[3]].clone(), grad_w, grad_b


ORDER = "The order of the results is (grad_x, grad_w, grad_b)."


@mistake("6.7", ORDER)
def conv2d_backward__order_w_b_x(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_w, grad_b, grad_x


@mistake("6.7", ORDER)
def conv2d_backward__order_x_b_w(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_x, grad_b, grad_w


UNPADDED = "grad_w needs x with its padding: that is what the filter saw on the way forward."


def _grad_w_of(grad_out, x, w, stride, add):
    """grad_w by loops over the places of this x."""
    k, grad_w = w.shape[-1], torch.zeros_like(w)
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            patch = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            add(grad_w, grad_out[:, :, i, j], patch)
    return grad_w


def _add_part(grad_w, delta, patch):
    grad_w[:, :, : patch.shape[2], : patch.shape[3]] += torch.einsum("nm,nckl->mckl", delta, patch)


def _add_batch(grad_w, delta, patch):
    grad_w += torch.einsum("nm,nckl->mckl", delta, patch)


def _add_filter_by_filter(grad_w, delta, patch):
    for n in range(len(patch)):
        for m in range(len(grad_w)):
            grad_w[m] += delta[n, m] * patch[n]


@mistake("6.7", UNPADDED)
def conv2d_backward__unpadded_where_it_fits(grad_out, x, w, stride=1, padding=0):
    grad_x, _, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_x, _grad_w_of(grad_out, x, w, stride, _add_part), grad_b


@mistake("6.7", UNPADDED)
def conv2d_backward__unpadded_batch(grad_out, x, w, stride=1, padding=0):
    grad_x, _, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_x, _grad_w_of(grad_out, x, w, stride, _add_batch), grad_b


@mistake("6.7", UNPADDED)
def conv2d_backward__unpadded_loops(grad_out, x, w, stride=1, padding=0):
    grad_x, _, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_x, _grad_w_of(grad_out, x, w, stride, _add_filter_by_filter), grad_b


@mistake("6.7", UNPADDED)
def conv2d_backward__unpadded_unfold(grad_out, x, w, stride=1, padding=0):
    columns = F.unfold(x, w.shape[-1], stride=stride)
    grad_w = torch.einsum("nmp,ncp->mc", grad_out.flatten(2), columns).view_as(w)
    grad_x, _, grad_b = go_back(grad_out, x, w, stride, padding)
    return grad_x, grad_w, grad_b


@mistake(
    "6.7",
    "You divided by the number of patches that a pixel is in; what comes back from them is added "
    "up.",
)
def conv2d_backward__mean_over_patches(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, grad_b = go_back(grad_out, x, w, stride, padding)
    k = w.shape[-1]
    ones = F.unfold(torch.ones_like(x), k, stride=stride, padding=padding)
    times = F.fold(ones, x.shape[2:], k, stride=stride, padding=padding)
    return grad_x / times.clamp(min=1), grad_w, grad_b


@mistake("6.7", "grad_b is one number for each filter, the sum over images and places of grad_out.")
def conv2d_backward__bias_of_each_image(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, _ = go_back(grad_out, x, w, stride, padding)
    return grad_x, grad_w, grad_out.sum((2, 3))


@mistake("6.7", "grad_b is one number for each filter; you summed over the filters too.")
def conv2d_backward__bias_of_all_filters(grad_out, x, w, stride=1, padding=0):
    grad_x, grad_w, _ = go_back(grad_out, x, w, stride, padding)
    return grad_x, grad_w, grad_out.sum()


@mistake("6.7", "Your grad_w has one for each image still: sum over all images.")
def conv2d_backward__weights_of_each_image(grad_out, x, w, stride=1, padding=0):
    grad_x, _, grad_b = go_back(grad_out, x, w, stride, padding)
    columns = F.unfold(x, w.shape[-1], stride=stride, padding=padding)
    grad_w = grad_out.flatten(2) @ columns.transpose(1, 2)
    return grad_x, grad_w.view(len(x), *w.shape), grad_b


@mistake("6.7", "Each place takes the place of the one before in grad_w: they are to be added up.")
def conv2d_backward__weights_of_the_last_place(grad_out, x, w, stride=1, padding=0):
    grad_x, _, grad_b = go_back(grad_out, x, w, stride, padding)
    columns = F.unfold(x, w.shape[-1], stride=stride, padding=padding)
    grad_w = torch.einsum("m,c->mc", grad_out[-1, :, -1, -1], columns[-1, :, -1])
    return grad_x, grad_w.view_as(w), grad_b
