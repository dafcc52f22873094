"""Every loss: gradients, extremes, bad labels; cross-entropy against its definition."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.nn import CrossEntropy, Loss
from swatch.nn.losses import MeanSquaredError, QuadraticCost
from swatch.nn.outputs import OUTPUTS


def definition(logits: np.ndarray, labels: np.ndarray, smoothing: float) -> float:
    """-mean Σ t log softmax, written out in float64."""
    logits = logits.astype(np.float64)
    classes = logits.shape[1]
    log_sum = np.array([np.logaddexp.reduce(row) for row in logits])
    log_p = logits - log_sum[:, None]
    targets = np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes
    return float(-(targets * log_p).sum(axis=1).mean())


@pytest.mark.check("gradients")
@settings(max_examples=30, deadline=None)
@given(samples=st.integers(1, 9), classes=st.integers(1, 12), seed=st.integers(0, 2**32))
def test_gradients_equal_finite_differences(loss_entry: Any, samples: int, classes: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    logits = 2 * generator.standard_normal((samples, classes))
    labels = generator.integers(classes, size=samples)
    loss: Loss = loss_entry.build()
    loss.forward(logits, labels)
    gradient = loss.backward().copy()
    step = 1e-5
    for place in np.ndindex(*logits.shape):
        values = []
        for offset in (step, -step):
            moved = logits.copy()
            moved[place] += offset
            values.append(loss.forward(moved, labels))
        assert gradient[place] == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-6, abs=1e-9)


@pytest.mark.check("smaller batches")
def test_logits_are_left_alone_and_smaller_batches_fit(
    loss_entry: Any, generator: np.random.Generator
) -> None:
    loss: Loss = loss_entry.build()
    logits = generator.standard_normal((6, 4)).astype(np.float32)
    before = logits.copy()
    labels = generator.integers(4, size=6)
    for samples in (6, 2, 6, 1):
        value = loss.forward(logits[:samples], labels[:samples])
        fresh: Loss = loss_entry.build()
        assert value == fresh.forward(logits[:samples], labels[:samples])
        assert loss.backward().shape == (samples, 4)
    assert (logits == before).all()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-13)])
def test_cross_entropy_is_its_definition(smoothing: float, dtype: type, tolerance: float) -> None:
    generator = np.random.default_rng(4)
    for samples, classes in ((1, 2), (7, 10), (64, 3)):
        logits = (4 * generator.standard_normal((samples, classes))).astype(dtype)
        labels = generator.integers(classes, size=samples)
        found = CrossEntropy(smoothing).forward(logits, labels)
        assert found == pytest.approx(definition(logits, labels, smoothing), rel=tolerance)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_stable_for_huge_logits(smoothing: float) -> None:
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4]], np.float32)
    labels = np.array([0, 0])
    loss = CrossEntropy(smoothing)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = loss.forward(logits, labels)
        gradient = loss.backward()
    assert value == pytest.approx(definition(logits, labels, smoothing), rel=1e-5)
    assert np.isfinite(gradient).all()
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-6)


@pytest.mark.check("labels")
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0, 3, 1]), r"labels must be in \[0, 3\), found 3 in row 1"),
        (np.array([0, 1, -1]), r"labels must be in \[0, 3\), found -1 in row 2"),
        (np.array([0, 1]), r"take labels of shape \(3,\)"),
        (np.array([0.0, 1.0, 2.0]), "labels must be whole numbers"),
        (np.eye(3)[:, :2], r"take targets of the same shape.*found \(3, 2\)"),
        (np.array([[1, 0, 0], [0.5, 0.2, 0.2], [0, 0, 1]]), "targets of row 1 of the batch are no shares"),
        (np.array([[1, 0, 0], [0, 1, 0], [2, -1, 0]]), "targets of row 2 of the batch are no shares"),
    ],
)
def test_bad_labels(loss_entry: Any, labels: np.ndarray, message: str) -> None:
    with pytest.raises(UserError, match=message):
        loss_entry.build().forward(np.zeros((3, 3), np.float32), labels)


@pytest.mark.check("bad logits")
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_, np.complex128])
def test_logits_are_floating_point_numbers(loss_entry: Any, dtype: type) -> None:
    with pytest.raises(UserError, match="takes floating-point numbers from the network, found"):
        loss_entry.build().forward(np.ones((3, 3), dtype), np.array([0, 1, 2]))


@pytest.mark.check("bad logits")
def test_a_diverged_network_has_a_loss_that_tells(loss_entry: Any) -> None:
    """It is returned, not raised: training then stops and says where."""
    logits = np.array([[np.nan, 1.0], [0.0, 0.0]], np.float32)
    assert np.isnan(loss_entry.build().forward(logits, np.array([0, 1])))


@pytest.mark.check("labels")
def test_labels_of_other_whole_number_types_count_the_same(
    loss_entry: Any, generator: np.random.Generator
) -> None:
    logits = generator.standard_normal((4, 3))
    values = {
        loss_entry.build().forward(logits, np.array([0, 2, 1, 1], dtype))
        for dtype in (np.uint8, np.int32, np.intp)
    }
    assert len(values) == 1


@pytest.mark.check("empty batch")
def test_an_empty_batch_is_refused(loss_entry: Any) -> None:
    with pytest.raises(UserError, match="at least one"):
        loss_entry.build().forward(np.zeros((0, 3), np.float32), np.zeros(0, np.intp))


@pytest.mark.check("labels")
def test_one_hot_targets_are_labels(loss_entry: Any, generator: np.random.Generator) -> None:
    logits, labels = generator.standard_normal((6, 4)), generator.integers(4, size=6)
    loss: Loss = loss_entry.build()
    value, gradient = loss.forward(logits, labels), loss.backward().copy()
    assert loss.forward(logits, np.eye(4)[labels]) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(loss.backward(), gradient, rtol=1e-10, atol=1e-15)


# Every option of every loss, against its definition below.
VARIANTS: dict[str, Callable[[], Loss]] = {
    "smoothed": lambda: CrossEntropy(0.2),
    "weighted": lambda: CrossEntropy(class_weights=[1, 2, 0.5, 0]),
    "smoothed and weighted": lambda: CrossEntropy(0.3, [1, 2, 0.5, 3]),
    **{f"mean squared {output}": partial(MeanSquaredError, output) for output in OUTPUTS},
    **{f"quadratic {output}": partial(QuadraticCost, output) for output in OUTPUTS},
}


def by_definition(loss: Loss, logits: np.ndarray, shares: np.ndarray) -> float:
    """The formulas of the docstrings, one sample after the other."""
    p = np.array([np.exp(row - np.logaddexp.reduce(row)) for row in logits])
    if isinstance(loss, CrossEntropy):
        weights = np.ones(4) if loss.class_weights is None else loss.class_weights
        smooth = (1 - loss.label_smoothing) * shares + loss.label_smoothing / 4
        return float(-(weights * smooth * np.log(p)).sum() / (weights * shares).sum())
    assert isinstance(loss, MeanSquaredError | QuadraticCost)
    a = {"softmax": p, "sigmoid": 1 / (1 + np.exp(-logits)), "identity": logits}[loss.output]
    squares = float(((a - shares) ** 2).sum())
    return squares / shares.size if isinstance(loss, MeanSquaredError) else squares / (2 * len(shares))


@pytest.mark.parametrize("name", VARIANTS)
@settings(max_examples=15, deadline=None)
@given(samples=st.integers(1, 6), soft=st.booleans(), seed=st.integers(0, 2**32))
def test_options_are_their_definitions(name: str, samples: int, soft: bool, seed: int) -> None:
    generator = np.random.default_rng(seed)
    logits = 2 * generator.standard_normal((samples, 4))
    labels = generator.integers(3, size=samples)
    shares = generator.dirichlet(np.ones(4), samples) if soft else np.eye(4)[labels]
    loss = VARIANTS[name]()
    targets = shares if soft else labels
    value = loss.forward(logits, targets)
    gradient = loss.backward().copy()
    assert value == pytest.approx(by_definition(loss, logits, shares), rel=1e-10)
    for place in np.ndindex(*logits.shape):
        moved = [logits.copy(), logits.copy()]
        moved[0][place] += 1e-5
        moved[1][place] -= 1e-5
        slope = (loss.forward(moved[0], targets) - loss.forward(moved[1], targets)) / 2e-5
        assert gradient[place] == pytest.approx(slope, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", VARIANTS)
def test_options_allocate_nothing_after_the_first_step(name: str) -> None:
    loss, labels = VARIANTS[name](), np.arange(8192) % 4
    logits = np.random.default_rng(0).standard_normal((8192, 4)).astype(np.float32)
    loss.forward(logits, labels)
    loss.backward()
    tracemalloc.start()
    try:
        loss.forward(logits, labels)
        loss.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < logits.nbytes / 8


def test_what_a_loss_expects() -> None:
    assert (
        CrossEntropy().expects == MeanSquaredError().expects == QuadraticCost("sigmoid").expects == "logits"
    )
    assert MeanSquaredError("identity").expects == "probabilities"


@pytest.mark.parametrize("weights", [[], [1, -1, 1], [0, 0, 0], [1, float("nan"), 1]])
def test_bad_class_weights(weights: list[float]) -> None:
    with pytest.raises(UserError, match="class_weights must be finite numbers of at least 0"):
        CrossEntropy(class_weights=weights)


def test_class_weights_are_one_for_each_class() -> None:
    with pytest.raises(UserError, match="one weight for each of the 3 classes, found 2"):
        CrossEntropy(class_weights=[1, 2]).forward(np.zeros((2, 3)), np.array([0, 1]))


def test_an_unknown_output_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"not 'sofmax'\. Did you mean 'softmax'"):
        MeanSquaredError("sofmax")


def test_logits_have_two_axes() -> None:
    with pytest.raises(UserError, match=r"takes logits of shape \(n, classes\), found \(2, 3, 1\)"):
        CrossEntropy().forward(np.zeros((2, 3, 1), np.float32), np.array([0, 1]))


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_bad_smoothing(smoothing: float) -> None:
    with pytest.raises(UserError, match=r"label_smoothing must be in \[0, 1\)"):
        CrossEntropy(smoothing)


def test_the_loss_follows_a_change_of_classes_and_type(loss_entry: Any) -> None:
    loss: Loss = loss_entry.build()
    for classes, dtype in ((3, np.float32), (5, np.float32), (5, np.float64)):
        logits, labels = np.eye(2, classes, dtype=dtype), np.array([0, 1])
        assert loss.forward(logits, labels) == loss_entry.build().forward(logits, labels)
        assert loss.backward().dtype == dtype
