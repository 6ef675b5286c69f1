# Runs in: judge
"""What is handed in: files, students, the cells of a notebook. Runs in the judge."""
