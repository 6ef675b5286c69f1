# Runs in: judge
"""From results to marks: weights, times, teams, and who is meant by a name."""
