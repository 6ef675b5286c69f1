# Runs in: notebook, child, judge
"""Running one call of a student's function, in a notebook and in the sandbox alike.

Nothing here knows of exercises, checks or verdicts.
"""
