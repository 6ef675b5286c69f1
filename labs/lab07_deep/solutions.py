"""Lab 7, solved: what lets deep networks learn, and how what they learnt serves another task."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "BatchNorm2d",
    "ResidualBlock",
    "Transfer",
    "adapt",
    "batch_norm",
    "batch_norm_backward",
    "build_model",
    "fold_batch_norm",
    "pretrain",
    "receptive_field",
    "ridge_classifier",
]


def receptive_field(layers: list[tuple[int, int]]) -> int:
    """The side of the square of input pixels that one entry of the last map depends on.

    ``1 + sum_l (k_l - 1) prod_{i<l} s_i``, the product over the layers before layer l.

    layers : (kernel, stride) of each layer, the first layer first; maybe none.
    Returns an int.
    """
    side, step = 1, 1
    for kernel, stride in layers:
        side += (kernel - 1) * step
        step *= stride
    return side


def batch_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalize each channel over the batch and its places, then scale and shift it.

    ``gamma * (x - mean) / sqrt(var + eps) + beta``; the variance is the mean of the squares of
    ``x - mean`` (the biased one).

    x : (N, C, H, W). gamma, beta : (C,), a number for each channel. eps : a small number.
    Returns (N, C, H, W).
    """
    mean = x.mean(dim=(0, 2, 3), keepdim=True)
    var = (x - mean).square().mean(dim=(0, 2, 3), keepdim=True)
    x_hat = (x - mean) / torch.sqrt(var + eps)
    return gamma[:, None, None] * x_hat + beta[:, None, None]


class BatchNorm2d(nn.Module):
    """Batch norm that remembers: for training and for evaluation.

    Its parameters are ``gamma`` (C,), ones at first, and ``beta`` (C,), zeros, in this order. It
    remembers ``running_mean`` (C,), zeros at first, and ``running_var`` (C,), ones at first.
    These two are no parameters, but belong to ``state_dict()``.
    """

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        """Make the norm of maps with this number of channels."""
        # keep
        super().__init__()
        # end keep
        self.eps, self.momentum = eps, momentum
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalize maps ``x`` (N, C, H, W); returns the same shape.

        In training mode (``self.training``) by the batch, as `batch_norm` does; and both running
        statistics move, ``running = (1 - momentum) * running + momentum * batch``. Here the
        variance of the batch is the unbiased one: the sum of squares by one less than their number.

        In evaluation mode by the running statistics, which stay as they are.
        """
        if self.training:
            with torch.no_grad():
                mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=1)
                self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean)
                self.running_var.mul_(1 - self.momentum).add_(self.momentum * var)
            return batch_norm(x, self.gamma, self.beta, self.eps)
        x_hat = (x - self.running_mean[:, None, None]) / torch.sqrt(
            self.running_var[:, None, None] + self.eps
        )
        return self.gamma[:, None, None] * x_hat + self.beta[:, None, None]


def batch_norm_backward(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float = 1e-5
) -> tuple[Tensor, Tensor, Tensor]:
    """Backpropagation through ``out = gamma * x_hat + beta``, the function `batch_norm`.

    grad_out : (N, C, H, W), the gradient with respect to ``out``.
    x : (N, C, H, W). gamma : (C,). eps : that of the way forward.

    Returns (grad_x, grad_gamma, grad_beta), in the shapes of x, gamma and beta.
    """
    axes = (0, 2, 3)
    mean = x.mean(dim=axes, keepdim=True)
    scale = torch.sqrt((x - mean).square().mean(dim=axes, keepdim=True) + eps)
    x_hat = (x - mean) / scale
    through_mean = grad_out.mean(dim=axes, keepdim=True)
    through_var = x_hat * (grad_out * x_hat).mean(dim=axes, keepdim=True)
    grad_x = gamma[:, None, None] / scale * (grad_out - through_mean - through_var)
    return grad_x, (grad_out * x_hat).sum(dim=axes), grad_out.sum(dim=axes)


class ResidualBlock(nn.Module):
    """``relu(norm(conv(relu(norm(conv(x))))) + shortcut(x))``: a block that adds to what comes in.

    Both convolutions are 3 x 3 with padding 1 and without bias; the first one has the stride. The
    shortcut is x itself where ``stride == 1 and c_in == c_out``, else a convolution 1 x 1 with the
    stride, without bias, and a norm. Make the convolutions in this order. Norms are your
    `BatchNorm2d` or ``nn.BatchNorm2d``.
    """

    def __init__(self, c_in: int, c_out: int, stride: int = 1) -> None:
        """Make the layers, from ``c_in`` channels to ``c_out``."""
        # keep
        super().__init__()
        # end keep
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(c_out)
        if stride == 1 and c_in == c_out:
            self.shortcut = nn.Identity()
        else:
            self.shortcut = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride=stride, bias=False), nn.BatchNorm2d(c_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, c_out, H', W') of maps ``x`` (N, c_in, H, W); H' and W' are halved by a stride of 2
        (rounded up)."""
        h = torch.relu(self.norm1(self.conv1(x)))
        h = self.norm2(self.conv2(h))
        return torch.relu(h + self.shortcut(x))


def fold_batch_norm(
    w: Tensor,
    b: Tensor,
    gamma: Tensor,
    beta: Tensor,
    mean: Tensor,
    var: Tensor,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor]:
    """One convolution in place of a convolution and the batch norm after it, in evaluation.

    w : (M, C, k, k) and b : (M,), filters and biases of the convolution.
    gamma, beta, mean, var : (M,), parameters and running statistics of the norm. eps : its eps.

    Returns (w', b'), in the shapes of w and b, new tensors.
    """
    s = gamma / torch.sqrt(var + eps)
    return s[:, None, None, None] * w, s * (b - mean) + beta


class Transfer(nn.Module):
    """A new linear head on a body that stays as it is, bit for bit, whatever happens around it.

    Its parameters may be given to an optimizer, ``train()`` may be called: the head learns, and
    nothing in the body moves, neither parameters nor buffers. In training mode too, the head gets
    the features that the body computes in evaluation mode.
    """

    def __init__(self, body: nn.Module, n_features: int, n_classes: int) -> None:
        """Keep the body, and make the head.

        body : from images (N, ...) to features (N, n_features).
        n_classes : the number of scores that the head gives.
        """
        # keep
        super().__init__()
        # end keep
        self.body = body.requires_grad_(False)
        self.head = nn.Linear(n_features, n_classes)

    def forward(self, X: Tensor) -> Tensor:
        """Scores (N, n_classes) of images ``X`` (N, ...)."""
        self.body.eval()  # here, since train() puts all parts into training mode
        with torch.no_grad():
            z = self.body(X)
        return self.head(z)


def ridge_classifier(Z: Tensor, d: Tensor, n_classes: int, strength: float) -> Tensor:
    """The linear classifier that minimizes a square error, in closed form.

    With ``f_i = (1, z_i)``: the ``W`` for which
    ``sum_i |W f_i - onehot(d_i)|^2 + strength * |W without its column 0|^2`` is smallest.

    Z : (N, D), the features of a sample in each row. d : (N,) int64, classes 0..n_classes-1.
    strength : a number above 0.

    Returns (n_classes, D+1): column 0 holds the biases, which cost nothing.
    """
    features = torch.cat([torch.ones_like(Z[:, :1]), Z], dim=1)  # (N, D+1)
    targets = F.one_hot(d, n_classes).to(Z.dtype)
    ridge = strength * torch.eye(features.shape[1], dtype=Z.dtype)
    ridge[0, 0] = 0
    return torch.linalg.solve(features.T @ features + ridge, features.T @ targets).T


def build_model() -> nn.Module:
    """A new network for the challenge, untrained.

    It turns standardized images (N, 1, 28, 28), float32, into scores (N, 5), for any N.
    """

    def layer(c_in: int, c_out: int, k: int, stride: int = 1) -> nn.Sequential:
        convolution = nn.Conv2d(c_in, c_out, k, stride, padding=k // 2, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(c_out), nn.ReLU())

    body = nn.Sequential(
        layer(1, 16, 5, stride=2),
        layer(16, 32, 3),
        layer(32, 64, 3, stride=2),
        layer(64, 64, 3),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
    )
    return nn.Sequential(body, nn.Linear(4 * 64, 5))


def pretrain(model: nn.Module, X: Tensor, d: Tensor, seconds: float) -> None:
    """Train the model in place on the first task, and be back before ``seconds`` have passed.

    model : from `build_model`.
    X : (N, 1, 28, 28), float32, standardized. d : (N,), int64, classes 0 to 4.
    seconds : the time there is. Look at the clock (``time.monotonic()``) after every batch.
    """
    start, lr = time.monotonic(), 0.004
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    model.train()
    while True:
        for batch in torch.randperm(len(X)).tensor_split(1 + len(X) // 128):
            spent = (time.monotonic() - start) / (0.95 * seconds)
            if spent >= 1:
                return
            optimizer.param_groups[0]["lr"] = lr * min(1, 0.02 + 10 * spent, 1.25 * (1 - spent))
            images = X[batch].roll(torch.randint(-2, 3, (2,)).tolist(), dims=(2, 3))
            loss = F.cross_entropy(model(images), d[batch], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def adapt(model: nn.Module, X_few: Tensor, d_few: Tensor, seconds: float) -> None:
    """Let the model, in place, tell five other classes apart, and be back in time.

    model : as `pretrain` left it. From now on its five scores are those of the new classes.
    X_few : (50, 1, 28, 28), standardized, ten images of each new class. d_few : (50,), 0 to 4.
    seconds : the time there is.
    """
    model.eval()  # fifty images are too few for new running statistics
    body, head = model
    with torch.no_grad():
        W = ridge_classifier(body(X_few), d_few, 5, strength=2.0)
        head.weight.copy_(W[:, 1:])
        head.bias.copy_(W[:, 0])
