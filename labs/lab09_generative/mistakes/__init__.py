"""Wrong answers to the exercises of lab 9 that students write, and what to tell them."""
