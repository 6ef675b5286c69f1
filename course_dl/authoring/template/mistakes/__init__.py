"""Wrong answers that students write, each with the sentence that tells them what is wrong."""
