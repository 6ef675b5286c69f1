"""The sandbox: where a submission's code runs, and what crosses to it and back.

`client` is the judge's side, `server` forks the children, `child` is what runs a submission; `wire`
is the line between judge and child.
"""
