"""What the run directory keeps so that a run can be sent from it: run.json, samples.npz, tracking.json."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from online_cases import RUN, samples

from swatch.tracking import RunDescription, RunDirectory
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.state import TrackingState

MEMBER = replace(
    RUN,
    overrides=("a=1", "b=é"),
    sweep_id="bayes",
    trial=7,
    remote_sweep=RemoteSweep("https://w.example", "me", "p", "abc"),
)


@pytest.mark.parametrize("run", [MEMBER, RunDescription("id", "name", {"a": [1, 1e-05]})])
def test_a_description_is_read_as_it_was_written(run: RunDescription, tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "id")
    directory.start(run)
    found = directory.read_description()
    assert found is not None
    plain = replace(found, overrides=tuple(found.overrides), tags=list(found.tags))
    assert plain == replace(run, overrides=tuple(run.overrides), tags=list(run.tags))


def test_a_run_of_an_earlier_version_has_what_its_files_say(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "some-id")
    assert directory.read_description() is None
    directory.start(MEMBER)
    directory.description_file.unlink()
    found = directory.read_description()
    assert found == RunDescription("some-id", "some-id", MEMBER.config, ["a=1", "b=é"])
    directory.finish("finished", None, {"name": "a name"})
    found = directory.read_description()
    assert found is not None
    assert found.name == "a name"


def test_samples_are_read_as_they_were_written(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert directory.read_samples() is None
    written = samples()
    directory.samples("val/samples", written)
    found = directory.read_samples()
    assert found is not None
    name, read = found
    assert (name, list(read.labels)) == ("val/samples", ["a", "b"])
    for field in ("images", "actual", "predicted", "probability"):
        one, other = getattr(written, field), getattr(read, field)
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    directory.samples_file.write_bytes(directory.samples_file.read_bytes()[:100])
    assert directory.read_samples() is None


def test_the_state_of_tracking(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert directory.read_tracking() is None
    state = TrackingState("online", True, None, "https://w.example", "me", "p", "https://w.example/r", "abc")
    directory.write_tracking(state)
    assert directory.read_tracking() == state
    assert set(json.loads(directory.tracking_file.read_text())) == {
        *("mode", "sent", "problem", "base_url", "entity", "project", "url", "sweep_id")
    }
    later = {**state.as_dict(), "more": 1}
    directory.tracking_file.write_text(json.dumps(later))
    assert directory.read_tracking() == state
    directory.tracking_file.write_text('{"mode": "onl')
    assert directory.read_tracking() is None


def test_the_matrix_and_the_overrides_are_read(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert (directory.read_confusion_matrix(), directory.read_overrides()) == (None, [])
    directory.start(MEMBER)
    directory.confusion_matrix("val/confusion_matrix", ["a"], [[1]])
    assert directory.read_confusion_matrix() == {
        "name": "val/confusion_matrix",
        "labels": ["a"],
        "counts": [[1]],
    }
    assert directory.read_overrides() == ["a=1", "b=é"]
