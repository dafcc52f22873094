"""What a wandb run shows besides curves, with the real client: online, and offline and sent later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wandb_file import read_offline_run

from swatch.tracking import wandb_media
from swatch.tracking.tracker import DatasetReference, SampleImages
from wandb_server import WandbServer

LABELS = ("T-shirt/top", "Trouser", "Bag")
COUNTS = [[8, 0, 2], [1, 9, 0], [0, 0, 0]]
DATASET = DatasetReference(
    "Fashion-MNIST (2017)",
    {
        "images": {"uri": "https://example.org/images.gz", "sha256": "ab" * 32, "size": 47_040_016},
        "labels": {"sha256": "cd" * 32, "size": 60_008},
    },
    {"images": 60_000},
)
METADATA = {"config": {"optimizer": {"learning_rate": 1e-05}}, "metrics": {"val/accuracy": 0.85}}


def samples() -> SampleImages:
    images = np.zeros((4, 28, 28, 1), np.uint8)
    images[:, 10:20, 5:25, 0] = np.arange(4)[:, None, None] * 60
    return SampleImages(
        LABELS,
        images,
        actual=np.array([0, 0, 1, 2]),
        predicted=np.array([0, 2, 1, 2]),
        probability=np.array([0.9, 0.51234567, 1.0, 0.4], np.float32),
    )


def show_everything(run: Any, folder: Path) -> None:
    model = folder / "model.npz"
    np.savez(model, weight=np.arange(6.0))
    wandb_media.use_dataset(run, DATASET)
    run.log({"epoch": 3, "val/accuracy": 0.85}, step=3)
    wandb_media.log_confusion_matrix(run, "val/confusion_matrix", LABELS, COUNTS, 3)
    wandb_media.log_per_class(run, "val/per_class", LABELS, COUNTS, 3)
    wandb_media.log_samples(run, "val/samples", samples(), 3)
    wandb_media.log_model(run, model, METADATA, ("best", "latest"))


@pytest.fixture
def open_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    import wandb

    # What staging and caching would leave behind must lie where the test sees it.
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")

    def open_run(mode: str, run_id: str = "2026-run_1") -> Any:
        settings = wandb.Settings(
            silent=True,
            console="off",
            x_disable_stats=True,
            x_disable_meta=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
            disable_git=True,
            disable_code=True,
            symlink=False,
            finish_timeout=20,
        )
        return wandb.init(
            dir=str(tmp_path), mode=mode, project="p", id=run_id, reinit="create_new", settings=settings
        )

    yield open_run
    wandb.teardown()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def table_of(server: WandbServer, name: str, run_id: str = "2026-run_1") -> dict[str, Any]:
    """The table's file among the run's own, to which the summary points."""
    run = server.runs[run_id]
    value = run.summary[name]
    assert value["_type"] == "table-file"
    table: dict[str, Any] = json.loads(run.files[value["path"]])
    return table


def check(server: WandbServer) -> None:
    """All that was shown has arrived, whichever way."""
    import wandb

    cells = table_of(server, "val/confusion_matrix_table")
    assert cells["columns"] == ["Actual", "Predicted", "nPredictions"]
    assert len(cells["data"]) == 9
    assert cells["data"][:3] == [
        ["T-shirt/top", label, n] for label, n in zip(LABELS, [8, 0, 2], strict=True)
    ]
    shares = table_of(server, "val/confusion_matrix_normalized_table")["data"]
    assert shares[3:] == [
        *(["Trouser", label, share] for label, share in zip(LABELS, [0.1, 0.9, 0], strict=True)),
        *(["Bag", label, 0] for label in LABELS),
    ]
    scores = table_of(server, "val/per_class")
    assert scores["columns"] == ["class", "precision", "recall", "f1", "support"]
    assert scores["data"][0] == ["T-shirt/top", 0.888889, 0.8, 0.842105, 10]
    assert scores["data"][2] == ["Bag", 0, 0, 0, 0]

    run = server.runs["2026-run_1"]
    for key in ("val/confusion_matrix", "val/confusion_matrix_normalized"):
        chart = run.wire_config["_wandb"]["value"]["visualize"][key]
        assert chart["panel_config"]["panelDefId"] == "wandb/confusion_matrix/v1"
    pictures = run.summary["val/confusion_matrix_images"]
    assert pictures["captions"] == ["number of images", "percent of each true class"]
    assert all(run.files[name].startswith(b"\x89PNG") for name in pictures["filenames"])

    seen = wandb.Api(overrides={"base_url": server.url}, api_key=server.key).run("someone/p/2026-run_1")
    made = {artifact.type: artifact for artifact in seen.logged_artifacts() if artifact.type != "run_table"}
    assert list(made) == ["model"]
    model = made["model"]
    assert (model.name, sorted(model.aliases)) == ("model-2026-run_1:v0", ["best", "latest"])
    assert model.metadata == METADATA
    assert server.file_of("model-2026-run_1:v0", "model.npz").startswith(b"PK")

    (dataset,) = seen.used_artifacts()
    assert (dataset.name, dataset.type) == ("fashion-mnist-2017:v0", "dataset")
    assert dataset.metadata["sha256"] == {"images": "ab" * 32, "labels": "cd" * 32}
    entries = dataset.manifest.entries
    assert (entries["images"].ref, entries["images"].size) == ("https://example.org/images.gz", 47_040_016)
    assert (entries["images"].digest, entries["labels"].ref) == ("ab" * 32, "sha256:" + "cd" * 32)

    tables = [a for a in seen.logged_artifacts() if a.type == "run_table"]
    (shown,) = [table for a in tables if (table := a.get("val/samples")) is not None]
    assert shown.columns == ["image", "actual", "predicted", "probability", "right"]
    assert [row[1:] for row in shown.data[:2]] == [
        ["T-shirt/top", "T-shirt/top", 0.9, True],
        ["T-shirt/top", "Bag", 0.5123, False],
    ]
    assert np.array_equal(np.asarray(shown.data[3][0].image), samples().images[3, :, :, 0])
    assert server.unexpected == []


def test_online(open_run: Callable[..., Any], server: WandbServer, tmp_path: Path) -> None:
    run = open_run("online")
    show_everything(run, tmp_path)
    run.finish()
    check(server)
    assert not list(tmp_path.glob("data/**/*")), "nothing is staged"
    assert not [path for path in tmp_path.glob("cache/**/*") if path.suffix in (".npz", ".png")]


def test_offline_and_sent_by_wandbs_own_command(
    open_run: Callable[..., Any], server: WandbServer, tmp_path: Path
) -> None:
    run = open_run("offline")
    show_everything(run, tmp_path)
    run.finish()
    (folder,) = tmp_path.glob("wandb/offline-run-*")
    wait_for_exit(folder)
    assert server.requests == []
    command = [str(Path(sys.executable).with_name("wandb")), "sync", str(folder)]
    subprocess.run(command, env=os.environ.copy(), check=True, capture_output=True, cwd=tmp_path)
    check(server)


def wait_for_exit(folder: Path) -> dict[str, Any]:
    """wandb's service closes the file a moment after the run has finished."""
    (path,) = folder.glob("*.wandb")
    for _ in range(100):
        found = read_offline_run(path)
        if found["exit_code"] is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{path} was not finished")


def test_the_same_run_sent_twice_makes_no_second_version(
    open_run: Callable[..., Any], server: WandbServer, tmp_path: Path
) -> None:
    for _ in range(2):
        run = open_run("online")
        show_everything(run, tmp_path)
        run.finish()
    check(server)
    assert sorted(name.rpartition(":")[2] for name in server.artifacts) == ["v0"] * 4


def test_equal_data_of_all_runs_are_one_version(
    open_run: Callable[..., Any], server: WandbServer, tmp_path: Path
) -> None:
    moved = {name: {**facts, "uri": "https://elsewhere.org/x"} for name, facts in DATASET.files.items()}
    other = {name: {**facts, "sha256": "ef" * 32} for name, facts in DATASET.files.items()}
    for number, files in enumerate((DATASET.files, moved, other)):
        run = open_run("online", f"run{number}")
        wandb_media.use_dataset(run, DatasetReference(DATASET.name, files))
        run.finish()
    assert list(server.artifacts) == ["fashion-mnist-2017:v0", "fashion-mnist-2017:v1"]
    assert server.artifacts["fashion-mnist-2017:v0"].used_by == ["run0", "run1"]


def test_the_images_that_runs_share_are_sent_once(open_run: Callable[..., Any], server: WandbServer) -> None:
    sent = []
    for number in range(2):
        begin = len(server.requests)
        run = open_run("online", f"run{number}")
        shown = samples()
        shown.probability[:] = number / 2
        wandb_media.log_samples(run, "val/samples", shown, 1)
        run.finish()
        files = [r for r in server.requests[begin:] if r.path.startswith("/storage/blobs/")]
        sent.append(len(files))
    assert sent == [5, 1], "four images and the table, then the table with other answers"


def test_nothing_waits_for_a_slow_server(
    open_run: Callable[..., Any], server: WandbServer, tmp_path: Path
) -> None:
    run = open_run("online")
    show_everything(run, tmp_path)  # everything is imported now
    server.slow(3.0)
    begin = time.monotonic()
    show_everything(run, tmp_path)
    assert time.monotonic() - begin < 1.5
    server.heal()
    run.finish()


def test_a_data_set_without_files_is_not_named(open_run: Callable[..., Any], tmp_path: Path) -> None:
    """Its artifact would be equal to that of any other such data set."""
    run = open_run("offline")
    wandb_media.use_dataset(run, DatasetReference("digits", {}))
    run.finish()
    (folder,) = tmp_path.glob("wandb/offline-run-*")
    assert wait_for_exit(folder)["artifacts"] == []


def test_long_run_ids_and_colour_images(open_run: Callable[..., Any], tmp_path: Path) -> None:
    run = open_run("offline", "r" * 120 + "-abcdef01")
    show_everything(run, tmp_path)
    shown = samples()
    colour = SampleImages(
        LABELS, shown.images.repeat(3, axis=3), shown.actual, shown.predicted, shown.probability
    )
    wandb_media.log_samples(run, "test/samples", colour, 3)
    run.finish()
    (folder,) = tmp_path.glob("wandb/offline-run-*")
    names = [artifact.name for artifact in wait_for_exit(folder)["artifacts"]]
    assert len(names) == 5 and max(map(len, names)) <= 128
    assert all("abcdef01" in name for name in names[1:])
    from PIL import Image

    modes = {Image.open(path).mode for path in folder.glob("artifacts/test/samples/*.png")}
    assert modes == {"RGB"}
