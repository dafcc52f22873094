"""Sweep YAMLs: what they mean, and where a wrong one is wrong."""

from __future__ import annotations

import math

import pytest

from swatch.errors import UserError
from swatch.sweep.config import Metric, SweepConfig
from swatch.sweep.distributions import Categorical, Constant, IntUniform, LogUniform, Quantized
from swatch.sweep.pruners.stopping import Hyperband

WHOLE = """\
program: scripts/train.py
name: everything
description: one of each
project: p
entity: e
method: bayes
run_cap: 12
metric:
  name: val/accuracy
  goal: maximize
  target: 0.9
early_terminate:
  type: hyperband
  max_iter: 27
  s: 2
  eta: 3
  strict: true
command: [python, "${program}", "${args_no_hyphens}"]
parameters:
  optimizer: {values: [adam, sgd]}
  optimizer.learning_rate:
    distribution: log_uniform_values
    min: 1.0e-5
    max: 0.1
  model:
    parameters:
      dropout: {distribution: q_uniform, min: 0, max: 0.5, q: 0.1}
      deep:
        parameters:
          width: {min: 1, max: 9}
  seed: {value: 3}
"""


def test_a_whole_yaml_is_read() -> None:
    config = SweepConfig.from_yaml(WHOLE, "whole.yaml")
    assert (config.name, config.description, config.method) == ("everything", "one of each", "bayes")
    assert (config.run_cap, config.program) == (12, "scripts/train.py")
    assert config.command == ("python", "${program}", "${args_no_hyphens}")
    assert config.metric is not None
    assert (config.metric.name, config.metric.goal, config.metric.target) == ("val/accuracy", "maximize", 0.9)
    assert config.early_terminate == Hyperband(max_iter=27, s=2, eta=3.0, strict=True)
    assert config.notices == ()
    kinds = {key: type(distribution) for key, distribution in config.parameters.items()}
    assert kinds == {
        "optimizer": Categorical,
        "optimizer.learning_rate": LogUniform,
        "model.dropout": Quantized,
        "model.deep.width": IntUniform,
        "seed": Constant,
    }
    assert list(kinds) == list(config.space.parameters)
    assert config.raw["project"] == "p"


def test_a_mapping_reads_like_its_yaml() -> None:
    from_text = SweepConfig.from_yaml(WHOLE, "whole.yaml")
    from_mapping = SweepConfig.from_mapping(from_text.raw)
    assert from_mapping.parameters == from_text.parameters
    assert from_mapping.metric == from_text.metric


def test_a_parameter_is_found_again_in_the_text() -> None:
    config = SweepConfig.from_yaml(WHOLE, "whole.yaml")
    assert config.source.where(config.path_of("optimizer.learning_rate")) == "whole.yaml:21"
    assert config.source.where(config.path_of("model.deep.width")) == "whole.yaml:30"


@pytest.mark.parametrize(
    ("goal", "value", "reached"),
    [("maximize", 0.9, True), ("maximize", 0.89, False), ("minimize", 0.9, True), ("minimize", 0.91, False)],
)
def test_a_target_is_reached_in_the_goals_direction(goal: str, value: float, reached: bool) -> None:
    config = SweepConfig.from_yaml(WHOLE.replace("goal: maximize", f"goal: {goal}"), "whole.yaml")
    assert config.metric is not None
    assert config.metric.reached(value) is reached


def test_without_a_target_nothing_is_reached() -> None:
    config = SweepConfig.from_yaml(WHOLE.replace("  target: 0.9\n", ""), "whole.yaml")
    assert config.metric is not None
    assert not config.metric.reached(1.0)


VALID = "method: random\nmetric: {name: val/accuracy, goal: maximize}\nparameters:\n  x: {values: [1, 2]}\n"


SEVERAL = VALID.replace(
    "metric: {name: val/accuracy, goal: maximize}",
    "metrics: [{name: val/accuracy, goal: maximize}, {name: seconds}]",
)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "s.yaml", "is empty"),
        ("# only a comment\n", "s.yaml", "is empty"),
        ("- a\n- b\n", "s.yaml:1", "mapping"),
        ("method: [random\nparameters: {}", "s.yaml:2", "not valid YAML"),
        ("method: random\nparameters:\n\tx: 1\n", "s.yaml:3", "'\\t'"),
        ("method: \x01random", "s.yaml:1", "special characters"),
        ("a: *nowhere", "s.yaml:1", "undefined alias"),
        ("a: &x [*x]", "s.yaml:1", "an alias refers to what contains it"),
        ("a: 1\n---\nb: 2", "s.yaml:2", "another document"),
        ("a: !!python/object:os.system x", "s.yaml:1", "could not determine a constructor"),
        ("a: !!float ''", "s.yaml", "not valid YAML"),
        ("[" * 5000, "s.yaml", "not valid YAML"),
        (VALID + "  x: {value: 1}\n", "s.yaml:5", "'x' is given twice, first on line 4"),
        (VALID + "method: grid\n", "s.yaml:5", "'method' is given twice"),
        (VALID + "metod: grid\n", "s.yaml:5", "metod: unknown key. Did you mean 'method'?"),
        (VALID + "zzz: grid\n", "s.yaml:5", "The keys here are: method, metric"),
        (VALID.replace("method: random\n", ""), "s.yaml", "method is missing"),
        (VALID.replace("random", "bays"), "s.yaml:1", "'bayes'"),
        (VALID.replace("random", "custom"), "s.yaml:1", "other programs' schedulers run with `wandb sweep-"),
        (VALID.replace("random", "custom") + "scheduler: {engine: ax}\n", "s.yaml:5", "other programs'"),
        (VALID.replace("random", "custom") + "scheduler: {engine: optuna, source: my.py, optimizer: bayes}\n",
         "s.yaml:5", "or the scheduler {engine: optuna, source: scripts/swatch_scheduler.py"),
        (VALID.replace("random", "custom")
         + "scheduler: {engine: optuna, source: a/swatch_scheduler.py, optimizer: baies}\n",
         "s.yaml:5", "has no search 'baies'. Did you mean 'bayes'?"),
        (VALID + "scheduler: {engine: wandb}\n", "s.yaml:5", "it belongs to `method: custom`"),
        (VALID + "metrics: []\n", "s.yaml:5", "there is `metric` as well"),
        (SEVERAL.replace(", {name: seconds}", ""), "s.yaml:2", "list two or more"),
        (SEVERAL.replace("[{", "{a: {").replace("}]", "}}").replace(", {name: seconds}", ""), "s.yaml:2",
         "list two or more"),
        (SEVERAL.replace("seconds", "val/accuracy"), "s.yaml:2", "metrics.1.name: val/accuracy is there t"),
        (SEVERAL.replace("{name: seconds}", "seconds"), "s.yaml:2", "metrics.1: write {name"),
        (SEVERAL.replace("maximize", "maximize, target: 1"), "s.yaml:2", "metrics.0.target: a sweep ends at"),
        (SEVERAL + "early_terminate: {type: hyperband, min_iter: 1}\n", "s.yaml:5", "with several `metrics`"),
        (VALID.replace("maximize", "maximize, impute: wurst"), "s.yaml:2", "Did you mean 'worst'?"),
        (VALID.replace("maximize", "maximize, impute_while_running: true"), "s.yaml:2",
         "It is one of: false, worst, best, latest."),
        (VALID + "run_cap: 0\n", "s.yaml:5", "whole number of at least 1, not 0"),
        (VALID + "run_cap: many\n", "s.yaml:5", "not 'many'"),
        (VALID + "run_cap: true\n", "s.yaml:5", "not True"),
        (VALID + "command: python\n", "s.yaml:5", "list of words"),
        (VALID + "name: [a]\n", "s.yaml:5", "must be a text"),
        (VALID.replace("goal: max", "goal: mx"), "s.yaml:2", "Did you mean 'maximize'?"),
        (VALID.replace("goal", "gaol"), "s.yaml:2", "metric.gaol: unknown key. Did you mean 'goal'?"),
        (VALID.replace("name: val/accuracy, ", ""), "s.yaml:2", "it needs a name"),
        (VALID.replace("{name: val/accuracy, goal: maximize}", "val/accuracy"), "s.yaml:2", "or the like"),
        (VALID.replace("maximize", "maximize, target: high"), "s.yaml:2", "must be a number, not 'high'"),
        (VALID.replace("metric: {name: val/accuracy, goal: maximize}\n", "").replace("random", "bayes"),
         "s.yaml:1", "method: bayes must know what is good"),
        ("method: random\nearly_terminate: {type: hyperband, min_iter: 1}\n", "s.yaml:2",
         "early_terminate must know what is good"),
        ("method: random\n", "s.yaml", "parameters is missing"),
        ("method: random\nparameters: {}\n", "s.yaml:2", "at least one parameter"),
        ("method: random\nparameters: [x]\n", "s.yaml:2", "at least one parameter"),
        (VALID + "  y: 3\n", "s.yaml:5", "write a mapping such as {value: 3}"),
        (VALID + "  y: [3, 4]\n", "s.yaml:5", "write a mapping such as {values: [3, 4]}"),
        (VALID + "  y z: {value: 3}\n", "s.yaml:5", "not a name such as"),
        (VALID + "  3: {value: 3}\n", "s.yaml:5", "not a name such as"),
        (VALID + "  y:\n    min: 5\n    max: 2\n", "s.yaml:6", "y.min: min 5 is above max 2"),
        (VALID + "  y:\n    min: 5\n    mx: 9\n", "s.yaml:7", "Did you mean 'max'?"),
        (VALID + "  y:\n    distribution: unifrom\n    min: 1\n", "s.yaml:6", "Did you mean 'uniform'?"),
        (VALID + "  m:\n    parameters:\n      y: {min: 2, max: 1}\n", "s.yaml:7", "m.parameters.y.min"),
        (VALID + "  m:\n    parameters:\n      y: {value: 1}\n  m.y: {value: 2}\n", "s.yaml:8", "and dotted"),
        (VALID + "  m: {parameters: {y: {value: 1}}, min: 2}\n", "s.yaml:5", "nothing beside them"),
        (VALID + "early_terminate: 3\n", "s.yaml:5", "mapping"),
        (VALID + "early_terminate: {type: median}\n", "s.yaml:5", "the one type is hyperband"),
        (VALID + "early_terminate: {type: hyperband}\n", "s.yaml:5", "either min_iter, or max_iter"),
        (VALID + "early_terminate: {type: hyperband, max_iter: 9}\n", "s.yaml:5", "together with s"),
        (VALID + "early_terminate: {type: hyperband, min_iter: 0}\n", "s.yaml:5", "at least 1"),
        (VALID + "early_terminate: {type: hyperband, min_iter: 1, eta: 1}\n", "s.yaml:5", "above 1"),
        (VALID + "early_terminate: {type: hyperband, min_iter: 1, strict: 1}\n", "s.yaml:5", "true or false"),
        (VALID + "early_terminate: {type: hyperband, max_iter: 2, s: 1}\n", "s.yaml:5", "no band"),
        (VALID + "early_terminate: {type: hyperband, min_itr: 2}\n", "s.yaml:5", "'min_iter'"),
    ],
)  # fmt: skip
def test_a_wrong_yaml_is_refused_in_one_line_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        SweepConfig.from_yaml(text, "s.yaml")
    message = str(caught.value)
    assert message.startswith((f"{place}: ", f"{place} "))
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("entry", "way_out"),
    [
        ("{min: 0.0, max: 0.5}", "q: 0.1"),
        ("{distribution: log_uniform_values, min: 0.001, max: 1}", "[0.001, 0.01, 0.1, 1]"),
        ("{distribution: normal}", "list the `values`"),
        ("{distribution: q_normal}", "list the `values`"),
    ],
)
def test_a_grid_over_a_continuous_range_is_refused_with_the_way_out(entry: str, way_out: str) -> None:
    text = f"method: grid\nparameters:\n  x: {{values: [1, 2]}}\n  y: {entry}\n"
    with pytest.raises(UserError, match=r"^s\.yaml:4: parameters\.y: a grid cannot visit") as caught:
        SweepConfig.from_yaml(text, "s.yaml")
    assert way_out in str(caught.value)


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        (VALID.replace("maximize", "minimize"), "s.yaml:2: the metric val/accuracy has goal: minimize; did"),
        (VALID.replace(", goal: maximize", ""), "no goal, which means minimize; did you mean `goal: max"),
        (VALID.replace("val/accuracy", "val/loss"), "did you mean `goal: minimize`?"),
        (VALID + "  y: {distribution: log_uniform, min: 0.0001, max: 0.1}\n", "draws from 1 to 1.105"),
        (VALID + "  y: {values: [3]}\n", "s.yaml:5: y has one value"),
        (VALID + "  y: {values: [3, 3.0, 4]}\n", "lists a value twice"),
        (VALID + "  y: {min: 1e-4, max: 1.0e-2}\n", "s.yaml:5: W&B reads 1e-4 as text; 1.0e-4 is a number"),
        (VALID.replace("maximize", "maximize, impute: best"), "2: only `method: bayes` looks at impute"),
        (VALID + "  y: {min: 2, max: 2}\n", "s.yaml:5: y has one value"),
        (VALID + "  y: {min: 0.5, max: 0.5}\n", "s.yaml:5: y has one value"),
        (VALID + "  y: {values: [3, 4], probabilities: [1, 0]}\n", "s.yaml:5: y has one value"),
        (SEVERAL.replace("goal: maximize", "goal: minimize"), "2: the metric val/accuracy has goal: min"),
    ],
)  # fmt: skip
def test_a_trap_gets_a_word(text: str, notice: str) -> None:
    notices = SweepConfig.from_yaml(text, "s.yaml").notices
    assert len(notices) == 1
    assert notice in notices[0]


def test_numbers_without_a_point_are_numbers_and_dates_are_texts() -> None:
    text = VALID + "  y: {values: [1e-4, 2E5, '1e-4', 2024-01-01]}\n"
    distribution = SweepConfig.from_yaml(text, "s.yaml").parameters["y"]
    assert isinstance(distribution, Categorical)
    assert distribution.values == [1e-4, 2e5, "1e-4", "2024-01-01"]


def test_anchors_and_merges_work() -> None:
    text = (
        "method: random\nparameters:\n  a: &range {min: 1, max: 5}\n  b: *range\n  c: {<<: *range, max: 9}\n"
    )
    parameters = SweepConfig.from_yaml(text, "s.yaml").parameters
    assert list(parameters.values()) == [IntUniform(1, 5), IntUniform(1, 5), IntUniform(1, 9)]


def test_several_metrics_are_read_and_the_first_leads() -> None:
    config = SweepConfig.from_yaml(SEVERAL, "s.yaml")
    assert config.metrics == (Metric("val/accuracy", "maximize"), Metric("seconds", "minimize"))
    assert config.metric == config.metrics[0]
    assert config.notices == ()


@pytest.mark.parametrize(
    ("text", "impute", "while_running"),
    [
        ("", "worst", "false"),
        (", impute: best", "best", "false"),
        (", impute: latest, impute_while_running: latest", "latest", "latest"),
        (", impute_while_running: false", "worst", "false"),
        (", impute_while_running: 'false'", "worst", "false"),
    ],
)
def test_how_trials_without_a_result_count(text: str, impute: str, while_running: str) -> None:
    yaml = VALID.replace("random", "bayes").replace("maximize", f"maximize{text}")
    config = SweepConfig.from_yaml(yaml, "s.yaml")
    assert config.notices == ()
    assert config.metric == Metric("val/accuracy", "maximize", None, impute, while_running)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("{min: 0.5, max: 0.5}", 0.5),
        ("{distribution: log_uniform_values, min: 0.1, max: 0.1}", 0.1),
        ("{distribution: inv_log_uniform, min: 2, max: 2}", math.exp(-2)),
    ],
)
def test_a_range_that_starts_where_it_ends_is_a_constant(entry: str, value: float) -> None:
    space = SweepConfig.from_yaml(VALID + f"  y: {entry}\n", "s.yaml").space
    assert space.constants == {"y": pytest.approx(value)}
