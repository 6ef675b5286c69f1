"""Checks of lab 11. The truth is Bayes' rule for Gaussians, in float64, and the laws of the noise.

Noise is always an argument: so a step is judged exactly, and a chain by its mean and its spread.
"""
