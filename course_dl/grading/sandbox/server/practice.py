# Runs in: server
"""Practice: what is done for the first time is slow, and to a new process everything is the first.

Before the first fork, a submission of no lab is loaded and called as a child does it. Python's and
torch's shortcuts for all that are then in the memory that each child begins with.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

import torch

from course_dl.calls.backend import Request, Rules
from course_dl.calls.limits import first_numbers
from course_dl.calls.values import Handle
from course_dl.grading.sandbox.child.main import Submission
from course_dl.grading.sandbox.wire.channel import Channel
from course_dl.grading.sandbox.wire.protocol import request_told
from course_dl.grading.sandbox.wire.values import Writer

__all__ = ["practise"]

ROUNDS = 20
SEEDS = 100  # a test's calls have the seeds 0, 1, 2, ...
PROGRAM = '''
import torch
from torch import Tensor


def layers(x: Tensor, weights: list[Tensor], g) -> tuple[list[Tensor], Tensor]:
    """A function with a loop, lists of tensors, an activation."""
    h = [x]
    for k, W in enumerate(weights, start=1):
        a = W @ h[-1]
        h.append(g(a) if k < len(weights) else a)
    return h, torch.softmax(h[-1], dim=0)


def slopes(x: Tensor) -> Tensor:
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad((leaf**2).sum(), leaf)[0]


def scaled(x: Tensor) -> Tensor:
    """Fails for two numbers."""
    return x * torch.arange(3.0)


class Net:
    def __init__(self, sizes: list[int], generator: torch.Generator) -> None:
        self.weights = [torch.randn(m, n, generator=generator) for n, m in zip(sizes, sizes[1:])]

    def forward(self, X: Tensor) -> Tensor:
        for W in self.weights:
            X = torch.relu(X @ W.T)
        return X
'''
Call = tuple[str, Any]  # target, arguments


def practise() -> None:
    """Load the program and call it, some times over."""
    x, weights = torch.ones(3), [torch.eye(3)] * 2
    net = Handle(0, "Net")
    talks: list[tuple[list[Call], Rules]] = [
        ([("student:layers", (x, weights, torch.tanh))] * 3, Rules()),
        ([("student:slopes", (x,))], Rules()),
        ([("student:Net", ([3, 2], torch.Generator()))], Rules()),
        ([("on:method", (net, "forward", torch.ones(4, 3)))], Rules()),
        ([("on:getattrs", (net, "weights"))], Rules()),
        ([("student:layers", (x, weights, torch.tanh))], Rules(autograd=False)),
        ([("student:layers", (x, weights, torch.tanh))], Rules(library=frozenset(["relu"]))),
        ([("student:layers", (x, weights, torch.tanh))], Rules(operations=True)),
        ([("student:scaled", (x,))], Rules(gradient=(0,))),
        ([("student:scaled", (torch.ones(2),))], Rules()),
    ]
    cell = {"place": "practice", "source": PROGRAM, "whole": True}
    program = {"cells": [cell], "names": ["layers"], "skip": [], "announced": False, "seconds": 5.0}
    main = sys.modules["__main__"]
    for _ in range(ROUNDS):
        judge, child = map(Channel, socket.socketpair())
        submission = Submission(child, program)
        judge.receive()
        for calls, rules in talks:
            judge.send(_question(calls, rules))
            child.send(submission.answer(child.receive()))
            judge.receive()
        judge.close()
        child.close()
    sys.modules["__main__"] = main
    for seed in range(SEEDS):
        first_numbers(seed)


def _question(calls: list[Call], rules: Rules) -> bytes:
    writer = Writer(lambda function: {"torch": function.__name__})
    asked = [Request(target, args, {}, rules) for target, args in calls]
    return writer.message({"calls": [request_told(request, writer) for request in asked]})
