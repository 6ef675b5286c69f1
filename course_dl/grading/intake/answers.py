# Runs in: judge
"""Which exercises a text answers, found without parsing or running it: it may be hostile.

An answer is a definition that is more than the stub that was handed out. Enough to choose between
a student's files and to say that a file is another lab's; never a mark.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

__all__ = ["answered", "answers", "defined", "labs_said", "looks_like"]

_MOST_DEFINITIONS, _LONGEST_BODY = 2_000, 50_000
_STRING = re.compile(r"[rRuUbB]{0,2}(\"\"\"|''')(?s:.*?)(?:\1|\Z)")
_LINE_STRING = re.compile(r"^[ \t]*[rRuU]?(\"[^\"\n]*\"|'[^'\n]*')[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#.*\n?|[ \t]#[^\n'\"]*$", re.MULTILINE)
_NOTHING = re.compile(r"(?:pass|\.\.\.|return|return None|raise NotImplementedError\b.*)\s*;?\s*")
_OPEN = re.compile(r"raise NotImplementedError\b")
_INNER = re.compile(r"^(?P<indent>[ \t]+)(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_LAB = re.compile(r"""\bLab\(\s*["'](lab\d+)\w*["']""")


def answers(cells: Sequence[str], names: Collection[str]) -> dict[str, str]:
    """The code of each answer among ``names``, without docstrings, comments and blank lines."""
    found: dict[str, str] = {}
    for name, kind, body in _definitions(cells, names):
        if _share(kind, body):
            found[name] = body  # of several the last, as it is when they are run
    return found


def answered(cells: Sequence[str], names: Collection[str]) -> float:
    """How many of ``names`` are answered; a class counts by its methods."""
    found: dict[str, float] = {}
    for name, kind, body in _definitions(cells, names):
        found[name] = max(found.get(name, 0.0), _share(kind, body))
    return sum(found.values())


def defined(cells: Sequence[str], names: Collection[str]) -> set[str]:
    """Those of ``names`` that the text defines, stubs included."""
    return {name for name, _, _ in _definitions(cells, names)}


def looks_like(cells: Sequence[str], lab: str, labs: Mapping[str, Collection[str]]) -> str:
    """What a submission is that is not meant for a lab, or untouched, in a sentence; else ``""``.

    Parameters
    ----------
    cells
        The code of the submission.
    lab
        The name of the lab that it was handed in for.
    labs
        What each lab asks for, by the lab's name.
    """
    names = labs[lab]
    here = defined(cells, names)
    if 2 * answered(cells, names) >= len(names):
        return ""
    said = labs_said(cells)
    others = {one: len(defined(cells, asked)) for one, asked in labs.items() if one != lab}
    if said and _number(lab) not in said:  # the notebook's own Lab("lab02")
        others = {one: 1 + found for one, found in others.items() if _number(one) in said}
    elif answered(cells, names) or len(here) >= (1 if said else max(others.values(), default=0)):
        others = {}
    best = max(others, key=lambda one: others[one], default="")
    if best and others[best]:
        return f"this looks like {_number(best)}: was the wrong file handed in?"
    if answered(cells, names):
        return ""
    if here:
        return "nothing was filled in: every exercise is as it was handed out"
    return "it defines nothing that this lab asks for: was the wrong file handed in?"


def labs_said(cells: Sequence[str]) -> set[str]:
    """The labs whose checks the text asks for: ``Lab("lab02")``."""
    return {lab for cell in cells for lab in _LAB.findall(cell)}


def _number(lab: str) -> str:
    return lab.partition("_")[0]


def _definitions(cells: Sequence[str], names: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Name, kind (``def``, ``class``, ``=``) and body of each definition of one of ``names``."""
    if not names:
        return
    some = "|".join(map(re.escape, names))
    start = re.compile(
        rf"^(?P<indent>[ \t]*)(?:(?:async[ \t]+)?(?P<kind>def|class)[ \t]+(?P<name>{some})\b"
        rf"|(?P<value>{some})[ \t]*(?::[^=\n]*)?=(?!=)"
        rf"|from[ \t][^\n]*\b(?P<imported>{some})[ \t]*(?:,|#|\)|$))",
        re.MULTILINE,
    )
    left = _MOST_DEFINITIONS
    for cell in cells:
        plain = _STRING.sub('""', cell)
        for match in start.finditer(plain):
            left -= 1
            if left < 0:
                return
            if match["kind"]:
                body = _body(plain, match.end(), len(match["indent"]))
                yield match["name"], match["kind"], body
            else:
                line = plain[match.start() : match.start() + 1000].partition("\n")[0]
                yield match["value"] or match["imported"], "=", line


def _share(kind: str, body: str) -> float:
    """How much of a definition is written."""
    return _answered_methods(body) if kind == "class" else float(not _is_stub(body))


def _body(text: str, place: int, indent: int) -> str:
    """What stands below a ``def`` or ``class`` line, without docstrings and comments."""
    text = text[: place + _LONGEST_BODY]
    head = _head_end(text, place)
    line = text[head:].partition("\n")[0]
    if line.strip() and not line.strip().startswith("#"):
        body = line  # def f(x): return x
    else:
        end = head
        for match in re.compile(r"\n[ \t]*(?=\S)").finditer(text, head):
            if len(match[0]) - 1 <= indent and text[match.end()] not in "#)]}":
                end = match.start()
                break
        else:
            end = len(text)
        body = text[head:end]
    body = _LINE_STRING.sub("", _COMMENT.sub("", body))
    return "\n".join(line.rstrip() for line in body.split("\n") if line.strip())


def _head_end(text: str, place: int) -> int:
    """Where the signature's colon ends."""
    depth = 0
    for match in re.compile(r"[()\[\]{}:]|#[^\n]*|\"[^\"\n]*\"|'[^'\n]*'").finditer(text, place):
        if match[0] in "([{":
            depth += 1
        elif match[0] in ")]}":
            depth -= 1
        elif match[0] == ":" and depth <= 0:
            return match.end()
    return len(text)


def _is_stub(body: str) -> bool:
    """Whether nothing is done, or what is done ends in the error that says it is open."""
    lines = [line for line in body.split("\n") if line.strip()]
    if all(_NOTHING.fullmatch(line.strip()) for line in lines):
        return True
    last = lines[-1]
    own = len(lines[0]) - len(lines[0].lstrip())
    ends_open = _OPEN.match(last.strip()) and len(last) - len(last.lstrip()) == own
    return bool(ends_open) and not any(re.match(r" *return\b", line) for line in lines)


def _answered_methods(body: str) -> float:
    """The share of a class's methods that are written; without methods, if it holds anything."""
    starts = list(_INNER.finditer(body))
    if not starts:
        return float(not _is_stub(body))
    outer = min(len(match["indent"]) for match in starts)
    written = [
        not _is_stub(_body(body, match.end(), outer))
        for match in starts
        if len(match["indent"]) == outer
    ]
    return sum(written) / len(written)
