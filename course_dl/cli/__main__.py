"""``python -m course_dl.cli``."""

import sys

from course_dl.cli import main

sys.exit(main())
