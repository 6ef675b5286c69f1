"""The checks of lab 3.

Gradients are compared with autograd's, trajectories with closed forms and with the rule that each
step follows. Functions handed to the student take a copy of what they are called with, and give a
new tensor back: nothing that happens to either changes the other.
"""
