"""Right answers to lab 8, written as differently as students write."""

from __future__ import annotations

import functools
import itertools
import math
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

# 8.1


def conv_transpose2d__fold(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    _, M, k, _ = w.shape
    size = ((H - 1) * stride - 2 * padding + k, (W - 1) * stride - 2 * padding + k)
    columns = torch.einsum("cml,ncp->nmlp", w.flatten(2), x.flatten(2)).reshape(N, M * k * k, -1)
    return F.fold(columns, size, k, stride=stride, padding=padding) + b.view(1, -1, 1, 1)


def conv_transpose2d__zeros_between(x, w, b, stride=1, padding=0):
    """A convolution of the image with zeros between its pixels, by the filters turned round."""
    N, C, H, W = x.shape
    k = w.shape[-1]
    apart = torch.zeros(N, C, (H - 1) * stride + 1, (W - 1) * stride + 1, dtype=x.dtype)
    apart[:, :, ::stride, ::stride] = x
    apart = F.pad(apart, (k - 1 - padding,) * 4)
    return F.conv2d(apart, w.flip(2, 3).transpose(0, 1), b)


def conv_transpose2d__seven_loops(x, w, b, stride=1, padding=0):
    """Asks of each entry of the output which pixels reach it."""
    N, C, H, W = x.shape
    k = w.shape[2]
    height, width = (H - 1) * stride - 2 * padding + k, (W - 1) * stride - 2 * padding + k
    out = b[None, :, None, None].repeat(N, 1, height, width)
    for r, c in itertools.product(range(height), range(width)):
        for p, q in itertools.product(range(k), range(k)):
            i, left = divmod(r + padding - p, stride)
            j, right = divmod(c + padding - q, stride)
            if left == right == 0 and 0 <= i < H and 0 <= j < W:
                out[:, :, r, c] += x[:, :, i, j] @ w[:, :, p, q]
    return out


def conv_transpose2d__offsets(x, w, b, stride=1, padding=0):
    """One entry of the filter at a time, for all pixels at once."""
    N, C, H, W = x.shape
    k = w.size(3)
    full = x.new_zeros((N, w.size(1), (H - 1) * stride + k, (W - 1) * stride + k))
    for p in range(k):
        for q in range(k):
            part = torch.tensordot(x, w[:, :, p, q], dims=([1], [0])).movedim(-1, 1)
            rows = slice(p, p + (H - 1) * stride + 1, stride)
            full[:, :, rows, q : q + (W - 1) * stride + 1 : stride] += part
    if padding > 0:
        full = full[:, :, padding:-padding, padding:-padding]
    return full + b[:, None, None]


def conv_transpose2d__numpy(x, w, b, stride=1, padding=0):
    a, f, c = x.numpy(), w.numpy(), b.numpy()
    N, C, H, W = a.shape
    k, M = f.shape[-1], f.shape[1]
    out = np.zeros((N, M, (H - 1) * stride + k, (W - 1) * stride + k), dtype=a.dtype)
    for i in range(H):
        for j in range(W):
            at = np.s_[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[at] += np.tensordot(a[:, :, i, j], f, axes=(1, 0))
    end = np.array(out.shape[2:]) - padding
    out = out[:, :, padding : end[0], padding : end[1]] + c[:, None, None]
    return torch.from_numpy(out)


def conv_transpose2d__matrix(x, w, b, stride=1, padding=0):
    """The transpose of the matrix of the convolution, which asks unit images one by one."""
    N, C, H, W = x.shape
    M, k = w.shape[1:3]
    height, width = ((n - 1) * stride - 2 * padding + k for n in (H, W))
    units = torch.eye(M * height * width, dtype=x.dtype).view(-1, M, height, width)
    A = F.conv2d(units, w, stride=stride, padding=padding).flatten(1)  # a row for each unit image
    return (x.flatten(1) @ A.T).view(N, M, height, width) + b.view(-1, 1, 1)


def conv_transpose2d__pixel_by_pixel(x, w, b, stride=1, padding=0):
    """Padded copies of the patches, added up out of place."""
    N, C, H, W = x.shape
    k = w.shape[2]
    height, width = (H - 1) * stride + k, (W - 1) * stride + k
    total = 0
    for i in range(H):
        for j in range(W):
            patch = (x[:, :, i, j, None, None, None] * w).sum(1)
            top, left = i * stride, j * stride
            total = total + F.pad(patch, (left, width - left - k, top, height - top - k))
    return F.pad(total, (-padding,) * 4) + b[None, :, None, None]


# 8.2


def pixel_shuffle__slices(x, r):
    N, channels, H, W = x.shape
    out = torch.empty(N, channels // r**2, H * r, W * r, dtype=x.dtype)
    for p in range(r):
        for q in range(r):
            out[:, :, p::r, q::r] = x[:, p * r + q :: r * r]
    return out


def pixel_shuffle__index(x, r):
    N, channels, H, W = x.shape
    out = x.new_zeros(N, channels // (r * r), H * r, W * r)
    for c, row, column in itertools.product(*(range(n) for n in out.shape[1:])):
        i, p = divmod(row, r)
        j, q = divmod(column, r)
        out[:, c, row, column] = x[:, c * r * r + p * r + q, i, j]
    return out


def pixel_shuffle__fold(x, r):
    N, channels, H, W = x.shape
    return F.fold(x.flatten(2), (H * r, W * r), r, stride=r)


def pixel_shuffle__transposed_convolution(x, r):
    N, channels, H, W = x.shape
    w = torch.eye(channels, dtype=x.dtype).view(channels, channels // r**2, r, r)
    return F.conv_transpose2d(x, w, stride=r)


def pixel_shuffle__stack(x, r):
    """Rows are woven first, columns then."""
    x = x.unflatten(1, (-1, r, r))
    rows = torch.stack(x.unbind(2), dim=4).flatten(3, 4)  # n c q (i p) j
    return torch.stack(rows.unbind(2), dim=4).flatten(3, 4)


def pixel_shuffle__numpy(x, r):
    a = x.numpy()
    N, channels, H, W = a.shape
    a = a.reshape(N, channels // r**2, r, r, H, W).transpose(0, 1, 4, 2, 5, 3)
    return torch.tensor(a.reshape(N, -1, H * r, W * r))


def pixel_shuffle__einsum(x, r):
    N, channels, H, W = x.shape
    woven = torch.einsum("ncpqij->ncipjq", x.view(N, channels // r // r, r, r, H, W))
    return woven.reshape(N, channels // r // r, r * H, r * W)


# 8.3


def pixel_cross_entropy__log_softmax(scores, d):
    return -scores.log_softmax(dim=1).gather(1, d.unsqueeze(1)).squeeze(1)


def pixel_cross_entropy__one_hot(scores, d):
    one_hot = F.one_hot(d, num_classes=scores.size(1)).permute(0, 3, 1, 2)
    return torch.logsumexp(scores, 1) - (scores * one_hot).sum(1)


def pixel_cross_entropy__rows(scores, d):
    """The class axis last, a row for each pixel."""
    N, K, H, W = scores.shape
    rows = scores.movedim(1, 3).reshape(-1, K)
    rows = rows - rows.max(dim=1, keepdim=True).values
    losses = rows.exp().sum(1).log() - rows[torch.arange(len(rows)), d.flatten()]
    return losses.view(N, H, W)


def pixel_cross_entropy__meshgrid(scores, d):
    N, _, H, W = scores.shape
    n, i, j = torch.meshgrid(torch.arange(N), torch.arange(H), torch.arange(W), indexing="ij")
    shifted = scores - scores.amax(1, keepdim=True)
    return torch.log(torch.exp(shifted).sum(dim=1)) - shifted[n, d, i, j]


def pixel_cross_entropy__categorical(scores, d):
    return -torch.distributions.Categorical(logits=scores.permute(0, 2, 3, 1)).log_prob(d)


def pixel_cross_entropy__class_by_class(scores, d):
    own = torch.zeros_like(scores[:, 0])
    total = torch.full_like(own, -math.inf)
    for k in range(scores.shape[1]):
        own = torch.where(d == k, scores[:, k], own)
        total = torch.logaddexp(total, scores[:, k]) if k else scores[:, 0]
    return total - own


def pixel_cross_entropy__differences(scores, d):
    """log sum exp of the differences to the right score."""
    return torch.logsumexp(scores - torch.take_along_dim(scores, d[:, None], 1), dim=1)


def pixel_cross_entropy__loops(scores, d):
    N, K, H, W = scores.shape
    losses = []
    for n, i, j in itertools.product(range(N), range(H), range(W)):
        y = scores[n, :, i, j]
        losses.append(torch.logsumexp(y, 0) - y[d[n, i, j]])
    return torch.stack(losses).view(N, H, W)


# 8.4


def iou__loop(prediction, d, n_classes):
    result = torch.zeros(n_classes, dtype=torch.float64)
    for k in range(n_classes):
        both = torch.logical_and(prediction == k, d == k).sum().item()
        any_of_them = torch.logical_or(prediction == k, d == k).sum().item()
        result[k] = both / any_of_them if any_of_them > 0 else float("nan")
    return result


def iou__stack(prediction, d, n_classes):
    parts = []
    for k in range(n_classes):
        P, D = prediction == k, d == k
        parts.append((P & D).sum() / (P | D).sum().double())
    return torch.stack(parts)


def iou__confusion_matrix(prediction, d, n_classes):
    pairs = (n_classes * d + prediction).flatten()
    counts = torch.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes).double()
    both = torch.diag(counts)
    return both / (counts.sum(0) + counts.sum(1) - both)


def iou__one_hot(prediction, d, n_classes):
    P, D = (F.one_hot(t, n_classes).double().flatten(0, 2) for t in (prediction, d))
    both = (P * D).sum(0)
    return both / (P.sum(0) + D.sum(0) - both)


def iou__counts(prediction, d, n_classes):
    right = torch.bincount(d[d == prediction], minlength=n_classes)
    of_both = [torch.bincount(t.reshape(-1), minlength=n_classes) for t in (prediction, d)]
    return right.double().div(sum(of_both) - right)


def iou__numpy(prediction, d, n_classes):
    p, t = prediction.numpy(), d.numpy()
    values = [
        np.float64(((p == k) & (t == k)).sum()) / u
        if (u := ((p == k) | (t == k)).sum())
        else np.nan
        for k in range(n_classes)
    ]
    return torch.tensor(values, dtype=torch.float64)


def iou__minimum(prediction, d, n_classes):
    """Intersections are minima, unions maxima."""
    k = torch.arange(n_classes).view(-1, 1, 1, 1)
    P, D = (prediction == k).double(), (d == k).double()
    return torch.minimum(P, D).sum((1, 2, 3)) / torch.maximum(P, D).sum((1, 2, 3))


# 8.5


def dice_loss__loop(scores, d, eps=1.0):
    p = torch.softmax(scores, 1)
    total = 0
    for k in range(scores.shape[1]):
        o = (d == k).to(p.dtype)
        total = total + (2 * (p[:, k] * o).sum() + eps) / (p[:, k].sum() + o.sum() + eps)
    return 1 - total / scores.shape[1]


def dice_loss__flat(scores, d, eps=1.0):
    N, K, H, W = scores.shape
    p = scores.permute(1, 0, 2, 3).reshape(K, -1).softmax(0)
    o = torch.zeros_like(p)
    o[d.flatten(), torch.arange(N * H * W)] = 1
    return (1 - (2 * (p * o).sum(1) + eps) / ((p + o).sum(1) + eps)).mean()


def dice_loss__scatter(scores, d, eps=1.0):
    p = F.softmax(scores, dim=1)
    o = torch.zeros_like(scores).scatter_(1, d.unsqueeze(1), 1.0)
    axes = (0, 2, 3)
    numerator = 2.0 * torch.sum(p * o, axes) + eps
    denominator = torch.sum(p, axes) + torch.sum(o, axes) + eps
    return 1.0 - torch.mean(numerator / denominator)


def dice_loss__einsum(scores, d, eps=1.0):
    p = scores.log_softmax(1).exp()
    o = (d[:, None] == torch.arange(p.shape[1]).view(1, -1, 1, 1)).to(scores)
    both, sums = torch.einsum("nkhw,nkhw->k", p, o), torch.einsum("nkhw->k", p + o)
    K = scores.shape[1]
    return 1 - ((both + eps / 2) / (sums + eps)).sum() * 2 / K


def dice_loss__own_softmax(scores, d, eps=1.0):
    e = torch.exp(scores - scores.amax(dim=1, keepdim=True))
    p = (e / e.sum(dim=1, keepdim=True)).movedim(1, -1).flatten(0, 2)
    o = torch.eye(p.shape[1], dtype=p.dtype)[d.flatten()]
    return 1 - ((2 * (p * o).sum(0) + eps) / (p.sum(0) + o.sum(0) + eps)).mean()


def dice_loss__gathered(scores, d, eps=1.0):
    """Only the probabilities of the right classes meet the ones."""
    K = scores.shape[1]
    p = scores.softmax(1)
    own = p.gather(1, d[:, None]).flatten()
    both = torch.zeros(K, dtype=p.dtype).index_add(0, d.flatten(), own)
    count = torch.bincount(d.flatten(), minlength=K).to(p.dtype)
    return 1 - ((2 * both + eps) / (p.sum((0, 2, 3)) + count + eps)).mean(0)


# 8.6


def unet_forward__pop(x, down, bottom, up):
    skips, h = [], x
    for layer in down:
        h = layer(h)
        skips.append(h)
        h = nn.MaxPool2d(2)(h)
    h = bottom(h)
    for layer in up:
        h = layer(h, skips.pop())
    return h


def unet_forward__index(x, down, bottom, up):
    n = len(down)
    outputs = [None] * n
    for i in range(n):
        outputs[i] = down[i](x)
        x = F.max_pool2d(outputs[i], kernel_size=2, stride=2)
    x = bottom(x)
    for i in range(n):
        x = up[i](x, outputs[n - 1 - i])
    return x


def unet_forward__recursive(x, down, bottom, up):
    if len(down) == 0:
        return bottom(x)
    first, *others = down
    *inner, last = up
    kept = first(x)
    return last(unet_forward__recursive(F.max_pool2d(kept, 2), others, bottom, inner), kept)


def unet_forward__own_pooling(x, down, bottom, up):
    """The maximum of four slices; an odd last row or column is left out."""
    kept = []
    for level in down:
        kept = [level(x), *kept]
        h, w = (n // 2 * 2 for n in kept[0].shape[2:])
        m = kept[0][:, :, :h, :w]
        rows = torch.maximum(m[:, :, ::2], m[:, :, 1::2])
        x = torch.maximum(rows[..., ::2], rows[..., 1::2])
    x = bottom(x)
    for level, skip in zip(up, kept):
        x = level(x, skip)
    return x


def unet_forward__reduce(x, down, bottom, up):
    pool = functools.partial(torch.max_pool2d, kernel_size=2)
    maps = [down[0](x)] if down else []
    for level in down[1:]:
        maps.append(level(pool(maps[-1])))
    start = bottom(pool(maps[-1]) if maps else x)
    return functools.reduce(lambda h, step: step[0](h, step[1]), zip(up, maps[::-1]), start)


def unet_forward__unfold(x, down, bottom, up):
    kept = {}
    for i, level in enumerate(down):
        kept[i] = level(x)
        x = kept[i].unfold(2, 2, 2).unfold(3, 2, 2).amax((-2, -1))
    x = bottom(x)
    for i, level in enumerate(up, start=1):
        x = level(x, kept[len(down) - i])
    return x


# 8.7


def wiener__inverse(y, mean, C, sigma):
    eye = torch.eye(C.shape[0], dtype=C.dtype)
    return mean + (y - mean) @ (C @ torch.linalg.inv(C + sigma**2 * eye)).T


def wiener__sample_by_sample(y, mean, C, sigma):
    A = C.clone()
    A.diagonal().add_(sigma * sigma)
    rows = [mean + C @ torch.linalg.solve(A, row - mean) for row in y]
    return torch.stack(rows)


def wiener__cholesky(y, mean, C, sigma):
    if sigma == 0:
        return y.clone()
    L = torch.linalg.cholesky(C + torch.diag(torch.full((len(C),), sigma**2, dtype=C.dtype)))
    return mean + (C @ torch.cholesky_solve((y - mean).T, L)).T


def wiener__eigenvectors(y, mean, C, sigma):
    """Along each eigenvector a share of the signal is kept."""
    values, V = torch.linalg.eigh(C)
    kept = values / (values + sigma**2)
    return (y - mean) @ V * kept @ V.T + mean


def wiener__what_is_noise(y, mean, C, sigma):
    """y without its expected noise."""
    D = y.shape[1]
    A = C + sigma**2 * torch.eye(D).to(C)
    return y - sigma**2 * torch.linalg.solve(A, y.T - mean[:, None]).T


def wiener__numpy(y, mean, C, sigma):
    a, m, c = (t.numpy().astype(np.float64) for t in (y, mean, C))
    w = np.linalg.solve(c + sigma**2 * np.identity(len(c)), c).T
    return torch.from_numpy(m + np.einsum("de,ne->nd", w, a - m)).to(y.dtype)


# 8.8


def ideal_denoiser__cdist(y, images, sigma):
    squares = torch.cdist(y, images, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    return F.softmax(-squares / (2 * sigma**2), dim=-1) @ images


def ideal_denoiser__attention_by_hand(y, images, sigma):
    """With the square written out; that of y cancels."""
    scores = (y @ images.T - images.pow(2).sum(1) / 2) / sigma**2
    return scores.softmax(1) @ images


def ideal_denoiser__one_by_one(y, images, sigma):
    out = torch.zeros_like(y)
    for n in range(len(y)):
        exponents = -((images - y[n]) ** 2).sum(dim=1) / (2 * sigma**2)
        weights = torch.exp(exponents - exponents.max())
        out[n] = (weights[:, None] * images).sum(0) / weights.sum()
    return out


def ideal_denoiser__logsumexp(y, images, sigma):
    log_p = -0.5 * ((y.unsqueeze(1) - images.unsqueeze(0)) / sigma).pow(2).sum(-1)
    p = torch.exp(log_p - torch.logsumexp(log_p, dim=1, keepdim=True))
    return torch.einsum("nm,md->nd", p, images)


def ideal_denoiser__tweedie(y, images, sigma):
    """The score by autograd."""
    leaf = y.clone().requires_grad_()
    squares = (leaf[:, None, :] - images[None]).square().sum(2)
    log_p = torch.logsumexp(-squares / (2 * sigma**2), dim=1).sum()
    (score,) = torch.autograd.grad(log_p, leaf)
    return y + sigma**2 * score


def ideal_denoiser__numpy(y, images, sigma):
    a, b = y.numpy().astype(np.float64), images.numpy().astype(np.float64)
    s = -((a[:, None] - b) ** 2).sum(-1) / 2 / sigma**2
    s -= s.max(1, keepdims=True)
    w = np.exp(s)
    return torch.from_numpy(w @ b / w.sum(1, keepdims=True)).to(y.dtype)


def ideal_denoiser__double(y, images, sigma):
    """Image by image, in double precision."""
    logits = torch.stack([-(y.double() - x).square().sum(1) for x in images], 1)
    return (torch.softmax(logits / (2 * sigma**2), 1) @ images.double()).type_as(y)


# 8.9


def psnr__torch(x, y, peak=1.0):
    mse = ((x.float() - y.float()) ** 2).mean()
    return (10 * torch.log10(peak**2 / mse)).item()


def psnr__mse_loss(x, y, peak=1.0):
    mse = F.mse_loss(x.to(torch.float64), y.to(torch.float64)).item()
    if mse == 0:
        return float("inf")
    return 20 * math.log10(peak) - 10 * math.log10(mse)


def psnr__by_the_root(x, y, peak=1.0):
    rmse = float((x.double() - y.double()).pow(2).mean().sqrt())
    return 20 * math.log10(peak / rmse) if rmse else math.inf


def psnr__numpy(x, y, peak=1.0):
    a, b = x.numpy().astype(float), y.numpy().astype(float)
    if np.array_equal(a, b):
        return np.inf
    return float(10 * np.log10(peak**2 / np.mean((a - b) ** 2)))


def psnr__norm(x, y, peak=1.0):
    error = torch.dist(x.double(), y.double()) ** 2 / x.numel()
    try:
        return 10 * math.log(peak**2 / error.item(), 10)
    except ZeroDivisionError:
        return math.inf


def psnr__lists(x, y, peak=1.0):
    squares = [(a - b) ** 2 for a, b in zip(x.flatten().tolist(), y.flatten().tolist())]
    mse = sum(squares) / len(squares)
    return math.inf if mse == 0 else 10 * (math.log10(peak * peak) - math.log10(mse))


# 8.10


def build_model__three_layers():
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.Conv2d(8, 8, 3, padding="same"), nn.ReLU(),
        nn.Conv2d(8, 11, 1),
    )  # fmt: skip


def build_model__down_and_up():
    return nn.Sequential(
        nn.Conv2d(1, 8, 4, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 11, 2, stride=2),
    )  # fmt: skip


def build_model__lazy():
    layers = nn.LazyConv2d(8, 3, padding=1, stride=2), nn.ReLU(), nn.LazyConv2d(44, 1)
    return nn.Sequential(*layers, nn.PixelShuffle(2))


def build_model__interpolated():
    layers = nn.AvgPool2d(2), nn.Conv2d(1, 11, 3, padding=1), nn.Upsample(scale_factor=2)
    return nn.Sequential(*layers)


class _Wholly(nn.Module):
    """Each pixel's class from its own brightness."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.linspace(-1, 1, 11))
        self.b = nn.Parameter(torch.zeros(11))

    def forward(self, x):
        return torch.einsum("nihw,k->nkhw", x, self.w) + self.b[:, None, None]


def build_model__brightness():
    return _Wholly()


def train__sgd(model, X, d, seconds):
    end = time.monotonic() + 0.5 * seconds
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    while time.monotonic() < end:
        batch = torch.randint(len(X), (8,))
        optimizer.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()
        optimizer.step()


def train__processor_time(model, X, d, seconds):
    optimizer, started = torch.optim.Adam(model.parameters(), lr=0.003), time.process_time()
    for batch in itertools.cycle(torch.randperm(len(X)).split(4)):
        if time.process_time() - started > 0.4 * seconds:
            break
        optimizer.zero_grad()
        loss = F.nll_loss(model(X[batch]).log_softmax(1), d[batch])
        loss.backward()
        optimizer.step()


def train__dice(model, X, d, seconds):
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
    for k in range(2):
        p, o = model(X[8 * k : 8 * k + 8]).softmax(1), F.one_hot(d[8 * k : 8 * k + 8], 11)
        o = o.movedim(3, 1)
        loss = 1 - (2 * (p * o).sum((0, 2, 3)) / (p + o).sum((0, 2, 3)).clamp(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def train__one_step(model, X, d, seconds):
    model.train()
    F.cross_entropy(model(X[:16]), d[:16], weight=torch.tensor([0.1] + 10 * [1.0])).backward()
    with torch.no_grad():
        for p in model.parameters():
            p.sub_(0.1 * p.grad)


def train__numpy_order(model, X, d, seconds):
    order, optimizer = np.random.permutation(len(X)), torch.optim.NAdam(model.parameters())
    stop = time.perf_counter() + 0.6 * seconds
    for i in range(0, len(X), 5):
        if time.perf_counter() >= stop:
            return
        chosen = torch.from_numpy(order[i : i + 5])
        model.zero_grad()
        F.cross_entropy(model(X[chosen]), d[chosen], label_smoothing=0.05).backward()
        optimizer.step()
