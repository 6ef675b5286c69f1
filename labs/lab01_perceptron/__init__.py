"""Lab 1: The perceptron"""
