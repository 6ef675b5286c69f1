"""Makes what students get: notebooks from the labs and the student edition. Lays out new labs.

Used in a checkout of the repository, installed with ``pip install -e ".[notebooks]"``.
"""
