"""A mistake to be recognized."""
