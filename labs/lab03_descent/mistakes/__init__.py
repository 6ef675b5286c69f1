"""Mistakes that students make in lab 3, and what to tell them."""
