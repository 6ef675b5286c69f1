# Runs in: child
"""What a child runs: the submission's code, which may be hostile, and what loads and calls it."""
