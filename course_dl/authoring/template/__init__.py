"""Lab 99: A title that says what is learnt"""
