# Runs in: judge
"""From results to marks: weights, times, teams, and the names of people."""
