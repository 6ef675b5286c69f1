"""Wrong answers to the exercises of lab 6 that students write, and what to tell them."""
