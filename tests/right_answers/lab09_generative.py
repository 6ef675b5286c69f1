"""Right answers to lab 9, written as differently as students write."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

# 9.1


class AffineCoupling__columns(nn.Module):
    def __init__(self, net, flip=False):
        super().__init__()
        self.net = net
        self.flip = flip

    def forward(self, x):
        h = x.size(1) // 2
        if self.flip:
            out = self.net(x[:, h:])
            return torch.cat([x[:, :h] * torch.exp(out[:, :h]) + out[:, h:], x[:, h:]], 1), out[
                :, :h
            ].sum(-1)
        out = self.net(x[:, :h])
        return torch.cat([x[:, :h], x[:, h:] * torch.exp(out[:, :h]) + out[:, h:]], 1), out[
            :, :h
        ].sum(-1)

    def inverse(self, y):
        h = y.size(1) // 2
        if self.flip:
            out = self.net(y[:, h:])
            return torch.cat([(y[:, :h] - out[:, h:]) / torch.exp(out[:, :h]), y[:, h:]], 1)
        out = self.net(y[:, :h])
        return torch.cat([y[:, :h], (y[:, h:] - out[:, h:]) / torch.exp(out[:, :h])], 1)


class AffineCoupling__rolled(nn.Module):
    """Flips by moving the columns round."""

    def __init__(self, net, flip=False):
        super().__init__()
        self.network, self.turn = net, flip

    def _roll(self, x):
        return x.roll(x.shape[1] // 2, 1) if self.turn else x

    def forward(self, x):
        a, b = self._roll(x).split(x.shape[1] // 2, 1)
        s, t = torch.tensor_split(self.network(a), 2, dim=1)
        return self._roll(torch.hstack([a, torch.addcmul(t, b, s.exp())])), torch.sum(s, 1)

    def inverse(self, y):
        a, b = self._roll(y).split(y.shape[1] // 2, 1)
        s, t = torch.tensor_split(self.network(a), 2, dim=1)
        return self._roll(torch.hstack([a, (b - t) / s.exp()]))


class AffineCoupling__masked(nn.Module):
    def __init__(self, net, flip=False):
        super().__init__()
        self.net, self.flip = net, flip

    def parts(self, x):
        D = x.shape[1]
        mask = torch.arange(D) < D // 2
        if self.flip:
            mask = ~mask
        s, t = self.net(x[:, mask]).chunk(2, 1)
        return mask, s, t

    def forward(self, x):
        mask, s, t = self.parts(x)
        y = x.clone()
        y[:, ~mask] = x[:, ~mask] * s.exp() + t
        return y, s.sum(1)

    def inverse(self, y):
        mask, s, t = self.parts(y)
        x = y.clone()
        x[:, ~mask] = (y[:, ~mask] - t) * torch.exp(-s)
        return x


class AffineCoupling__log_of_scale(nn.Module):
    def __init__(self, net, flip=False):
        super().__init__()
        self.net, self.flip = net, flip

    def run(self, x, backwards):
        a, b = x.chunk(2, dim=-1)
        if self.flip:
            a, b = b, a
        log_scale, shift = self.net(a).chunk(2, dim=-1)
        scale = torch.exp(log_scale)
        b = (b - shift) / scale if backwards else scale * b + shift
        pair = (b, a) if self.flip else (a, b)
        return torch.cat(pair, dim=-1), torch.log(scale).sum(dim=-1)

    def forward(self, x):
        return self.run(x, False)

    def inverse(self, y):
        return self.run(y, True)[0]


class AffineCoupling__list(nn.Module):
    def __init__(self, net, flip=False):
        super().__init__()
        self.net = net
        self.k = 1 if flip else 0

    def forward(self, x):
        parts = list(x.chunk(2, 1))
        s, t = self.net(parts[self.k]).chunk(2, 1)
        parts[1 - self.k] = parts[1 - self.k] * s.exp() + t
        return torch.cat(parts, 1), s.sum(1)

    def inverse(self, y):
        parts = list(y.chunk(2, 1))
        s, t = self.net(parts[self.k]).chunk(2, 1)
        parts[1 - self.k] = (parts[1 - self.k] - t) * (-s).exp()
        return torch.cat(parts, 1)


# 9.2


def flow_log_likelihood__distributions(x, layers):
    total = 0.0
    for layer in layers:
        x, log_det = layer(x)
        total = total + log_det
    return torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1) + total


def flow_log_likelihood__multivariate(x, layers):
    log_dets = []
    for layer in layers:
        x, log_det = layer(x)
        log_dets.append(log_det)
    D = x.shape[1]
    normal = torch.distributions.MultivariateNormal(
        torch.zeros(D, dtype=x.dtype), torch.eye(D, dtype=x.dtype)
    )
    return normal.log_prob(x) + torch.stack(log_dets).sum(0)


def flow_log_likelihood__constant_apart(x, layers):
    z = x
    log_p = -x.shape[1] / 2 * np.log(2 * np.pi)
    for layer in layers:
        z, log_det = layer.forward(z)
        log_p = log_p + log_det
    return log_p - z.pow(2).sum(1) / 2


def flow_log_likelihood__recursive(x, layers):
    if len(layers) == 0:
        return (-(x**2) / 2 - math.log(math.sqrt(2 * math.pi))).sum(-1)
    y, log_det = layers[0](x)
    return log_det + flow_log_likelihood__recursive(y, layers[1:])


def flow_log_likelihood__index(x, layers):
    out = torch.zeros(x.shape[0]).to(x)
    for i in range(len(layers)):
        x, ld = layers[i](x)
        out += ld
    out += -0.5 * torch.einsum("nd,nd->n", x, x)
    return out - 0.5 * x.shape[1] * math.log(2 * math.pi)


# 9.3


def reparametrize__power(mu, log_var, eps):
    return mu + eps * math.e ** (0.5 * log_var)


def reparametrize__root(mu, log_var, eps):
    return torch.sqrt(torch.exp(log_var)) * eps + mu


def reparametrize__addcmul(mu, log_var, eps):
    return torch.addcmul(mu, log_var.mul(0.5).exp(), eps)


def reparametrize__std(mu, log_var, eps):
    std = torch.exp(0.5 * log_var)
    return eps.mul(std).add(mu)


def reparametrize__loop(mu, log_var, eps):
    return torch.stack([m + (v / 2).exp() * e for m, v, e in zip(mu, log_var, eps)])


# 9.4


def kl_to_normal__classic(mu, log_var):
    return -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp(), dim=1)


def kl_to_normal__expm1(mu, log_var):
    return (mu * mu + torch.expm1(log_var) - log_var).sum(-1) / 2


def kl_to_normal__std(mu, log_var):
    std = torch.exp(log_var / 2)
    return (-torch.log(std) + (std**2 + mu**2) / 2 - 0.5).sum(1)


def kl_to_normal__parts(mu, log_var):
    D = mu.shape[1]
    return 0.5 * (mu.norm(dim=1) ** 2 + log_var.exp().sum(1) - D - log_var.sum(1))


def kl_to_normal__loop(mu, log_var):
    return torch.stack([sum(0.5 * (m**2 + v.exp() - 1 - v)) for m, v in zip(mu, log_var)])


# 9.5


def elbo__bce(x, logits, mu, log_var):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=(1, 2, 3))
    return -bce + 0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)


def elbo__distributions(x, logits, mu, log_var):
    Normal, kl = torch.distributions.Normal, torch.distributions.kl_divergence
    log_p = x * logits - F.softplus(logits)
    return log_p.sum((1, 2, 3)) - kl(Normal(mu, (log_var / 2).exp()), Normal(0.0, 1.0)).sum(1)


def elbo__softplus(x, logits, mu, log_var):
    log_p = -(x * F.softplus(-logits) + (1 - x) * F.softplus(logits))
    return log_p.view(len(x), -1).sum(1) - kl_to_normal__expm1(mu, log_var)


def elbo__logaddexp(x, logits, mu, log_var):
    log_p = x * logits - torch.logaddexp(logits, torch.zeros_like(logits))
    return log_p.reshape(log_p.shape[0], -1).sum(-1) - kl_to_normal__classic(mu, log_var)


def elbo__bernoulli(x, logits, mu, log_var):
    log_p = torch.distributions.Bernoulli(logits=logits, validate_args=False).log_prob(x)
    return log_p.sum(dim=[1, 2, 3]) - kl_to_normal__classic(mu, log_var)


# 9.6


def importance_bound__largest_out(log_joint, log_q):
    w = log_joint - log_q
    m = w.max(dim=0).values
    return m + torch.log(torch.exp(w - m).mean(dim=0))


def importance_bound__mean_inside(log_joint, log_q):
    K = len(log_joint)
    return torch.logsumexp(log_joint - log_q - math.log(K), 0)


def importance_bound__softmax(log_joint, log_q):
    w = log_joint - log_q
    return w[0] - torch.log_softmax(w, dim=0)[0] - np.log(w.shape[0])


def importance_bound__logaddexp(log_joint, log_q):
    total = log_joint[0] - log_q[0]
    for k in range(1, len(log_q)):
        total = torch.logaddexp(total, log_joint[k] - log_q[k])
    return total - math.log(len(log_q))


def importance_bound__rows(log_joint, log_q):
    w = (log_joint - log_q).T
    return torch.stack([row.logsumexp(0) - math.log(len(row)) for row in w])


# 9.7


def discriminator_loss__logsigmoid(real, fake):
    return -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()


def discriminator_loss__logaddexp(real, fake):
    zero = torch.zeros((), dtype=real.dtype)
    return torch.logaddexp(-real, zero).mean() + torch.logaddexp(fake, zero).mean()


def discriminator_loss__divided_sums(real, fake):
    return F.softplus(-real).sum() / real.numel() + F.softplus(fake).sum() / fake.numel()


def discriminator_loss__two_classes(real, fake):
    def cost(score, k):
        logits = torch.stack([torch.zeros_like(score), score], 1)
        return F.cross_entropy(logits, torch.full((len(score),), k))

    return cost(real, 1) + cost(fake, 0)


def discriminator_loss__module(real, fake):
    return nn.Softplus()(-real).mean() + nn.Softplus()(fake).mean()


def generator_loss__logsigmoid(fake):
    return -F.logsigmoid(fake).mean()


def generator_loss__logaddexp(fake):
    return torch.logaddexp(-fake, torch.zeros_like(fake)).mean()


def generator_loss__divided_sum(fake):
    return F.softplus(-fake).sum() / len(fake)


def generator_loss__two_classes(fake):
    logits = torch.stack([torch.zeros_like(fake), fake], 1)
    return F.cross_entropy(logits, torch.ones(len(fake), dtype=torch.long))


def generator_loss__minus_score(fake):
    return (F.softplus(fake) - fake).mean() if fake.abs().max() < 20 else F.softplus(-fake).mean()


# 9.8


def gan_step__no_grad(G, D, x, z_d, z_g, opt_G, opt_D):
    opt_D.zero_grad()
    with torch.no_grad():
        fake = G(z_d)
    loss_D = F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()
    loss_D.backward()
    opt_D.step()
    opt_G.zero_grad()
    loss_G = F.softplus(-D(G(z_g))).mean()
    loss_G.backward()
    opt_G.step()
    return float(loss_D.detach()), float(loss_G.detach())


def gan_step__two_backwards(G, D, x, z_d, z_g, opt_G, opt_D):
    for optimizer in (opt_G, opt_D):
        optimizer.zero_grad()
    real = F.softplus(-D(x)).mean()
    real.backward()
    fake = F.softplus(D(G(z_d).detach())).mean()
    fake.backward()
    opt_D.step()
    for optimizer in (opt_G, opt_D):
        optimizer.zero_grad()
    loss_G = F.softplus(-D(G(z_g))).mean()
    loss_G.backward()
    opt_G.step()
    return (real + fake).item(), loss_G.item()


def gan_step__not_detached_but_cleared(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = F.softplus(-D(x)).mean() + F.softplus(D(G(z_d))).mean()
    opt_D.zero_grad()
    loss_D.backward()
    opt_D.step()
    loss_G = F.binary_cross_entropy_with_logits(D(G(z_g)), torch.ones(len(x)).to(x))
    opt_G.zero_grad()
    loss_G.backward()
    opt_G.step()
    return loss_D.item(), loss_G.item()


def gan_step__autograd(G, D, x, z_d, z_g, opt_G, opt_D):
    losses = []
    for net, optimizer in ((D, opt_D), (G, opt_G)):
        if net is D:
            loss = F.softplus(-D(x)).mean() + F.softplus(D(G(z_d))).mean()
        else:
            loss = F.softplus(-D(G(z_g))).mean()
        leaves = list(net.parameters())
        for p, g in zip(leaves, torch.autograd.grad(loss, leaves)):
            p.grad = g
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[1]


def gan_step__frozen_meanwhile(G, D, x, z_d, z_g, opt_G, opt_D):
    opt_D.zero_grad(set_to_none=False)
    both = D(torch.cat([x, G(z_d).detach()]))
    loss_D = F.softplus(-both[: len(x)]).mean() + F.softplus(both[len(x) :]).mean()
    loss_D.backward()
    opt_D.step()
    D.requires_grad_(False)
    opt_G.zero_grad(set_to_none=False)
    loss_G = F.softplus(-D(G(z_g))).mean()
    loss_G.backward()
    opt_G.step()
    D.requires_grad_(True)
    return loss_D.item(), loss_G.item()


# 9.9


def frechet_distance__eigvals(a, b):
    S_a, S_b = torch.cov(a.T), torch.cov(b.T)
    shared = torch.linalg.eigvals(S_a.double() @ S_b.double()).real.clamp(min=0).sqrt().sum()
    means = torch.sum((a.mean(0) - b.mean(0)) ** 2)
    return float(means + S_a.trace() + S_b.trace() - 2 * shared)


def frechet_distance__numpy(a, b):
    a, b = a.double().numpy(), b.double().numpy()
    S_a, S_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    w, V = np.linalg.eigh(S_a)
    R = V @ np.diag(np.sqrt(np.maximum(w, 0))) @ V.T
    w = np.linalg.eigvalsh(R @ S_b @ R)
    d = a.mean(0) - b.mean(0)
    return float(d @ d + np.trace(S_a) + np.trace(S_b) - 2 * np.sqrt(np.maximum(w, 0)).sum())


def frechet_distance__singular_values(a, b):
    A = (a - a.mean(0)) / math.sqrt(len(a) - 1)
    B = (b - b.mean(0)) / math.sqrt(len(b) - 1)
    shared = torch.linalg.svdvals(A @ B.T).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum().item() + (
        A.pow(2).sum() + B.pow(2).sum() - 2 * shared
    ).item()


def frechet_distance__svd_roots(a, b):
    def root(S):
        U, s, Vh = torch.linalg.svd(S)
        return U @ s.sqrt().diag() @ U.T

    S = [torch.cov(x.double().T) for x in (a, b)]
    R = root(S[0])
    inner = R @ S[1] @ R
    inner = (inner + inner.T) / 2
    m = a.double().mean(0) - b.double().mean(0)
    return (m.dot(m) + (S[0] + S[1] - 2 * root(inner)).trace()).item()


def frechet_distance__other_way_round(a, b):
    a, b = b.double(), a.double()
    S_a, S_b = torch.cov(a.T), torch.cov(b.T)
    w, V = torch.linalg.eigh(S_a)
    R = (V * w.relu().sqrt()) @ V.mT
    shared = torch.linalg.eigvalsh(R @ S_b @ R).relu().sqrt().sum()
    return float((a.mean(0) - b.mean(0)).norm() ** 2 + torch.trace(S_a + S_b) - 2 * shared)


# 9.10


def build_model__convolutions():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.Sequential(
                nn.Conv2d(1, 8, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 196, 24)
            )
            self.up = nn.Sequential(
                nn.Linear(12, 8 * 196),
                nn.Unflatten(1, (8, 14, 14)),
                nn.ReLU(),
                nn.ConvTranspose2d(8, 1, 4, 2, 1),
            )

        def encode(self, x):
            out = self.down(x)
            return out[:, :12], out[:, 12:]

        def decode(self, z):
            return self.up(z)

    return Net()


def build_model__two_heads():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.trunk = nn.Linear(784, 100)
            self.mu, self.log_var = nn.Linear(100, 10), nn.Linear(100, 10)
            self.out = nn.Sequential(nn.Linear(10, 100), nn.Tanh(), nn.Linear(100, 784))

        def encode(self, x):
            h = torch.tanh(self.trunk(x.reshape(len(x), 784)))
            return [self.mu(h), self.log_var(h)]

        def decode(self, z):
            return self.out(z).reshape(len(z), 1, 28, 28)

    return Net()


def train__own_bound(model, X, seconds):
    import time

    end = time.monotonic() + 0.9 * seconds
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    while time.monotonic() < end:
        x = torch.bernoulli(X[torch.randint(len(X), (100,))])
        mu, log_var = model.encode(x)
        logits = model.decode(reparametrize__root(mu, log_var, torch.randn_like(mu)))
        optimizer.zero_grad()
        (-elbo__bce(x, logits, mu, log_var).mean()).backward()
        optimizer.step()


def build_model__lazy():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.front = nn.Sequential(nn.LazyLinear(64), nn.BatchNorm1d(64), nn.ReLU())
            self.heads = nn.ModuleDict({"mu": nn.LazyLinear(6), "log_var": nn.LazyLinear(6)})
            self.back = nn.Sequential(nn.LazyLinear(64), nn.Dropout(0.1), nn.LazyLinear(784))
            self.register_buffer("offset", torch.full((784,), -1.0))

        def encode(self, x):
            h = self.front(torch.flatten(x, 1))
            return self.heads["mu"](h), self.heads["log_var"](h).clamp(-10, 10)

        def decode(self, z):
            return torch.unflatten(self.back(z) + self.offset, 1, (1, 28, 28))

    return Net()


def build_model__weights_of_its_own():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            normed = nn.utils.parametrizations.weight_norm(nn.Linear(784, 50))
            self.e, self.W = normed, nn.Parameter(0.05 * torch.randn(50, 16))
            self.D = nn.ParameterList([0.1 * torch.randn(8, 50), 0.1 * torch.randn(50, 784)])

        def encode(self, x):
            out = torch.tanh(self.e(x.view(len(x), -1))) @ self.W
            return out.split(8, dim=1)

        def decode(self, z):
            first, second = self.D
            return (torch.relu(z @ first) @ second - 1.5).view(len(z), 1, 28, 28)

    return Net()


def train__mean_image_and_averaged_weights(model, X, seconds):
    import time

    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    end = time.perf_counter() + 0.9 * seconds
    last = [layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1]
    last.bias.data = torch.logit(X.mean(0).view(-1).clamp(0.01, 0.99))
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)
    optimizer = torch.optim.NAdam(model.parameters(), 2e-3)
    loader = torch.utils.data.DataLoader(X, 50, shuffle=True)
    while time.perf_counter() < end:
        for grey in loader:
            if time.perf_counter() > end:
                break
            x = (torch.rand(grey.shape) < grey).float()
            mu, log_var = model.encode(x)
            logits = model.decode(mu + torch.exp(0.5 * log_var) * torch.randn(mu.shape))
            loss = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            loss = loss + 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum()
            optimizer.zero_grad()
            (loss / len(x)).backward()
            optimizer.step()
            averaged.update_parameters(model)
    model.load_state_dict(averaged.module.state_dict())


# More of 9.1 to 9.9


class AffineCoupling__all_columns_at_once(nn.Module):
    """Log scale and shift of every column, zero for those that stay."""

    def __init__(self, net, flip=False):
        super().__init__()
        self.net = net
        self.flip = flip

    def scales_and_shifts(self, v):
        first, second = torch.tensor_split(v, 2, dim=-1)
        st = self.net(second if self.flip else first)
        changed, stays = st.unflatten(-1, (2, -1)), torch.zeros_like(st).unflatten(-1, (2, -1))
        both = torch.cat([changed, stays] if self.flip else [stays, changed], dim=-1)
        return both[:, 0], both[:, 1]

    def forward(self, x):
        s, t = self.scales_and_shifts(x)
        return torch.exp(s) * x + t, s.sum(-1)

    @torch.no_grad()
    def inverse(self, y):
        s, t = self.scales_and_shifts(y)
        return (y - t) / torch.exp(s)


def flow_log_likelihood__constant_in_float32(x, layers):
    logs = []
    for layer in layers:
        x, log_det = layer(x)
        logs.append(log_det)
    constant = torch.log(torch.tensor(2 * math.pi)) * x.shape[1]
    return torch.stack(logs).sum(0) - (torch.einsum("nd,nd->n", x, x) + constant) / 2


def importance_bound__logarithm_in_float32(log_joint, log_q):
    return torch.logcumsumexp(log_joint - log_q, 0)[-1] - torch.log(torch.tensor(len(log_q)))


def gan_step__closures(G, D, x, z_d, z_g, opt_G, opt_D):
    def closure(opt, loss):
        def run():
            opt.zero_grad()
            value = loss()
            value.backward()
            return value

        return run

    loss_D = opt_D.step(
        closure(opt_D, lambda: discriminator_loss__logsigmoid(D(x), D(G(z_d).detach())))
    )
    loss_G = opt_G.step(closure(opt_G, lambda: generator_loss__logsigmoid(D(G(z_g)))))
    return loss_D.item(), loss_G.item()


def gan_step__through_the_pictures(G, D, x, z_d, z_g, opt_G, opt_D):
    D.zero_grad()
    scores = D(torch.cat([x, G(z_d).data]))
    loss_D = discriminator_loss__logsigmoid(scores[: len(x)], scores[len(x) :])
    loss_D.backward()
    opt_D.step()
    G.zero_grad()
    pictures = G(z_g)
    seen = pictures.detach().requires_grad_()
    loss_G = generator_loss__logsigmoid(D(seen))
    pictures.backward(torch.autograd.grad(loss_G, seen)[0])
    opt_G.step()
    return [loss_D.item(), loss_G.item()]
