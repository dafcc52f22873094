"""Measures of a classifier, as functions of counts."""

from swatch.metrics.bootstrap import Interval, bootstrap_counts, bootstrap_mean
from swatch.metrics.calibration import Calibration, calibration
from swatch.metrics.classification import (
    ClassScores,
    accuracy,
    balanced_accuracy,
    class_scores,
    macro_average,
    weighted_average,
)
from swatch.metrics.confusion import confusion_counts, normalized_rows
from swatch.metrics.significance import McNemar, mcnemar
from swatch.metrics.welch import Welch, welch

__all__ = [
    "Calibration",
    "ClassScores",
    "Interval",
    "McNemar",
    "Welch",
    "accuracy",
    "balanced_accuracy",
    "bootstrap_counts",
    "bootstrap_mean",
    "calibration",
    "class_scores",
    "confusion_counts",
    "macro_average",
    "mcnemar",
    "normalized_rows",
    "weighted_average",
    "welch",
]
