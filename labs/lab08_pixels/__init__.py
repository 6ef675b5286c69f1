"""Lab 8: Segmentation and image processing"""
