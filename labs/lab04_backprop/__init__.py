"""Lab 4: Backpropagation"""
