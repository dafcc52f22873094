"""``swatch predict`` as a user types it, with a network whose answers are known."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

import swatch
from swatch.cli import run
from swatch.console import console as shared_console
from swatch.data.normalization import Normalization
from swatch.evaluation.pictures import draw
from swatch.evaluation.predicting import image_files, open_predictor
from swatch.nn import Network
from swatch.nn.models import logistic
from swatch.training.model import Model

CLASSES = ("north-west", "north-east", "south-west", "south-east")
PIXELS = ",".join(f"pixel{place}" for place in range(1, 785))


def quadrant(which: int, level: int = 255) -> NDArray[np.uint8]:
    """Return an image that fills the frame and is brightest in one quarter."""
    image = np.full((28, 28), 60, np.uint8)
    top, left = 14 * (which // 2), 14 * (which % 2)
    image[top : top + 14, left : left + 14] = level
    image[:1] = image[-1:] = image[:, :1] = image[:, -1:] = 0  # the data set's dark border
    return image


def known_model(classes: tuple[str, ...] | None = CLASSES) -> Model:
    """Return a network that says which quarter of an image is the brightest."""
    network = Network(logistic(4), (28, 28, 1), batch_size=10, seed=0)
    (weights,) = [segment for segment in network.parameters if segment.view.ndim == 2]
    for which in range(4):
        weights.view[:, which] = (quadrant(which) == 255).ravel() / 10
    return Model(network, classes, Normalization("unit", 1 / 255, 0.0))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A run in the folder of runs."""
    folder = tmp_path / "runs" / "mine"
    folder.mkdir(parents=True)
    swatch.save_model(folder / "model.npz", known_model())
    config = {"data": {"_target_": "swatch.data.fashion_mnist.FashionMNIST"}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder / "model.npz"


def image(path: Path, which: int, *, inverted: bool = False, factor: int = 7) -> str:
    values = np.pad(np.kron(quadrant(which), np.ones((factor, factor), np.uint8)), ((20, 50), (60, 10)))
    Image.fromarray(255 - values if inverted else values).save(path)
    return str(path)


def table(path: Path, order: list[int], header: str | None = PIXELS, before: str = "") -> str:
    rows = [before + ",".join(map(str, quadrant(which).ravel().tolist())) for which in order]
    path.write_text("\n".join(([] if header is None else [header]) + rows) + "\n")
    return str(path)


def test_images_are_named_with_their_class_and_a_picture(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = image(tmp_path / "first.png", 2)
    second = image(tmp_path / "second.webp", 1, inverted=True)
    assert run(["predict", "mine", first, second]) == 0
    shown = capsys.readouterr().out
    above, below = shown.split("second.webp")
    assert "south-west" in above and "inverted" not in above
    assert "north-east" in below and "inverted: light background" in below
    assert "@@@@@@@" in above and "%" in above  # plain characters where there is no terminal
    assert "\x1b" not in shown


def test_json_holds_every_probability(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [image(tmp_path / f"{which}.png", which, inverted=which == 3) for which in range(4)]
    assert run(["predict", str(model), *names, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["class"] for each in found["predictions"]] == list(CLASSES)
    assert [each["label"] for each in found["predictions"]] == ["0", "1", "2", "3"]
    assert [each["inverted"] for each in found["predictions"]] == [False, False, False, True]
    for each in found["predictions"]:
        assert list(each["probabilities"]) == list(CLASSES)
        assert sum(each["probabilities"].values()) == pytest.approx(1)
        assert each["probability"] == max(each["probabilities"].values())


def test_what_cannot_be_read_is_named_and_the_rest_predicted(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = image(tmp_path / "good.png", 3)
    (tmp_path / "notes.txt").write_text("hello")
    output = tmp_path / "answers.csv"
    names = [str(tmp_path / "notes.txt"), good, "gone.png"]
    assert run(["predict", "mine", *names, "--output", str(output), "--format", "name"]) == 2
    shown = capsys.readouterr()
    assert "south-east" in shown.out
    assert (
        "notes.txt is no image that Pillow can read" in shown.err and "gone.png does not exist" in shown.err
    )
    assert output.read_text() == f"File,Label\n{good},south-east\n"


def test_a_folder_stands_for_its_images_and_many_become_a_table(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for place in range(9):
        image(folder / f"{place}.png", place % 4, factor=2)
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden.png").write_text("hello")
    assert run(["predict", "mine", "many"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert len(lines) == 10 and shown.err == ""
    assert [CLASSES[place % 4] in line.split("%")[0] for place, line in enumerate(lines[1:])] == [True] * 9
    assert run(["predict", "mine", str(folder), "--pictures"]) == 0
    assert "@@@" in capsys.readouterr().out
    assert [path.name for path in image_files([folder])] == [f"{place}.png" for place in range(9)]


@pytest.mark.parametrize(("width", "others"), [(120, 2), (80, 1), (60, 0)])
def test_a_narrow_table_names_fewer_classes_and_every_file_in_one_line(
    width: int, others: int, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    name = "a picture of a quarter.png"
    image(tmp_path / name, 2, factor=2)
    monkeypatch.setenv("COLUMNS", str(width))
    shared_console.cache_clear()
    assert run(["predict", "mine", name, "--no-pictures"]) == 0
    shared_console.cache_clear()
    head, line = capsys.readouterr().out.splitlines()
    assert name in line and "south-west" in line
    assert head.split().count("or") == others


ORDER = [3, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("label", ["Label", "3", "0", "0", "1", "2"]),
        ("name", ["Label", *(CLASSES[which] for which in ORDER)]),
        ("kaggle", ["ImageId,Label", "1,3", "2,0", "3,0", "4,1", "5,2"]),
    ],
)
def test_rows_are_predicted_in_their_order(
    model: Path, tmp_path: Path, form: str, expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "predictions.csv"
    output.write_text("old")
    rows = table(tmp_path / "test.csv", ORDER)
    assert run(["predict", "mine", "--csv", rows, "--output", str(output), "--format", form]) == 0
    assert output.read_text().splitlines() == expected
    shown = capsys.readouterr()
    assert shown.out == "" and "5 predictions by mine" in shown.err
    assert run(["predict", "mine", "--csv", rows, "--format", form]) == 0
    assert capsys.readouterr().out.splitlines() == expected


def test_probabilities_are_those_of_the_model(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(["predict", "mine", "--csv", table(tmp_path / "test.csv", ORDER), "--format", "probabilities"])
        == 0
    )
    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert tuple(header) == CLASSES
    expected = swatch.load_model(model).predict_proba(np.stack([quadrant(which) for which in ORDER]))
    assert np.allclose(np.array(rows, float), expected, rtol=1e-5)


def test_identifiers_are_kept_and_labels_left_out(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table(tmp_path / "test.csv", [2], f"Id,label,{PIXELS}", "a7,9,")
    assert run(["predict", "mine", "--csv", rows, "--format", "kaggle"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "ImageId,Label\na7,2\n"
    assert "left out columns 'Id', 'label'; 784 pixels are predicted" in shown.err


def test_labels_are_the_names_where_these_are_numbers(tmp_path: Path) -> None:
    swatch.save_model(tmp_path / "model.npz", known_model(("3", "5", "7", "8")))
    assert open_predictor(str(tmp_path / "model.npz")).labels == ("3", "5", "7", "8")


@pytest.mark.parametrize(
    ("data", "classes", "way"),
    [
        ({"_target_": "swatch.data.mnist.MNIST"}, None, "mass"),
        ({"_target_": "swatch.data.fashion_mnist.FashionMNIST"}, None, "box"),
        ({"_target_": "swatch.data.csv.CSV"}, tuple(map(str, range(10))), "mass"),
        ({"_target_": "swatch.data.csv.CSV"}, None, "box"),
        ({}, tuple(map(str, range(10))), "mass"),
    ],
)
def test_the_data_set_decides_how_objects_are_placed(
    data: dict[str, str], classes: tuple[str, ...] | None, way: str, tmp_path: Path
) -> None:
    network = Network(logistic(10), (28, 28, 1), batch_size=10, seed=0)
    normalization = Normalization("standardized", 0.01, -2.0)  # the mean of its images is 200
    names = classes or tuple(f"class {place}" for place in range(10))
    swatch.save_model(tmp_path / "model.npz", Model(network, names, normalization))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"data": data}))
    eye = open_predictor(str(tmp_path)).eye()
    assert (eye.way, eye.light_ground) == (way, True)  # type: ignore[attr-defined]
    assert open_predictor(str(tmp_path)).eye(whole=True).way == "whole"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mine"], "name the images to predict, or a CSV file with --csv FILE"),
        (["mine", "a.png", "--csv", "test.csv"], "name images or --csv FILE, not both"),
        (["mime", "a.png"], "Did you mean 'mine'?"),
        (["gone.npz", "a.png"], "gone.npz"),
        (["unfinished", "a.png"], "run 'unfinished' has no model: it was interrupted after 0 epochs"),
        (["mine", "a.png", "--format", "kaggle"], "--format kaggle is for the rows of a CSV file only"),
        (["mine", "a.png", "--maximum", "1"], "--maximum is for the rows of a CSV file only"),
        (["mine", "a.png", "--format", "name"], "add --output FILE.csv"),
        (["mine", "--csv", "test.csv", "--json"], "--json is for images only"),
        (["mine", "--csv", "test.csv", "--invert", "no"], "--invert is for images only"),
        (["mine", "--csv", "gone.csv"], "gone.csv cannot be read: No such file"),
        (["mine", "--csv", "test.csv", "--output", "no/such/p.csv"], "there is no folder no/such"),
        (["mine", "--csv", "test.csv", "--output", "."], "is a folder: name a file"),
        (
            ["mine", "--csv", "test.csv", "--output", "test.csv"],
            "is the file to predict, which would be lost",
        ),
    ],
)
def test_bad_input_is_said_in_one_line(
    model: Path, tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table(tmp_path / "test.csv", ORDER)
    before = (tmp_path / "test.csv").read_text()
    (tmp_path / "runs" / "unfinished").mkdir()
    (tmp_path / "runs" / "unfinished" / "config.yaml").write_text("seed: 0\n")
    assert run(["predict", *arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err and len(shown.err.splitlines()) == 1 and shown.out == ""
    assert (tmp_path / "test.csv").read_text() == before


def test_a_wrong_row_leaves_the_old_predictions_alone(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = Path(table(tmp_path / "test.csv", ORDER))
    rows.write_text(rows.read_text().replace(",60,", ",,", 1))
    output = tmp_path / "predictions.csv"
    output.write_text("old")
    assert run(["predict", "mine", "--csv", str(rows), "--output", str(output)]) == 2
    assert "line 2 has no value in column pixel" in capsys.readouterr().err
    assert output.read_text() == "old"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_model_that_takes_no_images_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    swatch.save_model(tmp_path / "flat.npz", Network(logistic(2), (5,), batch_size=1, seed=0))
    assert run(["predict", "flat.npz", "a.png"]) == 2
    assert "takes inputs of shape (5,), and images are" in capsys.readouterr().err
    swatch.save_model(tmp_path / "bare.npz", Network(logistic(2), (5, 5, 1), batch_size=1, seed=0))
    assert run(["predict", "bare.npz", "a.png"]) == 2
    assert "does not say what becomes of an image's bytes" in capsys.readouterr().err


def console(system: str, encoding: str = "utf-8") -> Console:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(file=stream, force_terminal=True, color_system=system, no_color=False)  # type: ignore[arg-type]


def test_terminals_with_colours_get_half_blocks_of_the_exact_shades() -> None:
    pixels = np.array([[0, 255], [100, 7], [9, 200]], np.uint8)[..., np.newaxis]
    picture = draw(pixels, console("truecolor"))
    assert picture.plain == "▀▀\n▀▀"
    styles = [str(span.style) for span in picture.spans]
    assert styles[:3] == [
        "rgb(0,0,0) on rgb(100,100,100)",
        "rgb(255,255,255) on rgb(7,7,7)",
        "rgb(9,9,9) on rgb(9,9,9)",
    ]
    colours = draw(np.array([[[1, 2, 3]], [[4, 5, 6]]], np.uint8), console("256"))
    assert str(colours.spans[0].style) == "rgb(1,2,3) on rgb(4,5,6)"


@pytest.mark.parametrize("out", [console("standard"), console("truecolor", "ascii")])
def test_other_terminals_get_characters(out: Console) -> None:
    ramp = np.tile(np.linspace(0, 255, 10).round().astype(np.uint8), (2, 1))[..., np.newaxis]
    assert draw(ramp, out).plain == " .:-=+*#%@"


def test_narrow_terminals_lose_the_bars_and_nothing_else(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(np.full((28, 28), 90, np.uint8)).save(tmp_path / "a.png")
    monkeypatch.setattr("swatch.console.console", lambda **_: Console(width=53, highlight=False))
    assert run(["predict", "mine", "a.png"]) == 0
    assert "north-west  25.0%" in capsys.readouterr().out


def test_large_images_are_drawn_small() -> None:
    lines = draw(np.zeros((96, 96, 3), np.uint8), console("standard")).plain.splitlines()
    assert len(lines) == 16 and {len(line) for line in lines} == {32}


def test_the_command_works_in_a_process_of_its_own_without_unicode(model: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "swatch", "predict", "mine", image(tmp_path / "a.png", 0)],
        capture_output=True,
        check=False,
        env={"PATH": "", "PYTHONIOENCODING": "ascii", "SWATCH_HOME": str(tmp_path / "runs")},
    )
    assert done.returncode == 0, done.stderr
    assert b"north-west" in done.stdout and b"###" in done.stdout


@pytest.mark.slow
def test_seventy_thousand_rows_take_little_memory(model: Path, tmp_path: Path) -> None:
    rows = table(tmp_path / "part.csv", [0, 1, 2, 3] * 250)
    header, body = Path(rows).read_text().split("\n", 1)
    with (tmp_path / "test.csv").open("w") as stream:
        stream.write(header + "\n")
        for _ in range(70):
            stream.write(body)
    program = (
        "import resource, sys\n"
        "from swatch.cli import run\n"
        "code = run(['predict', 'mine', '--csv', 'test.csv', '--output', 'predictions.csv'])\n"
        "print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    code, kilobytes = map(int, done.stdout.split())
    assert code == 0 and kilobytes < 500_000
    lines = (tmp_path / "predictions.csv").read_text().splitlines()
    assert lines == ["Label", *["0", "1", "2", "3"] * 17_500]
