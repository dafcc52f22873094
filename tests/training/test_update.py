"""Penalties, clipping, accumulation, averages and plateaus in a whole training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import without_timings

from swatch.compose import compose
from swatch.errors import UserError
from swatch.nn import CrossEntropy, Network, load_parameters, mlp
from swatch.optim import SGD, Adam, Eve
from swatch.optim.averaging import WeightAverage
from swatch.optim.clipping import GradientClipping
from swatch.optim.regularization import Regularization
from swatch.optim.schedules import Constant
from swatch.training import run as module
from swatch.training.assembly import assemble
from swatch.training.callbacks.base import Callback
from swatch.training.data_cache import prepare_data
from swatch.training.run import train
from swatch.training.trainer import Trainer
from swatch.training.update import Update


def network() -> Network:
    return Network(mlp(3, [5]), (4,), batch_size=12, seed=0, dtype=np.float64)


def gradient_of(built: Network, x: np.ndarray, labels: np.ndarray) -> float:
    loss = CrossEntropy()
    value = loss.forward(built.forward(x, training=True), labels)
    built.backward(loss.backward())
    return value


def bound(optimizer: Any, built: Network) -> Any:
    optimizer.bind(built.parameters)
    return optimizer


@pytest.mark.parametrize("sizes", [(4, 4, 4), (5, 5, 2), (12,)])
def test_accumulated_batches_are_one_large_batch(sizes: tuple[int, ...]) -> None:
    generator = np.random.default_rng(0)
    x, labels = generator.standard_normal((12, 4)), generator.integers(3, size=12)
    parts, whole = network(), network()
    schedule = Constant({"learning_rate": 0.1, "beta1": 0.9}, 10)
    update = Update(parts.parameters, bound(Adam(0.1), parts), schedule, accumulation=4)
    start = 0
    for number, size in enumerate(sizes):
        gradient_of(parts, x[start : start + size], labels[start : start + size])
        start += size
        penalty = update(0, size, 1.0, is_last=number == len(sizes) - 1)
        assert (penalty is None) == update.is_pending == (number < len(sizes) - 1)
    gradient_of(whole, x, labels)
    Update(whole.parameters, bound(Adam(0.1), whole), schedule)(0, 12, 1.0, is_last=False)
    np.testing.assert_allclose(parts.parameters.values, whole.parameters.values, rtol=1e-7, atol=1e-12)


def test_an_optimizer_that_looks_at_the_loss_sees_that_of_all_accumulated_batches() -> None:
    built = network()
    optimizer = bound(Eve(0.1), built)
    update = Update(built.parameters, optimizer, Constant({"learning_rate": 0.1}, 10), accumulation=3)
    for samples, loss in ((4, 1.0), (4, 2.0), (2, 4.0)):
        update(0, samples, loss, is_last=False)
    assert optimizer.scalars["last_loss"] == pytest.approx(2.0)
    update(1, 4, 5.0, is_last=False)
    update(1, 1, 0.0, is_last=True)
    assert optimizer.scalars["last_loss"] == pytest.approx(4.0)


def test_zero_grad_forgets_what_was_accumulated() -> None:
    built = network()
    before = built.parameters.values.copy()
    optimizer = bound(SGD(1.0), built)
    update = Update(built.parameters, optimizer, Constant({"learning_rate": 1.0}, 10), accumulation=2)
    built.parameters.gradients[:] = 100
    assert update(0, 4, 1.0, is_last=False) is None
    update.zero_grad()
    assert not update.is_pending
    for _ in range(2):
        built.parameters.gradients[:] = 1
        update(0, 4, 1.0, is_last=False)
    np.testing.assert_allclose(built.parameters.values, before - 1)


def test_the_order_is_penalty_clipping_step_bound_average() -> None:
    built = network()
    values, gradients = built.parameters.values, built.parameters.gradients
    values[:] = 2.0
    regularization = Regularization(l2=0.5, bias_l2=0.5, max_norm=1.0)
    regularization.bind(built.parameters)
    average = WeightAverage(0.9)
    average.bind(values, {})
    update = Update(
        built.parameters,
        bound(SGD(1.0), built),
        Constant({"learning_rate": 1.0}, 10),
        regularization=regularization,
        clipping=GradientClipping(value=0.75),
        average=average,
    )
    gradients[:] = 0
    assert update(0, 4, 1.0, is_last=False) == pytest.approx(0.25 * 4 * values.size)
    # The penalty's gradient is 1, clipped to 0.75: weights and biases go to 1.25, weights then to norm 1.
    biases = [segment.view for segment in built.parameters if segment.role == "bias"]
    assert all((view == 1.25).all() for view in biases)
    weights = [segment.view for segment in built.parameters if segment.role == "weight"]
    assert all(np.allclose(np.linalg.norm(view, axis=0), 1) for view in weights)
    with average.applied():
        assert all(np.allclose(view, 2 + 0.9 * (1.25 - 2)) for view in biases)


def history(*overrides: str, resume: str = "never") -> list[dict[str, Any]]:
    return train(compose(list(overrides)), resume=resume).history


def test_the_log_shows_loss_and_penalty_apart(slice_overrides: list[str]) -> None:
    plain = history(*slice_overrides, "epochs=2")
    penalized = history(*slice_overrides, "epochs=2", "regularization.l2=0.01", "regularization.bias_l1=0.01")
    assert "train/penalty" not in plain[0]
    # The mean of R over the first epoch; the loss itself stays the data's.
    assert 1 < penalized[0]["train/penalty"] < 10
    assert penalized[1]["train/penalty"] < penalized[0]["train/penalty"]
    assert penalized[0]["train/loss"] == pytest.approx(plain[0]["train/loss"], rel=0.05)


def test_accumulation_makes_fewer_steps(slice_overrides: list[str]) -> None:
    records = history(*slice_overrides, "epochs=1", "training.accumulation=4", "batch_size=100")
    assert records[0]["step"] == 5  # 1,800 images: 18 batches


def test_what_is_saved_is_the_average(slice_overrides: list[str], tmp_path: Path) -> None:
    overrides = [*slice_overrides, "epochs=2", "training.weight_average=0.95", f"paths.runs={tmp_path}"]
    composition = compose(overrides)
    result = train(composition)
    trainer = assemble(composition, prepare_data(composition))
    load_parameters(result.directory / "model.npz", trainer.network)
    best = result.summary["best"]
    assert trainer.validate().accuracy == best["val/accuracy"]
    plain = train(compose([*slice_overrides, "epochs=2"])).history
    assert result.history[0]["val/loss"] != plain[0]["val/loss"]
    assert result.history[0]["train/loss"] == plain[0]["train/loss"]


STATEFUL = (
    *("epochs=6", "training.weight_average=0.95", "training.accumulation=3", "optimizer=eve"),
    *("scheduler=plateau", "scheduler.patience=1", "scheduler.min_delta=0.2", "regularization.max_norm=1.0"),
    *("augmentation=cutmix", "training.gradient_clipping.norm=1.0", "batch_size=64"),
)


class StopAt(Callback):
    """Interrupts the training after a step, in the middle of an epoch."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_poll(self, trainer: Trainer) -> None:
        if trainer.position.step >= self.step:
            trainer.stop("interrupted", "by the test")


def test_all_of_it_goes_on_exactly(slice_overrides: list[str], tmp_path: Path) -> None:
    """Stopped in the middle of an epoch and resumed: the same history and the same weights."""
    whole = train(compose([*slice_overrides, *STATEFUL, f"paths.runs={tmp_path / 'whole'}"]))
    assert len({record["learning_rate"] for record in whole.history}) > 2, "the plateau was seen"
    overrides = [*slice_overrides, *STATEFUL, f"paths.runs={tmp_path / 'parts'}"]
    original = module.assemble

    def stopping_at(step: int) -> Any:
        def assemble(composition: Any, data: Any) -> Any:
            trainer = original(composition, data)
            trainer._poll_seconds = 0
            begin = trainer.run

            def run() -> Any:
                trainer.callbacks = (StopAt(step), *trainer.callbacks)
                return begin()

            trainer.run = run
            return trainer

        return assemble

    with pytest.MonkeyPatch.context() as patch:
        for step in (13, 31):
            patch.setattr(module, "assemble", stopping_at(step))
            assert train(compose(overrides), resume="auto").status == "interrupted"
    result = train(compose(overrides), resume="auto")
    assert without_timings(result.history) == without_timings(whole.history)
    with np.load(result.directory / "model.npz") as parts, np.load(whole.directory / "model.npz") as expected:
        assert all((parts[name] == expected[name]).all() for name in expected.files)
    assert json.loads((result.directory / "summary.json").read_text())["status"] == "finished"


def test_unknown_layers_are_found_before_training(slice_overrides: list[str]) -> None:
    with pytest.raises(UserError, match=r"^regularization\.layers names 'conv1'.*linear1, linear2, linear3"):
        train(compose([*slice_overrides, "regularization.layers=[conv1]", "regularization.l2=0.1"]))
