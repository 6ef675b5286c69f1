"""Checks of lab 10. The truth is torch's, in float64, and the laws that the formulas follow.

Heads and blocks are judged by what they do, not by the names of their layers.
"""
