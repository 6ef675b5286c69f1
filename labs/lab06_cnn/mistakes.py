"""Wrong answers to the exercises of lab 6 that students write, and what to tell them."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn import functional as F

from course_dl.lab import mistake


def size(n, k, stride=1, padding=0):
    return (n + 2 * padding - k) // stride + 1


def convolve(x, w, b, stride=1, padding=0):
    """A batch, rightly."""
    k = w.shape[-1]
    columns = F.unfold(x, k, stride=stride, padding=padding)
    height, width = (size(n, k, stride, padding) for n in x.shape[2:])
    return (w.flatten(1) @ columns + b[:, None]).unflatten(2, (height, width))


def go_back(grad_out, x, w, stride=1, padding=0):
    """Backwards, rightly."""
    k = w.shape[-1]
    delta = grad_out.flatten(2)
    columns = F.unfold(x, k, stride=stride, padding=padding)
    grad_w = torch.einsum("nmp,ncp->mc", delta, columns).view_as(w)
    grad_x = F.fold(w.flatten(1).T @ delta, x.shape[2:], k, stride=stride, padding=padding)
    return grad_x, grad_w, delta.sum((0, 2))


# 6.1


@mistake("6.1", "One place is missing: between n places there are n - 1 steps, so add 1.")
def output_size__one_less(n, kernel, stride=1, padding=0):
    return (n + 2 * padding - kernel) // stride


@mistake("6.1", "Padding is put on both sides of the image: it counts twice.")
def output_size__padding_once(n, kernel, stride=1, padding=0):
    return (n + padding - kernel) // stride + 1


@mistake("6.1", "You rounded up: a place that reaches over the end of the image does not count.")
def output_size__rounded_up(n, kernel, stride=1, padding=0):
    return -(-(n + 2 * padding - kernel) // stride) + 1


@mistake("6.1", "The result is a float: // divides and rounds down, and gives an int.")
def output_size__float(n, kernel, stride=1, padding=0):
    return (n + 2 * padding - kernel) / stride + 1


@mistake("6.1", "The stride plays no part: the filter moves by that many pixels at a time.")
def output_size__no_stride(n, kernel, stride=1, padding=0):
    return n + 2 * padding - kernel + 1


@mistake("6.1", "The padding plays no part: it makes the image 2 * padding pixels longer.")
def output_size__no_padding(n, kernel, stride=1, padding=0):
    return (n - kernel) // stride + 1


@mistake("6.1", "You added the 1 before dividing: divide first, then add 1.")
def output_size__one_inside(n, kernel, stride=1, padding=0):
    return (n + 2 * padding - kernel + 1) // stride


# 6.2


@mistake(
    "6.2",
    "You turned the filter round, which is a convolution as mathematics has it. Here, as in "
    "PyTorch, the filter is laid on the image as it is.",
)
def conv2d__flipped(x, w, b, stride=1, padding=0):
    return convolve(x[None], w.flip(2, 3), b, stride, padding)[0]


@mistake("6.2", "The filters lie on the image transposed: rows of the filter belong to rows of it.")
def conv2d__filters_transposed(x, w, b, stride=1, padding=0):
    return convolve(x[None], w.transpose(2, 3), b, stride, padding)[0]


@mistake("6.2", "The bias plays no part: b[m] is added to every entry of out[m].")
def conv2d__no_bias(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, torch.zeros_like(b), stride, padding)[0]


@mistake("6.2", "The bias is added for every channel: it belongs to the filter, and is added once.")
def conv2d__bias_for_each_channel(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, len(x) * b, stride, padding)[0]


@mistake(
    "6.2", "Only the first channel is looked at: a filter adds up what it sees in all of them."
)
def conv2d__first_channel(x, w, b, stride=1, padding=0):
    return convolve(x[None, :1], w[:, :1], b, stride, padding)[0]


@mistake("6.2", "Products are averaged over the channels: the course's formula adds them up.")
def conv2d__mean_of_channels(x, w, b, stride=1, padding=0):
    return convolve(x[None], w / len(x), b, stride, padding)[0]


@mistake("6.2", "The output has as many columns as rows, but images need not be square: W' from W.")
def conv2d__square_alone(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    x = F.pad(x, (padding,) * 4)
    n = size(x.shape[1], k, stride)
    out = x.new_zeros(len(w), n, n)
    for i in range(n):
        for j in range(n):
            patch = x[:, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, i, j] = (w * patch).sum((1, 2, 3)) + b
    return out


@mistake(
    "6.2", "The stride plays no part: the patch of out[:, i, j] begins at i * stride, j * stride."
)
def conv2d__no_stride(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, b, 1, padding)[0]


@mistake(
    "6.2",
    "The output has the right size, but its patches lie side by side as with a stride of 1: the "
    "patch of out[:, i, j] begins at i * stride, j * stride.",
)
def conv2d__steps_of_one(x, w, b, stride=1, padding=0):
    height, width = (size(n, w.shape[-1], stride, padding) for n in x.shape[1:])
    return convolve(x[None], w, b, 1, padding)[0][:, :height, :width].clone()


@mistake(
    "6.2", "The padding plays no part: put zeros around the image first, F.pad(x, (padding,) * 4)."
)
def conv2d__no_padding(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, b, stride, 0)[0]


@mistake("6.2", "Padding is put on two sides of the image alone: all four need it.")
def conv2d__padding_on_two_sides(x, w, b, stride=1, padding=0):
    return convolve(F.pad(x, (padding, 0, padding, 0))[None], w, b, stride, 0)[0]


@mistake("6.2", "Your output is float32 whatever comes in: make it with dtype=x.dtype.")
def conv2d__float32(x, w, b, stride=1, padding=0):
    out = convolve(x[None], w, b, stride, padding)[0]
    return torch.zeros(out.shape).copy_(out)


@mistake(
    "6.2", "All channels but the output's first are missing: there is a map for each of M filters."
)
def conv2d__first_filter(x, w, b, stride=1, padding=0):
    return convolve(x[None], w[:1], b[:1], stride, padding)[0]


# 6.3


@mistake("6.3", "The bias plays no part: b[m] is added to every entry of out[:, m].")
def conv2d_unfold__no_bias(x, w, b, stride=1, padding=0):
    return convolve(x, w, torch.zeros_like(b), stride, padding)


@mistake("6.3", "The bias is added along the patches: it belongs to the filters, b[:, None].")
def conv2d_unfold__bias_along_patches(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    columns = F.unfold(x, k, stride=stride, padding=padding)
    height, width = (size(n, k, stride, padding) for n in x.shape[2:])
    return (w.flatten(1) @ columns + b).unflatten(2, (height, width))


@mistake("6.3", "F.unfold needs the stride, too.")
def conv2d_unfold__no_stride(x, w, b, stride=1, padding=0):
    return convolve(x, w, b, 1, padding)


@mistake("6.3", "F.unfold needs the padding, too.")
def conv2d_unfold__no_padding(x, w, b, stride=1, padding=0):
    return convolve(x, w, b, stride, 0)


@mistake("6.3", "The two sizes of the output are swapped: H' comes first, then W'.")
def conv2d_unfold__sizes_swapped(x, w, b, stride=1, padding=0):
    out = convolve(x, w, b, stride, padding)
    return out.reshape(*out.shape[:2], out.shape[3], out.shape[2])


@mistake(
    "6.3",
    "Reshaped to (C k k, M) and transposed, the filters are mixed up: w.reshape(M, C k k) has a "
    "filter in each row.",
)
def conv2d_unfold__filters_mixed(x, w, b, stride=1, padding=0):
    return convolve(x, w.reshape(-1, len(w)).T.reshape(w.shape), b, stride, padding)


@mistake("6.3", "You turned the filters round: here, as in PyTorch, they are laid on as they are.")
def conv2d_unfold__flipped(x, w, b, stride=1, padding=0):
    return convolve(x, w.flip(2, 3), b, stride, padding)


@mistake("6.3", "Every image of the batch gives the output of the first one.")
def conv2d_unfold__first_image(x, w, b, stride=1, padding=0):
    return convolve(x[:1], w, b, stride, padding).repeat(len(x), 1, 1, 1)


@mistake("6.3", "The output still has its patches in one row: make them H' rows of W' entries.")
def conv2d_unfold__not_folded(x, w, b, stride=1, padding=0):
    return convolve(x, w, b, stride, padding).flatten(2)


@mistake(
    "6.3",
    "The output is right, but there is a loop over its pixels: F.unfold gives all patches at once, "
    "and one matrix product does the rest.",
)
def conv2d_unfold__loop(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    x = F.pad(x, (padding,) * 4)
    height, width = (size(n, k, stride) for n in x.shape[2:])
    out = x.new_zeros(len(x), len(w), height, width)
    for i in range(height):
        for j in range(width):
            patch = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, :, i, j] = patch.flatten(1) @ w.flatten(1).T + b
    return out


# 6.4


@mistake(
    "6.4",
    "The maximum starts at 0, and no window of negative pixels gets below it: start at -inf, or "
    "at the window's first pixel.",
)
def max_pool2d__from_zero(x, k):
    return max_pool2d__right(x, k).clamp_min(0)


@mistake("6.4", "You took the mean of each window: asked for is its largest entry.")
def max_pool2d__mean(x, k):
    return F.avg_pool2d(x, k)


@mistake("6.4", "You took the smallest entry of each window: asked for is the largest.")
def max_pool2d__smallest(x, k):
    return -max_pool2d__right(-x, k)


@mistake("6.4", "You compared absolute values: the largest entry is the largest with its sign.")
def max_pool2d__absolute(x, k):
    return max_pool2d__right(x.abs(), k)


@mistake(
    "6.4",
    "A rest of rows or columns makes a window of its own: what does not fill a window is left out.",
)
def max_pool2d__rest_kept(x, k):
    down, right = -x.shape[2] % k, -x.shape[3] % k
    return max_pool2d__right(F.pad(x, (0, right, 0, down), value=float("-inf")), k)


@mistake("6.4", "The windows overlap: they lie side by side, and each moves on by k pixels.")
def max_pool2d__overlapping(x, k):
    return x.unfold(2, k, 1).unfold(3, k, 1).amax((-1, -2))


@mistake(
    "6.4",
    "These are not the windows: reshape to (N, C, H // k, k, W // k, k), where a window lies along "
    "axes 3 and 5.",
)
def max_pool2d__wrong_axes(x, k):
    height, width = x.shape[2] // k, x.shape[3] // k
    cut = x[:, :, : height * k, : width * k]
    return cut.reshape(*x.shape[:2], height, width, k, k).amax((4, 5))


@mistake("6.4", "The first rows and columns are left out: what fills no window is at the end.")
def max_pool2d__cut_at_the_start(x, k):
    return max_pool2d__right(x[:, :, x.shape[2] % k :, x.shape[3] % k :], k)


@mistake("6.4", "You took every k-th pixel: asked for is the largest of all pixels in a window.")
def max_pool2d__every_kth(x, k):
    height, width = x.shape[2] // k, x.shape[3] // k
    return x[:, :, : height * k : k, : width * k : k].clone()


@mistake("6.4", "Sides that k does not divide stop it: cut off the rest before you reshape.")
def max_pool2d__not_cut(x, k):
    N, C, H, W = x.shape
    return x.reshape(N, C, H // k, k, W // k, k).amax((3, 5))


def max_pool2d__right(x, k):
    return x.unfold(2, k, k).unfold(3, k, k).amax((-1, -2))


# 6.5


@mistake("6.5", "The biases are missing: one for each of the c_out filters.")
def conv_parameters__no_bias(c_in, c_out, kernel):
    return c_out * c_in * kernel**2


@mistake("6.5", "There is one bias for each filter, that is c_out of them, not one in all.")
def conv_parameters__one_bias(c_in, c_out, kernel):
    return c_out * c_in * kernel**2 + 1


@mistake("6.5", "There is a bias for each channel of the output, c_out, not of the input.")
def conv_parameters__bias_of_input(c_in, c_out, kernel):
    return c_out * c_in * kernel**2 + c_in


@mistake("6.5", "A filter is kernel x kernel: its side counts twice.")
def conv_parameters__side_once(c_in, c_out, kernel):
    return c_out * (c_in * kernel + 1)


@mistake(
    "6.5", "A filter looks at all channels of its input: it has c_in * kernel * kernel weights."
)
def conv_parameters__one_channel(c_in, c_out, kernel):
    return c_out * (kernel**2 + 1)


@mistake("6.5", "A bias belongs to a filter, not to each pair of input and output channel.")
def conv_parameters__bias_for_each_pair(c_in, c_out, kernel):
    return c_out * c_in * (kernel**2 + 1)


# 6.6


class _Net(nn.Module):
    """LeNet, from which the wrong ones differ."""

    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.hidden = nn.Linear(400, 84)
        self.output = nn.Linear(84, n_classes)

    def forward(self, X):
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2)
        return self.output(torch.relu(self.hidden(h.flatten(1))))


@mistake(
    "6.6", "The number of classes is written into the network: the last layer needs n_classes."
)
class LeNet__ten_classes(_Net):
    def __init__(self, n_classes=10):
        super().__init__(10)


@mistake(
    "6.6",
    "There is a softmax at the end: leave it out, cross-entropy takes scores and has it inside.",
)
class LeNet__softmax(_Net):
    def forward(self, X):
        return torch.softmax(super().forward(X), dim=1)


@mistake("6.6", "There is a ReLU after the last layer: scores may be negative; leave it out.")
class LeNet__relu_at_the_end(_Net):
    def forward(self, X):
        return torch.relu(super().forward(X))


@mistake(
    "6.6",
    "Between the layers there is pooling, but no activation: each convolution and each hidden "
    "linear layer needs one.",
)
class LeNet__no_activation(_Net):
    def forward(self, X):
        h = F.max_pool2d(self.conv1(X), 2)
        h = F.max_pool2d(self.conv2(h), 2)
        return self.output(self.hidden(h.flatten(1)))


@mistake(
    "6.6",
    "Without activations, and with the mean as pooling, the whole network is one affine map: put a "
    "ReLU after each layer but the last.",
)
class LeNet__affine(_Net):
    def forward(self, X):
        h = F.avg_pool2d(self.conv1(X), 2)
        h = F.avg_pool2d(self.conv2(h), 2)
        return self.output(self.hidden(h.flatten(1)))


@mistake(
    "6.6", "This is a multilayer perceptron, a dense layer on all pixels: begin with nn.Conv2d."
)
class LeNet__dense(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 120), nn.ReLU(), nn.Linear(120, n_classes)
        )

    def forward(self, X):
        return self.layers(X)


@mistake(
    "6.6",
    "The convolutions are in a plain list, which PyTorch does not look into: they would never be "
    "trained. Use nn.ModuleList, or an attribute for each.",
)
class LeNet__plain_list(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.convolutions = [nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)]
        self.hidden, self.output = nn.Linear(400, 84), nn.Linear(84, n_classes)

    def forward(self, h):
        for convolution in self.convolutions:
            h = F.max_pool2d(torch.relu(convolution(h)), 2)
        return self.output(torch.relu(self.hidden(h.flatten(1))))


@mistake("6.6", "flatten() makes one row of the whole batch: flatten(1) makes a row of each image.")
class LeNet__batch_flattened(_Net):
    def forward(self, X):
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2)
        return self.output(torch.relu(self.hidden(h.flatten())))


@mistake(
    "6.6",
    "The first linear layer waits for another number of inputs than it gets: print h.shape "
    "before it.",
)
class LeNet__wrong_size(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.hidden, self.output = nn.Linear(400, 84), nn.Linear(84, n_classes)

    forward = _Net.forward


@mistake(
    "6.6", "__init__ must begin with super().__init__(): nn.Module has to get ready for layers."
)
class LeNet__no_super(nn.Module):
    def __init__(self, n_classes=10):
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)


@mistake(
    "6.6",
    "F.dropout drops in evaluation mode as well: give it training=self.training, or use "
    "nn.Dropout.",
)
class LeNet__dropout_always(_Net):
    def forward(self, X):
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2)
        return self.output(F.dropout(torch.relu(self.hidden(h.flatten(1)))))


@mistake(
    "6.6",
    "Images are standardized by the mean of their batch, so that each one's scores depend on the "
    "others; nn.BatchNorm2d does that in training mode alone.",
)
class LeNet__batch_statistics(_Net):
    def forward(self, X):
        return super().forward((X - X.mean(0)) / (X.std(0, correction=0) + 1e-3))


@mistake("6.6", "You cut the graph after the convolutions (detach): they would never be trained.")
class LeNet__detached(_Net):
    def forward(self, X):
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2).detach()
        return self.output(torch.relu(self.hidden(h.flatten(1))))


@mistake("6.6", "The classes are returned in place of their scores: leave out the argmax.")
class LeNet__argmax(_Net):
    def forward(self, X):
        return super().forward(X).argmax(dim=1)


# 6.7


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


# 6.8


@mistake(
    "6.8", "The first layer waits for rows of 784 pixels, but X is (N, 1, 28, 28): nn.Flatten()."
)
def build_model__rows_expected():
    return nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


@mistake("6.8", "There is one output, a number; asked for are ten scores, one for each class.")
def build_model__one_output():
    return nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 576, 1))


@mistake(
    "6.8", "The scores are maps still: nn.Flatten() and a linear layer make ten numbers of them."
)
def build_model__maps():
    return nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.Conv2d(8, 10, 5))


@mistake(
    "6.8", "The result is a class or a function, not a network: call it, Net() in place of Net."
)
def build_model__class():
    return nn.Sequential


@mistake(
    "6.8",
    "The classes are returned in place of their scores: leave the argmax to those who use the "
    "model.",
)
def build_model__argmax():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Conv2d(1, 4, 5, 4), nn.ReLU(), nn.Flatten())
            self.output = nn.Linear(4 * 36, 10)

        def forward(self, X):
            return self.output(self.layers(X)).argmax(dim=1)

    return Net()


@mistake(
    "6.8",
    "You trained a copy, and the model that you were given has learnt nothing: train that one, in "
    "place.",
)
def train__copy(model, X, d, seconds):
    model = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters())
    for batch in torch.randperm(len(X)).split(128):
        optimizer.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()
        optimizer.step()
    return model


@mistake(
    "6.8", "The weights do not move: does optimizer.step() follow backward, in a loop that runs?"
)
def train__no_step(model, X, d, seconds):
    for batch in torch.randperm(len(X)).split(128):
        model.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()


@mistake(
    "6.8",
    "The training does not end when the time is up: compare time.monotonic() with the time at the "
    "start after every batch.",
)
def train__ignores_seconds(model, X, d, seconds):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    while True:
        for batch in torch.randperm(len(X)).split(128):
            optimizer.zero_grad()
            F.cross_entropy(model(X[batch]), d[batch]).backward()
            optimizer.step()
