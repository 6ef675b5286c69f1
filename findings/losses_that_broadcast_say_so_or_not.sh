#!/usr/bin/env bash
# torch 2.14.1. Predictions (N, 1) and targets (N,) are the commonest slip of regression: the two are
# broadcast to (N, N), and each prediction is compared with all targets. mse_loss, l1_loss, smooth_l1_loss
# and huber_loss warn of it, and both binary cross-entropies refuse it. poisson_nll_loss,
# gaussian_nll_loss and hinge_embedding_loss give the mean of the N x N numbers and say nothing.
# Seen here: warns for the first four, then twice "ValueError", then three times "silent"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.14.1 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import torch
from torch.nn import functional as F

given, target = torch.tensor([[0.2], [0.5], [0.7]]), torch.tensor([0.0, 1.0, 1.0])


def gaussian(given, target, **options):
    return F.gaussian_nll_loss(given, target, torch.ones(3, 1), **options)


def said(loss):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            loss(given, target)
        except Exception as error:
            return type(error).__name__
        assert loss(given, target, reduction="none").shape == (3, 3)
    return "warns" if caught else "silent"


losses = [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss]
losses += [F.binary_cross_entropy, F.binary_cross_entropy_with_logits]
losses += [F.poisson_nll_loss, gaussian, F.hinge_embedding_loss]
seen = [said(loss) for loss in losses]
print(torch.__version__, *seen)
assert seen == ["warns"] * 4 + ["ValueError"] * 2 + ["silent"] * 3, "the behaviour has changed"
PYTHON
