"""Checks of lab 1. Samples are placed at known distances from a known separator.

Several calls are made before any is judged where that tells one mistake from another.
"""
