"""scripts/assignment.py: every option is in the config that is trained and changes the training."""

from __future__ import annotations

import importlib.util
import json
import struct
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

from swatch.compose import build, compose
from swatch.sweep.config import SweepConfig
from swatch.sweep.network.validation import check
from swatch.sweep.opening.fingerprint import fingerprint
from swatch.sweep.opening.preparing import SweepRequest, prepare
from swatch.tracking.naming import run_name
from swatch.training.run import train

ROOT = Path(__file__).resolve().parent.parent
SWEEPS = sorted((ROOT / "sweeps" / "assignment").glob("*.yaml"))
SHORT = ["data.limit=120", "epochs=1", "training.test=false"]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("assignment", ROOT / "scripts" / "assignment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Where its dataclass looks for its types.
    spec.loader.exec_module(module)
    return module


assignment = load()


def overrides(*words: str) -> list[str]:
    found: list[str] = assignment.overrides_of(assignment.parser().parse_intermixed_args(words))
    return found


# Short and long option, its default, the options around it, another value, and the config's key and value.
OPTIONS: list[tuple[str, str, Any, list[str], str, str, Any]] = [
    ("-wp", "--wandb_project", "myprojectname", [], "mine", "tracking.project", "mine"),
    ("-we", "--wandb_entity", "myname", [], "me", "tracking.entity", "me"),
    ("-d", "--dataset", "fashion_mnist", [], "mnist", "data._target_", "swatch.data.mnist.MNIST"),
    ("-e", "--epochs", 1, [], "2", "epochs", 2),
    ("-b", "--batch_size", 4, [], "16", "batch_size", 16),
    ("-l", "--loss", "cross_entropy", [], "mean_squared_error", "loss.output", "softmax"),
    ("-o", "--optimizer", "sgd", [], "adam", "optimizer._target_", "swatch.optim.adam.Adam"),
    ("-lr", "--learning_rate", 0.1, [], "0.01", "optimizer.learning_rate", 0.01),
    ("-m", "--momentum", 0.5, ["-o", "momentum"], "0.9", "optimizer.momentum", 0.9),
    ("-m", "--momentum", 0.5, ["-o", "nag"], "0.9", "optimizer.momentum", 0.9),
    ("-beta", "--beta", 0.5, ["-o", "rmsprop"], "0.9", "optimizer.rho", 0.9),
    ("-beta1", "--beta1", 0.5, ["-o", "adam"], "0.9", "optimizer.beta1", 0.9),
    ("-beta2", "--beta2", 0.5, ["-o", "nadam"], "0.9", "optimizer.beta2", 0.9),
    ("-eps", "--epsilon", 0.000001, ["-o", "rmsprop"], "0.1", "optimizer.epsilon", 0.1),
    ("-w_d", "--weight_decay", 0.0, [], "0.5", "optimizer.weight_decay", 0.5),
    ("-w_i", "--weight_init", "random", [], "Xavier", "model.weight_init", "xavier_normal"),
    ("-nhl", "--num_layers", 1, [], "2", "model.depth", 2),
    ("-sz", "--hidden_size", 4, [], "8", "model.width", 8),
    ("-a", "--activation", "sigmoid", [], "ReLU", "model.activation", "relu"),
]
UNTRAINED = ("-wp", "-we", "-d")


def value_of(plain: dict[str, Any], key: str) -> Any:
    node: Any = plain
    for part in key.split("."):
        node = node.get(part)
        if node is None:
            return None
    return node


def weights(words: list[str], data: list[str]) -> Any:
    result = train(compose([*overrides(*words), *data]), show=False)
    archive = np.load(result.directory / "model.npz")
    return {name: archive[name] for name in archive.files if archive[name].dtype == np.float32}


@pytest.mark.parametrize(
    ("short", "long", "default", "around", "other", "key", "value"), OPTIONS, ids=lambda v: str(v)
)
def test_an_option_is_in_the_config(
    short: str, long: str, default: Any, around: list[str], other: str, key: str, value: Any
) -> None:
    assert getattr(assignment.parser().parse_args([]), long[2:]) == default
    before = compose(overrides(*around)).plain
    for option in (short, long):
        after = compose(overrides(*around, option, other)).plain
        assert value_of(after, key) == value
        assert value_of(before, key) != value


@pytest.mark.parametrize(
    ("short", "around", "other"),
    [(row[0], row[3], row[4]) for row in OPTIONS if row[0] not in UNTRAINED],
    ids=lambda v: str(v),
)
def test_an_option_changes_the_training(
    short: str, around: list[str], other: str, slice_overrides: list[str]
) -> None:
    # The training loss falls in every epoch, so that the weights kept are the last ones.
    data = [*slice_overrides, "data.limit=120", "training.test=false", "training.monitor=train/loss"]
    before, after = weights(around, data), weights([*around, short, other], data)
    same_shapes = before.keys() == after.keys() and all(
        before[name].shape == after[name].shape for name in before
    )
    assert not same_shapes or any(not np.array_equal(before[name], after[name]) for name in before)


def test_the_six_optimizers_train_differently(slice_overrides: list[str]) -> None:
    data = [*slice_overrides, *SHORT]
    trained = [weights(["-o", name], data) for name in assignment.OPTIMIZERS]
    for index, one in enumerate(trained):
        for other in trained[index + 1 :]:
            assert any(not np.array_equal(one[name], other[name]) for name in one)


def test_the_mean_squared_error_has_its_exact_gradient() -> None:
    loss: Any = build(compose(overrides("-l", "mean_squared_error")).config.loss)
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=(5, 10)), np.array([1, 3, 3, 9, 0])
    loss.forward(logits, labels)
    gradient = loss.backward().copy()
    for row, column in ((0, 1), (2, 7), (4, 4)):
        shift = np.zeros_like(logits)
        shift[row, column] = 1e-6
        slope = (loss.forward(logits + shift, labels) - loss.forward(logits - shift, labels)) / 2e-6
        assert gradient[row, column] == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "nesterov"], "'nesterov' is none of sgd, momentum, nag, rmsprop, adam, nadam."),
        (["-w_i", "Xavjer"], "'Xavjer' is none of random, Xavier. Did you mean 'Xavier'?"),
        (["-a", "elu"], "'elu' is none of identity, sigmoid, tanh, ReLU."),
        (["-l", "mse"], "'mse' is none of mean_squared_error, cross_entropy."),
        (["-d", "cifar"], "'cifar' is none of mnist, fashion_mnist."),
    ],
)
def test_a_wrong_value_is_answered_with_the_choices(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        assignment.main(words)
    assert leaving.value.code == 2
    assert message in capsys.readouterr().err


def test_an_option_that_the_optimizer_does_not_have_is_told_of() -> None:
    options = assignment.parser().parse_args(["-m", "0.9", "-o", "adam"])
    [notice] = assignment.unused(options)
    assert notice.startswith("--momentum has no effect with adam")


def test_the_default_run_reports_the_test_accuracy(
    slice_overrides: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        assignment.main(["-e", "1", "-b", "4", *slice_overrides[:2]])
    assert leaving.value.code in (0, None)
    [summary] = tmp_path.glob("runs/*/summary.json")
    found = json.loads(summary.read_text())
    shown = capsys.readouterr()
    assert f"{found['test/accuracy']:.4f}" in shown.out + shown.err
    assert found["name"] == "hl_1_bs_4_ac_sigmoid"
    # No key: the matrices wait in the run's own folder.
    pictures = {
        path.name.rsplit("_", 2)[0] for path in summary.parent.glob("wandb/*/files/media/images/**/*")
    }
    assert {"confusion_matrix_images"} <= pictures
    assert list(summary.parent.glob("wandb/*/files/media/images/test"))


def test_runs_are_called_as_the_course_calls_them() -> None:
    words = ["experiment=assignment", "model.depth=3", "batch_size=16", "model.activation=tanh"]
    composition = compose(words)
    template = composition.settings.run.name
    assert run_name(template, composition.plain, composition.choices, words) == "hl_3_bs_16_ac_tanh"


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_the_sweeps_begin_with_the_assignments_experiment(path: Path) -> None:
    parameters = yaml.safe_load(path.read_text(encoding="utf-8"))["parameters"]
    experiment = parameters["experiment"]
    for name in experiment.get("values", [experiment.get("value")]):
        assert compose([f"experiment={name}"]).settings.run.name.startswith("hl_{model.depth}_bs_")


def test_the_grid_is_the_courses() -> None:
    config = SweepConfig.from_yaml((ROOT / "sweeps" / "assignment" / "grid.yaml").read_text(), "grid.yaml")
    assert np.prod([len(getattr(p, "values", [0])) for p in config.parameters.values()]) == 11_664


def write_digits(folder: Path) -> None:
    generator = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 20)):
        images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        head = struct.pack(">IIII", 0x803, count, 28, 28)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 0x801, count) + labels.tobytes()
        )


def test_the_data_that_the_transfer_sweep_names_are_the_ones_that_are_looked_at(tmp_path: Path) -> None:
    """The folder's files need not be those of the default data set."""
    write_digits(tmp_path)
    text = (ROOT / "sweeps" / "assignment" / "mnist.yaml").read_text()
    place = (f"data.folder={tmp_path}", "data.checksums=null", "batch_size=10")
    by_yaml = fingerprint(prepare(SweepRequest(text=text, source="mnist.yaml", overrides=place)))
    without = text.replace("  data:\n    value: mnist\n", "")
    assert without != text
    by_word = fingerprint(prepare(SweepRequest(text=without, source="s", overrides=(*place, "data=mnist"))))
    assert by_yaml["data"] == by_word["data"]
    by_default = fingerprint(prepare(SweepRequest(text=without, source="s", overrides=place)))
    assert by_yaml["data"] != by_default["data"], "whose classes are clothes"


def test_the_recommended_configs_train_on_a_folder_of_idx_files(tmp_path: Path) -> None:
    write_digits(tmp_path)
    config = SweepConfig.from_yaml((ROOT / "sweeps" / "assignment" / "mnist.yaml").read_text(), "mnist.yaml")
    data = [
        f"data.folder={tmp_path}",
        "data.checksums=null",
        "tracking.mode=disabled",
        "epochs=1",
        "batch_size=10",
    ]
    space = check(config, data).space
    for experiment in config.parameters["experiment"].values:
        result = train(compose([*space.overrides({"experiment": experiment}), *data]), show=False)
        assert result.status == "finished"
        assert 0 <= result.summary["test/accuracy"] <= 1
