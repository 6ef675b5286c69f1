"""Checks of lab 8. The truth is torch's in float64, sets of pixels, and laws of the formulas."""
