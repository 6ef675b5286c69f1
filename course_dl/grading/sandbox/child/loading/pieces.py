# Runs in: child
"""Source that does not parse, cut into its statements: one that is broken costs itself only."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["filled", "split"]

# What decides where a statement ends: strings, comments, brackets, continued lines.
_TOKEN = re.compile(
    r"""(?P<triple>\"{3}|'{3})
    |(?P<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)
    |(?P<comment>\#[^\n]*)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<joined>\\\n)
    |(?P<line>\n)""",
    re.VERBOSE | re.DOTALL,
)
_GOES_ON = re.compile(r"(?:else|elif|except|finally)\b|[ \t\f\n#)\]}]|$")
_NEVER_INSIDE = re.compile(r"(?:def|class|import|async|with|return)\b|from\s+[\w.]+\s+import\b|@\w")
_EMPTY_BLOCK = re.compile(
    r"expected an indented block after (?:an? )?'?(?P<what>[\w ]+?)'? ?"
    r"(?:statement|definition|block)? ?on line (?P<line>\d+)"
)
_COMMENTED_MAGIC = re.compile(r"\s*#\s*(?:[%!]|get_ipython\(\)|MAGIC\b)")


def split(source: str) -> Iterator[tuple[int, str]]:
    """The statements at the left margin, each with the number of lines above it.

    Lines are cut where Python cuts them, at ``\\n`` alone.
    """
    begin = above = 0
    for end in [*_line_starts(source), len(source)]:
        piece = source[begin:end]
        # A decorator waits for what it decorates.
        if end == len(source) or not piece.startswith("@") or "\nclass" in piece or "def " in piece:
            yield above, piece
            above += piece.count("\n")
            begin = end


def _line_starts(source: str) -> Iterator[int]:
    """Where a statement may begin at the left margin."""
    depth, at, end = 0, 0, len(source)
    while at < end:
        token = _TOKEN.search(source, at)
        if token is None:
            return
        at, kind = token.end(), token.lastgroup
        if kind == "triple":
            close = re.compile(rf"(?:\\.|[^\\])*?{token[0]}", re.DOTALL).match(source, at)
            at = close.end() if close else at  # one that never ends costs its line alone
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "line" and at < end:
            if depth and _NEVER_INSIDE.match(source, at):
                depth = 0  # a bracket that was never closed
            if depth == 0 and not _GOES_ON.match(source, at):
                yield at


def filled(source: str, error: SyntaxError) -> str | None:
    """The source with ``pass`` in a block that a commented-out magic left empty, if it is one."""
    found = _EMPTY_BLOCK.match(error.msg or "")
    if found is None:
        return None
    lines = source.split("\n")
    header = int(found["line"]) - 1
    inside = range(header + 1, (error.lineno or len(lines)) - 1)
    comments = [n for n in inside if n < len(lines) and lines[n].lstrip().startswith("#")]
    magics = [n for n in comments if _COMMENTED_MAGIC.match(lines[n])]
    if any(word in found["what"] for word in ("function", "class")) and not magics:
        return None  # of a body that was never written
    margin = lines[header][: len(lines[header]) - len(lines[header].lstrip())]
    if comments:
        lines[(magics or comments)[0]] = f"{margin}    pass"
    else:
        lines.insert(max(inside.stop, header + 1), f"{margin}    pass")
    return "\n".join(lines)
