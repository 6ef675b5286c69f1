# Runs in: judge
"""The judge's side of the sandbox: no code of a submission runs here."""
