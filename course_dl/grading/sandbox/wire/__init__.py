# Runs in: judge, child
"""The line between judge and child: values, whole messages, calls and their outcomes."""
