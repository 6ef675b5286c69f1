"""A stub says what to write, and nothing of the answer."""

from __future__ import annotations

import ast

import pytest

from course_dl.authoring.stubs import make_solution, make_stub

FUNCTION = '''
@torch.no_grad()
def layer(
    X: Tensor,  # (N, D)
    W: Tensor = ((1, 2),),
    *, g: Callable = torch.relu,
) -> Tensor:
    r"""A layer, $g(X W^T)$.

    X : (N, D).
    """
    # the secret of it
    return secret(X, W)
'''

CLASS = '''
@dataclass
class Net(Base, metaclass=Meta):
    """A network."""

    depth = secret(3)

    def __init__(self, sizes: list[int]) -> None:
        # keep
        super().__init__()
        # end keep
        self.secret = sizes

    @property
    def size(self) -> int:
        """Its size."""
        return secret()

    def forward(self, x):
        # the secret of it
        return self._secret(x)

    def _secret(self, x):
        return x

    # keep
    @torch.no_grad()
    def given(self) -> str:
        return "kept whole"

    # end keep
'''


def test_a_function_keeps_its_signature_and_docstring_as_they_are_written() -> None:
    assert make_stub(FUNCTION, "layer") == (
        FUNCTION[: FUNCTION.index("    # the secret")].replace("\n@torch.no_grad()\n", "")
        + "    raise NotImplementedError"
    )


def test_a_class_keeps_its_bases_its_methods_and_what_is_marked() -> None:
    assert (
        make_stub(CLASS, "Net")
        == '''\
@dataclass
class Net(Base, metaclass=Meta):
    """A network."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Its size."""
        raise NotImplementedError

    def forward(self, x):
        raise NotImplementedError

    @torch.no_grad()
    def given(self) -> str:
        return "kept whole"'''
    )


@pytest.mark.parametrize(("source", "name"), [(FUNCTION, "layer"), (CLASS, "Net")])
def test_nothing_of_the_answer_is_in_a_stub(source: str, name: str) -> None:
    assert "secret" not in make_stub(source, name)


def test_kept_lines_of_a_function_stay_in_their_order() -> None:
    source = '''
def f(x):
    """Doc."""
    # keep
    a = 1
    # end keep
    b = 2
    # keep
    if a:
        c = 3
    # end keep
    return c
'''
    assert (
        make_stub(source, "f")
        == '''\
def f(x):
    """Doc."""
    a = 1
    if a:
        c = 3
    raise NotImplementedError'''
    )


@pytest.mark.parametrize(("source", "name"), [(FUNCTION, "layer"), (CLASS, "Net")])
def test_a_solution_is_whole_but_for_the_marks(source: str, name: str) -> None:
    solution = make_solution(source, name)
    assert "keep\n" not in solution
    assert ast.dump(ast.parse(solution)) == ast.dump(ast.parse(source))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def g(x): return x", "no function or class 'f'"),
        ("def f(x):\n    return x", "f has no docstring"),
        ('def f(x):\n    """D."""\n    # keep\n    return x', "line 3: '# keep' without"),
        ('def f(x):\n    """D."""\n    # end keep\n    return x', "line 3: '# end keep' without"),
        (
            'def f(x):\n    """D."""\n    if x:\n        # keep\n        y = 1\n        # end keep',
            "the stub of f is not Python",
        ),
    ],
)
def test_what_cannot_become_a_stub_is_told(source: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make_stub(source, "f")
