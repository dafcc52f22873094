"""An exploration on W&B, with the real client: offline, and on a server of our own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from online_cases import online_server, wait_until
from wandb_file import read_offline_run

from swatch import cli
from swatch.tracking import wandb_open
from wandb_server import WandbServer

FINDING = "The classes are balanced: 180 training images each."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with online_server(monkeypatch) as server:
        yield server


def explore(slice_folder: Path, *words: str) -> int:
    where = (f"data.folder={slice_folder}", "data.checksums=null", "augmentation=flip")
    return cli.run(["data", "explore", *where, "--wandb", *words])


def test_offline_it_is_kept_with_its_images(slice_folder: Path, tmp_path: Path, capsys: Any) -> None:
    assert explore(slice_folder, "tracking.mode=offline") == 0
    assert "wandb  kept in " in capsys.readouterr().out
    (folder,) = (tmp_path / "runs" / "explorations").iterdir()
    (path,) = folder.rglob("*.wandb")
    # The last of it is written by wandb's own process, in its own time.
    wait_until(lambda: read_offline_run(path)["exit_code"] == 0)
    found = read_offline_run(path)
    assert found["run"].job_type == "exploration"
    assert found["summary"]["training/images"] == 1800
    assert FINDING in found["summary"]["findings"]
    data, table = found["artifacts"]
    assert data.name == "fashion-mnist"
    assert {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"} == {
        entry.path for entry in data.manifest.contents
    }
    names = [entry.path for entry in table.manifest.contents]
    assert sum(name.endswith(".png") for name in names) == 30
    kept = [Path(entry.local_path) for entry in table.manifest.contents]
    assert all(path.is_relative_to(folder) and path.is_file() for path in kept)


def test_online_it_arrives(server: WandbServer, slice_folder: Path, capsys: Any) -> None:
    assert explore(slice_folder, "tracking.mode=online", "tracking.project=looks") == 0
    shown = capsys.readouterr()
    (run_id,) = server.runs
    assert re.search(rf"^wandb  http\S+/looks/runs/{run_id}$", shown.out, re.MULTILINE)
    run = server.runs[run_id]
    assert run.summary["validation/images"] == 200
    table = json.loads(run.files[run.summary["classes"]["path"]])
    assert table["columns"] == ["class", "image", "mean", "deviation", "training", "validation"]
    assert len(table["data"]) == 10
    assert table["data"][9][0] == "Ankle boot"
    assert table["data"][9][4:] == [180, 20]
    assert b"What stands out" in run.files["explore_fashion_mnist.html"]
    assert "fashion-mnist:v0" in server.artifacts


def test_disabled_tracking_is_refused_before_anything_is_written(
    slice_folder: Path, tmp_path: Path, capsys: Any
) -> None:
    assert explore(slice_folder, "tracking.mode=disabled") == 2
    assert "--wandb has nowhere to send to: tracking.mode is disabled" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))


def test_when_wandb_fails_the_page_is_there(
    slice_folder: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("no seat left")

    monkeypatch.setattr(wandb_open, "open_run", fail)
    assert explore(slice_folder, "tracking.mode=offline") == 1
    text = capsys.readouterr().err.splitlines()[-1]
    assert "the page is written, but wandb failed: no seat left; tracking.mode=offline keeps" in text
    assert (tmp_path / "explore_fashion_mnist.html").exists()
