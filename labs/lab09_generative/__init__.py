"""Lab 9: Deep generative models"""
