"""Laws of the batches: every sample once an epoch, with its own d, in a fresh random order."""

from __future__ import annotations

import pytest
import torch

from course_dl.data import Batches


def numbered(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples that tell their own number, as X and as d."""
    d = torch.arange(n)
    return d[:, None].float().expand(n, 3).clone(), d


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def order(batches: Batches) -> list[int]:
    return torch.cat([d for _, d in batches]).tolist()


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("n", "size"), [(10, 3), (12, 4), (5, 128), (1, 1), (7, 1)])
def test_an_epoch_visits_every_sample_once_with_its_own_d(n, size, shuffle):
    batches = Batches(*numbered(n), batch_size=size, shuffle=shuffle, generator=seeded())
    seen = list(batches)
    assert len(seen) == len(batches)
    assert [len(X) for X, _ in seen] == [size] * (n // size) + [n % size] * (n % size > 0)
    assert all(torch.equal(X, d[:, None].float().expand(-1, 3)) for X, d in seen)
    assert sorted(order(batches)) == list(range(n))


def test_there_is_a_dataset_as_a_data_loader_has_one():
    batches = Batches(*numbered(10), batch_size=3, shuffle=False)
    assert len(batches.dataset) == 10
    X, d = batches.dataset[7]
    assert torch.equal(X, torch.full((3,), 7.0)) and d == 7


def test_every_epoch_has_a_fresh_order():
    batches = Batches(*numbered(50), batch_size=8, generator=seeded())
    epochs = [order(batches) for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    assert all(epoch != list(range(50)) for epoch in epochs)


def test_the_generator_decides_the_orders_alone():
    X, d = numbered(50)
    one, two = (Batches(X, d, 8, generator=seeded(4)) for _ in range(2))
    before = torch.get_rng_state()
    first = [order(one) for _ in range(2)]
    torch.manual_seed(99)
    assert first == [order(two) for _ in range(2)]
    torch.set_rng_state(before)
    order(one)
    assert torch.equal(before, torch.get_rng_state())


def test_the_state_of_the_generator_resumes_the_orders():
    generator = seeded()
    batches = Batches(*numbered(30), batch_size=8, generator=generator)
    order(batches)
    state = generator.get_state()
    expected = order(batches)
    generator.set_state(state)
    assert order(batches) == expected


def test_without_a_generator_the_global_seed_decides():
    batches = Batches(*numbered(30), batch_size=8)
    torch.manual_seed(1)
    first = order(batches)
    assert first != order(batches)
    torch.manual_seed(1)
    assert first == order(batches)


def test_two_passes_at_once_do_not_disturb_each_other():
    batches = Batches(*numbered(30), batch_size=8, generator=seeded())
    pairs = list(zip(batches, batches, strict=True))
    for side in range(2):
        assert sorted(torch.cat([pair[side][1] for pair in pairs]).tolist()) == list(range(30))


def test_unshuffled_batches_come_in_order():
    batches = Batches(*numbered(10), batch_size=4, shuffle=False)
    assert order(batches) == order(batches) == list(range(10))


def test_shapes_and_dtypes_pass_through():
    X, d = torch.zeros(6, 1, 28, 28, dtype=torch.float64), torch.zeros(6, 2)
    X_batch, d_batch = next(iter(Batches(X, d, batch_size=4, generator=seeded())))
    assert X_batch.shape == (4, 1, 28, 28) and X_batch.dtype == torch.float64
    assert d_batch.shape == (4, 2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_orders_on_a_gpu_are_those_of_the_cpu():
    X, d = numbered(30)
    batches = Batches(X.cuda(), d.cuda(), batch_size=8, generator=seeded())
    assert all(X.is_cuda and d.is_cuda for X, d in batches)
    batches.generator = seeded()
    assert order(batches) == order(Batches(X, d, batch_size=8, generator=seeded()))


def test_it_says_what_it_is():
    assert repr(Batches(*numbered(1000), batch_size=64)) == (
        "Batches(1,000 samples, 16 batches of 64, shuffled)"
    )


@pytest.mark.parametrize(
    ("X", "d", "size", "error", "words"),
    [
        (torch.zeros(4, 2), torch.zeros(5), 2, ValueError, "4 samples X and 5 of d"),
        (torch.zeros(0, 2), torch.zeros(0), 2, ValueError, "one sample or more, got a"),
        (torch.zeros(4, 2), torch.tensor(1.0), 2, ValueError, "one sample or more, got a"),
        ([[1.0]], torch.zeros(1), 2, TypeError, "X must be a torch.Tensor, got list"),
        (torch.zeros(1, 1), [0], 2, TypeError, "d must be a torch.Tensor, got list"),
        (torch.zeros(4, 2), torch.zeros(4), 0, ValueError, "at least 1, got 0"),
        (torch.zeros(4, 2), torch.zeros(4), 2.0, TypeError, "an integer, got 2.0"),
        (torch.zeros(4, 2), torch.zeros(4, device="meta"), 2, ValueError, "cpu and d on meta"),
    ],
)
def test_what_does_not_fit_is_told(X, d, size, error, words):
    with pytest.raises(error, match=words):
        Batches(X, d, batch_size=size)
