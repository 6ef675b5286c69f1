"""Checks of lab 6. What is true of convolutions and of pooling, torch's own functions say.

What makes a network convolutional is judged by what it does: see `check_nonlinear` and
`check_convolutions`.
"""
