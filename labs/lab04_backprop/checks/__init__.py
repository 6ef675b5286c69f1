"""The checks of lab 4.

Gradients are compared with autograd's. Where the derivative ``dg`` that is handed in belongs to no
activation, autograd differentiates the network's tangent instead: the same network with each
activation replaced by a straight line of slope ``dg(a_k)``, see `gradients`. Then neither autograd
nor the derivative of one known activation can be in a student's answer unnoticed.
"""
