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
