"""Mistakes that students make in lab 2, and what to tell them."""
