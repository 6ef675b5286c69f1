# Runs in: judge
"""Submissions that share more than what was handed out and the common answers explain."""
