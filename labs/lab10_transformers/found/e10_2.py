"""Small changes to a right answer, packed: made by course-dl build, and you want to find yours."""

KEY = "88afa2035758a32f"
PACKED = """
eNrFk9tqwzAMhl9F5KodaccKuwlst3uB3qVleImSmDlykJyVbezdpxx2YmxrScsMxkIW//8hW+lz
lJlWjLutjdxHCUS2bjwHCJ6zakMF+3qIYby4QUI2mophjSTdSRS9xJCmX6RiiHY2VBAqBLElgS/6
mFFap/otE+bAvqVca1danmMBnxRmlIClMIfF9eiUbAh0NUZkiBg7GVj0gEtPKDNSnBjy8Njg1ZC+
897Nl4Gtm83VqTBOcKu4P9K+Ee5shmAEnOESteJyCuPeiHAGq0MwK+OKf6A8P4wysCFpvODkx94b
cbn+DVD3xWkx/mzPE7IXtYPGGf1pOh+dXJf4aNxxutU7TRgNO6LtkBHIByjtA9IgdQre97Z+g9tu
XwHEhY51
"""
