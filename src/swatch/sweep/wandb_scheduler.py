"""Our searches for ``wandb sweep-scheduler``, W&B's experimental command for sweeps scheduled elsewhere.

W&B's server keeps such a sweep's queue of runs, W&B's agents train them, and the command, which runs on any
machine that has Swatch, fills the queue with points of ours. The sweep's YAML names a file and a function::

    method: custom
    scheduler:
      engine: optuna
      source: scripts/swatch_scheduler.py   # relative to where the command is run
      optimizer: bayes                      # or random, or grid
      search_space: point                   # needed for distributions that Optuna does not have

and then::

    wandb sweep sweep.yaml
    wandb sweep-scheduler ENTITY/PROJECT/ID
    wandb agent ENTITY/PROJECT/ID

``source`` must be a file: ``scripts/swatch_scheduler.py`` imports the functions below and does nothing else,
so a copy of it will do anywhere. ``swatch sweep`` runs the same YAML without the command and W&B's agents.

What this way lacks, because of the command:

* A point is proposed when there is room in the queue (``--batch-size``, 10), not when an agent asks. With few
  agents the model knows less than it could; give the number of agents.
* Without ``search_space: point`` the command itself translates the parameters, and refuses normal, beta and
  exponent distributions and nested ``parameters``.
* Which keys belong to which config group is not known here: every run gets a value for every key, and
  ``scripts/train.py`` sets aside those that its groups do not have.
* A point whose run could not be queued counts as failed and is not proposed again, by a grid neither.
* ``early_terminate`` is judged at each poll (``--poll-interval``, 10 s) from a sample of the run's history,
  and the stop reaches the run by its agent, some seconds later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import optuna


class Sweep(Protocol):
    """What the command knows of the sweep (W&B's ``SweepInfo``)."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The YAML's plain value."""


Terminator = Callable[["optuna.Study"], bool]


def bayes(sweep: Sweep) -> tuple[optuna.Study, Terminator]:
    """Return a study that our Gaussian process searches."""
    return make_study(sweep, "bayes")


def random(sweep: Sweep) -> tuple[optuna.Study, Terminator]:
    """Return a study of different random points."""
    return make_study(sweep, "random")


def grid(sweep: Sweep) -> tuple[optuna.Study, Terminator]:
    """Return a study of every combination once."""
    return make_study(sweep, "grid")


def make_study(sweep: Sweep, method: str, *, seed: int = 0) -> tuple[optuna.Study, Terminator]:
    """Return a study for the command, and the test that ends the sweep once its target is reached.

    A source file with its own seed says ``def mine(sweep): return make_study(sweep, "random", seed=3)``.

    Args:
        sweep: The sweep as the command knows it.
        method: ``"grid"``, ``"random"`` or ``"bayes"``.
        seed: Of the search.

    Raises:
        ValueError: The sweep is malformed or not for this method; the command shows the text.
    """
    import optuna

    from swatch.errors import UserError
    from swatch.sweep.config import SweepConfig
    from swatch.sweep.optuna_sampler import SweepPruner, SweepSampler

    raw = {key: value for key, value in sweep.config.items() if key != "scheduler"}
    try:
        config = SweepConfig.from_mapping({**raw, "method": method})
    except UserError as error:
        raise ValueError(str(error)) from None
    metric = config.metric
    if metric is None:
        raise ValueError("the sweep needs a metric, such as `metric: {name: val/accuracy, goal: maximize}`")
    if len(config.metrics) > 1:
        raise ValueError("the command's studies have one objective: write one `metric`, not `metrics`")
    sampler = SweepSampler(config.space, method, seed=seed, count=config.run_cap)
    rule = config.early_terminate
    study = optuna.create_study(
        direction=optuna.study.StudyDirection[metric.goal.upper()],
        sampler=sampler,
        pruner=SweepPruner(rule) if rule is not None else optuna.pruners.NopPruner(),
    )

    def target_reached(study: optuna.Study) -> bool:
        ended = (record for record in sampler.records(study) if record.state.has_result)
        return any(record.objective is not None and metric.reached(record.objective) for record in ended)

    return study, target_reached


def point(trial: optuna.Trial) -> dict[str, Any]:
    """Return a trial's parameters, dotted key to value: the ``search_space`` for any distribution."""
    from swatch.sweep.optuna_sampler import SweepSampler

    sampler = trial.study.sampler
    # The command tries the function once on a study of its own, before it has ours.
    return sampler.suggest(trial) if isinstance(sampler, SweepSampler) else {}
