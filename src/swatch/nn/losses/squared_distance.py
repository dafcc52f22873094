"""What the losses have in common that square the distance between output and target."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.loss import Loss
from swatch.nn.losses.targets import Places, check_floats, check_labels, check_shares
from swatch.nn.outputs import check_output


class SquaredDistance(Loss):
    """L = f Σ_nc (a_nc - t_nc)², with the activations a, one-hot targets t and a factor f of the subclass.

    ``output`` turns the network's output z into a. With e = dL/da = 2 f (a - t), the chain rule gives dL/dz:
    for the sigmoid e a (1 - a), element by element; for the softmax, whose Jacobian is
    da_c/dz_k = a_c (δ_ck - a_k), a (e - Σ_c e_c a_c); for the identity e itself.

    The arrays lie as (classes, n): sums over classes are sums of long rows.

    Args:
        output: ``softmax``, ``sigmoid``, or ``identity`` for a network that ends in one of these itself.

    Raises:
        UserError: there is no such output.
    """

    _a: Array

    def __init__(self, output: str = "softmax") -> None:
        self.output = check_output(output)
        self.expects = "probabilities" if output == "identity" else "logits"
        self._allocate(0, np.dtype(np.float32))

    def _allocate(self, classes: int, dtype: np.dtype[Any]) -> None:
        check_floats(dtype)
        self._classes, self._dtype = classes, dtype
        self._activations = WorkArray((classes,), dtype, samples_last=True)
        self._shares = WorkArray((classes,), dtype, samples_last=True)
        self._difference = WorkArray((classes,), dtype, samples_last=True)
        self._work = WorkArray((classes,), dtype, samples_last=True)
        self._gradient = WorkArray((classes,), dtype, samples_last=True)
        self._row = WorkArray((), dtype)
        self._places = Places()

    @abstractmethod
    def factor(self, samples: int, classes: int) -> float:
        """Return f for a batch."""

    def forward(self, logits: Array, labels: NDArray[Any]) -> float:
        """Return the loss.

        Args:
            logits: the network's output z, shape (n, classes); not changed.
            labels: whole numbers in [0, classes), shape (n,); or the share of every class, shape
                (n, classes).

        Raises:
            UserError: the shapes or types do not fit, a label is out of range, or shares do not add up to 1.
        """
        if logits.ndim != 2:
            raise UserError(f"the loss takes outputs of shape (n, classes), found {logits.shape}")
        samples, classes = logits.shape
        if classes != self._classes or logits.dtype != self._dtype:
            self._allocate(classes, logits.dtype)
        targets, difference = self._shares(samples), self._difference(samples)
        if labels.ndim == 2:
            check_shares(labels, samples, classes)
        else:
            labels = check_labels(labels, samples, classes)
        self._places.write_targets(labels, targets)
        self._a = a = self._activations(samples)
        np.copyto(a, logits.T)
        self._activate(a, samples)
        np.subtract(a, targets, out=difference)
        return self.factor(samples, classes) * float(np.vdot(difference, difference))

    def _activate(self, a: Array, samples: int) -> None:
        if self.output == "sigmoid":
            # (1 + tanh(z / 2)) / 2 cannot overflow.
            np.multiply(a, 0.5, out=a)
            np.tanh(a, out=a)
            np.multiply(a, 0.5, out=a)
            np.add(a, 0.5, out=a)
        elif self.output == "softmax":
            row = self._row(samples)
            np.maximum.reduce(a, axis=0, out=row)
            np.subtract(a, row, out=a)
            np.exp(a, out=a)
            np.add.reduce(a, axis=0, out=row)
            np.divide(a, row, out=a)

    def backward(self) -> Array:
        """Return dL/dz, shape (n, classes)."""
        a = self._a
        samples = a.shape[1]
        difference, work, row = self._difference(samples), self._work(samples), self._row(samples)
        error: Array = self._gradient(samples)
        np.multiply(difference, 2 * self.factor(samples, self._classes), out=error)
        if self.output == "sigmoid":
            np.multiply(a, a, out=work)
            np.subtract(a, work, out=work)
            np.multiply(error, work, out=error)
        elif self.output == "softmax":
            np.multiply(error, a, out=work)
            np.add.reduce(work, axis=0, out=row)
            np.subtract(error, row, out=error)
            np.multiply(error, a, out=error)
        return error.T
