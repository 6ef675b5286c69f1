"""Lab 6: Convolutional networks for image classification"""
