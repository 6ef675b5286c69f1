# Runs in: judge
"""How isolated interpreters are started, and where they begin."""
