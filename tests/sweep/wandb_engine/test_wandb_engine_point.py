"""What W&B's agent hands over arrives as it was meant: every value, with its type, by any macro."""

from __future__ import annotations

import json
import os
import queue
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import wandb.wandb_agent as client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swatch.compose import compose
from swatch.errors import UserError
from swatch.sweep.space.quoting import quote
from swatch.sweep.wandb_engine import command_line, environment
from swatch.sweep.wandb_engine.point import adapt
from swatch.sweep.wandb_engine.program import plan
from swatch.tracking import RunDescription, RunDirectory
from swatch.tracking.remote_sweep import RemoteSweep

MACROS = (
    *("${args}", "${args_no_hyphens}", "${args_no_equals}", "${args_no_boolean_flags}"),
    *("${args_json}", "${args_json_file}", "${args_append_hydra}", "${args_override_hydra}"),
)
PREFIX = ["${env}", "${interpreter}", "${program}"]


@pytest.fixture
def project(tmp_path: Path) -> None:
    """A project with a group whose keys take anything."""
    folder = tmp_path / "conf"
    (folder / "free").mkdir(parents=True)
    (folder / "free" / "any.yaml").write_text("value: null\nother: 1\nnode: {left: 1, right: {deep: null}}\n")
    (folder / "free" / "more.yaml").write_text("value: null\nother: 1\nnode: {left: 1}\nonly_here: 2\n")
    (folder / "project").mkdir()
    (folder / "project" / "default.yaml").write_text("defaults:\n  - /free: any\n")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[str], dict[str, str]]]:
    """The client's own making of a command: returns the program's arguments and its environment."""
    started: list[tuple[list[str], dict[str, str]]] = []

    class Recorded:
        def __init__(self, *, command: list[str], env: dict[str, str], forward_signals: bool) -> None:
            started.append((command, dict(env)))

    monkeypatch.setattr(client, "AgentProcess", Recorded)
    monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    monkeypatch.setenv("WANDB_ENTITY", "someone")
    monkeypatch.setenv("WANDB_PROJECT", "clothes")
    for name in ("WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH"):
        monkeypatch.setenv(name, "")  # The client sets them; so they are gone after the test.

    def command(parameters: dict[str, Any], words: list[str]) -> tuple[list[str], dict[str, str]]:
        agent = client.Agent(None, queue.Queue(), sweep_id="abc")
        agent._sweep_command = [*PREFIX, *words]
        # As it comes from the server: JSON.
        arguments = json.loads(json.dumps({key: {"value": value} for key, value in parameters.items()}))
        agent._command_run({"type": "run", "run_id": "r1", "program": "train.py", "args": arguments})
        line, found = started.pop()
        assert line[:3] == ["/usr/bin/env", "python", "train.py"]
        return line[3:], found

    return command


def arrived(line: list[str], variables: dict[str, str]) -> Any:
    agent = environment.take(variables)
    assert agent is not None
    words = command_line.read(line, agent.values)
    return compose(adapt(words.values, before=words.before, after=words.after).overrides).plain


def typed(value: Any) -> Any:
    """The value with its type at every depth, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value), value


# What OmegaConf gives a meaning of its own: `${...}` refers to another key, `???` is missing.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).filter(
    lambda text: "${" not in text and text != "???"
) | st.sampled_from(
    ["None", "null", "true", "True", "1", "1e-05", "a=b=c", "(1)", "{a: 1}", "[1, 2]", "it's", "é, ü", "",
     " x ", "-1", "--epochs=1", "a b", "#", "'", '"', "\\", "nan", "2001-01-01", "1:2", "yes", "~", "&a",
     "*a", "!x", "\r\n"]
)  # fmt: skip


def is_sayable(key: str) -> bool:
    """Whether Hydra's grammar takes it as a dict's key; the others are refused, which a test below sees."""
    try:
        quote({key: 1})
    except ValueError:
        return False
    return True


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,6}\Z").filter(is_sayable), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@pytest.mark.usefixtures("project")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=anything, macro=st.sampled_from(MACROS))
def test_every_value_arrives_with_its_type(
    start: Callable[..., tuple[list[str], dict[str, str]]], value: Any, macro: str
) -> None:
    plain = arrived(*start({"free.value": value, "epochs": 3}, [macro]))
    assert typed(plain["free"]["value"]) == typed(value)
    assert plain["epochs"] == 3


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("macro", MACROS)
def test_each_macro_hands_over_all_of_a_point(
    start: Callable[..., tuple[list[str], dict[str, str]]], macro: str
) -> None:
    point = {
        "seed": 7,
        "optimizer": "momentum",
        "optimizer.momentum": 0.9,
        "optimizer.learning_rate": 1e-05,
        "run.notes": "a=b, 'c' [d] {é}",
        "run.tags": ["True", "1", "x y"],
        "training.checkpoint": False,
        "training.early_stopping": {"patience": None, "min_delta": 0.5},
        "model": {"hidden_sizes": [16, 8], "activation": "tanh"},
    }
    plain = arrived(*start(point, ["tracking.mode=offline", macro, "--epochs=2"]))
    assert (plain["seed"], plain["epochs"], plain["tracking"]["mode"]) == (7, 2, "offline")
    assert (plain["optimizer"]["momentum"], plain["optimizer"]["learning_rate"]) == (0.9, 1e-05)
    assert (plain["run"]["notes"], plain["run"]["tags"]) == (point["run.notes"], point["run.tags"])
    assert plain["training"]["checkpoint"] is False
    assert plain["training"]["early_stopping"] == {"patience": None, "min_delta": 0.5}
    assert (plain["model"]["hidden_sizes"], plain["model"]["activation"]) == ([16, 8], "tanh")


@pytest.mark.parametrize(
    ("words", "epochs"),
    [
        (["${args}"], 3),
        (["epochs=5", "${args}"], 3),
        (["${args}", "epochs=5"], 5),
        (["${args}", "epochs=3"], 3),
        (["epochs=5"], 3),
        ([], 3),
    ],
)
def test_the_users_own_words_count_where_they_stand(
    start: Callable[..., tuple[list[str], dict[str, str]]], words: list[str], epochs: int
) -> None:
    assert arrived(*start({"epochs": 3, "seed": 1}, words))["epochs"] == epochs


@pytest.mark.usefixtures("project")
class TestDicts:
    """A dict merges into a section of the config and is a value everywhere else."""

    def test_merges_into_a_section(self) -> None:
        point = adapt({"free": {"node": {"right": {"deep": 5}}, "other": 2}})
        assert point.overrides == ("free.node.right.deep=5", "free.other=2")
        assert compose(point.overrides).plain["free"] == {
            "value": None,
            "other": 2,
            "node": {"left": 1, "right": {"deep": 5}},
        }

    def test_is_a_value_where_the_config_has_one(self) -> None:
        assert adapt({"free.value": {"a": {"b": 1}}}).overrides == ("free.value={a:{b:1}}",)
        assert adapt({"free.value": {}, "free.node": {}}).overrides == ("free.value={}", "free.node={}")

    def test_what_the_choice_lacks_is_set_aside_key_by_key(self) -> None:
        point = adapt({"free": {"only_here": 3, "other": 2}, "optimizer": "adam", "optimizer.momentum": 0.5})
        assert point.overrides == ("free.other=2", "optimizer=adam")
        assert point.values == {"free.other": 2, "optimizer": "adam"}
        assert point.aside == ("free.only_here=3", "optimizer.momentum=0.5")
        assert adapt({"free": "more", "free.only_here": 3}).aside == ()

    def test_a_key_that_the_grammar_cannot_say_is_an_error(self) -> None:
        with pytest.raises(UserError, match=r"free\.value: the dict key 'é' cannot be written"):
            adapt({"free.value": {"é": 1}})
        with pytest.raises(UserError, match="'a b' is no key"):
            adapt({"a b": 1})


def test_a_dict_under_a_name_of_its_own_sets_keys_together() -> None:
    """As `swatch sweep` does it: linked parameters are expanded, their groups chosen first."""
    linked = {"optimizer": "momentum", "optimizer.momentum": 0.5, "model": {"width": 8, "depth": 1}}
    point = adapt({"epochs": 2, "how": linked})
    assert point.overrides == (
        "epochs=2",
        "optimizer=momentum",
        "optimizer.momentum=0.5",
        "model.width=8",
        "model.depth=1",
    )
    plain = compose(point.overrides).plain
    assert (plain["optimizer"]["momentum"], plain["model"]["width"]) == (0.5, 8)


def test_the_choice_may_come_from_the_users_words() -> None:
    assert adapt({"optimizer.momentum": 0.5}, before=["optimizer=momentum"]).aside == ()
    assert adapt({"optimizer.momentum": 0.5}, before=["optimizer=adam"]).aside == ("optimizer.momentum=0.5",)
    both = adapt({"optimizer": "adam", "optimizer.momentum": 0.5}, after=["optimizer=momentum"])
    assert both.overrides == ("optimizer=adam", "optimizer.momentum=0.5", "optimizer=momentum")


def test_keys_may_be_left_out() -> None:
    point = adapt(
        {"model": {"depth": 2, "width": 64}, "epochs": 3}, before=["model.depth=1"], without=["model.depth"]
    )
    assert point.overrides == ("model.depth=1", "model.width=64", "epochs=3")


@pytest.mark.parametrize(
    "texts",
    [
        [
            "optimizer=momentum",
            "optimizer.momentum=0.5",
            "scheduler=cosine",
            "model.depth=2",
            "model.width=8",
        ],
        ["optimizer=nesterov", "augmentation=flip", "training.early_stopping.patience=3", "run.notes='a=b'"],
        ["model=logistic", "loss.label_smoothing=0.1", "seed=3"],
    ],
)
def test_a_whole_config_is_composed_again(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server gives out when a run is to be resumed."""
    plain = compose(texts).plain
    wire = json.loads(json.dumps(plain))
    monkeypatch.setenv("SWATCH_HOME", "/another/place")
    point = adapt(wire)
    assert point.aside == ()
    again = compose(point.overrides).plain
    assert again.pop("paths") == {"runs": "/another/place"}
    assert again == {key: value for key, value in plain.items() if key != "paths"}


def test_a_run_that_was_begun_here_is_known_by_its_directory(tmp_path: Path) -> None:
    here = RemoteSweep("http://there", "someone", "clothes", "abc")
    agent = environment.AgentEnvironment("r1", here, {"epochs": 3, "seed": 2})
    RunDirectory(tmp_path / "runs" / "r1").start(
        RunDescription(
            run_id="r1", name="n", config={"epochs": 2}, overrides=["seed=1", "epochs=2"], remote_sweep=here
        )
    )
    assert plan(["epochs=3", "seed=2"], agent).overrides == ("seed=1", "epochs=2")
    assert plan([], replace(agent, run_id="r2")).overrides == ("epochs=3", "seed=2")
    elsewhere = replace(here, sweep_id="xyz")
    assert plan([], replace(agent, remote_sweep=elsewhere)).overrides == ("epochs=3", "seed=2")


def test_what_the_agent_says_is_taken_out_of_the_environment(
    start: Callable[..., tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, variables = start({"epochs": 3}, ["${args}"])
    monkeypatch.setattr(os, "environ", variables | {"WANDB_BASE_URL": "http://there/"})
    agent = environment.take()
    assert agent is not None
    assert (agent.run_id, agent.values) == ("r1", {"epochs": 3})
    assert agent.remote_sweep.path == "someone/clothes/abc"
    assert agent.remote_sweep.base_url == "http://there"
    left = {name for name in os.environ if name.startswith("WANDB_")}
    assert left == {
        *("WANDB_BASE_URL", "WANDB_ENTITY", "WANDB_PROJECT", "WANDB_DIR"),
        environment.TRANSMIT_INTERVAL,
    }
    assert environment.take() is None


def test_an_agent_by_the_bare_id_uses_wandbs_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    bare = environment.take({"WANDB_SWEEP_ID": "abc"})
    assert bare is not None and bare.remote_sweep.path == "/uncategorized/abc"
    assert (bare.run_id, bare.values) == (None, None)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings").write_text("[default]\nentity = me\nproject = far\n")
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "settings").write_text("[default]\nproject = near\n")
    found = environment.take({"WANDB_SWEEP_ID": "abc"})
    assert found is not None and found.remote_sweep.path == "me/near/abc"


def test_the_users_own_interval_stays() -> None:
    variables = {
        "WANDB_SWEEP_ID": "abc",
        environment.TRANSMIT_INTERVAL: "7",
        "WANDB_ENTITY": "e",
        "WANDB_PROJECT": "p",
    }
    environment.take(variables)
    assert variables[environment.TRANSMIT_INTERVAL] == "7"


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"- 1\n", b"{"])
def test_a_file_that_cannot_be_read_leaves_the_command_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "config-r1.yaml"
    if content is not None:
        path.write_bytes(content)
    agent = environment.take(
        {
            "WANDB_SWEEP_ID": "a",
            "WANDB_SWEEP_PARAM_PATH": str(path),
            "WANDB_ENTITY": "e",
            "WANDB_PROJECT": "p",
        }
    )
    assert agent is not None and agent.values is None


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["seed=1", "--optimizer=sgd"], {"seed": 1, "optimizer": "sgd"}),
        (["run.notes=None", "run.tags=['a', 'b']"], {"run.notes": None, "run.tags": ["a", "b"]}),
        (["model={'depth': 2, 'width': None}"], {"model": {"depth": 2, "width": None}}),
        (["model.hidden_sizes=[16,8]", "a=[b,c]"], {"model.hidden_sizes": [16, 8], "a": ["b", "c"]}),
        (["run.notes=a, b: c=d {x}"], {"run.notes": "a, b: c=d {x}"}),
        (["run.notes=[draft", "run.name=a,b"], {"run.notes": "[draft", "run.name": "a,b"}),
        (["x=True", "y=1e-05", "z=0.10"], {"x": True, "y": 1e-05, "z": 0.1}),
        (['{"seed": 1, "run.notes": null}'], {"seed": 1, "run.notes": None}),
    ],
)
def test_without_the_file_the_words_are_read(words: list[str], values: dict[str, Any]) -> None:
    line = command_line.read([*words, "+new=1"], None)
    assert typed(line.values) == typed(values)
    assert (line.before, line.after) == ((), ("+new=1",))
