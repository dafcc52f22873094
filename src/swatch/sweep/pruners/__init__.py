"""Rules that end a trial early: each a pure function of all trials' curves, whose decisions say why."""

from swatch.sweep.pruners.asha import Asha
from swatch.sweep.pruners.decision import Curves, Decision, Rule
from swatch.sweep.pruners.hyperband import Hyperband
from swatch.sweep.pruners.median import Median
from swatch.sweep.pruners.options import PRUNERS, parse_pruner
from swatch.sweep.pruners.patience import Patience

__all__ = [
    "PRUNERS",
    "Asha",
    "Curves",
    "Decision",
    "Hyperband",
    "Median",
    "Patience",
    "Rule",
    "parse_pruner",
]
