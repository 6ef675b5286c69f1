"""Making what students get: notebooks from the labs, the student edition, a new lab to begin with.

Used in a checkout of the repository, installed with ``pip install -e ".[notebooks]"``.
"""
