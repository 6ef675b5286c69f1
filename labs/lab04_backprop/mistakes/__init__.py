"""Wrong answers to the exercises of lab 4 that students write, and what to tell them."""
