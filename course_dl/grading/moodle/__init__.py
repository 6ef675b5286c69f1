# Runs in: judge
"""Moodle's grading worksheet, in any language: read, matched with submissions, filled in."""
