"""Lab 90: a small lab, to grade"""
