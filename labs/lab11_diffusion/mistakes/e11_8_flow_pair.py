"""Wrong answers to exercise 11.8 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import for_each


def line(x0, eps, t):
    s = for_each(t, x0)
    return (1 - s) * x0 + s * eps


@mistake(
    "11.8", "The target has the wrong sign: as t grows, x_t moves towards the noise, eps - x0."
)
def flow_pair__sign(x0, eps, t):
    return line(x0, eps, t), x0 - eps


@mistake(
    "11.8",
    "t goes the other way round: t = 0 is the picture and t = 1 the noise, (1 - t) x0 + t eps.",
)
def flow_pair__turned_round(x0, eps, t):
    return line(eps, x0, t), eps - x0


@mistake(
    "11.8",
    "t goes the other way round, in x_t and in the target: t = 0 is the picture, t = 1 the noise.",
)
def flow_pair__all_turned_round(x0, eps, t):
    return line(eps, x0, t), x0 - eps


@mistake("11.8", "The target is the noise, as in DDPM: here it is the velocity, eps - x0.")
def flow_pair__target_eps(x0, eps, t):
    return line(x0, eps, t), eps


@mistake("11.8", "The target is the picture: it is the velocity, eps - x0.")
def flow_pair__target_x0(x0, eps, t):
    return line(x0, eps, t), x0


@mistake(
    "11.8", "The target is eps - x_t, what is left to go: the velocity is eps - x0 all the way."
)
def flow_pair__from_x_t(x0, eps, t):
    return line(x0, eps, t), eps - line(x0, eps, t)


@mistake(
    "11.8", "The target is x_t - x0, that is t (eps - x0): the velocity is eps - x0, whatever t is."
)
def flow_pair__gone_so_far(x0, eps, t):
    return line(x0, eps, t), line(x0, eps, t) - x0


@mistake("11.8", "The target has factors: the derivative of (1 - t) x0 + t eps by t is eps - x0.")
def flow_pair__target_weighted(x0, eps, t):
    s = for_each(t, x0)
    return line(x0, eps, t), s * eps - (1 - s) * x0


@mistake("11.8", "The parts of the target are added: the derivative of 1 - t is -1, so eps - x0.")
def flow_pair__target_sum(x0, eps, t):
    return line(x0, eps, t), eps + x0


ROOTS = (
    "There are roots, as in DDPM's noising: the flow is a straight line, (1 - t) x0 + t eps, "
    "without any."
)


@mistake("11.8", ROOTS)
def flow_pair__roots(x0, eps, t):
    s = for_each(t, x0)
    return (1 - s).sqrt() * x0 + s.sqrt() * eps, eps - x0


@mistake("11.8", "x0 does not fade: it has the factor 1 - t.")
def flow_pair__x0_whole(x0, eps, t):
    return x0 + for_each(t, x0) * eps, eps - x0


@mistake("11.8", "eps has no factor: it has t.")
def flow_pair__eps_whole(x0, eps, t):
    return (1 - for_each(t, x0)) * x0 + eps, eps - x0


@mistake("11.8", "The parts are subtracted: x_t = (1 - t) x0 + t eps.")
def flow_pair__minus(x0, eps, t):
    s = for_each(t, x0)
    return (1 - s) * x0 - s * eps, eps - x0


@mistake(
    "11.8",
    "t is (N,) and goes along the last axis, the columns: make it (N, 1, ...), by "
    "t.reshape(-1, *[1] * (x0.dim() - 1)).",
)
def flow_pair__columns(x0, eps, t):
    return (1 - t) * x0 + t * eps, eps - x0


@mistake(
    "11.8",
    "t has the shape (N, 1), which is right for points (N, D) alone: for pictures it has to be "
    "(N, 1, 1, 1), t.reshape(-1, *[1] * (x0.dim() - 1)).",
)
def flow_pair__for_points_alone(x0, eps, t):
    s = t[:, None]
    return (1 - s) * x0 + s * eps, eps - x0


@mistake(
    "11.8",
    "t has the shape (N, 1, 1, 1), which is right for pictures alone: x0 may be points (N, D) too, "
    "t.reshape(-1, *[1] * (x0.dim() - 1)).",
)
def flow_pair__for_pictures_alone(x0, eps, t):
    s = t.view(-1, 1, 1, 1)
    return (1 - s) * x0 + s * eps, eps - x0


@mistake("11.8", "All samples get the time of the first one: each has a t of its own.")
def flow_pair__first_t(x0, eps, t):
    return (1 - t[0]) * x0 + t[0] * eps, eps - x0


@mistake("11.8", "The noise is drawn anew: use eps.")
def flow_pair__own_noise(x0, eps, t):
    noise = torch.randn_like(x0)
    return line(x0, noise, t), noise - x0


@mistake("11.8", "x_t alone is returned: return (x_t, target).")
def flow_pair__x_t_alone(x0, eps, t):
    return line(x0, eps, t)


@mistake("11.8", "The target alone is returned: return (x_t, target).")
def flow_pair__target_alone(x0, eps, t):
    return eps - x0


@mistake("11.8", "The order is turned round: return (x_t, target), x_t first.")
def flow_pair__order(x0, eps, t):
    return eps - x0, line(x0, eps, t)


@mistake("11.8", "x_t is clamped to [-1, 1]: noise goes beyond, leave it as it is.")
def flow_pair__clamped(x0, eps, t):
    return line(x0, eps, t).clamp(-1, 1), eps - x0


# euler


def walked(velocity, x1, times, step):
    """``x + step * velocity(x, t)`` at each of the times."""
    x = x1
    for t in times:
        x = x + step * velocity(x, time_of(x, t))
    return x


def time_of(x, t):
    return torch.full((len(x),), float(t), dtype=x.dtype)


def begins(steps):
    return [1 - k / steps for k in range(steps)]


@mistake(
    "11.8",
    "You add the velocity: it points to the noise, and t falls, so subtract "
    "velocity(x, t) / steps.",
)
def euler__plus(velocity, x1, steps):
    return walked(velocity, x1, begins(steps), 1 / steps)


@mistake(
    "11.8",
    "You start at t = 0 and go forwards: x1 is the noise, so t falls, from 1 to 1 / steps.",
)
def euler__forwards(velocity, x1, steps):
    return walked(velocity, x1, [k / steps for k in range(steps)], -1 / steps)


@mistake(
    "11.8",
    "You go from t = 0 to 1 and add, from picture to noise: here x1 is the noise; t falls from 1, "
    "and the velocity is subtracted.",
)
def euler__from_0_to_1(velocity, x1, steps):
    return walked(velocity, x1, [k / steps for k in range(steps)], 1 / steps)


@mistake(
    "11.8",
    "The velocity is asked where a step ends: ask where it begins, at t = 1 first and 0 never.",
)
def euler__end_of_the_step(velocity, x1, steps):
    return walked(velocity, x1, [1 - (k + 1) / steps for k in range(steps)], -1 / steps)


@mistake("11.8", "The velocity is asked in the middle of a step: ask where it begins.")
def euler__middle_of_the_step(velocity, x1, steps):
    return walked(velocity, x1, [1 - (k + 0.5) / steps for k in range(steps)], -1 / steps)


@mistake(
    "11.8", "There is one step too many: t = 1, ..., 1 / steps are `steps` times, 0 is no more."
)
def euler__one_too_many(velocity, x1, steps):
    return walked(velocity, x1, [1 - k / steps for k in range(steps + 1)], -1 / steps)


@mistake("11.8", "There is one step too few: `steps` of them, at t = 1, ..., 1 / steps.")
def euler__one_too_few(velocity, x1, steps):
    return walked(velocity, x1, begins(steps)[:-1], -1 / steps)


@mistake(
    "11.8",
    "The first step, at t = 1, is missing: there are `steps` of them, at t = 1, ..., 1 / steps.",
)
def euler__first_missing(velocity, x1, steps):
    return walked(velocity, x1, begins(steps)[1:], -1 / steps)


@mistake(
    "11.8",
    "The times are torch.linspace(1, 0, steps), which ends at 0, with gaps longer than the steps: "
    "take 1 - k / steps.",
)
def euler__linspace(velocity, x1, steps):
    return walked(velocity, x1, torch.linspace(1, 0, steps).tolist(), -1 / steps)


@mistake(
    "11.8",
    "You step from time to time of torch.linspace(1, 0, steps), which are steps - 1 steps: there "
    "are steps + 1 ends, torch.linspace(1, 0, steps + 1).",
)
def euler__linspace_gaps(velocity, x1, steps):
    x, times = x1, torch.linspace(1, 0, steps).tolist()
    for t, s in zip(times[:-1], times[1:], strict=True):
        x = x + (s - t) * velocity(x, time_of(x, t))
    return x


@mistake("11.8", "You divide by steps twice: each step goes velocity / steps.")
def euler__divided_twice(velocity, x1, steps):
    return walked(velocity, x1, begins(steps), -1 / steps**2)


@mistake("11.8", "You do not divide by steps: each step goes velocity / steps.")
def euler__undivided(velocity, x1, steps):
    return walked(velocity, x1, begins(steps), -1)


@mistake("11.8", "The steps are multiplied by t: all are equally long, velocity / steps.")
def euler__times_t(velocity, x1, steps):
    x = x1
    for t in begins(steps):
        x = x - t * velocity(x, time_of(x, t)) / steps
    return x


@mistake("11.8", "The velocity is asked at x1 each time: ask at x, where you are by now.")
def euler__at_x1(velocity, x1, steps):
    x = x1
    for t in begins(steps):
        x = x - velocity(x1, time_of(x, t)) / steps
    return x


@mistake("11.8", "Each step starts at x1 again: go on from x, x = x - velocity(x, t) / steps.")
def euler__from_x1(velocity, x1, steps):
    x = x1
    for t in begins(steps):
        x = x1 - velocity(x, time_of(x, t)) / steps
    return x


@mistake("11.8", "t stays 1 all the time: it is less by 1 / steps after each step.")
def euler__t_fixed(velocity, x1, steps):
    return walked(velocity, x1, [1.0] * steps, -1 / steps)


@mistake("11.8", "You return after the first step: the return stands in the loop, move it out.")
def euler__return_in_the_loop(velocity, x1, steps):
    return x1 - velocity(x1, time_of(x1, 1)) / steps


@mistake(
    "11.8",
    "velocity gets t as a Python number: it takes a tensor (N,), the same time for each sample, "
    "torch.full((len(x),), t, dtype=x.dtype).",
)
def euler__t_a_float(velocity, x1, steps):
    x = x1
    for t in begins(steps):
        x = x - velocity(x, t) / steps
    return x


SHAPE_OF_T = (
    "velocity gets a t of another shape than (N,): it takes the time of each sample, "
    "torch.full((len(x),), t, dtype=x.dtype)."
)


@mistake("11.8", SHAPE_OF_T)
def euler__t_zero_dim(velocity, x1, steps):
    x = x1
    for t in begins(steps):
        x = x - velocity(x, torch.tensor(t, dtype=x.dtype)) / steps
    return x


@mistake("11.8", SHAPE_OF_T)
def euler__t_column(velocity, x1, steps):
    x = x1
    for t in begins(steps):
        x = x - velocity(x, time_of(x, t)[:, None]) / steps
    return x


@mistake(
    "11.8",
    "t has the default dtype, float32, or that of a list: give it the dtype of x, "
    "torch.full((len(x),), t, dtype=x.dtype).",
)
def euler__t_float32(velocity, x1, steps):
    x = x1
    for t in begins(steps):
        x = x - velocity(x, torch.full((len(x),), t)) / steps
    return x


@mistake("11.8", "The arguments of velocity are exchanged: velocity(x, t).")
def euler__arguments_exchanged(velocity, x1, steps):
    x = x1
    for t in begins(steps):
        x = x - velocity(time_of(x, t), x) / steps
    return x


@mistake("11.8", "You return all states: the last one alone is asked for, the picture at t = 0.")
def euler__all_states(velocity, x1, steps):
    states = [x1]
    for t in begins(steps):
        states.append(states[-1] - velocity(states[-1], time_of(x1, t)) / steps)
    return states


@mistake("11.8", "You return all states, stacked: the last one alone is asked for, at t = 0.")
def euler__all_states_stacked(velocity, x1, steps):
    return torch.stack(euler__all_states(velocity, x1, steps))


@mistake("11.8", "The result is clamped to [-1, 1]: leave it as it is, points go beyond.")
def euler__clamped(velocity, x1, steps):
    return walked(velocity, x1, begins(steps), -1 / steps).clamp(-1, 1)


@mistake(
    "11.8",
    "velocity is asked for each sample by itself: it takes all at once, x (N, ...) and t (N,).",
)
def euler__sample_by_sample(velocity, x1, steps):
    return torch.cat([walked(velocity, x[None], begins(steps), -1 / steps) for x in x1])


@mistake(
    "11.8",
    "The loop goes on while t > 0, and by rounding t may be 5e-17 in place of 0: count the steps.",
)
def euler__while_t_is_positive(velocity, x1, steps):
    x, t = x1, 1.0
    while t > 0:
        x, t = x - velocity(x, time_of(x, t)) / steps, t - 1 / steps
    return x
