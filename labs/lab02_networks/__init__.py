"""Lab 2: Neural networks"""
