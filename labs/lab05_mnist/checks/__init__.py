"""Checks of lab 5. Networks are built where the student's code runs, with twins of them here.

What a training should come to is found out by training the twin on the same batches. Several calls
are made before any is judged where that tells one mistake from another.
"""
