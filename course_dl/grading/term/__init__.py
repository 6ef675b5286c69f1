# Runs in: judge
"""All labs of a term together, from the folders of results that grading left."""
