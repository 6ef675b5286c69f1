"""Right answers to lab 10, written as differently as students write."""

import math
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

# 10.1


def attention__einsum(q, k, v, mask=None):
    scores = torch.einsum("...td,...sd->...ts", q, k) / q.size(-1) ** 0.5
    if mask is not None:
        scores = torch.where(mask, scores, torch.tensor(float("-inf"), dtype=scores.dtype))
    return torch.einsum("...ts,...se->...te", F.softmax(scores, dim=-1), v)


def attention__own_softmax(q, k, v, mask=None):
    """The largest score is taken away first."""
    scores = (q / math.sqrt(q.shape[-1])) @ k.mT
    if mask is not None:
        scores = scores + torch.zeros(mask.shape, dtype=q.dtype).masked_fill(~mask, -math.inf)
    weights = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
    return weights @ v / weights.sum(dim=-1, keepdim=True)


def attention__large_number(q, k, v, mask=None):
    d = q.shape[-1]
    scores = torch.matmul(q, torch.swapaxes(k, -1, -2)) * d**-0.5
    if mask is not None:
        scores = scores.masked_fill(mask.logical_not(), -1e9)
    return torch.matmul(scores.softmax(-1), v)


def attention__logsumexp(q, k, v, mask=None):
    scores = (q.unsqueeze(-2) * k.unsqueeze(-3)).sum(-1) / np.sqrt(q.shape[-1])
    if mask is not None:
        scores[..., ~mask] = -torch.inf
    return torch.exp(scores - torch.logsumexp(scores, -1, keepdim=True)) @ v


def attention__query_by_query(q, k, v, mask=None):
    rows = []
    for t in range(q.shape[-2]):
        scores = (k * q[..., t : t + 1, :]).sum(-1) / math.sqrt(k.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask[t], -math.inf)
        rows.append((torch.softmax(scores, -1).unsqueeze(-1) * v).sum(-2))
    return torch.stack(rows, -2)


# 10.2


def causal_mask__comparison(n):
    t = torch.arange(n)
    return t[None, :] <= t[:, None]


def causal_mask__loops(n):
    mask = torch.zeros(n, n, dtype=torch.bool)
    for t in range(n):
        mask[t, : t + 1] = True
    return mask


def causal_mask__not_triu(n):
    return ~torch.triu(torch.ones((n, n)), diagonal=1).bool()


def causal_mask__lists(n):
    return torch.tensor([[s <= t for s in range(n)] for t in range(n)])


def causal_mask__cumsum(n):
    return torch.eye(n).cumsum(0) > 0


def causal_mask__numpy(n):
    return torch.from_numpy(np.tri(n, dtype=bool))


# 10.3


def _attend(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(-1) @ v


class MultiHeadAttention__permute(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.h, self.d = heads, dim // heads
        self.to_qkv = nn.Linear(dim, dim * 3)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x, mask=None):
        B, T, D = x.shape
        q, k, v = self.to_qkv(x).reshape(B, T, 3, self.h, self.d).permute(2, 0, 3, 1, 4)
        y = _attend(q, k, v, mask).permute(0, 2, 1, 3).contiguous().view(B, T, D)
        return self.proj(y)


class MultiHeadAttention__head_by_head(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.dim, self.heads = dim, heads
        self.first, self.last = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x, mask=None):
        everything = self.first(x)
        q, k, v = (everything[..., i * self.dim : (i + 1) * self.dim] for i in range(3))
        d = self.dim // self.heads
        outputs = []
        for h in range(self.heads):
            part = slice(h * d, (h + 1) * d)
            outputs.append(_attend(q[..., part], k[..., part], v[..., part], mask))
        return self.last(torch.cat(outputs, dim=-1))


class MultiHeadAttention__parameters(nn.Module):
    """Without nn.Linear."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.W = nn.Parameter(torch.randn(3 * dim, dim) / math.sqrt(dim))
        self.b = nn.Parameter(torch.zeros(3 * dim))
        self.V = nn.Parameter(torch.randn(dim, dim) / math.sqrt(dim))
        self.c = nn.Parameter(torch.zeros(dim))

    def forward(self, x, mask=None):
        q, k, v = torch.split(x @ self.W.T + self.b, x.shape[-1], dim=2)
        heads = [
            _attend(*three, mask) for three in zip(*(t.chunk(self.heads, 2) for t in (q, k, v)))
        ]
        return torch.cat(heads, 2) @ self.V.T + self.c


class MultiHeadAttention__einsum(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x, mask=None):
        q, k, v = (t.unflatten(2, (self.heads, -1)) for t in self.qkv(x).chunk(3, 2))
        scores = torch.einsum("nthd,nshd->nhts", q, k) / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(mask == False, -1e30)  # noqa: E712
        mixed = torch.einsum("nhts,nshd->nthd", scores.softmax(3), v)
        return self.out(mixed.flatten(2))


class MultiHeadAttention__heads_in_the_batch(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x, mask=None):
        N, T, dim = x.size()

        def split(t):
            t = t.reshape(N, T, self.heads, dim // self.heads).swapaxes(1, 2)
            return t.reshape(N * self.heads, T, -1)

        q, k, v = map(split, torch.tensor_split(self.qkv(x), 3, dim=-1))
        y = _attend(q, k, v, mask).reshape(N, self.heads, T, -1)
        return self.out(torch.cat(list(y.unbind(1)), dim=-1))


# 10.4


def layer_norm__var(x, gamma, beta, eps=1e-5):
    mu, var = x.mean(-1, True), x.var(-1, unbiased=False, keepdim=True)
    return (x - mu) * torch.rsqrt(var + eps) * gamma + beta


def layer_norm__var_mean(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, dim=x.dim() - 1, correction=0)
    return beta + gamma * (x - mean[..., None]) / (var[..., None] + eps) ** 0.5


def layer_norm__one_pass(x, gamma, beta, eps=1e-5):
    D = x.shape[-1]
    mean = x.sum(-1, keepdim=True) / D
    centered = x - mean
    return gamma * centered / ((centered**2).sum(-1, keepdim=True) / D + eps).sqrt() + beta


def layer_norm__rows(x, gamma, beta, eps=1e-5):
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        centered = row - row.mean()
        rows.append(gamma * centered / torch.sqrt(centered.pow(2).mean() + eps) + beta)
    return torch.stack(rows).reshape(x.shape)


def layer_norm__matrix(x, gamma, beta, eps=1e-5):
    """The mean by a matrix product."""
    D = x.shape[-1]
    centering = torch.eye(D, dtype=x.dtype) - torch.full((D, D), 1 / D, dtype=x.dtype)
    c = x @ centering
    length = torch.linalg.norm(c, dim=-1, keepdim=True)
    return torch.addcmul(beta, gamma, c / torch.sqrt(length * length / D + eps))


# 10.5


def patchify__loops(X, p):
    N, C, H, W = X.shape
    patches = []
    for i in range(0, H, p):
        for j in range(0, W, p):
            patches.append(X[:, :, i : i + p, j : j + p].reshape(N, -1))
    return torch.stack(patches, dim=1)


def patchify__tensor_unfold(X, p):
    cut = X.unfold(2, p, p).unfold(3, p, p)  # n c i j r s
    return cut.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def patchify__split(X, p):
    rows = torch.cat([torch.stack(row.split(p, 3), 1) for row in X.split(p, 2)], 1)
    return rows.flatten(2)


def patchify__numpy(X, p):
    N, C, H, W = X.shape
    a = X.numpy().reshape(N, C, H // p, p, W // p, p).transpose(0, 2, 4, 1, 3, 5)
    return torch.from_numpy(a.reshape(N, -1, C * p * p).copy())


def patchify__convolution(X, p):
    """A filter for each pixel of a patch, that is 1 there."""
    size = X.shape[1] * p * p
    filters = torch.eye(size, dtype=X.dtype).view(size, X.shape[1], p, p)
    return F.conv2d(X, filters, stride=p).flatten(2).transpose(1, 2)


def unpatchify__loops(P, C, H, W):
    p = round((P.shape[-1] / C) ** 0.5)
    X = torch.empty(P.shape[0], C, H, W, dtype=P.dtype)
    t = 0
    for i in range(H // p):
        for j in range(W // p):
            X[:, :, i * p : (i + 1) * p, j * p : (j + 1) * p] = P[:, t].view(-1, C, p, p)
            t += 1
    return X


def unpatchify__einsum(P, C, H, W):
    p = int(math.sqrt(P.shape[2] // C))
    six = P.unflatten(2, (C, p, p)).unflatten(1, (H // p, W // p))
    return torch.einsum("nijcrs->ncirjs", six).reshape(-1, C, H, W)


def unpatchify__cat(P, C, H, W):
    N, T, size = P.shape
    p = math.isqrt(size // C)
    tiles = P.reshape(N, H // p, W // p, C, p, p)
    rows = [torch.cat(list(row.unbind(1)), dim=-1) for row in tiles.unbind(1)]
    return torch.cat(rows, dim=-2)


def unpatchify__side_from_the_number(P, C, H, W):
    """p from the number of patches: T p p = H W."""
    N, T, _ = P.shape
    p = math.isqrt(H * W // T)
    return P.view(N, H // p, W // p, C, p, p).movedim((3, 4), (1, 3)).reshape(N, C, H, W)


def unpatchify__transposed_convolution(P, C, H, W):
    size = P.shape[2]
    p = math.isqrt(size // C)
    filters = torch.eye(size, dtype=P.dtype).view(size, C, p, p)
    return F.conv_transpose2d(P.mT.reshape(len(P), size, H // p, W // p), filters, stride=p)


# 10.6


def sinusoids__exp_of_log(positions, dim):
    s = positions if positions.is_floating_point() else positions.float()
    i = torch.arange(0, dim, 2, dtype=s.dtype)
    angles = s[:, None] * torch.exp(-math.log(10000.0) * i / dim)[None]
    return torch.cat((torch.sin(angles), torch.cos(angles)), dim=-1)


def sinusoids__outer(positions, dim):
    s = positions + torch.zeros((), dtype=torch.float32)
    angles = torch.outer(s, 1 / 10000 ** (torch.arange(0, dim, 2).to(s.dtype) / dim))
    return torch.hstack([angles.sin(), angles.cos()])


def sinusoids__loops(positions, dim):
    dtype = positions.dtype if positions.dtype.is_floating_point else torch.float32
    out = torch.empty(len(positions), dim, dtype=dtype)
    for t, s in enumerate(positions.tolist()):
        for i in range(dim // 2):
            out[t, i] = math.sin(s / 10000 ** (2 * i / dim))
            out[t, dim // 2 + i] = math.cos(s / 10000 ** (2 * i / dim))
    return out


def sinusoids__numpy(positions, dim):
    s = positions.numpy().astype(np.float64)
    angles = s[:, np.newaxis] * np.logspace(0, -4, dim // 2, endpoint=False)
    both = torch.from_numpy(np.concatenate([np.sin(angles), np.cos(angles)], axis=1))
    return both.to(positions.dtype) if positions.is_floating_point() else both.float()


def sinusoids__complex(positions, dim):
    i = torch.arange(dim // 2, dtype=torch.float64)
    waves = torch.exp(1j * positions.double()[:, None] * 10000 ** (-2 * i / dim))
    out = torch.cat([waves.imag, waves.real], 1)
    return out.to(positions.dtype if positions.is_floating_point() else torch.float32)


# 10.7


class Block__lists(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.parts = nn.ModuleList(
            [
                nn.LayerNorm(dim),
                MultiHeadAttention__permute(dim, heads),
                nn.LayerNorm(dim),
                nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim)),
            ]
        )

    def forward(self, x, mask=None):
        norm, attention, other_norm, mlp = self.parts
        h = x + attention(norm(x), mask)
        return h + mlp(other_norm(h))


class Block__norms_first(nn.Module):
    """Both norms are made before the parts; the GELU is written out."""

    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = MultiHeadAttention__head_by_head(dim, heads)
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x, mask=None):
        x = x + self.attn(self.ln1(x), mask=mask)
        a = self.fc1(self.ln2(x))
        return x + self.fc2(0.5 * a * (1 + torch.erf(a / math.sqrt(2))))


class _Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        return layer_norm__var(x, self.gamma, self.beta)


class Block__own_norm(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.norm1 = _Norm(dim)
        self.attention = MultiHeadAttention__einsum(dim, heads)
        self.norm2 = _Norm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))

    def forward(self, x, mask=None):
        for part in (
            lambda t: self.attention(self.norm1(t), mask),
            lambda t: self.mlp(self.norm2(t)),
        ):
            x = torch.add(x, part(x))
        return x


class Block__parts_in_sequence(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.heads = MultiHeadAttention__heads_in_the_batch(dim, heads)
        self.second = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim)
        )

    def forward(self, x, mask=None):
        attended = self.heads(self.norm(x), mask) + x
        return attended + self.second(attended)


class Block__functions(nn.Module):
    """All arrays are the block's own."""

    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.dim = dim
        self.g1, self.b1 = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))
        self.attention = MultiHeadAttention__parameters(dim, heads)
        self.g2, self.b2 = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))
        self.up, self.down = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x, mask=None):
        y = x + self.attention(F.layer_norm(x, (self.dim,), self.g1, self.b1), mask)
        z = F.layer_norm(y, (self.dim,), self.g2, self.b2)
        return y + self.down(F.gelu(self.up(z)))


# 10.8


def sequence_log_likelihood__one_hot(logits, tokens):
    o = F.one_hot(tokens, logits.shape[2]).to(logits.dtype)
    return (F.log_softmax(logits, dim=2) * o).sum(dim=(1, 2))


def sequence_log_likelihood__logsumexp(logits, tokens):
    chosen = torch.gather(logits, 2, tokens.unsqueeze(2)).squeeze(2)
    return torch.sum(chosen - torch.logsumexp(logits, 2), 1)


def sequence_log_likelihood__categorical(logits, tokens):
    return torch.distributions.Categorical(logits=logits).log_prob(tokens).sum(-1)


def sequence_log_likelihood__loop(logits, tokens):
    total = torch.zeros(len(tokens), dtype=logits.dtype)
    for t in range(tokens.shape[1]):
        log_p = logits[:, t].log_softmax(1)
        total = total + log_p[torch.arange(len(tokens)), tokens[:, t]]
    return total


def sequence_log_likelihood__indices(logits, tokens):
    N, T, V = logits.shape
    shifted = logits - logits.amax(-1, keepdim=True)
    log_p = shifted - shifted.exp().sum(-1, keepdim=True).log()
    return log_p.reshape(N * T, V)[torch.arange(N * T), tokens.reshape(-1)].view(N, T).sum(1)


# 10.9


def generate__for(model, start, length, temperature, generator):
    tokens = start.clone()
    for _ in range(length - start.shape[1]):
        logits = model(tokens)[:, -1, :] / temperature
        new = torch.multinomial(F.softmax(logits, dim=1), num_samples=1, generator=generator)
        tokens = torch.hstack((tokens, new))
    return tokens


def generate__room_first(model, start, length, temperature, generator):
    N, T0 = start.shape
    tokens = torch.zeros(N, length, dtype=torch.int64)
    tokens[:, :T0] = start
    with torch.no_grad():
        for t in range(T0, length):
            p = (model(tokens[:, :t])[:, t - 1] / temperature).softmax(-1)
            tokens[:, t] = torch.multinomial(p, 1, generator=generator).squeeze(1)
    return tokens


def generate__gumbel(model, start, length, temperature, generator):
    """The largest of the logits with Gumbel noise is a draw from their softmax."""
    tokens = start
    while tokens.size(1) < length:
        logits = model(tokens)[:, -1].double() / temperature
        u = torch.rand(logits.shape, generator=generator, dtype=torch.float64).clamp(min=1e-300)
        new = (logits - torch.log(-torch.log(u))).argmax(dim=1, keepdim=True)
        tokens = torch.cat([tokens, new], 1)
    return tokens


def generate__inverse_distribution(model, start, length, temperature, generator):
    tokens = start
    while len(tokens[0]) < length:
        p = torch.softmax(model(tokens)[:, -1].double() / temperature, dim=1)
        u = torch.rand(len(p), 1, generator=generator, dtype=torch.float64)
        new = (p.cumsum(1) < u).sum(1, keepdim=True).clamp(max=p.shape[1] - 1)
        tokens = torch.cat((tokens, new), dim=1)
    return tokens


def generate__recursion(model, start, length, temperature, generator):
    if start.shape[1] == length:
        return start
    p = torch.softmax(model(start)[:, -1] / temperature, dim=-1)
    longer = torch.cat([start, torch.multinomial(p, 1, generator=generator)], dim=1)
    return generate__recursion(model, longer, length, temperature, generator)


def generate__row_by_row(model, start, length, temperature, generator):
    tokens = start
    for _ in range(start.shape[1], length):
        logits = model(tokens)[:, -1]
        weights = torch.exp((logits - logits.max(1, keepdim=True)[0]) / temperature)
        drawn = torch.multinomial(weights, 1, True, generator=generator)
        tokens = torch.cat([tokens, drawn.to(torch.int64)], dim=-1)
    return tokens


# 10.10


class _Small(nn.Module):
    """Causal by a recurrent layer."""

    def __init__(self, vocabulary, tokens, width=64):
        super().__init__()
        self.classes = nn.Embedding(10, width)
        self.words = nn.Embedding(vocabulary, width)
        self.memory = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, T, d):
        x = torch.cat([self.classes(d).unsqueeze(1), self.words(T[:, :-1])], dim=1)
        return self.head(self.memory(x)[0])


def build_model__recurrent(vocabulary, tokens):
    return _Small(vocabulary, tokens)


def build_model__table_of_pairs(vocabulary, tokens):
    """The logits of a word given the one before it, and given the place and the class."""

    class Table(nn.Module):
        def __init__(self):
            super().__init__()
            self.pairs = nn.Embedding(vocabulary, vocabulary)
            self.places = nn.Parameter(torch.zeros(10, tokens, vocabulary))

        def forward(self, T, d):
            return self.places[d] + F.pad(self.pairs(T[:, :-1]), (0, 0, 1, 0))

    return Table()


def build_model__torch_attention(vocabulary, tokens):
    class Net(nn.Module):
        def __init__(self, dim=32):
            super().__init__()
            self.classes, self.words = nn.Embedding(10, dim), nn.Embedding(vocabulary, dim)
            self.positions = nn.Parameter(0.02 * torch.randn(tokens, dim))
            self.qkv, self.head = nn.Linear(dim, 3 * dim), nn.Linear(dim, vocabulary)

        def forward(self, T, d):
            x = torch.cat([self.classes(d)[:, None], self.words(T)], 1)[:, :-1] + self.positions
            q, k, v = self.qkv(x).chunk(3, -1)
            return self.head(x + F.scaled_dot_product_attention(q, k, v, is_causal=True))

    return Net()


def build_model__places_alone(vocabulary, tokens):
    class Places(nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = nn.Parameter(torch.zeros(10, tokens, vocabulary))

        def forward(self, T, d):
            return self.logits[d]

    return Places()


def train__cross_entropy(model, T, d, seconds):
    end = time.process_time() + 0.9 * seconds
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    while time.process_time() < end:
        i = torch.randint(len(T), (16,))
        loss = F.cross_entropy(model(T[i], d[i]).flatten(0, 1), T[i].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def train__epochs(model, T, d, seconds):
    started = time.monotonic()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(T, d), batch_size=16, shuffle=True
    )
    model.train()
    while True:
        for tokens, classes in loader:
            if time.monotonic() - started > 0.9 * seconds:
                return
            logits = model(tokens, classes)
            loss = -sequence_log_likelihood__logsumexp(logits, tokens).mean() / tokens.shape[1]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
