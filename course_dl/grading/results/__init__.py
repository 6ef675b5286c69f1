# Runs in: judge
"""What grading gives, and where it is kept."""
