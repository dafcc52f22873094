"""The moving average of weights."""

from __future__ import annotations

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.optim import averaging
from swatch.optim.averaging import WeightAverage


@pytest.mark.parametrize("block", [3, 65_536])
def test_it_is_its_formula(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(averaging, "BLOCK", block)
    generator = np.random.default_rng(0)
    values, buffers = generator.standard_normal(10), {"norm/mean": generator.standard_normal((2, 2))}
    own = WeightAverage(0.9)
    own.bind(values, buffers)
    expected = [values.copy(), buffers["norm/mean"].copy()]
    for step in range(200):
        for array in (values, buffers["norm/mean"]):
            array += 0.1 * generator.standard_normal(array.shape)
        own.update()
        decay = min(0.9, (1 + step) / (10 + step))
        expected[0] = decay * expected[0] + (1 - decay) * values
        expected[1] = decay * expected[1] + (1 - decay) * buffers["norm/mean"]
    live = values.copy()
    with own.applied():
        np.testing.assert_allclose(values, expected[0], rtol=1e-10)
        np.testing.assert_allclose(buffers["norm/mean"], expected[1], rtol=1e-10)
    assert (values == live).all()


def test_the_weights_come_back_after_an_error() -> None:
    values = np.arange(4.0)
    own = WeightAverage(0.5)
    own.bind(values, {})
    values += 1
    own.update()
    with pytest.raises(RuntimeError), own.applied():
        raise RuntimeError
    assert values.tolist() == [1, 2, 3, 4]


def test_another_one_goes_on_bit_for_bit() -> None:
    values = np.random.default_rng(1).standard_normal(20).astype(np.float32)
    own = WeightAverage(0.99)
    own.bind(values, {})
    for _ in range(5):
        values *= 1.1
        own.update()
    twin = WeightAverage(0.99)
    twins = values.copy()
    twin.bind(twins, {})
    twin.load_state({name: array.copy() for name, array in own.state().items()})
    for average, array in ((own, values), (twin, twins)):
        array *= 0.7
        average.update()
    with own.applied(), twin.applied():
        assert (values == twins).all()
    with pytest.raises(ValueError, match="20 elements, found shape"):
        own.load_state({"steps": np.asarray(1), "average0": np.zeros(3)})


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_bad_decay(decay: float) -> None:
    with pytest.raises(UserError, match=r"^weight_average must be in \[0, 1\)"):
        WeightAverage(decay)
