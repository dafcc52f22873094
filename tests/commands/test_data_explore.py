"""`swatch data explore` and `swatch data fetch` of all data sets, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.files_of_ones_own import labels_of, pictures, rows_of, write_csv, write_folder
from swatch import cli
from swatch.console import console


@pytest.fixture
def own_csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "my train.csv", rows_of(pictures(120, (8, 8)), labels_of(120)))


def run(*arguments: str) -> int:
    return cli.run(list(arguments))


def test_the_page_and_the_terminal(slice_folder: Path, tmp_path: Path, capsys: Any) -> None:
    where = (f"data.folder={slice_folder}", "data.checksums=null")
    assert run("data", "explore", *where) == 0
    shown = capsys.readouterr()
    assert "Fashion-MNIST: 2,000 grey images of 28×28 pixels to train and validate, 10 classes" in shown.out
    assert "the test set was not opened (--test does)" in shown.out
    assert shown.out.endswith("page  explore_fashion_mnist.html\n")
    assert not shown.err
    html = (tmp_path / "explore_fashion_mnist.html").read_text()
    assert "The test set was not opened." in html
    assert "swatch data explore fashion_mnist" in html

    output = tmp_path / "a new folder" / "page.html"
    assert run("data", "explore", *where, "--test", "--output", str(output)) == 0
    shown = capsys.readouterr()
    assert shown.err.startswith("THE TEST SET WAS OPENED: its images were counted and compared.")
    assert "2,500 grey images" in shown.out
    assert "The test set was opened" in output.read_text()


def test_a_narrow_terminal_breaks_no_word(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    console.cache_clear()
    assert run("data", "explore", "digits") == 0
    console.cache_clear()
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert all(word in shown for word in ("deviation", "repeated", "validation", "augmentation"))


def test_data_of_ones_own(own_csv: Path, tmp_path: Path, capsys: Any) -> None:
    assert run("data", "explore", "csv", f"data.file='{own_csv}'", "augmentation=flip") == 0
    text = capsys.readouterr().out
    assert "my train.csv: 120 grey images of 8×8 pixels to train and validate, 3 classes" in text
    assert "Not looked at: no test set." in text
    assert "cutmix" not in text
    folder = write_folder(tmp_path / "animals", pictures(), labels_of(30))
    assert run("data", "explore", "image_folder", f"data.folder={folder}") == 0
    assert "eel" in capsys.readouterr().out
    assert (tmp_path / "explore_csv.html").exists()
    assert (tmp_path / "explore_image_folder.html").exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["csv"], "swatch: name the file to train on: data.file=FILE.csv"),
        (["csv", "data.file=no.csv"], "cannot be read: No such file or directory"),
        (["csv", "data.fil=no.csv"], "data.fil"),
        (["image_folder", "data.folder=nowhere"], "nowhere is not a folder"),
        (["digit"], "Did you mean 'digits'?"),
        (["digits", "augmentation=flop"], "Did you mean 'flip'?"),
        (["digits", "augmentation=flip", "augmentation.probability=3"], "probability"),
    ],
)
def test_bad_input_is_one_line_and_no_page(words: list[str], text: str, tmp_path: Path, capsys: Any) -> None:
    assert run("data", "explore", *words) == 2
    shown = capsys.readouterr()
    assert text in shown.err.splitlines()[-1]
    assert not shown.out
    assert not list(tmp_path.glob("*.html"))


def test_no_test_set_to_open(own_csv: Path, tmp_path: Path, capsys: Any) -> None:
    assert run("data", "explore", "csv", f"data.file='{own_csv}'", "--test") == 2
    assert "name a file of them with data.test_file=FILE.csv" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))


def test_fetch_says_what_there_is(own_csv: Path, capsys: Any) -> None:
    assert run("data", "fetch", "csv", f"data.file='{own_csv}'") == 0
    text = capsys.readouterr().out
    assert "my train.csv is ready: 120 images to train and validate, none to test." in text
    assert f"{own_csv}" in text
    assert run("data", "fetch", "digits") == 0
    assert "digits is ready: 1,438 images to train and validate, 359 to test." in capsys.readouterr().out


@pytest.mark.parametrize("model", ["mlp", "cnn"])
@pytest.mark.parametrize("data", ["digits", "csv", "image_folder"])
def test_training_on_other_shapes_and_classes(
    model: str, data: str, own_csv: Path, tmp_path: Path, capsys: Any
) -> None:
    folder = write_folder(tmp_path / "animals", pictures(48, (12, 10, 3)), labels_of(48))
    options = {
        "digits": ["data.limit=200"],
        "csv": [f"data.file='{own_csv}'"],
        "image_folder": [f"data.folder={folder}", "data.colours=rgb"],
    }[data]
    words = [f"data={data}", *options, f"model={model}", "epochs=1", "batch_size=16", "run.id=one"]
    assert run("train", *words, "tracking.mode=disabled", "training.progress=false") == 0
    summary = json.loads((tmp_path / "runs" / "one" / "summary.json").read_text())
    matrix = json.loads((tmp_path / "runs" / "one" / "confusion_matrix.json").read_text())
    assert summary["status"] == "finished"
    expected = [str(digit) for digit in range(10)] if data == "digits" else ["cat", "dog", "eel"]
    assert matrix["labels"] == expected


@pytest.mark.slow
def test_a_sweep_over_a_csv_file(own_csv: Path, tmp_path: Path, capsys: Any) -> None:
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        "method: grid\n"
        "metric: {name: val/accuracy, goal: maximize}\n"
        "parameters:\n"
        "  data: {value: csv}\n"
        f"  data.file: {{value: {json.dumps(str(own_csv))}}}\n"
        "  model: {values: [mlp, cnn]}\n"
        "  epochs: {value: 1}\n"
        "  batch_size: {value: 16}\n"
    )
    assert run("sweep", str(sweep), "--name", "mine", "tracking.mode=disabled") == 0
    matrices = [
        json.loads(path.read_text()) for path in (tmp_path / "runs").glob("mine-*/confusion_matrix.json")
    ]
    assert [matrix["labels"] for matrix in matrices] == [["cat", "dog", "eel"]] * 2
