"""Parameters in files, and modules as config."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from entries import Entry
from swatch.compose import build_plain
from swatch.errors import UserError
from swatch.nn import BatchNorm, Linear, Network, Sequential, load_parameters, mlp, save_parameters
from swatch.nn.description import describe
from swatch.nn.module import Module


def test_parameters_and_buffers_come_back(tmp_path: Path) -> None:
    def network(seed: int) -> Network:
        return Network(Sequential([Linear(4), BatchNorm(), Linear(3)]), (5,), batch_size=8, seed=seed)

    saved, other = network(0), network(1)
    saved.forward(np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32), training=True)
    save_parameters(tmp_path / "weights.npz", saved)
    load_parameters(tmp_path / "weights.npz", other)
    np.testing.assert_array_equal(other.parameters.values, saved.parameters.values)
    for name, buffer in saved.buffers.items():
        np.testing.assert_array_equal(other.buffers[name], buffer)
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as stored:
        assert sorted(stored.files) == [
            "batchnorm1/scale",
            "batchnorm1/shift",
            "buffers/batchnorm1/mean",
            "buffers/batchnorm1/variance",
            *("linear1/bias", "linear1/weight", "linear2/bias", "linear2/weight"),
        ]


@pytest.mark.parametrize(
    ("hidden", "problem"),
    [
        ([17], r"its 'linear1/weight' has the shape \(4, 16\)"),
        ([16, 16], r"its 'linear2/weight' has the shape \(16, 3\)"),
    ],
)
def test_a_refused_file_changes_nothing(tmp_path: Path, hidden: list[int], problem: str) -> None:
    save_parameters(tmp_path / "weights.npz", Network(mlp(3, [16]), (4,), batch_size=8, seed=0))
    other = Network(mlp(3, hidden), (4,), batch_size=8, seed=1)
    before = other.parameters.values.copy()
    with pytest.raises(UserError, match=problem):
        load_parameters(tmp_path / "weights.npz", other)
    np.testing.assert_array_equal(other.parameters.values, before)


@pytest.mark.check("described and built again")
def test_every_layer_describes_itself(layer_class: type[Module], layer_network: object) -> None:
    network: Network = layer_network(layer_class, (6, 6, 4), 2)  # type: ignore[operator]
    node = describe(network.model)
    again = Network(build_plain(node, "model"), network.input_shape, batch_size=2, seed=1, dtype=np.float64)
    assert describe(again.model) == node
    x = np.random.default_rng(0).normal(size=(2, *network.input_shape))
    np.testing.assert_array_equal(again.forward(x), network.forward(x))


@pytest.mark.check("described and built again")
def test_every_model_describes_itself(model_entry: Entry) -> None:
    if model_entry.name == "alexnet":
        pytest.skip("half a gigabyte of parameters")
    made = [model_entry.build(classes=3)]
    node = describe(made[0])
    made.append(build_plain(node, "model"))
    networks = [Network(model, (28, 28, 1), batch_size=2, seed=4) for model in made]
    x = np.random.default_rng(0).normal(size=(2, 28, 28, 1)).astype(np.float32)
    np.testing.assert_array_equal(networks[0].forward(x), networks[1].forward(x))
