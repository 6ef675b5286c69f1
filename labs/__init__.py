"""The labs of the course: one folder each."""
