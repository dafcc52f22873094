"""Bayesian search: a Gaussian process believes, expected improvement chooses."""

from swatch.sweep.search.bayes.belief import Belief, Prediction, believe
from swatch.sweep.search.bayes.proposal import propose_by_model

__all__ = ["Belief", "Prediction", "believe", "propose_by_model"]
