"""Wrong answers to the exercises of lab 11 that students write, and what to tell them."""
