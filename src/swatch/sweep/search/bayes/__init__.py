"""Bayesian search: a Gaussian process believes, expected improvement chooses."""

from swatch.sweep.search.bayes.proposal import propose_by_model

__all__ = ["propose_by_model"]
