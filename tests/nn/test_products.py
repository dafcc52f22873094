"""Products in tiles: the same numbers as at once, wherever the tiles end."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.nn import CrossEntropy, Network, cnn, mlp, products
from swatch.nn.arrays import MOST_SIZES
from swatch.nn.products import MOST_MULTIPLY_ADDS, MOST_TRANSPOSED_RESULTS, Product, choose_tile
from swatch.threads import matrix_kernels

SIDES = st.sampled_from([(False, False), (True, False), (False, True)])
SIZES = st.one_of(st.integers(1, 300), st.sampled_from([16, 32, 48, 64, 96, 128, 256, 512]))


@pytest.fixture
def tiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles are cut, whichever kernels the matrix library has."""
    monkeypatch.setattr(products, "TILED_KERNELS", (matrix_kernels(),))


def operands(
    rows: int, length: int, columns: int, sides: tuple[bool, bool], dtype: type, seed: int = 0
) -> tuple[Any, Any, Any]:
    """Return a and b as they are handed over, and their product."""
    generator = np.random.default_rng(seed)
    a, b = generator.standard_normal((rows, length)), generator.standard_normal((length, columns))
    left, right = sides
    factors: list[Any] = [m.T if turned else m for m, turned in ((a, left), (b, right))]
    return np.ascontiguousarray(factors[0], dtype), np.ascontiguousarray(factors[1], dtype), a @ b


@settings(max_examples=150, deadline=None)
@given(rows=SIZES, length=SIZES, columns=SIZES, sides=SIDES, dtype=st.sampled_from([np.float32, np.float64]))
def test_the_product_is_whole(
    rows: int, length: int, columns: int, sides: tuple[bool, bool], dtype: type
) -> None:
    a, b, expected = operands(rows, length, columns, sides, dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "TILED_KERNELS", (matrix_kernels(),))
        # Small tiles, so that there are some of full height and width, and rests of both.
        patch.setattr(products, "MOST_MULTIPLY_ADDS", 2000 * length)
        out: Any = np.full((rows, columns), np.nan, dtype)
        Product(transposed_left=sides[0], transposed_right=sides[1])(a, b, out)
    tolerance = 1e-4 if dtype is np.float32 else 1e-11
    np.testing.assert_allclose(out, expected, rtol=tolerance, atol=tolerance * length)


@settings(max_examples=200, deadline=None)
@given(rows=st.integers(1, 2000), length=st.integers(1, 2000), columns=st.integers(1, 2000), sides=SIDES)
def test_tiles_are_small_enough_for_the_kernels(
    rows: int, length: int, columns: int, sides: tuple[bool, bool]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "TILED_KERNELS", (matrix_kernels(),))
        tile = choose_tile(rows, length, columns, left=sides[0], right=sides[1])
    if tile is None:
        return
    results = tile.rows * tile.columns
    assert 0 < tile.rows <= rows
    assert 0 < tile.columns <= columns
    assert results < rows * columns
    assert results * length <= MOST_MULTIPLY_ADDS
    assert not sides[1] or results <= MOST_TRANSPOSED_RESULTS


def test_other_kernels_multiply_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "TILED_KERNELS", ("SkylakeX",))
    monkeypatch.setattr(products, "matrix_kernels", lambda: "SkylakeX")
    assert choose_tile(64, 784, 128, left=False, right=False) == (16, 64)
    monkeypatch.setattr(products, "matrix_kernels", lambda: "Haswell")
    assert choose_tile(64, 784, 128, left=False, right=False) is None


@pytest.mark.usefixtures("tiled")
@pytest.mark.parametrize("sides", [(False, False), (True, False), (False, True)])
def test_kept_tiles_are_those_of_the_arrays_at_hand(sides: tuple[bool, bool]) -> None:
    product = Product(transposed_left=sides[0], transposed_right=sides[1])
    first, second = (operands(100, 128, 160, sides, np.float32, seed) for seed in (1, 2))
    assert choose_tile(100, 128, 160, left=sides[0], right=sides[1]) is not None
    outs = [np.zeros((100, 160), np.float32) for _ in range(2)]
    for a in (first, second):
        for b in (first, second):
            for out in outs:
                product(a[0], b[1], out)
                left, right = (a[0].T if sides[0] else a[0]), (b[1].T if sides[1] else b[1])
                np.testing.assert_allclose(out, left @ right, rtol=1e-3, atol=1e-3)
    # The same arrays with other numbers in them.
    first[0][:] = second[0]
    product(first[0], second[1], outs[0])
    np.testing.assert_allclose(outs[0], second[2], rtol=1e-3, atol=1e-3)


@pytest.mark.usefixtures("tiled")
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_have_no_views_of_the_original(duplicate: Callable[[Product], Product]) -> None:
    product = Product()
    a, b, expected = operands(64, 128, 160, (False, False), np.float32)
    out, other = np.zeros((2, 64, 160), np.float32)
    product(a, b, out)
    twin = duplicate(product)
    out[:] = 0
    twin(a, b, other)
    np.testing.assert_allclose(other, expected, rtol=1e-3, atol=1e-3)
    assert not out.any()


def gradients(model: Any, shape: tuple[int, ...], samples: int) -> Any:
    generator = np.random.default_rng(0)
    network = Network(model, shape, batch_size=samples, seed=0, dtype=np.float64)
    loss = CrossEntropy()
    x, labels = generator.standard_normal((samples, *shape)), generator.integers(10, size=samples)
    loss.forward(network.forward(x, training=True), labels)
    network.backward(loss.backward())
    return network.parameters.gradients


@pytest.mark.parametrize(
    ("model", "samples"),
    [(lambda: mlp(10, [100, 128]), 50), (lambda: mlp(10, [128, 128]), 64), (lambda: cnn(10), 4)],
)
def test_a_network_has_the_same_gradients(
    model: Callable[[], Any], samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "TILED_KERNELS", ())
    whole = gradients(model(), (28, 28, 1), samples)
    monkeypatch.setattr(products, "TILED_KERNELS", (matrix_kernels(),))
    np.testing.assert_allclose(gradients(model(), (28, 28, 1), samples), whole, rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("tiled")
def test_tiles_allocate_nothing_after_the_first_step() -> None:
    products_and_operands = []
    for sides in ((False, False), (True, False), (False, True)):
        a, b, _ = operands(128, 256, 256, sides, np.float32)
        product = Product(transposed_left=sides[0], transposed_right=sides[1])
        products_and_operands.append((product, a, b, np.empty((128, 256), np.float32)))

    def step() -> None:
        for product, a, b, out in products_and_operands:
            product(a, b, out)

    step()
    tracemalloc.start()
    try:
        step()
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("tiled")
def test_only_the_last_sizes_are_held_on_to() -> None:
    """Predicting batches of any size does not keep all of them alive."""
    network = Network(mlp(3, [16]), (4, 4, 1), batch_size=100, seed=0)
    held = []
    for samples in range(1, 60):
        x = np.ones((samples, 4, 4, 1), np.float32)
        network.forward(x)
        held.append(weakref.ref(x))
        del x
    assert sum(reference() is not None for reference in held) <= MOST_SIZES
