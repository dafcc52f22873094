"""The norms of every layer in the record of an epoch."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from swatch.compose import compose
from swatch.nn.parameters import Parameters
from swatch.training.assembly import assemble
from swatch.training.callbacks.base import Callback
from swatch.training.callbacks.norms import Norms
from swatch.training.data_cache import prepare_data


def test_each_layers_weights_and_gradients(slice_overrides: list[str]) -> None:
    composition = compose([*slice_overrides, "model.hidden_sizes=[8]", "epochs=2"])
    trainer = assemble(composition, prepare_data(composition))
    seen: list[dict[str, Any]] = []

    class Watch(Callback):
        def on_epoch_end(self, trainer: Any, record: dict[str, Any]) -> None:
            seen.append(dict(record))

    trainer.callbacks = (Norms(), Watch())
    trainer.run()
    assert seen == trainer.history, "callbacks after it see a complete record"
    parameters = trainer.network.parameters
    layers = {segment.layer for segment in parameters.segments}
    assert len(layers) == 2
    names = {f"norm/{kind}/{layer}" for kind in ("weight", "gradient") for layer in layers}
    assert {name for name in seen[1] if name.startswith("norm/")} == names
    for kind, vector in (("weight", parameters.values), ("gradient", parameters.gradients)):
        parts = [seen[1][f"norm/{kind}/{layer}"] for layer in layers]
        assert np.hypot(*parts) == pytest.approx(np.linalg.norm(vector.astype(float)), rel=1e-6)
        assert min(parts) > 0


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_not_finite_is_left_out(value: float) -> None:
    """A checkpoint could not hold it, and the next loss says what is wrong."""
    parameters = Parameters()
    segment = parameters.add("linear", "weight", (4, 12))
    parameters.allocate()
    segment.view[:] = 3e38  # its square is beyond float32
    segment.gradient[0, 0] = value
    record: dict[str, Any] = {"epoch": 1}
    trainer: Any = SimpleNamespace(network=SimpleNamespace(parameters=parameters))
    Norms().on_epoch_end(trainer, record)
    assert record == {"epoch": 1, "norm/weight/linear": pytest.approx(3e38 * np.sqrt(48), rel=1e-6)}
