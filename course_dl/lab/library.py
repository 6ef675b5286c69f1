"""PyTorch's functions that answer a whole exercise, by what several exercises ask for.

Each list is for `Exercise`'s ``library``: these names answer nothing there.
"""

from __future__ import annotations

__all__ = ["ATTENTION", "CROSS_ENTROPY"]

ATTENTION = (
    "scaled_dot_product_attention",
    "scaled_dot_product_attention_math",
    "scaled_dot_product_attention_math_for_mps",
    "scaled_dot_product_flash_attention",
    "scaled_dot_product_flash_attention_for_cpu",
    "scaled_dot_product_efficient_attention",
    "scaled_dot_product_cudnn_attention",
    "scaled_dot_product_fused_attention_overrideable",
    "flash_attention_forward",
    "efficient_attention_forward",
    "multi_head_attention_forward",
    "native_multi_head_attention",
    "triton_multi_head_attention",
    "triton_scaled_dot_attention",
)
CROSS_ENTROPY = (
    "cross_entropy",
    "cross_entropy_loss",
    "linear_cross_entropy",
    "nll_loss",
    "nll_loss2d",
    "nll_loss_nd",
    "nll_loss_forward",
    "nll_loss2d_forward",
)
