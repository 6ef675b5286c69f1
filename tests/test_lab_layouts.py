"""Results of kinds that nothing can be compared with: one sentence, here and where it is graded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from course_dl.calls.backend import Backend, LocalBackend
from course_dl.grading.sandbox.client.child import Cell, Child, Program
from course_dl.grading.sandbox.client.remote import RemoteBackend
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.lab import close, number
from course_dl.lab.states import Wrong
from course_dl.lab.student import Student
from tests.grading.small import sandbox

X = torch.arange(6.0).reshape(2, 3)
HEAD = "import numpy as np, torch\nkept = []\n"

# What `f(x)` returns, and the remedy that it is told.
ODD = {
    "x.to_sparse()": "sparse tensor: return it by .to_dense()",
    "x.to_sparse_csr()": "sparse tensor: return it by .to_dense()",
    "x.to_sparse_csc()": "sparse tensor: return it by .to_dense()",
    "x.to_mkldnn()": "mkldnn tensor: return it by .to_dense()",
    "torch.nested.nested_tensor([x[0], x[1, :2]])": "nested tensor",
    "torch.nested.nested_tensor([x[0], x[1, :2]], layout=torch.jagged)": "nested tensor",
    "torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)": "return it by .dequantize()",
    "x.to('meta')": "meta tensor, which has a shape and no numbers",
    "x.to(torch.float8_e4m3fn)": "a tensor of float8_e4m3fn: return it by .float()",
    "x.to(torch.uint16)": "a tensor of uint16",
    "x.to(torch.complex32)": "a tensor of complex32",
    "x[:1, :1].expand(1 << 20, 1 << 20)": "entries, which are too many",
    "torch.func.vmap(lambda row: kept.append(row) or row)(x) if 0 else (torch.func.vmap("
    "lambda row: kept.append(row) or row)(x), kept[-1])[1]": "inside torch.func",
    "[1, {'a': (x.to_sparse(),)}]": "sparse tensor: return it by .to_dense()",
    "np.zeros(3, np.longdouble)": "return it by .astype(float)",
    "torch.nn.parameter.UninitializedParameter()": "cannot be copied",
}
# What is another way to hold the very numbers of `2 * x`.
PLAIN = [
    "(2 * x).clone().requires_grad_() * 1",
    "torch.nn.Parameter(2 * x)",
    "(2 * x).T.contiguous().T",
    "(2 * x).as_subclass(type('Mine', (torch.Tensor,), {}))",
    "(2 * x).rename('row', 'column') if hasattr(x, 'rename') else 2 * x",
    "torch._neg_view(-2 * x)",
    "(-2j * x).conj().imag",
    "torch.func.vmap(lambda row: 2 * row)(x)",
]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox() as started:
        yield started


def backends(result: str, box: Sandbox) -> Iterator[Backend]:
    """The notebook's and the grader's, with an ``f`` that returns this."""
    source = f"{HEAD}def f(x):\n    return {result}"
    space: dict[str, Any] = {}
    exec(source, space)
    yield LocalBackend(space)
    child = Child(box, Program([Cell("cell 1", source)], ["f"]))
    remote = RemoteBackend(child)
    yield remote
    child.end()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("result", ODD)
def test_a_result_of_another_kind_is_told_with_its_remedy(result: str, box: Sandbox) -> None:
    told = set()
    for backend in backends(result, box):
        with pytest.raises(Wrong) as wrong:
            Student(backend).f(X)
        told.add(wrong.value.failure.message)
    assert len(told) == 1
    assert ODD[result] in told.pop()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("result", PLAIN)
def test_other_ways_to_hold_the_same_numbers_are_right(result: str, box: Sandbox) -> None:
    for backend in backends(result, box):
        close(Student(backend).f(X), 2 * X, "2x")


@pytest.mark.filterwarnings("ignore")
def test_conjugate_and_big_endian_numbers_arrive(box: Sandbox) -> None:
    for backend in backends("[(2j * x).conj(), x.numpy().astype('>f4')]", box):
        conjugate, array = Student(backend).f(X)
        assert torch.equal(conjugate, -2j * X)
        assert torch.equal(torch.as_tensor(array), X)


def test_where_a_real_number_is_asked_for_a_complex_one_is_wrong() -> None:
    with pytest.raises(Wrong, match=r"is complex; it should be real: return its \.real part"):
        close(X.to(torch.complex64), X, "2x", dtype=False)
    with pytest.raises(Wrong, match="is complex"):
        number(torch.tensor(1 + 0j), 1.0)
