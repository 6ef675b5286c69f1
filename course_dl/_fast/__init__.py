"""Fast forms of what the chapters write to be read.

Each computes what its readable form computes, and a test compares the two: `rosenblatt` belongs to
`course_dl.perceptron`, `descent` to `course_dl.backprop`, `losses` to `course_dl.losses`. How fast
they are is in docs/speed.md, the decision in docs/decisions/fast-forms.md.
"""
