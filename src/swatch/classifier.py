"""The network as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data

from swatch.errors import UserError
from swatch.nn import CrossEntropy, Module, Network, mlp, probabilities
from swatch.nn.finite import rows_not_finite, say_rows
from swatch.optim import Adam
from swatch.optim.schedules import OneCycle
from swatch.seeding import spawn

Floats = NDArray[np.floating[Any]]


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A neural network that classifies, trained with Adam on the cross-entropy.

    It stands wherever scikit-learn takes a classifier: in a ``Pipeline``, in ``GridSearchCV``, in
    ``cross_val_score``.

    Args:
        hidden_sizes: units of every hidden layer of a multilayer perceptron.
        activation: name of its activation.
        dropout: probability of dropping a hidden unit in training, in [0, 1).
        model: ``model(classes)`` returns another network, such as ``swatch.nn.logistic``; the arguments above
            are not used then.
        input_shape: shape of one sample for it, such as ``(28, 28, 1)``; None takes vectors.
        learning_rate: of Adam, at the peak of the one-cycle policy.
        weight_decay: decoupled, of weights alone.
        label_smoothing: share of every target that is spread over all classes, in [0, 1).
        epochs: passes over the samples.
        batch_size: samples per step.
        standardize: scale every feature to mean 0 and variance 1, by what the first fit sees.
        random_state: seed of initial weights, order and dropout; None takes NumPy's global generator.

    Attributes:
        classes_: the labels, sorted, shape (classes,).
        n_features_in_: features of a sample.
        network_: the trained ``swatch.nn.Network``.
        loss_curve_: mean training loss of every epoch.
    """

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (128, 128),
        activation: str = "relu",
        dropout: float = 0.0,
        model: Callable[[int], Module] | None = None,
        input_shape: tuple[int, ...] | None = None,
        learning_rate: float = 0.003,
        weight_decay: float = 0.0,
        label_smoothing: float = 0.0,
        epochs: int = 30,
        batch_size: int = 64,
        standardize: bool = True,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        # scikit-learn's rule: keep what was given and check it in fit.
        self.hidden_sizes, self.activation, self.dropout = hidden_sizes, activation, dropout
        self.model, self.input_shape = model, input_shape
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.label_smoothing = label_smoothing
        self.epochs, self.batch_size = epochs, batch_size
        self.standardize = standardize
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803 - scikit-learn's names
        """Train from the beginning.

        Args:
            X: samples, shape (n, features), finite numbers.
            y: their labels, shape (n,).

        Raises:
            ValueError: what scikit-learn refuses (NaN, other shapes, continuous targets), or an argument is
                out of range.
        """
        samples, labels = self._validated(X, y)
        check_classification_targets(labels)
        self._begin(samples, unique_labels(labels))
        steps = self.epochs * -(-len(samples) // self.network_.batch_size)
        schedule = OneCycle(self._optimizer.hyperparameters(), max(steps, 1))
        inputs, places = self._inputs(samples), np.searchsorted(self.classes_, labels)
        for _ in range(self.epochs):
            self.loss_curve_.append(self._epoch(inputs, places, schedule))
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train for one more pass over some samples, with a constant learning rate.

        Args:
            X: samples, shape (n, features).
            y: their labels, shape (n,).
            classes: all labels that there will ever be; needed in the first call.

        Raises:
            ValueError: as in ``fit``; or a label is not among the classes.
        """
        is_first = not hasattr(self, "network_")
        samples, labels = self._validated(X, y, reset=is_first)
        check_classification_targets(labels)
        if is_first:
            if classes is None:
                raise ValueError("classes must be given in the first call of partial_fit")
            self._begin(samples, unique_labels(np.asarray(classes)))
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(np.asarray(classes))):
            raise ValueError(f"classes is {classes}, and in the first call it was {self.classes_}")
        unknown = np.setdiff1d(labels, self.classes_)
        if unknown.size:
            raise ValueError(f"y holds {unknown[0]}, which is not among the classes {self.classes_}")
        places = np.searchsorted(self.classes_, labels)
        self.loss_curve_.append(self._epoch(self._inputs(samples), places, None))
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the probability of every class, shape (n, classes).

        Raises:
            ValueError: the samples do not fit those of ``fit``.
        """
        check_is_fitted(self)
        inputs = self._scaled(self._validated(X, reset=False))
        network = self._double()
        found = np.empty((len(inputs), len(self.classes_)))
        for rows in self._rows(len(inputs)):
            found[rows] = probabilities(network.forward(inputs[rows]))
        return found

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return the most probable label of every sample, shape (n,).

        Raises:
            ValueError: the samples do not fit those of ``fit``.
        """
        probabilities = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _validated(self, X: ArrayLike, *labels: ArrayLike, reset: bool = True) -> Any:  # noqa: N803
        """Return the arguments as arrays; where scikit-learn finds NaN or infinity, say in which rows."""
        try:
            return validate_data(self, X, *labels, dtype=np.float64, reset=reset)
        except ValueError as error:
            if not str(error).startswith("Input X contains"):
                raise
            rows = rows_not_finite(np.asarray(X, np.float64))
            raise ValueError(f"{error}\nIt is in {say_rows(rows)} of X.") from None

    def _begin(self, samples: Floats, classes: NDArray[Any]) -> None:
        """Make the network and everything that trains it."""
        self.classes_ = classes
        shape = (samples.shape[1],) if self.input_shape is None else tuple(self.input_shape)
        if np.prod(shape) != samples.shape[1]:
            raise ValueError(f"input_shape {shape} does not hold the {samples.shape[1]} features of X")
        seed = int(check_random_state(self.random_state).randint(2**31))
        try:
            self.network_ = Network(
                self._model(), shape, batch_size=min(self.batch_size, len(samples)), seed=seed
            )
            self._loss = CrossEntropy(self.label_smoothing)
            self._optimizer = Adam(self.learning_rate, weight_decay=self.weight_decay)
        except UserError as error:
            raise ValueError(str(error)) from None
        self._optimizer.bind(self.network_.parameters)
        self._order = np.random.default_rng(spawn(seed, "shuffle"))
        self.loss_curve_: list[float] = []
        self._mean, self._scale = np.zeros(samples.shape[1]), np.ones(samples.shape[1])
        if self.standardize:
            deviation = samples.std(axis=0)
            self._mean = samples.mean(axis=0)
            # A constant feature says nothing, whatever rounding makes of its deviation.
            is_constant = deviation <= 10 * np.finfo(float).eps * np.abs(self._mean)
            self._scale = 1 / np.where(is_constant, 1.0, deviation)

    def _model(self) -> Module:
        count = len(self.classes_)
        if self.model is not None:
            return self.model(count)
        return mlp(count, self.hidden_sizes, activation=self.activation, dropout=self.dropout)

    def _double(self) -> Network:
        """Return the network in float64: its answers depend on nothing but the sample, to 15 digits.

        In float32 the seventh digit depends on the place of the sample in its batch.
        """
        trained = self.network_
        double = Network(
            self._model(), trained.input_shape, batch_size=trained.batch_size, seed=0, dtype=np.float64
        )
        double.parameters.values[:] = trained.parameters.values
        for name, buffer in double.buffers.items():
            buffer[...] = trained.buffers[name]
        return double

    def _scaled(self, samples: Floats) -> Floats:
        scaled: Floats = (samples - self._mean) * self._scale
        return scaled.reshape(len(scaled), *self.network_.input_shape)

    def _inputs(self, samples: Floats) -> NDArray[np.float32]:
        return self._scaled(samples).astype(np.float32)

    def _epoch(
        self, inputs: NDArray[np.float32], labels: NDArray[np.intp], schedule: OneCycle | None
    ) -> float:
        """Train for one pass and return the mean loss."""
        network, loss, total = self.network_, self._loss, 0.0
        order, steps = self._order.permutation(len(inputs)), -(-len(inputs) // network.batch_size)
        for rows in self._rows(len(inputs)):
            batch = order[rows]
            total += loss.forward(network.forward(inputs[batch], training=True), labels[batch]) * len(batch)
            network.backward(loss.backward())
            step = len(self.loss_curve_) * steps + rows.start // network.batch_size
            self._optimizer.step(
                network.parameters.values,
                network.parameters.gradients,
                None if schedule is None else schedule(step),
            )
        return total / len(inputs)

    def _rows(self, count: int) -> Iterator[slice]:
        for start in range(0, count, self.network_.batch_size):
            yield slice(start, min(start + self.network_.batch_size, count))
