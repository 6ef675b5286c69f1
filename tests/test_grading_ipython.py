"""What IPython makes of a cell, a submission's child makes of it: the same names, the same values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "grading" / "loaded.py"
F = "def f(x):\n    return 2 * x\n"

CASES: dict[str, list[str]] = {
    "plain": [F, "y = f(2)"],
    "indented as a whole": ["    def f(x):\n        return 2 * x\n    y = 1\n"],
    "indented by a tab": ["\tx = 1\n\ty = 2\n"],
    "blank lines above": ["\n\n   \n%time x = 3\n"],
    "classic prompts": [">>> def f(x):\n...     return 2 * x\n...\n>>> y = 1\n"],
    "prompts of IPython": ["In [1]: x = 1\n   ...: y = 2\n", "In [12]: z = [1,\n    ...:      2]\n"],
    "a magic": ["%matplotlib inline\nx = 1"],
    "a magic with a continued line": ["%pip --version \\\n    > /dev/null\nx = 1"],
    "a command with continued lines": ["!echo one \\\n    two \\\n    three\nx = 1"],
    "a command in a block": ["if True:\n    !echo hello\nx = 1", "for i in range(2):\n    %who\n"],
    "a block of magics alone": ["if True:\n    %who\nelse:\n    !echo no\nx = 1"],
    "lines that begin like magics": ["!echo a\nx = (7\n    % 4)\ny = (1\n!= 2)\nz = 5 \\\n  % 3"],
    "percent signs in a string": ["%who\ntext = '''\n%time x\n!ls\nwhat?\n'''"],
    "question marks": ["x = 3\nx?\n?x\nx??\ny = 'why?'  # really?"],
    "help on a line magic": ["%time?\nx = 1"],
    "time a statement": ["%time x = 3\n%time y = [x,\\\n   x]"],
    "time an expression": ["def f(x):\n    return x\n%time f(2)\ny = %time f(3)"],
    "time in a block": ["for i in range(3):\n    %time x = i\n"],
    "timeit keeps nothing": ["x = 1\n%timeit -n 1 -r 1 x + 1"],
    "prun": ["%prun -q x = 5\n"],
    "a cell timed": ["%%time\n" + F + "y = f(1)"],
    "a cell captured": ["%%capture --no-stderr\nimport math\nx = math.pi\nprint(x)"],
    "a cell of a cell": ["%%capture\n%%time\nx = 4\n%time y = 5"],
    "a cell that waits": ["%%after 9.1\nx = 4"],
    "a cell of html": ["%%html\n<b>x = 1</b>"],
    "a cell of a shell": ["x = 1", "%%bash\nx=2\n"],
    "a cell that writes a file": ["%%writefile /dev/null\nx = 3"],
    "assigned from a command": ["x = !true\ny = len(x)\nz = 1"],
    "quoted arguments": ["def f(*texts):\n    global seen\n    seen = texts\n,f a b\n"],
    "one quoted argument": ["def f(*texts):\n    global seen\n    seen = texts\n;f a b\n"],
    "called without brackets": ["def f(*given):\n    global seen\n    seen = given\n", "/f 1, 2\n"],
    "await outside of functions": [
        "import asyncio\nasync def g(x):\n    await asyncio.sleep(0)\n    return x\n",
        "y = await g(3)\nz = [await g(i) for i in range(2)]",
    ],
    "a task of an earlier cell": [
        "import asyncio\nasync def g(x):\n    return 7\ntask = await asyncio.sleep(0, g(1))",
        "x = await task",
    ],
    "features for later cells": [
        "from __future__ import annotations",
        "def f(x: nothing_of_the_kind) -> nor_this:\n    return x\nkind = f.__annotations__",
    ],
    "no features of anybody else's": ["def f(x: int):\n    return x\nkind = str(f.__annotations__)"],
    "lines that only str.splitlines cuts": [
        "text = 'a\x0cb\x0bc\x1cd\x85e\u2028f'\n# a comment \u2028 = 3\nx = 1\n\x0cy = 2"
    ],
    "the same with a magic": ["%who\ntext = 'a\x85b'\nx = len('''\u2028%no''')"],
    "a class": ["%who\nclass A:\n    y = 2\nz = A.y"],
    "in a function": ["def f(x):\n    !true\n    %time 3\n    return x\n"],
    "decorated": ["%who\nfrom functools import lru_cache\n@lru_cache\ndef g(x):\n    return x\ny = g(2)"],
    "semicolons": ["%time x = 1; y = 2\nz = 3;"],
    "a string at the end of a line": ["%time x = 'a % b'  # c"],
    "run_cell": ["get_ipython().run_cell('x = 5')\nget_ipython().run_line_magic('time', 'y = 6')"],
    "as exported": [
        "get_ipython().run_cell_magic('time', '', 'x = 1\\ndef f(x):\\n    return x\\n')",
        "get_ipython().run_line_magic('matplotlib', 'inline')\ny = 1\nget_ipython().system('true')",
        "z = get_ipython().getoutput('true')\nw = len(z)",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, str], ...]]:
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, SCRIPT],
        input=json.dumps(list(CASES.values())),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=home,
        env={**os.environ, "IPYTHONDIR": str(home), "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    theirs, ours = json.loads(done.stdout.splitlines()[-1])
    return dict(zip(CASES, zip(theirs, ours, strict=True), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_the_child_has_what_the_notebook_has(
    name: str, both: dict[str, tuple[dict[str, str], ...]]
) -> None:
    theirs, ours = both[name]
    assert theirs or "html" in name or "file" in name
    assert ours == theirs
