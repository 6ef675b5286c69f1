# Runs in: judge
"""The processes of a machine, or of a cluster, that grade a class."""
