"""Wrong answers to exercise 3.1 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("3.1", "Your trajectory begins after the first step; row 0 is x0 itself.")
def gradient_descent__start_missing(grad, x0, step, n):
    x, path = x0, []
    for _ in range(n):
        x = x - step * grad(x)
        path.append(x)
    return torch.stack(path) if path else x0.new_empty(0, len(x0))


@mistake("3.1", "You stop one step too early: x0 and n steps make n + 1 rows.")
def gradient_descent__one_step_short(grad, x0, step, n):
    x, path = x0, []
    for _ in range(n):
        path.append(x)
        x = x - step * grad(x)
    return torch.stack(path) if path else x0.new_empty(0, len(x0))


@mistake("3.1", "You walk uphill: the gradient is subtracted, x - step * grad(x).")
def gradient_descent__uphill(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        path.append(path[-1] + step * grad(path[-1]))
    return torch.stack(path)


@mistake(
    "3.1",
    "All rows are the last point: x -= ... changes the one tensor that your list holds n + 1 "
    "times. Make a new tensor at each step, x = x - step * grad(x).",
)
def gradient_descent__one_tensor(grad, x0, step, n):
    x = x0.clone()
    path = [x]
    for _ in range(n):
        x -= step * grad(x)
        path.append(x)
    return torch.stack(path)


@mistake(
    "3.1",
    "x -= ... writes into x0, which belongs to your caller, and into every point that you kept. "
    "Write x = x - step * grad(x).",
)
def gradient_descent__in_place(grad, x0, step, n):
    x = x0
    path = [x]
    for _ in range(n):
        x -= step * grad(x)
        path.append(x)
    return torch.stack(path)


@mistake("3.1", "You use the gradient at x0 in every step; take it anew at the point x_t.")
def gradient_descent__gradient_of_the_start(grad, x0, step, n):
    slope = grad(x0)
    return torch.stack([x0 - t * step * slope for t in range(n + 1)])


@mistake("3.1", "Every step starts at x0 again; it should start where the last one ended.")
def gradient_descent__always_from_x0(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        path.append(x0 - step * grad(path[-1]))
    return torch.stack(path)


@mistake("3.1", "step plays no part: the gradient is multiplied by it.")
def gradient_descent__step_unused(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        path.append(path[-1] - grad(path[-1]))
    return torch.stack(path)


@mistake("3.1", "You return the last point alone; asked for is the whole trajectory (n+1, D).")
def gradient_descent__last_point(grad, x0, step, n):
    x = x0
    for _ in range(n):
        x = x - step * grad(x)
    return x


@mistake(
    "3.1",
    "torch.zeros is float32, whatever x0 is: add dtype=x0.dtype, or collect the points in a list "
    "and stack them.",
)
def gradient_descent__float32(grad, x0, step, n):
    path = torch.zeros(n + 1, len(x0))
    path[0] = x0
    x = x0
    for t in range(n):
        x = x - step * grad(x)
        path[t + 1] = x
    return path


@mistake("3.1", "This is a list of points; torch.stack(path) makes one tensor (n+1, D) of it.")
def gradient_descent__list(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        path.append(path[-1] - step * grad(path[-1]))
    return path


@mistake("3.1", "You divide the gradient by its length; the step is long where F is steep.")
def gradient_descent__normalized(grad, x0, step, n):
    path = [x0]
    for _ in range(n):
        slope = grad(path[-1])
        path.append(path[-1] - step * slope / slope.norm())
    return torch.stack(path)
