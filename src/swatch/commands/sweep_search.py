"""The options of ``swatch sweep`` that choose how it searches and stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option(
        "--sampler",
        metavar="NAME",
        help="In place of the YAML's random or bayes: gp (bayes), tpe, cmaes, qmc or random.",
    ),
    click.option(
        "--pruner",
        metavar="RULE",
        help="In place of the YAML's early_terminate: hyperband, asha, median, patience or none; with "
        "parameters: asha:min_iter=2,eta=4.",
    ),
    click.option(
        "--prior",
        metavar="WHAT",
        multiple=True,
        help="Points known before: a run, a sweep, or a CSV or YAML file; may be given several times.",
    ),
    click.option(
        "--stop-gain",
        type=click.FloatRange(min=0, min_open=True),
        metavar="X",
        help="End when the Gaussian process expects less than X of another trial, in the metric's units.",
    ),
)


def search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``sampler``, ``pruner``, ``prior`` and ``stop_gain``, for ``SearchOptions``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
