"""Products in stripes: the same numbers as at once, however many columns there are."""

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

from swatch.nn import CrossEntropy, Network, products, resnet_small
from swatch.nn.products import MOST_MULTIPLY_ADDS
from swatch.nn.striped_product import MOST_RESULTS, StripedProduct, choose_height, choose_stripes
from swatch.threads import matrix_kernels

SIZES = st.one_of(st.integers(1, 300), st.sampled_from([16, 24, 32, 48, 64, 96, 128]))


@pytest.fixture
def striped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripes are cut, whichever kernels the matrix library has."""
    monkeypatch.setattr(products, "TILED_KERNELS", (matrix_kernels(),))


def factors(rows: int, length: int, columns: int, transposed: bool, seed: int = 0) -> tuple[Any, Any, Any]:
    """Return a and b as they are handed over, and their product."""
    generator = np.random.default_rng(seed)
    a, b = generator.standard_normal((rows, length)), generator.standard_normal((length, columns))
    return np.ascontiguousarray(a.T if transposed else a), b, a @ b


@settings(max_examples=150, deadline=None)
@given(rows=SIZES, length=SIZES, columns=SIZES, transposed=st.booleans())
def test_the_product_is_whole(rows: int, length: int, columns: int, transposed: bool) -> None:
    a, b, expected = factors(rows, length, columns, transposed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "TILED_KERNELS", (matrix_kernels(),))
        product = StripedProduct(np.float64, transposed=transposed)
        product.take(b)
        out = np.full((rows, columns), np.nan)
        assert product(a, out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-11, atol=1e-11 * length)


@settings(max_examples=200, deadline=None)
@given(
    length=st.integers(1, 3000),
    columns=st.integers(1, 600),
    rows=st.integers(1, 3000),
    transposed=st.booleans(),
)
def test_stripes_lie_side_by_side_and_suit_the_kernels(
    length: int, columns: int, rows: int, transposed: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "TILED_KERNELS", (matrix_kernels(),))
        stripes = choose_stripes(length, columns, transposed=transposed)
    if not stripes:
        return
    edges = [0, *(stripe.columns.stop for stripe in stripes)]
    assert [stripe.columns.start for stripe in stripes] == edges[:-1]
    assert edges[-1] == columns
    for stripe in stripes:
        assert 0 < stripe.taken <= stripe.width
        height = choose_height(stripe.width, length, rows, transposed=transposed)
        assert height <= rows
        assert height * stripe.width * length <= MOST_MULTIPLY_ADDS


def test_other_kernels_multiply_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "TILED_KERNELS", ("SkylakeX",))
    monkeypatch.setattr(products, "matrix_kernels", lambda: "SkylakeX")
    assert [stripe.width for stripe in choose_stripes(432, 96, transposed=False)] == [64, 32]
    assert [stripe.width for stripe in choose_stripes(432, 24, transposed=False)] == [32]
    monkeypatch.setattr(products, "matrix_kernels", lambda: "Haswell")
    assert choose_stripes(432, 96, transposed=False) == []


@pytest.mark.usefixtures("striped")
@pytest.mark.parametrize("columns", [24, 32, 64, 96])
@pytest.mark.parametrize("transposed", [False, True])
def test_kept_views_are_those_of_the_arrays_at_hand(columns: int, transposed: bool) -> None:
    product = StripedProduct(np.float64, transposed=transposed)
    assert choose_stripes(128, columns, transposed=transposed)
    first, second = (factors(100, 128, columns, transposed, seed) for seed in (1, 2))
    outs = [np.zeros((100, columns)) for _ in range(2)]
    for b in (first[1], second[1]):
        product.take(b)
        for a in (first[0], second[0]):
            for out in outs:
                product(a, out)
                np.testing.assert_allclose(out, (a.T if transposed else a) @ b, rtol=1e-9, atol=1e-9)


@pytest.mark.usefixtures("striped")
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_have_no_memory_of_the_original(
    duplicate: Callable[[StripedProduct], StripedProduct],
) -> None:
    product = StripedProduct(np.float64)
    a, b, expected = factors(64, 128, 96, False)
    out, other = np.zeros((2, 64, 96))
    product.take(b)
    product(a, out)
    twin = duplicate(product)
    out[:] = 0
    twin.take(b)
    twin(a, other)
    np.testing.assert_allclose(other, expected, rtol=1e-9, atol=1e-9)
    assert not out.any()


@pytest.mark.usefixtures("striped")
def test_it_allocates_nothing_after_the_first_time() -> None:
    product, transposed = StripedProduct(np.float64), StripedProduct(np.float64, transposed=True)
    a, b, _ = factors(256, 128, 80, False)
    c, d, _ = factors(256, 128, 80, True)
    out = np.empty((256, 80))

    def step() -> None:
        product.take(b)
        product(a, out)
        transposed.take(d)
        transposed(c, out)

    step()
    tracemalloc.start()
    try:
        step()
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("striped")
def test_only_the_last_results_are_held_on_to() -> None:
    product = StripedProduct(np.float64)
    a, b, _ = factors(64, 128, 96, False)
    product.take(b)
    held = []
    for _ in range(MOST_RESULTS + 40):
        out = np.empty((64, 96))
        product(a, out)
        held.append(weakref.ref(out))
        del out
    assert sum(reference() is not None for reference in held) <= MOST_RESULTS


def test_a_network_has_the_same_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    def gradients() -> Any:
        generator = np.random.default_rng(0)
        network = Network(resnet_small(10), (28, 28, 1), batch_size=20, seed=0, dtype=np.float64)
        loss = CrossEntropy()
        x, labels = generator.standard_normal((20, 28, 28, 1)), generator.integers(10, size=20)
        loss.forward(network.forward(x, training=True), labels)
        network.backward(loss.backward())
        return network.parameters.gradients

    monkeypatch.setattr(products, "TILED_KERNELS", ())
    whole = gradients()
    monkeypatch.setattr(products, "TILED_KERNELS", (matrix_kernels(),))
    np.testing.assert_allclose(gradients(), whole, rtol=1e-8, atol=1e-11)
