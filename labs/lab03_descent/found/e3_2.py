"""Small changes to a right answer, packed: made by course-dl build, and you want to find yours."""

KEY = "1d5ceccf68f3a0f7"
PACKED = """
eNrF1F9rgzAQAPCvcviko7XUsj30YdDvsLdWRqgXPcgfSWI7GPvuO7Ud6zY6h5YJQojJ3S+XmO1r
pIQr0YdnH7CO1hCRrq0LEKzbVzsjndV9G04fntB466K3GWy3l5NnEB0pVLYJYA2ClRAqhIIO5Mka
D2S6Doe+UYFHL3lCgRI+B4k361OGBOaPIJUVYb0zwE8tvO9bDkPjDGQcQwrlMWfLNwq/q7EJ4K5f
e6rICFWmSOWBE1bxJkm1eImTlALqOLkKaWvSLdxTac5V6YsAbRoswNnGFDw2GwmexxkshpEHms/O
I+0RhO9lPOJ+dGkHOnkLsj9RK6Hk/0gXtz+R00C6kq1AWser+/pXPowkrobW63fi8kbE5XTE1qXJ
kG50y6yV2H/cfBzp3H/Bz256IskM57dXNSunv5mvCQfYJiJsft7MPH8HlUBD9w==
"""
