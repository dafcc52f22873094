"""Softmax and cross-entropy in one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.loss import Loss


class CrossEntropy(Loss):
    """L = -mean_n Σ_c t_nc log p_nc, with p = softmax(logits) and targets t.

    With label smoothing s and K classes, t is 1 - s + s/K for the true class and s/K for the others (Szegedy
    et al., "Rethinking the Inception Architecture", 2015). With z the logits minus their maximum, which keeps
    exp from overflowing, and S = Σ_c exp z_c: log p_c = z_c - log S, hence
    L_n = log S - (1 - s) z_label - (s/K) Σ_c z_c, and dL/dlogits = (p - t) / n: the softmax's Jacobian is
    never formed.

    The arrays lie as (classes, n): sums over classes are sums of long rows.

    Args:
        label_smoothing: s, in [0, 1).

    Raises:
        UserError: ``label_smoothing`` is outside [0, 1).
    """

    _p: Array
    _place: NDArray[np.intp]

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise UserError(f"label_smoothing must be in [0, 1), found {label_smoothing}")
        self.label_smoothing = label_smoothing
        self._allocate(0, np.dtype(np.float32))

    def _allocate(self, classes: int, dtype: np.dtype[Any]) -> None:
        self._classes, self._dtype = classes, dtype
        self._output = WorkArray((classes,), dtype, samples_last=True)
        self._gradient = WorkArray((classes,), dtype, samples_last=True)
        self._row = WorkArray((), dtype)
        self._of_label = WorkArray((), dtype)
        self._places = WorkArray((), np.intp)
        self._sample = np.arange(0)

    def forward(self, logits: Array, labels: NDArray[np.intp]) -> float:
        """Return the mean loss.

        Args:
            logits: shape (n, classes); not changed.
            labels: shape (n,), whole numbers in [0, classes).

        Raises:
            UserError: the shapes do not fit, or a label is out of range.
        """
        if logits.ndim != 2:
            raise UserError(f"cross-entropy takes logits of shape (n, classes), found {logits.shape}")
        samples, classes = logits.shape
        if classes != self._classes or logits.dtype != self._dtype:
            self._allocate(classes, logits.dtype)
        self._place = place = self._find_places(labels, samples, classes)
        self._p = p = self._output(samples)
        row, of_label = self._row(samples), self._of_label(samples)
        np.copyto(p, logits.T)
        np.maximum.reduce(p, axis=0, out=row)
        np.subtract(p, row, out=p)
        # Places were checked; "clip" spares a copy that "raise" makes to be able to undo.
        p.reshape(-1).take(place, out=of_label, mode="clip")
        total = (1 - self.label_smoothing) * float(np.add.reduce(of_label))
        if self.label_smoothing:
            total += self.label_smoothing / classes * float(np.add.reduce(p, axis=None))
        np.exp(p, out=p)
        np.add.reduce(p, axis=0, out=row)
        np.divide(p, row, out=p)
        np.log(row, out=row)
        loss: float = (float(np.add.reduce(row)) - total) / samples
        return loss

    def backward(self) -> Array:
        """Return (p - t) / n, shape (n, classes)."""
        samples = len(self._place)
        grad: Array = self._gradient(samples)
        of_label = self._of_label(samples)
        np.multiply(self._p, 1 / samples, out=grad)
        if self.label_smoothing:
            np.subtract(grad, self.label_smoothing / (self._classes * samples), out=grad)
        flat = grad.reshape(-1)
        flat.take(self._place, out=of_label, mode="clip")
        np.subtract(of_label, (1 - self.label_smoothing) / samples, out=of_label)
        flat[self._place] = of_label
        return grad.T

    @property
    def probabilities(self) -> Array:
        """The softmax of the last ``forward``'s logits, shape (n, classes)."""
        return self._p.T

    def _find_places(self, labels: NDArray[np.intp], samples: int, classes: int) -> NDArray[np.intp]:
        """Return where in a flat (classes, n) array each sample's label lies."""
        if labels.shape != (samples,) or samples == 0:
            raise UserError(
                f"logits of shape {(samples, classes)} take labels of shape {(samples,)} and at least one, "
                f"found {labels.shape}"
            )
        if labels.dtype != np.intp:
            if not np.issubdtype(labels.dtype, np.integer):
                raise UserError(f"labels must be whole numbers in [0, {classes}), found {labels.dtype}")
            labels = labels.astype(np.intp)
        # Seen as unsigned, a negative label is a huge one: one look finds both.
        if np.maximum.reduce(labels.view(np.uintp)) >= classes:
            row = int(np.argmax(labels.view(np.uintp) >= classes))
            raise UserError(
                f"labels must be in [0, {classes}), found {labels[row]} in row {row} of the batch"
            )
        if samples > len(self._sample):
            self._sample = np.arange(samples)
        place: NDArray[np.intp] = self._places(samples)
        np.multiply(labels, samples, out=place)
        return np.add(place, self._sample[:samples], out=place)
