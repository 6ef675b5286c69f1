"""Checks of lab 7. The truth is torch's, in float64, and the laws that the formulas follow.

A block and a frozen network are judged by what they do, not by the names of their layers.
"""
