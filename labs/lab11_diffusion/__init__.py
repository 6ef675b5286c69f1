"""Lab 11: Diffusion models"""
