"""``swatch summary``: the layers of a model, its numbers, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from swatch.cli import run
from swatch.commands.summary import show_bytes
from swatch.console import console


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The console is made once a process, as wide as it was then."""
    monkeypatch.setenv("COLUMNS", "120")
    console.cache_clear()
    yield
    console.cache_clear()


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["summary", *arguments]) == 0
    return capsys.readouterr().out


def test_every_layer_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "model=cnn", "batch_size=64")
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.split()}
    assert rows["conv1"][:4] == ["Conv2d", "28x28x32", "320", "225,792"]
    assert rows["maxpool2"][:2] == ["MaxPool2d", "7x7x64"]
    assert rows["linear1"][:4] == ["Linear", "128", "401,536", "401,408"]
    assert "421,642 parameters, 421,642 of them trained and 0 not" in text
    assert "4,241,152 multiply-adds" in text
    assert "batches of 64" in text


def test_a_narrow_terminal_cuts_no_number_and_no_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    console.cache_clear()
    text = shown(capsys, "model=resnet_small")
    assert "…" not in text
    assert "residual1.batchnorm2" in text and "2,032,128" in text
    assert max(len(line.rstrip()) for line in text.splitlines() if "residual" in line) <= 80


def test_what_does_not_train_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "model.norm=batch", "model.hidden_sizes=[20]", "optimizer=sgd")
    # 784 x 20 weights, a scale and a shift for each unit, 20 x 10 weights, 10 biases; two running averages.
    assert "15,970 parameters, 15,930 of them trained and 40 not" in text
    assert "optimizer" not in text


def test_the_optimizers_state_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert "2 x 941 kB for the optimizer" in shown(capsys, "optimizer=adam")
    assert "1 x 941 kB for the optimizer" in shown(capsys, "optimizer=momentum")


def test_alexnet_has_as_many_parameters_as_published(capsys: pytest.CaptureFixture[str]) -> None:
    assert "61,750,530 parameters, 61,747,970 of them trained and 2,560 not" in shown(capsys, "model=alexnet")


def test_mistakes_name_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "model.activation=rellu"]) == 2
    assert "model.activation" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (12_345, "12 kB"),
        (999_600, "1.0 MB"),
        (24 * 10**8, "2.40 GB"),
    ],
)
def test_bytes_are_shown_to_a_few_digits(count: int, text: str) -> None:
    assert show_bytes(count) == text
