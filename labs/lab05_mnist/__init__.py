"""Lab 5: MNIST"""
