"""The scikit-learn estimator: scikit-learn's own checks, and its use among scikit-learn's tools."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator

import swatch
from swatch import Classifier, nn


def test_scikit_learns_own_checks() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what was skipped
        results = check_estimator(Classifier(random_state=0), on_fail=None)
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    assert not failed
    assert sum(result["status"] == "passed" for result in results) > 50


def test_it_learns_digits() -> None:
    x, y = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(x, y, random_state=0)
    classifier = Classifier(random_state=0).fit(train, train_labels)
    assert classifier.score(test, test_labels) > 0.95
    assert classifier.loss_curve_[-1] < 0.05 * classifier.loss_curve_[0]
    assert len(classifier.loss_curve_) == 30


def test_it_works_in_pipelines_and_searches() -> None:
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    pipeline = make_pipeline(MinMaxScaler(), Classifier((16,), epochs=60, random_state=0))
    search = GridSearchCV(pipeline, {"classifier__learning_rate": [1e-7, 0.02]}, cv=3)
    search.fit(x, names)
    assert search.best_params_ == {"classifier__learning_rate": 0.02}
    assert search.best_score_ > 0.9
    assert set(search.predict(x)) == set(names)
    assert cross_val_score(search.best_estimator_, x, names, cv=3).mean() > 0.9


def test_another_model_takes_its_own_shape() -> None:
    x, y = load_digits(return_X_y=True)

    def model(classes: int) -> nn.Module:
        return nn.Sequential([nn.Flatten(), nn.Linear(32), nn.Tanh(), nn.Linear(classes)])

    classifier = Classifier(model=model, input_shape=(8, 8, 1), epochs=5, random_state=0).fit(x, y)
    assert classifier.network_.input_shape == (8, 8, 1)
    assert classifier.score(x, y) > 0.9
    with pytest.raises(ValueError, match=r"input_shape \(9, 9, 1\) does not hold the 64 features"):
        Classifier(model=model, input_shape=(9, 9, 1)).fit(x, y)


def test_partial_fit_goes_on() -> None:
    x, y = load_iris(return_X_y=True)
    classifier = Classifier((16,), learning_rate=0.02, random_state=0)
    with pytest.raises(ValueError, match="classes must be given in the first call"):
        classifier.partial_fit(x, y)
    for _ in range(40):
        classifier.partial_fit(x, y, classes=[0, 1, 2])
    assert classifier.score(x, y) > 0.95
    with pytest.raises(ValueError, match="holds 7, which is not among the classes"):
        classifier.partial_fit(x[:3], [0, 1, 7])
    with pytest.raises(ValueError, match="in the first call it was"):
        classifier.partial_fit(x, y, classes=[0, 1, 2, 3])


def test_the_seed_decides() -> None:
    x, y = load_iris(return_X_y=True)

    def probabilities(seed: int) -> Any:
        return Classifier((8,), dropout=0.2, epochs=3, random_state=seed).fit(x, y).predict_proba(x)

    assert (probabilities(1) == probabilities(1)).all()
    assert (probabilities(1) != probabilities(2)).any()
    np.testing.assert_allclose(probabilities(1).sum(axis=1), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": "rellu"}, "Did you mean 'relu'"),
        ({"dropout": 1.5}, r"dropout must be in \[0, 1\)"),
        ({"learning_rate": -1}, "learning_rate must be a finite number of at least 0"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_bad_arguments_are_value_errors(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Classifier(**arguments).fit(np.eye(4), [0, 1, 0, 1])


def test_nan_is_refused_with_its_rows() -> None:
    with pytest.raises(ValueError, match=r"(?s)contains NaN.*It is in row 0 of X\."):
        Classifier().fit([[0.0, np.nan], [1.0, 2.0]], [0, 1])
    classifier = Classifier((4,), epochs=1).fit(np.eye(9), np.arange(9) % 3)
    broken = np.eye(9)
    broken[[1, 3]] = np.inf
    for refusing in (classifier.predict, lambda x: classifier.partial_fit(x, np.arange(9) % 3)):
        with pytest.raises(ValueError, match=r"(?s)contains infinity.*It is in rows 1, 3 of X\."):
            refusing(broken)
    with pytest.raises(ValueError, match=r"It is in rows 0, 1, 2, 3, 4 and 4 more of X\."):
        classifier.predict(np.full((9, 9), np.nan))


def test_the_package_has_nothing_else_by_that_way() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Clasifier'"):
        _ = swatch.Clasifier
