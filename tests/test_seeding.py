"""Streams of random numbers by purpose."""

from __future__ import annotations

import numpy as np

from swatch.seeding import spawn


def draw(seed: np.random.SeedSequence) -> list[int]:
    return [int(value) for value in np.random.default_rng(seed).integers(1000, size=8)]


def test_a_seed_and_a_purpose_give_the_same_numbers_for_ever() -> None:
    # Runs of the past must stay repeatable: these numbers never change.
    assert draw(spawn(0, "init")) == [82, 283, 27, 736, 168, 733, 46, 739]


def test_purposes_seeds_and_levels_are_independent() -> None:
    seeds = [spawn(seed, purpose) for seed in (0, 1) for purpose in ("init", "dropout", "shuffle", "")]
    seeds += [spawn(spawn(0, "init"), "init"), spawn(spawn(0, "init"), "dropout"), np.random.SeedSequence(0)]
    assert len({tuple(draw(seed)) for seed in seeds}) == len(seeds)


def test_a_number_means_its_seed_sequence_and_spawning_leaves_no_trace() -> None:
    parent = np.random.SeedSequence(5)
    assert draw(spawn(parent, "init")) == draw(spawn(5, "init")) == draw(spawn(parent, "init"))
    assert parent.n_children_spawned == 0


def test_the_spawn_key_of_the_parent_counts() -> None:
    first, second = np.random.SeedSequence(5).spawn(2)
    assert draw(spawn(first, "init")) != draw(spawn(second, "init"))
