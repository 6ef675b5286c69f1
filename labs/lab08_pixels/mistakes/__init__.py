"""Wrong answers to the exercises of lab 8 that students write, and what to tell them."""
