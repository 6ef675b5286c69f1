"""Grading: reading submissions, running them in a sandbox, judging them, telling the results.

The judge holds checks and marks and runs no code of a submission. A server process that holds torch
and nothing of the course forks a child for each submission; only plain values cross between them.
"""
