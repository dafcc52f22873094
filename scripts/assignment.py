#!/usr/bin/env python3
"""The command line that the course's first assignment (CS6910, DA6401) asks for.

Every option becomes a key of the config, on top of conf/experiment/assignment.yaml, and `swatch train` does
the rest: it trains, reads the test set once with the weights of the best epoch, prints its accuracy and logs
the confusion matrices to wandb; offline, if no key of wandb is configured.

    python scripts/assignment.py -e 10 -b 32 -o nadam -lr 0.001 -w_i Xavier -nhl 3 -sz 128 -a sigmoid

Words behind the options are keys of the config that are set as well, such as data.folder=/shared/mnist.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

if importlib.util.find_spec("swatch") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from swatch import cli
from swatch.errors import did_you_mean
from swatch.sweep.space.quoting import override

NO_ENTITY = "myname"
"""The default of ``--wandb_entity`` stands for nobody: the account's own entity is taken."""

DATASETS = {name: name for name in ("mnist", "fashion_mnist")}
LOSSES = {name: name for name in ("mean_squared_error", "cross_entropy")}
OPTIMIZERS = {
    **{name: name for name in ("sgd", "momentum")},
    "nag": "nesterov",
    **{name: name for name in ("rmsprop", "adam", "nadam")},
}
INITIALIZERS = {"random": "random_normal", "Xavier": "xavier_normal"}
ACTIVATIONS = {"identity": "identity", "sigmoid": "sigmoid", "tanh": "tanh", "ReLU": "relu"}

WITH_MOMENTUM = ("momentum", "nag")
WITH_MOMENTS = ("adam", "nadam")

Values = Callable[[str], Any] | Mapping[str, str]


class Option(NamedTuple):
    """An option of the assignment, and the key of the config that it sets."""

    short: str
    long: str
    default: str | int | float
    values: Values
    """Their type; or the names to choose from, and what the config calls each."""
    key: str
    help: str
    optimizers: tuple[str, ...] | None = None
    """Those that have the key; None: all."""

    @property
    def name(self) -> str:
        """What the value is called in the parsed options."""
        return self.long.lstrip("-")


OPTIONS = (
    Option("-wp", "--wandb_project", "myprojectname", str, "tracking.project", "project on Weights & Biases"),
    Option("-we", "--wandb_entity", NO_ENTITY, str, "tracking.entity", "user or team; as it is, your own"),
    Option("-d", "--dataset", "fashion_mnist", DATASETS, "data", "the images"),
    Option("-e", "--epochs", 1, int, "epochs", "passes over the training images"),
    Option("-b", "--batch_size", 4, int, "batch_size", "images per step"),
    Option("-l", "--loss", "cross_entropy", LOSSES, "loss", "what is minimised"),
    Option("-o", "--optimizer", "sgd", OPTIMIZERS, "optimizer", "how"),
    Option("-lr", "--learning_rate", 0.1, float, "optimizer.learning_rate", "size of a step"),
    Option("-m", "--momentum", 0.5, float, "optimizer.momentum", "for momentum and nag", WITH_MOMENTUM),
    Option("-beta", "--beta", 0.5, float, "optimizer.rho", "for rmsprop", ("rmsprop",)),
    Option("-beta1", "--beta1", 0.5, float, "optimizer.beta1", "for adam and nadam", WITH_MOMENTS),
    Option("-beta2", "--beta2", 0.5, float, "optimizer.beta2", "for adam and nadam", WITH_MOMENTS),
    Option(
        *("-eps", "--epsilon", 0.000001, float, "optimizer.epsilon"),
        "for rmsprop, adam and nadam",
        ("rmsprop", *WITH_MOMENTS),
    ),
    Option("-w_d", "--weight_decay", 0.0, float, "optimizer.weight_decay", "decay of the weights"),
    Option("-w_i", "--weight_init", "random", INITIALIZERS, "model.weight_init", "the first weights"),
    Option("-nhl", "--num_layers", 1, int, "model.depth", "hidden layers"),
    Option("-sz", "--hidden_size", 4, int, "model.width", "units of each of them"),
    Option("-a", "--activation", "sigmoid", ACTIVATIONS, "model.activation", "of the hidden layers"),
)

# What the assignment takes for granted: a perceptron, steps of one size, and the test accuracy at the end.
FIXED = ("experiment=assignment", "training.test=true")


class Parser(argparse.ArgumentParser):
    """One that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Print the message, and leave with exit code 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return what reads the assignment's command line."""
    made = Parser(
        prog="assignment.py",
        description="Train a perceptron as the assignment asks, and report its test accuracy.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    for option in OPTIONS:
        read, shown = option.values, None
        if isinstance(read, Mapping):
            shown = "{" + ",".join(read) + "}"
            read = _one_of(read)
        made.add_argument(
            option.short, option.long, default=option.default, type=read, metavar=shown, help=option.help
        )
    made.add_argument("keys", nargs="*", metavar="KEY=VALUE", help="any other key of the config", default=[])
    return made


def overrides_of(options: argparse.Namespace) -> list[str]:
    """Return the overrides of the config that the parsed options stand for."""
    texts = list(FIXED)
    for option in OPTIONS:
        value: Any = getattr(options, option.name)
        if not _is_used(option, options):
            continue
        if isinstance(option.values, Mapping):
            value = option.values[value]
        if option.key == "tracking.entity" and value == NO_ENTITY:
            value = None
        texts.append(override(option.key, value))
    return texts + list(options.keys)


def unused(options: argparse.Namespace) -> list[str]:
    """Return a sentence for every option that was set and that the chosen optimizer does not have."""
    return [
        f"{option.long} has no effect with {options.optimizer}: it is {option.help}"
        for option in OPTIONS
        if not _is_used(option, options) and getattr(options, option.name) != option.default
    ]


def _is_used(option: Option, options: argparse.Namespace) -> bool:
    return option.optimizers is None or options.optimizer in option.optimizers


def _one_of(names: Mapping[str, str]) -> Callable[[str], str]:
    """Return what takes one of the names and refuses other ones."""

    def read(text: str) -> str:
        if text not in names:
            nearest = did_you_mean(text, names)
            raise argparse.ArgumentTypeError(f"'{text}' is none of {', '.join(names)}.{nearest}")
        return text

    return read


def main(arguments: Sequence[str] | None = None) -> None:
    """Train as the command line says and leave with the exit code of `swatch train`."""
    made = parser()
    options = made.parse_intermixed_args(arguments)
    for word in options.keys:
        if "=" not in word:
            made.error(f"'{word}' is no option, and no KEY=VALUE of the config")
    for notice in unused(options):
        print(f"assignment.py: {notice}", file=sys.stderr)
    cli.main(["train", "--", *overrides_of(options)])


if __name__ == "__main__":
    main()
