"""Transformers, on images: patches as words, and what each one looks at.

- `formula`: attention, a softmax-weighted mean; the mask that hides what comes later.
- `patches`: images to patches and back; positions as sines and cosines.
- `block`: several heads; a layer norm; a block, which only adds.
- `vit`: one label for all patches.
- `gpt`: one patch after the other, each guessed from those before: a likelihood, in nats.

A sequence is (N, T, dim): N samples of T tokens. A mask says True where one may look.
"""

from course_dl.attention.block import Block, MultiHeadAttention, layer_norm
from course_dl.attention.formula import attention, attention_weights, causal_mask
from course_dl.attention.gpt import PatchGPT, sequence_log_likelihood
from course_dl.attention.patches import patchify, sinusoids, unpatchify
from course_dl.attention.vit import ViT

__all__ = [
    "Block",
    "MultiHeadAttention",
    "PatchGPT",
    "ViT",
    "attention",
    "attention_weights",
    "causal_mask",
    "layer_norm",
    "patchify",
    "sequence_log_likelihood",
    "sinusoids",
    "unpatchify",
]
