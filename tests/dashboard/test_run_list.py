"""The list of runs: what it says, what it reads, and what it survives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_runs import history, long_ago, make_run

from swatch.dashboard import run_list, run_summary
from swatch.dashboard.changes import ChangingRows
from swatch.dashboard.run_list import RunList
from swatch.dashboard.run_summary import SPARK_POINTS, spark, summarize
from swatch.files import append_line, json_text


class Ticking:
    """A clock that moves on by more than the shortest time between two looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += run_list.REFRESH_SECONDS + 1
        return self.now


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Every file that the list reads."""
    seen: list[Path] = []
    read = run_summary.read_text
    monkeypatch.setattr(run_summary, "read_text", lambda path: (seen.append(path), read(path))[1])
    yield seen


def rows_of(runs: RunList, revision: int = 0) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in runs.since(revision)["rows"]}


def test_a_row_says_how_a_run_stands(tmp_path: Path) -> None:
    make_run(tmp_path, "done", sweep_id="some-sweep")
    make_run(tmp_path, "bad", status="failed", reason="diverged", epochs=2)
    make_run(tmp_path, "left", status=None, epochs=3)
    (tmp_path / "sweeps" / "some-sweep").mkdir(parents=True)
    with make_run(tmp_path, "going", status=None, epochs=2).locked():
        rows = rows_of(RunList(tmp_path))
    assert rows.keys() == {"done", "bad", "left", "going"}
    assert {name: row["state"] for name, row in rows.items()} == {
        "done": "finished",
        "bad": "failed",
        "left": "interrupted",
        "going": "running",
    }
    done = rows["done"]
    assert (done["name"], done["sweep"], done["trial"]) == ("name of done", "some-sweep", 3)
    assert (done["metric"], done["value"], done["epochs"], done["planned"]) == ("val/accuracy", 0.9, 4, 4)
    assert (done["seconds"], done["started"], done["spark"]) == (6.0, 1.7e9, [0, 33, 67, 100])
    assert done["overrides"] == "epochs=4 optimizer=adam"
    assert rows["bad"]["reason"] == "diverged"
    # What has not ended has the best value and the time of its epochs so far.
    assert (rows["left"]["value"], rows["left"]["seconds"], rows["left"]["planned"]) == (0.9, 4.5, 3)


@pytest.mark.parametrize(
    ("file", "contents", "said"),
    [
        ("summary.json", b'{"status": "fin', "summary.json is damaged"),
        ("summary.json", b"[1]", "summary.json is damaged"),
        ("run.json", b"\xff\xfe", "run.json cannot be read"),
        ("history.jsonl", b'nonsense\n{"epoch": 1}\n', "history.jsonl is damaged in 1 line"),
        ("overrides.yaml", b"x: [", "overrides.yaml is damaged"),
    ],
)
def test_a_damaged_file_is_named_and_the_rest_is_shown(
    tmp_path: Path, file: str, contents: bytes, said: str
) -> None:
    make_run(tmp_path, "good")
    make_run(tmp_path, "hurt")
    (tmp_path / "hurt" / file).write_bytes(contents)
    rows = rows_of(RunList(tmp_path))
    assert said in rows["hurt"]["problem"]
    assert rows["good"]["problem"] is None
    assert rows["hurt"]["id"] == "hurt"


def test_a_line_that_is_being_written_is_no_damage(tmp_path: Path) -> None:
    directory = make_run(tmp_path, "going", status=None, epochs=2)
    with directory.history_file.open("a") as stream:
        stream.write('{"epoch": 3, "val/acc')
    row = summarize(directory.path, 0.0)
    assert (row["epochs"], row["problem"]) == (2, None)


def test_of_2000_runs_a_second_look_reads_only_what_was_written(tmp_path: Path, reads: list[Path]) -> None:
    for number in range(2000):
        folder = tmp_path / f"run-{number:04d}"
        folder.mkdir()
        (folder / "summary.json").write_text('{"status": "finished", "best": {"val/accuracy": 0.5}}')
        long_ago(folder)
    going = make_run(tmp_path, "going", status=None, epochs=2)
    long_ago(going.path)
    runs = RunList(tmp_path, Ticking())
    with going.locked():
        first = runs.since(0)
        assert first["all"] and len(first["rows"]) == 2001
        reads.clear()
        nothing = runs.since(first["revision"])
        assert nothing == {"revision": first["revision"], "rows": [], "gone": [], "all": False}
        # The lock was taken a moment ago, so that the one run that is at work counts as unsettled.
        assert {path.parent.name for path in reads} <= {"going"}

        append_line(going.history_file, json_text(history(3)[-1]))
        make_run(tmp_path, "new")
        reads.clear()
        changed = runs.since(first["revision"])
        assert {row["id"] for row in changed["rows"]} == {"going", "new"}
        assert {path.parent.name for path in reads} == {"going", "new"} and len(reads) == 9


def test_a_process_that_dies_is_noticed_though_no_file_changes(tmp_path: Path, reads: list[Path]) -> None:
    directory = make_run(tmp_path, "going", status=None)
    runs = RunList(tmp_path, Ticking())
    with directory.locked():
        long_ago(directory.path)
        assert rows_of(runs)["going"]["state"] == "running"
        reads.clear()
        assert rows_of(runs)["going"]["state"] == "running" and reads == []
    assert rows_of(runs)["going"]["state"] == "interrupted"


def test_looking_writes_nothing_and_leaves_the_lock_to_the_run(tmp_path: Path) -> None:
    directory = make_run(tmp_path, "left", status=None)
    before = sorted(path.name for path in directory.path.iterdir())
    assert rows_of(RunList(tmp_path))["left"]["state"] == "interrupted"
    assert sorted(path.name for path in directory.path.iterdir()) == before
    with directory.locked():
        assert rows_of(RunList(tmp_path))["left"]["state"] == "running"


def test_a_run_that_goes_on_again_and_one_that_is_removed(tmp_path: Path) -> None:
    directory = make_run(tmp_path, "again")
    other = make_run(tmp_path, "other")
    long_ago(directory.path)
    runs = RunList(tmp_path, Ticking())
    revision = runs.since(0)["revision"]
    directory.summary_file.unlink()
    for file in other.path.iterdir():
        file.unlink()
    other.path.rmdir()
    news = runs.since(revision)
    assert [row["state"] for row in news["rows"]] == ["interrupted"] and news["gone"] == ["other"]
    assert runs.find("other") is None and runs.find("again") == directory.path


@pytest.mark.parametrize("name", ["..", "../runs", "sweeps", "/etc", ".", "", "x/../again"])
def test_only_listed_names_are_found(tmp_path: Path, name: str) -> None:
    make_run(tmp_path / "runs", "again")
    (tmp_path / "runs" / "sweeps").mkdir()
    runs = RunList(tmp_path / "runs")
    runs.since(0)
    assert runs.find(name) is None


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert RunList(tmp_path / "none").since(0)["rows"] == []


def test_revisions_of_an_earlier_server_are_answered_with_everything() -> None:
    rows = ChangingRows()
    rows.update({"a": {"id": "a"}})
    for unknown in (0, 5, rows.revision + 1):
        assert rows.since(unknown)["all"] and rows.since(unknown)["rows"] == [{"id": "a"}]
    assert not rows.since(rows.revision)["all"]


def test_sparks() -> None:
    assert spark([]) == [] and spark([None, None]) == []
    assert spark([1.0, None, 3.0]) == [0, None, 100]
    assert spark([2.0, 2.0]) == [0, 0]
    long = spark([float(value) for value in range(1000)])
    assert len(long) == SPARK_POINTS and long[-1] == 100 and long == sorted(long)
