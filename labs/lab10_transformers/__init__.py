"""Lab 10: Transformers, on images"""
