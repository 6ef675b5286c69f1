"""What crosses between judge and child: values come out as they went in, and nothing else does."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

import numpy as np
import pytest
import torch

from course_dl.calls.backend import Outcome, StudentError
from course_dl.calls.values import Handle
from course_dl.grading.sandbox.client.remote import _outcomes
from course_dl.grading.sandbox.wire.channel import (
    Channel,
    Closed,
    Deadline,
    Message,
    TimedOut,
    number_of,
)
from course_dl.grading.sandbox.wire.limits import Limits, Violation
from course_dl.grading.sandbox.wire.values import Reader, Writer

DTYPES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128"


def passed_on(value: Any) -> Any:
    """The value after a crossing."""
    ours, theirs = socket.socketpair()
    writer = Writer()
    Channel(ours).send(writer.message(writer.encode(value)))
    message = Channel(theirs).receive()
    reader = Reader(message.body)
    found = reader.decode(message.content)
    reader.finished()
    return found


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -(2**70), 0.1, float("inf"), -0.0, 1 + 2j, "é\n\x00", b"\x00\xff",
        [], (), [1, (2.0, "a")], {"a": [None], 1: {}}, slice(1, None, 2), range(5),
        torch.float64, Handle(3, "Counter"),
    ],
    ids=repr,
)  # fmt: skip
def test_plain_values_arrive_as_they_were(value: Any) -> None:
    found = passed_on(value)
    assert found == value
    assert type(found) is type(value)


def test_nan_arrives() -> None:
    assert passed_on(float("nan")) != passed_on(float("nan"))


@pytest.mark.parametrize("name", DTYPES.split())
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_tensors_arrive_to_the_bit(name: str, shape: tuple[int, ...]) -> None:
    dtype = getattr(torch, name)
    tensor = (10 * torch.rand(shape, generator=torch.Generator().manual_seed(0))).to(dtype)
    found = passed_on(tensor)
    assert found.dtype == dtype
    assert found.shape == tensor.shape
    assert torch.equal(found, tensor)


def test_views_conjugates_and_gradients_arrive() -> None:
    x = torch.arange(12.0).reshape(3, 4)
    assert torch.equal(passed_on(x.T[1:, ::2]), x.T[1:, ::2])
    single = x.T[:1, :1]  # one entry, and strides that are no row's
    assert torch.equal(passed_on(single), single)
    assert torch.equal(passed_on(x.expand(2, 3, 4)), x.expand(2, 3, 4))
    z = torch.tensor([1 + 2j])
    assert torch.equal(passed_on(z.conj()), z.conj().resolve_conj())
    assert passed_on(x.clone().requires_grad_()).requires_grad
    assert torch.equal(passed_on([x, {"b": x + 1}])[1]["b"], x + 1)


def test_arrays_and_generators_arrive() -> None:
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    found = passed_on(array)
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)
    generator = torch.Generator().manual_seed(5)
    assert torch.equal(
        torch.rand(3, generator=passed_on(generator)), torch.rand(3, generator=generator)
    )


def test_what_arrives_shares_no_memory() -> None:
    x = torch.zeros(3)
    passed_on(x).add_(1)
    assert torch.equal(x, torch.zeros(3))


@pytest.mark.parametrize("value", [object(), print, {1}, 1 << 10_000, torch.ones(2).to_sparse()])
def test_other_things_do_not_cross(value: Any) -> None:
    with pytest.raises(Violation):
        Writer().encode(value)


def test_values_too_deep_or_too_large_do_not_cross() -> None:
    deep: list[Any] = []
    for _ in range(40):
        deep = [deep]
    with pytest.raises(Violation, match="nested"):
        Writer(limits=Limits()).encode(deep)
    with pytest.raises(Violation, match="MB"):
        Writer(limits=Limits(body=1 << 20)).encode(torch.zeros(1 << 19))
    with pytest.raises(Violation, match="large"):
        Writer(limits=Limits(header=100)).message("x" * 200)


@pytest.mark.parametrize(
    "item",
    [
        {"tensor": ["float64", [3], False, 8]},
        {"tensor": ["float64", [-1], False, -8]},
        {"tensor": ["float64", [1 << 40, 0], False, 0]},
        {"tensor": ["float64", [1] * 100, False, 8]},
        {"tensor": ["float64", [1.0], False, 8]},
        {"tensor": ["float64", [True], False, 8]},
        {"tensor": ["object", [1], False, 8]},
        {"tensor": ["float64", [1], False]},
        {"tensor": "float64"},
        {"array": ["O", [1], 8]},
        {"array": ["V8", [1], 8]},
        {"array": ["no", [1], 8]},
        {"bytes": 9},
        {"bytes": -1},
        {"bytes": True},
        {"handle": [-1, "A"]},
        {"handle": [1 << 40, "A"]},
        {"handle": [0, 7]},
        {"generator": 8},
        {"range": [0, 10**9, 1]},
        {"dict": [[{"list": []}, 1]]},
        {"dtype": "quint8"},
        {"complex": [1]},
        {"list": {}},
        {"list": [], "tuple": []},
        {"callback": [0]},
        {"eval": "1"},
        {},
        [1],
    ],
    ids=repr,
)
def test_a_malformed_value_is_a_violation(item: Any) -> None:
    with pytest.raises(Violation):
        Reader(bytearray(b"12345678")).decode(item)


EMPTY = {"tensor": ["float32", [0], False, 0]}
MANY = [
    {"list": [EMPTY] * 10_001},
    {"tuple": [{"list": [EMPTY] * 101}] * 100},
    {"list": [{"array": ["<f4", [0], 0]}] * 10_001},
    {"list": [0] * 200_001},
    {"list": [{"list": [None] * 1000}] * 200},
    {"dict": [[k, 0] for k in range(100_001)]},
]


@pytest.mark.parametrize("item", MANY, ids=range(len(MANY)))
def test_many_values_without_bytes_are_a_violation(item: Any) -> None:
    with pytest.raises(Violation, match=r"holds more than \d+,000 (values|tensors)"):
        Reader(bytearray()).decode(item)


def test_values_are_counted_over_all_of_a_message() -> None:
    reader = Reader(bytearray())
    for _ in range(2):
        reader.decode({"list": [EMPTY] * 5000})
    with pytest.raises(Violation, match="tensors"):
        reader.decode(EMPTY)


def test_what_would_not_be_read_is_not_written_either() -> None:
    writer = Writer(limits=Limits(values=10, tensors=3))
    for many in ([0] * 11, dict.fromkeys(range(6), 0), [np.ones(1)] * 4, [torch.ones(1)] * 4):
        with pytest.raises(Violation, match="holds more than"):
            writer.encode(many)
    assert writer.encode([torch.ones(1)] * 3)  # what failed counts for nothing
    with pytest.raises(Violation, match="tensors"):
        writer.encode(torch.ones(1))


def test_thousands_of_numbers_and_tensors_arrive() -> None:
    losses, parameters = [float(k) for k in range(50_000)], [torch.ones(0)] * 2_000
    sent = Writer(limits=Limits()).encode([losses, parameters])
    found = Reader(bytearray()).decode(sent)
    assert found[0] == losses and len(found[1]) == 2_000


def test_deep_nesting_on_arrival_is_a_violation() -> None:
    item: Any = 1
    for _ in range(50):
        item = {"list": [item]}
    with pytest.raises(Violation):
        Reader(bytearray()).decode(item)


def test_bytes_left_over_are_a_violation() -> None:
    with pytest.raises(Violation):
        Reader(bytearray(b"1")).finished()


def pair(limits: Limits = Limits()) -> tuple[socket.socket, Channel]:
    theirs, ours = socket.socketpair()
    return theirs, Channel(ours, limits)


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack(">IQ", 1 << 31, 0),
        struct.pack(">IQ", 2, 1 << 60),
        struct.pack(">IQ", 2, 0) + b"{{",
    ],
)
def test_a_malformed_message_is_a_violation(sent: bytes) -> None:
    theirs, channel = pair()
    theirs.send(sent)
    with pytest.raises(Violation):
        _ = channel.receive(Deadline(time.monotonic() + 10)).content


def test_deep_json_is_a_violation() -> None:
    theirs, channel = pair()
    raw = b"[" * 200_000
    theirs.sendall(struct.pack(">IQ", len(raw), 0) + raw)
    with pytest.raises(Violation):
        _ = channel.receive(Deadline(time.monotonic() + 10)).content


def test_silence_times_out_and_an_end_is_told() -> None:
    theirs, channel = pair()
    assert channel.is_open()
    with pytest.raises(TimedOut):
        channel.receive(Deadline(time.monotonic() + 0.01))
    theirs.close()
    assert not channel.is_open()
    with pytest.raises(Closed):
        channel.receive(Deadline(time.monotonic() + 10))


OUTCOMES = [
    None,
    {},
    [],
    [[]],
    [{}, {}, {}],
    [{"passed": True}],
    [{"timed_out": 1}],
    [{"timed_out": "no"}],
    [{"timed_out": ["never", ""]}],
    [{"timed_out": ["together", ""]}],
    [{"timed_out": ["long"]}],
    [{"timed_out": ["long", 1]}],
    [{"error": ["KeyError"]}],
    [{"error": ["KeyError", 1, ""]}],
    [{"changed": "x"}],
    [{"changed": ["x"] * 65}],
    [{"operations": -1}],
    [{"operations": True}],
    [{"printed": 3}],
    [{"value": {"tensor": ["float64", [1], False, 8]}}],
]


def outcomes(contents: Any, question: int = 7) -> list[Outcome]:
    """What the judge reads in the answer with these contents, to question 7."""
    header = json.dumps({"outcomes": contents, "to": 7}).encode()
    return _outcomes(Message(bytearray(header), bytearray()), question, 2)


@pytest.mark.parametrize("contents", OUTCOMES)
def test_a_malformed_outcome_is_a_violation(contents: Any) -> None:
    with pytest.raises(Violation):
        outcomes(contents)


def test_an_answer_to_another_question_is_a_violation() -> None:
    with pytest.raises(Violation, match="another question"):
        outcomes([{}], question=8)


def test_what_an_outcome_leaves_out_is_nothing() -> None:
    said = {"error": ["KeyError", "'a'", "line 1", "f"], "changed": ["x"], "operations": 3}
    plain, told = outcomes([{"value": 2.0}, said])
    assert plain == Outcome(2.0)
    error = StudentError("KeyError", "'a'", "line 1", "f")
    assert told == Outcome(error=error, changed=("x",), operations=3)


def test_both_sides_number_a_message_alike_and_another_one_differently() -> None:
    ours, theirs = socket.socketpair()
    numbers, digests = set(), set()
    for value in (torch.zeros(3), torch.ones(3), [torch.ones(3)]):
        writer = Writer()
        sent = writer.message(writer.encode(value))
        Channel(ours).send(sent)
        came = Channel(theirs).receive()
        assert came.number == number_of(sent)
        numbers.add(came.number)
        digests.add(came.digest)
    assert len(numbers) == len(digests) == 3


def test_tensors_of_a_message_keep_apart() -> None:
    bits, numbers, last = passed_on([torch.tensor([True]), torch.arange(3.0), torch.ones(2, 2)])
    bits.zero_()
    numbers.fill_(7.0)
    assert torch.equal(last, torch.ones(2, 2))
