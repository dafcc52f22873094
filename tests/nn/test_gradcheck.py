"""The check itself: it finds wrong gradients, and leaves the network as it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from click.testing import CliRunner

from swatch.commands import gradcheck
from swatch.errors import RunFailed, UserError
from swatch.nn import (
    Conv2d,
    CrossEntropy,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    Network,
    ReLU,
    Sequential,
    mlp,
)
from swatch.nn.activation import Activation
from swatch.nn.gradcheck import check_network


class WrongInOnePlace(Linear):
    """One element of the weights' gradient is off by one part in 100,000."""

    def backward(self, grad_output: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        result = super().backward(grad_output, input_gradient)
        self._weight.gradient[2, 1] *= 1 + 1e-5
        return result


class WrongConvolution(Conv2d):
    """All its weights' gradients are off by one part in 1,000."""

    def backward(self, grad_output: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        result = super().backward(grad_output, input_gradient)
        self.weight.gradient[...] *= 1.001
        return result


class WrongDerivative(Activation):
    """Sine, differentiated as if it were the identity."""

    def apply(self, x: np.ndarray, out: np.ndarray) -> None:
        np.sin(x, out=out)

    def multiply_derivative(self, y: np.ndarray, grad: np.ndarray) -> None:
        pass


def check(modules: Sequence[object], dtype: type = np.float64) -> tuple[Network, dict[str, bool]]:
    generator = np.random.default_rng(0)
    network = Network(Sequential(modules), (5,), batch_size=4, seed=0, dtype=dtype)  # type: ignore[arg-type]
    x, labels = generator.standard_normal((4, 5)).astype(dtype), generator.integers(3, size=4)
    rows = check_network(network, CrossEntropy(), x, labels)
    return network, {row.name: row.passed for row in rows}


def test_right_gradients_pass() -> None:
    _, passed = check([Linear(6), ReLU(), Dropout(0.3), Linear(3)])
    assert list(passed) == ["linear1/weight", "linear1/bias", "linear2/weight", "linear2/bias", "input"]
    assert all(passed.values())


def test_a_wrong_element_is_found() -> None:
    _, passed = check([Linear(6), ReLU(), WrongInOnePlace(3)])
    assert [name for name, ok in passed.items() if not ok] == ["wronginoneplace1/weight"]


def test_a_wrong_derivative_spoils_everything_below() -> None:
    _, passed = check([Linear(6), WrongDerivative(), Linear(3)])
    assert [name for name, ok in passed.items() if not ok] == ["linear1/weight", "linear1/bias", "input"]


def test_a_gradient_that_is_not_finite_fails() -> None:
    network = Network(Linear(3), (5,), batch_size=1, seed=0, dtype=np.float64)
    rows = check_network(network, CrossEntropy(), np.full((1, 5), np.nan), np.array([0]))
    assert not rows[0].passed


def test_rectified_images_with_thousands_of_kinks_pass() -> None:
    generator = np.random.default_rng(0)
    model = Sequential([Conv2d(16, 3), ReLU(), MaxPool2d(2), Conv2d(16, 3), ReLU(), Flatten(), Linear(3)])
    network = Network(model, (24, 24, 1), batch_size=4, seed=0, dtype=np.float64)
    network.parameters.values += 0.05 * generator.standard_normal(network.parameters.size)
    x, labels = generator.standard_normal((4, 24, 24, 1)), generator.integers(3, size=4)
    rows = {row.name: row for row in check_network(network, CrossEntropy(), x, labels, coordinates=30)}
    assert all(row.passed for row in rows.values())
    assert rows["conv1/weight"].checked >= 20
    assert rows["conv2/weight"].checked == 30


def test_a_wrong_gradient_does_not_hide_behind_kinks() -> None:
    generator = np.random.default_rng(0)
    network = Network(
        Sequential([WrongConvolution(16, 3), ReLU(), MaxPool2d(2), Flatten(), Linear(3)]),
        (24, 24, 1),
        batch_size=4,
        seed=0,
        dtype=np.float64,
    )
    x, labels = generator.standard_normal((4, 24, 24, 1)), generator.integers(3, size=4)
    rows = check_network(network, CrossEntropy(), x, labels, coordinates=20)
    assert [row.name for row in rows if not row.passed] == ["wrongconvolution1/weight"]


def test_coordinates_are_drawn_and_counted() -> None:
    network = Network(Linear(3), (5,), batch_size=1, seed=0, dtype=np.float64)
    rows = check_network(network, CrossEntropy(), np.ones((1, 5)), np.array([0]), coordinates=4)
    assert [row.checked for row in rows] == [4, 3, 4]


def test_the_network_is_left_as_it_was() -> None:
    network = Network(mlp(3, [6], dropout=0.5), (5,), batch_size=4, seed=0, dtype=np.float64)
    values, state = network.parameters.values.copy(), network.random_state()
    x = np.ones((4, 5))
    check_network(network, CrossEntropy(), x, np.array([0, 1, 2, 0]))
    assert (network.parameters.values == values).all()
    assert network.random_state() == state
    assert (x == 1).all()


def test_single_precision_is_refused() -> None:
    with pytest.raises(UserError, match="float64"):
        check([Linear(3)], np.float32)


def test_the_command_prints_a_row_for_every_segment() -> None:
    arguments = [
        "model.hidden_sizes=[12]",
        "model.activation=tanh",
        "model.dropout=0.2",
        "--coordinates",
        "5",
    ]
    result = CliRunner().invoke(gradcheck.command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    for name in ("linear1/weight", "784x12", "linear2/bias", "input", "All 5 gradients agree to 1e-06"):
        assert name in result.output


def test_the_command_fails_when_a_gradient_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swatch.nn.layers.tanh.Tanh.multiply_derivative", lambda self, y, grad: None)
    arguments = ["model.hidden_sizes=[12]", "model.activation=tanh"]
    with pytest.raises(RunFailed, match="3 of 5 gradients differ by more than 1e-06: linear1/weight"):
        CliRunner().invoke(gradcheck.command, arguments, catch_exceptions=False)
