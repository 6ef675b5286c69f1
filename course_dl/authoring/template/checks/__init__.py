"""Checks of lab 99. The truth comes from torch, from laws and from closed forms."""
