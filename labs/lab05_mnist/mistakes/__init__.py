"""Wrong answers to the exercises of lab 5 that students write, and what to tell them."""
