"""Softmax and cross-entropy in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.loss import Loss
from swatch.nn.losses.targets import Places, check_floats, check_labels, check_shares


class CrossEntropy(Loss):
    """L = -Σ_nc w_c t_nc log p_nc / Σ_n w_n: p = softmax(logits), targets t, weights w of the classes.

    w_n = Σ_c w_c t_nc is the weight of sample n; without weights every w is 1, and L is the mean over the
    samples. (For labels this is torch's weighted mean; for shares torch divides by the number of samples.)
    With label smoothing s and K classes, t becomes (1 - s) t + s/K (Szegedy et al., "Rethinking the Inception
    Architecture", 2015); w_n stays. What is measured in several batches, such as ``val/loss``, is the mean of
    their losses by samples: with weights it depends a little on how the images are cut into batches.

    With z the logits minus their maximum, which keeps exp from overflowing, and S = Σ_c exp z_c:
    log p_c = z_c - log S. For labels without weights, L_n = log S - (1 - s) z_label - (s/K) Σ_c z_c and
    dL/dlogits = (p - t) / n. In general, with a = w t and A_n = Σ_c a_nc,
    L = Σ_n [A_n log S_n - Σ_c a_nc z_nc] / Σ w_n and dL/dlogits = (A_n p - a) / Σ w_n. The softmax's Jacobian
    is never formed.

    The arrays lie as (classes, n): sums over classes are sums of long rows.

    Args:
        label_smoothing: s, in [0, 1).
        class_weights: w, one for each class, at least 0 and not all 0; None weighs all classes alike.

    Raises:
        UserError: a value is out of range.
    """

    _p: Array
    _place: NDArray[np.intp] | None
    _total_weight: float

    def __init__(self, label_smoothing: float = 0.0, class_weights: Sequence[float] | None = None) -> None:
        if not 0 <= label_smoothing < 1:
            raise UserError(f"label_smoothing must be in [0, 1), found {label_smoothing}")
        self.label_smoothing = label_smoothing
        self.class_weights = None if class_weights is None else _check_weights(class_weights)
        self._allocate(0, np.dtype(np.float32))

    def _allocate(self, classes: int, dtype: np.dtype[Any]) -> None:
        check_floats(dtype)
        if classes and self.class_weights is not None and len(self.class_weights) != classes:
            raise UserError(
                f"class_weights must hold one weight for each of the {classes} classes, "
                f"found {len(self.class_weights)}"
            )
        self._classes, self._dtype = classes, dtype
        self._output = WorkArray((classes,), dtype, samples_last=True)
        self._gradient = WorkArray((classes,), dtype, samples_last=True)
        self._targets = WorkArray((classes,), dtype, samples_last=True)
        self._row = WorkArray((), dtype)
        self._of_label = WorkArray((), dtype)
        self._places = Places()
        weights = np.ones(classes) if self.class_weights is None else self.class_weights
        self._weights = weights.astype(dtype)

    def forward(self, logits: Array, labels: NDArray[Any]) -> float:
        """Return the mean loss.

        Args:
            logits: shape (n, classes); not changed.
            labels: whole numbers in [0, classes), shape (n,); or the share of every class, shape
                (n, classes).

        Raises:
            UserError: the shapes do not fit, a label is out of range, or shares do not add up to 1.
        """
        if logits.ndim != 2:
            raise UserError(f"cross-entropy takes logits of shape (n, classes), found {logits.shape}")
        samples, classes = logits.shape
        if classes != self._classes or logits.dtype != self._dtype:
            self._allocate(classes, logits.dtype)
        if labels.ndim == 2:
            check_shares(labels, samples, classes)
        else:
            labels = check_labels(labels, samples, classes)
        self._p = p = self._output(samples)
        row = self._row(samples)
        np.copyto(p, logits.T)
        np.maximum.reduce(p, axis=0, out=row)
        np.subtract(p, row, out=p)
        if labels.ndim == 2 or self.class_weights is not None:
            return self._weighted(p, row, labels)
        return self._of_labels(p, row, labels)

    def _of_labels(self, z: Array, row: Array, labels: NDArray[np.intp]) -> float:
        """Return the loss for labels without weights; ``z`` becomes the probabilities."""
        samples, of_label = len(labels), self._of_label(len(labels))
        self._place = place = self._places(labels)
        # Places were checked; "clip" spares a copy that "raise" makes to be able to undo.
        z.reshape(-1).take(place, out=of_label, mode="clip")
        total = (1 - self.label_smoothing) * float(np.add.reduce(of_label))
        if self.label_smoothing:
            total += self.label_smoothing / self._classes * float(np.add.reduce(z, axis=None))
        log_sum = _softmax(z, row)
        loss: float = (float(np.add.reduce(log_sum)) - total) / samples
        return loss

    def _weighted(self, z: Array, row: Array, targets: NDArray[Any]) -> float:
        """Return the loss for shares, or with weights; ``z`` becomes the probabilities."""
        samples = z.shape[1]
        self._place = None
        a, weight = self._targets(samples), self._of_label(samples)
        self._places.write_targets(targets, a)
        np.dot(self._weights, a, out=weight)
        self._total_weight = total_weight = float(np.add.reduce(weight))
        if self.label_smoothing:
            np.multiply(a, 1 - self.label_smoothing, out=a)
            np.add(a, self.label_smoothing / self._classes, out=a)
        np.multiply(a, self._weights[:, None], out=a)
        np.add.reduce(a, axis=0, out=weight)
        total = float(np.vdot(a, z))
        log_sum = _softmax(z, row)
        # A batch of nothing but classes of weight zero teaches nothing.
        return (float(np.vdot(weight, log_sum)) - total) / total_weight if total_weight else 0.0

    def backward(self) -> Array:
        """Return dL/dlogits, shape (n, classes)."""
        samples = self._p.shape[1]
        grad: Array = self._gradient(samples)
        of_label = self._of_label(samples)
        if self._place is None:
            np.multiply(self._p, of_label, out=grad)
            np.subtract(grad, self._targets(samples), out=grad)
            np.multiply(grad, 1 / self._total_weight if self._total_weight else 0.0, out=grad)
            return grad.T
        np.multiply(self._p, 1 / samples, out=grad)
        if self.label_smoothing:
            np.subtract(grad, self.label_smoothing / (self._classes * samples), out=grad)
        flat = grad.reshape(-1)
        flat.take(self._place, out=of_label, mode="clip")
        np.subtract(of_label, (1 - self.label_smoothing) / samples, out=of_label)
        flat[self._place] = of_label
        return grad.T


def _softmax(z: Array, row: Array) -> Array:
    """Turn z, shape (classes, n), into probabilities in place; return log S of every sample in ``row``."""
    np.exp(z, out=z)
    np.add.reduce(z, axis=0, out=row)
    np.divide(z, row, out=z)
    return np.log(row, out=row)


def _check_weights(weights: Sequence[float]) -> NDArray[np.float64]:
    checked = np.asarray(weights, np.float64)
    if checked.ndim != 1 or not np.isfinite(checked).all() or (checked < 0).any() or not checked.any():
        raise UserError(
            f"class_weights must be finite numbers of at least 0, not all of them 0, found {list(weights)}"
        )
    return checked
