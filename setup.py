"""Find the packages: those of `course_dl/`, and every lab of `labs/` as one of `course_dl.labs`."""

from setuptools import find_packages, setup

setup(
    package_dir={"course_dl.labs": "labs"},
    packages=[
        *find_packages(include=["course_dl", "course_dl.*"]),
        "course_dl.labs",
        *(f"course_dl.labs.{lab}" for lab in find_packages("labs")),
    ],
)
