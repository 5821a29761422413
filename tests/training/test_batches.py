"""Which pictures, in which order: a function of (seed, epoch) and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.training.batches import Pictures, order


@pytest.mark.parametrize("n", [2, 3, 5, 17, 33, 64])
@pytest.mark.parametrize("batch_size", [2, 3, 16, 32])
def test_no_batch_of_one_and_every_picture_once(n, batch_size):
    parts = order(np.arange(100, 100 + n), 0, 0, batch_size)
    assert min(map(len, parts)) >= 2
    assert max(map(len, parts)) <= max(3, batch_size)
    assert sorted(np.concatenate(parts)) == list(range(100, 100 + n))


def test_batches_of_one_where_they_are_asked_for():
    assert [len(part) for part in order(np.arange(3), 0, 0, 1)] == [1, 1, 1]


def test_order_follows_seed_and_epoch():
    orders = {
        (seed, epoch): tuple(np.concatenate(order(np.arange(50), seed, epoch, 16)))
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len(set(orders.values())) == 4
    assert orders[0, 1] == tuple(np.concatenate(order(np.arange(50), 0, 1, 16)))


@pytest.mark.parametrize("augment", ["none", "light", "crop", "colour"])
def test_workers_and_memory_change_nothing(augment, demo, shapes):
    dataset, parts = shapes
    index = order(parts.train, 0, 0, 16)

    def views(workers: int, memory: int) -> np.ndarray:
        pictures = Pictures(dataset.paths, demo.preprocess, workers, memory)
        return np.concatenate([batch for _, batch in pictures.batches(index, 4, 1, augment)])

    one = views(1, 0)
    assert one.shape == (len(parts.train), 64, 64, 3)
    np.testing.assert_array_equal(one, views(3, 1 << 30))
