"""The flat vectors, the views of them, and copies that keep them together."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from swatch.nn import Parameters


def make(dtype: type = np.float32) -> Parameters:
    parameters = Parameters(dtype)
    for layer, shape in (("linear1", (5, 3)), ("linear2", (3, 2))):
        parameters.add(layer, "weight", shape)
        parameters.add(layer, "bias", shape[1:])
    parameters.allocate()
    parameters.values[:] = np.arange(parameters.size)
    return parameters


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vectors_are_flat_contiguous_and_aligned(dtype: type) -> None:
    parameters = make(dtype)
    for vector in (parameters.values, parameters.gradients):
        assert vector.shape == (5 * 3 + 3 + 3 * 2 + 2,)
        assert vector.dtype == dtype
        assert vector.flags.c_contiguous
        assert vector.ctypes.data % 64 == 0


def test_weights_lie_before_biases_and_nothing_lies_between() -> None:
    parameters = make()
    assert [s.name for s in parameters] == [
        "linear1/weight",
        "linear2/weight",
        "linear1/bias",
        "linear2/bias",
    ]
    stops = [segment.slice.stop for segment in parameters]
    assert [segment.slice.start for segment in parameters] == [0, *stops[:-1]]
    assert stops[-1] == parameters.size


def test_views_show_the_vectors() -> None:
    parameters = make()
    for segment in parameters:
        assert segment.view.shape == segment.gradient.shape == segment.shape
        segment.view[...] = 7
        segment.gradient[...] = 8
        assert (parameters.values[segment.slice] == 7).all()
        assert (parameters.gradients[segment.slice] == 8).all()


def test_a_name_is_taken_once() -> None:
    parameters = Parameters()
    parameters.add("linear1", "weight", (2, 2))
    with pytest.raises(ValueError, match="linear1/weight"):
        parameters.add("linear1", "weight", (2, 3))


def test_spans_merge_neighbours_and_skip_zeros() -> None:
    parameters = make()
    assert parameters.spans(lambda s: 0.5 if s.role == "weight" else 0.0) == [(slice(0, 21), 0.5)]
    assert parameters.spans(lambda s: 1.0 if s.layer == "linear1" else 2.0) == [
        (slice(0, 15), 1.0),
        (slice(15, 21), 2.0),
        (slice(21, 24), 1.0),
        (slice(24, 26), 2.0),
    ]
    assert parameters.spans(lambda s: 1.0 if s.layer == "linear2" else 0.0) == [
        (slice(15, 21), 1.0),
        (slice(24, 26), 1.0),
    ]
    assert parameters.spans(lambda s: 0.0) == []


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_have_vectors_and_views_of_their_own(duplicate: Callable[[Parameters], Parameters]) -> None:
    parameters = make()
    views = [segment.view for segment in parameters]
    twin = duplicate(parameters)
    assert (twin.values == parameters.values).all()
    assert twin.values.ctypes.data % 64 == 0
    for segment in twin:
        assert np.shares_memory(segment.view, twin.values)
        assert np.shares_memory(segment.gradient, twin.gradients)
        segment.view[...] = -1
    assert (twin.values == -1).all()
    assert (parameters.values == np.arange(parameters.size)).all()
    assert all(np.shares_memory(view, parameters.values) for view in views)
