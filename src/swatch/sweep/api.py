"""Sweeping from Python: ``swatch.sweep.run(yaml, train_function)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swatch.sweep.opening.opening import OpenSweep
    from swatch.sweep.records import SweepRecord, TrialRecord


@dataclass(frozen=True)
class SweepResult:
    """A sweep after it."""

    sweep: SweepRecord
    trials: list[TrialRecord]
    """By number."""
    best: TrialRecord
    """The one with the best value of the sweep's metric."""
    directory: Path
    """``best.yaml``, ``trials.csv``, ``report.html`` and the ledger."""

    @property
    def parameters(self) -> dict[str, Any]:
        """The best trial's swept parameters."""
        return dict(self.best.point)

    @property
    def url(self) -> str | None:
        """The address of the sweep's page in W&B's UI, or None if no server knows the sweep."""
        from swatch.sweep.terminal.arrival import page

        return page(self.sweep)

    @property
    def value(self) -> float:
        """The best value of the sweep's metric; with repeats the best mean."""
        assert self.best.objective is not None
        return self.best.objective


def run(
    sweep: str | Path | Mapping[str, Any],
    train: Callable[..., Any],
    *,
    count: int | None = None,
    agents: int = 1,
    name: str | None = None,
    seed: int = 0,
    home: str | Path | None = None,
    tracking: str = "auto",
    storage: str | None = None,
    retries: int | None = None,
    max_consecutive_failures: int | None = None,
    repeats: int = 1,
    sampler: str | None = None,
    pruner: str | None = None,
    prior: str | Path | Sequence[str | Path] = (),
    stop_gain: float | None = None,
) -> SweepResult:
    """Sweep over a function of yours.

    The same call again goes on with a sweep that was interrupted.

    Args:
        sweep: A W&B sweep: the path of its YAML, or the dict that ``wandb.sweep`` takes.
        train: ``train(parameters)`` or ``train(parameters, trial)``. ``parameters`` is a dict, nested where
            keys have dots. It reports metrics with ``trial.report({"loss": 0.3})``, once an epoch, or returns
            them at its end: a dict, or a number for the sweep's metric.
        count: How many trials; the YAML's ``run_cap`` unless given.
        agents: With 1, trials run in this process. With more, each agent is a process of its own, which must
            be able to import ``train``: it is defined in a module or a script, at the top level.
        name: The sweep's id; made from the YAML and the seed unless given.
        seed: Of the search.
        home: The folder of runs and sweeps: ``SWATCH_HOME`` or ``runs`` unless given.
        tracking: wandb's mode: ``"auto"``, ``"online"``, ``"offline"`` or ``"disabled"``.
        storage: The URL of a database; a SQLite file in the sweep's folder unless given.
        retries: How often a trial whose process died without progress is tried again.
        max_consecutive_failures: After so many failures in a row an agent stops; 0: never.
        repeats: Call ``train`` with so many seeds, one after the other, for every configuration; the search
            sees the mean. The seed is ``trial.seed``, and ``parameters["seed"]`` if the sweep has such a
            constant. A trial's ``objective`` is then the mean, its ``spread`` the standard deviation.
        sampler: In place of the YAML's random or bayes: ``"gp"``, ``"tpe"``, ``"cmaes"``, ``"qmc"`` or
            ``"random"``.
        pruner: In place of the YAML's ``early_terminate``: ``"asha:min_iter=2"``, ``"median"`` and the like.
        prior: Points known before: runs, sweeps, and CSV or YAML files; one or several.
        stop_gain: End once another trial is expected to gain less than this, in the metric's units.

    Raises:
        UserError: The sweep, the function or a setting is wrong; one line that says what.
        RunFailed: Every trial failed, or the sweep was stopped before one had a result.
        KeyboardInterrupt: Ctrl-C; the sweep can go on.
    """
    from swatch.sweep.controller.running import run_in_agents, run_in_this_process
    from swatch.sweep.opening.opening import open_sweep
    from swatch.sweep.opening.preparing import SweepRequest
    from swatch.sweep.opening.search_options import SearchOptions
    from swatch.sweep.opening.yaml_text import read_sweep_text

    agents = _whole_number("agents", agents)
    known = (prior,) if isinstance(prior, str | Path) else prior
    text, source = read_sweep_text(sweep)
    request = SweepRequest(
        text=text,
        source=source,
        function=_name_of(train, agents),
        title=getattr(train, "__name__", None) if isinstance(sweep, Mapping) else None,
        train=train,
        seed=_whole_number("seed", seed, least=0),
        count=_optional("count", count, least=1),
        name=name,
        storage=storage,
        tracking=tracking,
        home=Path(home).absolute() if home is not None else None,
        retries=_optional("retries", retries, least=0),
        max_consecutive_failures=_optional("max_consecutive_failures", max_consecutive_failures, least=0),
        repeats=_whole_number("repeats", repeats),
        searching=SearchOptions(sampler, pruner, tuple(map(str, known)), stop_gain),
    )
    opened = open_sweep(request)
    if agents == 1:
        run_in_this_process(opened, train)
    else:
        run_in_agents(opened, agents)
    return _result(opened)


def _whole_number(name: str, value: Any, *, least: int = 1) -> int:
    """Return an argument as an int; raises UserError for what is no whole number or below ``least``."""
    import operator

    from swatch.errors import UserError

    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise UserError(f"{name}={value!r}: it must be a whole number of at least {least}")
    return number


def _optional(name: str, value: Any, *, least: int) -> int | None:
    return None if value is None else _whole_number(name, value, least=least)


def _name_of(train: Callable[..., Any], agents: int) -> str:
    from swatch.errors import UserError
    from swatch.sweep.agent.loading import is_being_loaded, load_function, spec_of, takes_trial

    takes_trial(train)
    if is_being_loaded(train):
        raise UserError(
            "swatch.sweep.run is called when its function's file is imported, which every agent does; put "
            'the call under `if __name__ == "__main__":`'
        )
    spec = spec_of(train)
    name = getattr(train, "__qualname__", type(train).__name__)
    if agents == 1:
        # Only a name is needed here; it tells the sweeps of two functions apart.
        return spec or f"<{name}>"
    if spec is None:
        raise UserError(
            f"agents={agents}: another process cannot import '{name}'; define it at the top level of a "
            "module or a script, or use agents=1."
        )
    load_function(spec)
    return spec


def _result(opened: OpenSweep) -> SweepResult:
    from swatch.errors import RunFailed
    from swatch.report.ranking import best_trial

    sweep = opened.ledger.sweep(opened.sweep.id)
    trials = opened.ledger.trials(sweep.id)
    opened.ledger.close()
    best = best_trial(sweep, [trial for trial in trials if trial.state.has_result])
    if best is None:
        raise RunFailed(f"sweep {sweep.id} was stopped before a trial had a result; the same call goes on")
    return SweepResult(sweep, trials, best, opened.directory)
