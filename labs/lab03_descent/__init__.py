"""Lab 3: Gradient descent"""
