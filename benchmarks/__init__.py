"""Speed of the course, as ratios measured within one run: ``python -m benchmarks``."""
