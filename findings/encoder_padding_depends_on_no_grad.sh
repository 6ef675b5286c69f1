#!/usr/bin/env bash
# torch 2.14.1. nn.TransformerEncoder in evaluation, with src_key_padding_mask: what comes out at the
# places that are padding depends on whether gradients are recorded. Under torch.no_grad it is 0; with
# gradients, in the same mode, it is what the layers compute there. The other places agree. So a mean
# over all tokens, a common way to one vector a sequence, gives one number in validation and another one
# in a look at gradients. enable_nested_tensor=False gives the same numbers in both.
# Seen here: "zeros numbers numbers", and that other places agree
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.14.1 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn


def encoder(**options):
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return nn.TransformerEncoder(layer, 2, **options).eval()


x = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1))
padding = torch.tensor([[False] * 4 + [True], [False] * 3 + [True] * 2])

with torch.no_grad():
    quiet = encoder()(x, src_key_padding_mask=padding)
    plain = encoder(enable_nested_tensor=False)(x, src_key_padding_mask=padding)
recorded = encoder()(x, src_key_padding_mask=padding)

at_padding = ["zeros" if not out[padding].any() else "numbers" for out in (quiet, recorded, plain)]
print(torch.__version__, *at_padding)
assert at_padding == ["zeros", "numbers", "numbers"], "the behaviour has changed"
torch.testing.assert_close(quiet[~padding], recorded[~padding])
torch.testing.assert_close(plain, recorded)
assert not torch.allclose(quiet.mean(1), recorded.mean(1), atol=0.01), "means agree now"
print("other places agree; means over all places do not")
PYTHON
