"""Wrong answers to the exercises of lab 7 that students write, and what to tell them."""
