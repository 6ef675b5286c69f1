"""Mistakes that students make in lab 1, and what to tell them."""
