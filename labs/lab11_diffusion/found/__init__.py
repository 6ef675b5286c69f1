"""Small changes to the right answers, packed. Made by `course-dl build`, never edited."""
