"""A class as its reports are made of, with all that a report can have to tell, and hostile text."""

from __future__ import annotations

import random

from course_dl.grading.marks.mark import mark_of
from course_dl.grading.reports.entry import Entry
from course_dl.grading.result import ExerciseMark, Result, TestMark

__all__ = ["HOSTILE", "reported_class"]

HOSTILE = (
    "<script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title = 'taken'\">",
    "</style></main><b onmouseover=alert(1)>",
    "\u202eevil\u202c \x1b[31mred",
    "https://" + "averylongword" * 12,
)
_NAMES = [
    "Zoé Müller",
    "José Peña",
    "Ann O'Neill",
    "Łukasz Żak",
    "Nguyễn An",
    "Bob Smith",
    "Çağla Ünal",
    "Iris de Vries",
    "Élise Œuvrard",
    "Group B-Maximilian Alexander von und zu Hohenstein-Schwarzenberg",
]
_DIAGNOSES = (
    "You went back through W; the gradient goes back through its transpose.",
    "You divided by the number of samples twice: once here, and once in the loss.",
    HOSTILE[0],
)


def reported_class(students: int = 24, exercises: int = 9, seed: int = 0) -> list[Entry]:
    """Right, wrong, open, forbidden, late, carried, weighted, unreadable, remarked upon."""
    rng = random.Random(seed)
    return [_entry(rng, place, exercises) for place in range(students)]


def _entry(rng: random.Random, place: int, exercises: int) -> Entry:
    name = f"{_NAMES[place % len(_NAMES)]} {place:02d}"
    if place < len(HOSTILE):
        name = HOSTILE[place]
    marks = tuple(_exercise(rng, f"4.{k + 1}", place) for k in range(exercises))
    status, reason = "graded", ""
    if place % 11 == 7:
        status, reason = "unreadable", f"it is no notebook: it begins with {HOSTILE[0]!r}"
        marks = tuple(
            ExerciseMark(m.number, m.names, 0.0, m.max_points, "not done yet") for m in marks
        )
    notices = tuple(
        (f"cell {k}", "NameError", HOSTILE[k % 5]) for k in range(23 * (place % 5 == 0))
    )
    remarks = ("started helper threads", HOSTILE[1]) if place % 9 == 2 else ()
    result = Result("lab04", 1, "", status, reason, marks, notices, remarks)
    days = place % 6 // 4
    mark = mark_of(result, {"4.8": 1.5}, days_late=days, percent=10 * days)
    others = ("draft.ipynb", "lab04 (1).ipynb") if place % 7 == 3 else ()
    return Entry(name, str(100 + place), f"lab04_{place}.ipynb", f"s{place}", result, mark, others)


def _exercise(rng: random.Random, number: str, place: int) -> ExerciseMark:
    most = float(rng.choice([1, 2, 3, 4]))
    state = rng.choice(["passed"] * 5 + ["failed"] * 3 + ["not done yet", "write it yourself"])
    names = ("backward_layer",) if number != "4.5" else ("ManualMLP", "gradient_of_all_layers")
    if state == "passed":
        tests = (TestMark("agrees with autograd", False, "passed"),)
        return ExerciseMark(
            number,
            names,
            most,
            most,
            state,
            tests,
            notes={"accuracy": rng.random()} if number == "4.9" else {},
        )
    text = rng.choice(["The gradient of W is wrong.", *HOSTILE])
    details = (("W, of shape (3, 4)", f"tensor([[0.1, 0.2]])\n{text}"), ("expected", "0.25"))
    tests = (
        TestMark("has the right shape", False, "passed"),
        TestMark("agrees with autograd", False, state, text, details),
    )
    carried = ("4.1",) if state == "failed" and number in ("4.6", "4.8") else ()
    diagnosis = rng.choice(_DIAGNOSES) if state == "failed" else ""
    return ExerciseMark(number, names, 0.0, most, state, tests, diagnosis, {}, carried, most / 3)
