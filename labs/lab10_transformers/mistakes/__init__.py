"""Wrong answers to the exercises of lab 10 that students write, and what to tell them."""
