"""Measures of a classifier, as functions of counts."""

from swatch.metrics.classification import ClassScores, accuracy, class_scores, macro_average
from swatch.metrics.confusion import confusion_counts, normalized_rows

__all__ = [
    "ClassScores",
    "accuracy",
    "class_scores",
    "confusion_counts",
    "macro_average",
    "normalized_rows",
]
