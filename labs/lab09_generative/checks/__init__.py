"""Checks of lab 9. The truth is torch's distributions and Jacobians, and closed forms.

Noise is an argument everywhere, so that each value is known exactly.
"""
