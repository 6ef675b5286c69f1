"""Small changes to a right answer, packed: made by course-dl build, and you want to find yours."""

KEY = "bbfa270232f1cdc4"
PACKED = """
eNrNkc1qwzAQhF9l0KmhzqHtzdA+RW6uD8Je1QJZMqsVgZa8eyTb/QnJqYQQXSQtuzP7Mc2X0l2X
xuS0kKqhDIcRErgbYMcpsGBHPgZWhwpN87e5gtpbGUISBE8IBjIQhHiMsH7+MMXkJHc+5eaeDH7H
HySIdjWcjdIsFm0FT/vT0gbbt5NC/e6Rz6RjXF5MktijEZjAkKxR3D/ttDjMmhWisO3kdceJNm1e
yGgXKRveM5G/GtG8erQfvjAVtMKE4kI9OCTfn/G93CKxLa7ImCeKxuR0t2RXhM64nm/B9XiBawb6
R3LfFD9cK+d9UK1prddlsrY9AsQ4fwQ=
"""
