"""Where a run lives: new, going on, or refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_trainer

from swatch.errors import UserError
from swatch.files import WriteError, write_npz
from swatch.tracking import RunDescription, RunDirectory
from swatch.tracking.naming import config_fingerprint
from swatch.training.checkpoint_state import capture, state_of
from swatch.training.placement import Placement, fixed_run_id, place_run

CONFIG: dict[str, Any] = {
    "seed": 0,
    "epochs": 6,
    "training": {"resume": "auto"},
    "tracking": {"mode": "auto"},
}
OTHER = {**CONFIG, "epochs": 7}


def place(home: Path, config: dict[str, Any] = CONFIG, resume: str = "auto", **options: Any) -> Placement:
    arguments = {"fixed_id": None, "replace": False, **options}
    with place_run(home, config, "mlp_adam", resume=resume, **arguments) as found:
        return found


def begin(
    home: Path, name: str, status: str | None, config: dict[str, Any] = CONFIG, checkpoint: bool = True
) -> None:
    """Leave a run as an earlier process would; status None is a killed one."""
    directory = RunDirectory(home / f"{name}-{config_fingerprint(config)}")
    directory.start(RunDescription(directory.path.name, name, config))
    directory.log(1, {"epoch": 1})
    if checkpoint:
        write_npz(directory.checkpoint_file, capture(tiny_trainer(), config_fingerprint(config)))
    if status is not None:
        directory.finish(status, None, {"run_id": directory.path.name})


def test_a_new_run_gets_a_new_directory(tmp_path: Path) -> None:
    first = place(tmp_path / "runs")
    begin(tmp_path / "runs", first.directory.path.name.rpartition("-")[0], "finished")
    second = place(tmp_path / "runs")
    assert second.directory.path != first.directory.path
    assert second.checkpoint is None
    for found in (first, second):
        assert found.directory.path.is_dir()
        assert f"-mlp_adam-{config_fingerprint(CONFIG)}" in found.directory.path.name


@pytest.mark.parametrize("status", [None, "interrupted"])
def test_the_same_config_goes_on(status: str | None, tmp_path: Path) -> None:
    begin(tmp_path, "20260101-000000-a", "interrupted", OTHER)
    begin(tmp_path, "20260101-000001-b", status)
    begin(tmp_path, "20260101-000002-c", "finished")
    found = place(tmp_path)
    assert found.directory.path.name.startswith("20260101-000001-b")
    assert found.checkpoint is not None
    assert state_of(found.checkpoint)["fingerprint"] == found.fingerprint


def test_killed_before_the_first_checkpoint_starts_again_in_place(tmp_path: Path) -> None:
    begin(tmp_path, "20260101-000001-b", None, checkpoint=False)
    found = place(tmp_path)
    assert found.directory.path.name.startswith("20260101-000001-b")
    assert found.checkpoint is None


@pytest.mark.parametrize("resume", ["never", "auto"])
def test_never_and_the_living_are_left_alone(resume: str, tmp_path: Path) -> None:
    begin(tmp_path, "20260101-000001-b", "interrupted")
    (path,) = tmp_path.iterdir()
    if resume == "auto":
        with RunDirectory(path).locked():
            found = place(tmp_path)
    else:
        found = place(tmp_path, resume="never")
    assert found.directory.path != path
    assert found.checkpoint is None


def test_a_named_run_goes_on(tmp_path: Path) -> None:
    begin(tmp_path, "20260101-000001-b", "interrupted")
    begin(tmp_path, "20260101-000002-c", "interrupted")
    name = f"20260101-000001-b-{config_fingerprint(CONFIG)}"
    assert place(tmp_path, resume=name).directory.path.name == name


@pytest.mark.parametrize(
    ("status", "config", "resume", "checkpoint", "message"),
    [
        (
            "interrupted",
            CONFIG,
            "20260101-a-00000000",
            True,
            r"no run '20260101-a-00000000'.*Did you mean '20260101-a-",
        ),
        ("finished", CONFIG, None, True, r"has ended \(finished\)"),
        ("interrupted", OTHER, None, True, r"has another config \(epochs differ"),
        ("interrupted", CONFIG, None, False, "has no checkpoint"),
    ],
)
def test_a_named_run_that_cannot_go_on(
    status: str, config: dict[str, Any], resume: str | None, checkpoint: bool, message: str, tmp_path: Path
) -> None:
    begin(tmp_path, "20260101-a", status, config, checkpoint)
    with pytest.raises(UserError, match=f"training.resume: .*{message}"):
        place(tmp_path, resume=resume or f"20260101-a-{config_fingerprint(config)}")


def test_a_chosen_id(tmp_path: Path) -> None:
    name = f"mine-{config_fingerprint(CONFIG)}"
    assert place(tmp_path, fixed_id=name).directory.path.name == name
    begin(tmp_path, "mine", "interrupted")
    assert place(tmp_path, fixed_id=name).checkpoint is not None
    begin(tmp_path, "mine", "finished")
    with pytest.raises(UserError, match=r"run\.id: there is already a run 'mine-.*choose another"):
        place(tmp_path, fixed_id=name)


def test_a_trials_run_that_has_ended_is_taken_as_it_is(tmp_path: Path) -> None:
    begin(tmp_path, "trial", "stopped")
    name = f"trial-{config_fingerprint(CONFIG)}"
    ended = place(tmp_path, fixed_id=name, replace=True).ended
    assert ended is not None
    assert (ended.status, ended.run_id, ended.history) == ("stopped", name, [{"epoch": 1}])


@pytest.mark.parametrize(
    ("status", "config"), [("failed", CONFIG), ("finished", OTHER), ("interrupted", OTHER)]
)
def test_a_trials_run_that_cannot_go_on_is_overwritten(
    status: str, config: dict[str, Any], tmp_path: Path
) -> None:
    begin(tmp_path, "trial", status, config)
    name = f"trial-{config_fingerprint(config)}"
    found = place(tmp_path, fixed_id=name, replace=True)
    assert (found.checkpoint, found.ended) == (None, None)
    assert not found.directory.checkpoint_file.exists()


def test_two_runs_never_share_a_directory(tmp_path: Path) -> None:
    held = place_run(tmp_path, CONFIG, "x", fixed_id="one", replace=True, resume="auto")
    with held, pytest.raises(UserError, match="'one' is being trained by another process"):
        place(tmp_path, fixed_id="one", replace=True)


def test_no_permission_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=rf"cannot write {tmp_path}/file/runs"):
        place(tmp_path / "file" / "runs")


def test_ids_given_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fixed_run_id(None) is None
    monkeypatch.setenv("WANDB_RUN_ID", "abc123")
    assert fixed_run_id(None) == "abc123"
    assert fixed_run_id("mine") == "mine"
    for bad in ("a/b", "a:b", "", "..", "x" * 129, "-a"):
        if bad:
            with pytest.raises(UserError, match=r"run\.id is"):
                fixed_run_id(bad)
