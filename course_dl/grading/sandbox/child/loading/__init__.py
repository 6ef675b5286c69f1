# Runs in: child
"""From the cells of a submission to the statements that are run of it. Works in the child.

``cells`` reads a cell as IPython would, ``pieces`` what is left of one that does not parse;
``plan`` chooses the statements that are run, by ``needs``, ``names``, ``choice`` and ``stubs``;
``standins`` are what a notebook has and a grader lacks; ``told`` says what could not be run, and
what to do.
"""
