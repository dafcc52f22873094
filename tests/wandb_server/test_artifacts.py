"""Artifacts: logged, used and read by the real client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wandb_server import WandbServer


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "files" / "deep").mkdir(parents=True)
    (tmp_path / "files" / "weights.bin").write_bytes(bytes(range(200)))
    (tmp_path / "files" / "deep" / "notes.txt").write_text("notes é")
    return tmp_path / "files"


def test_from_the_run_to_the_download(server: WandbServer, client: Any, files: Path, tmp_path: Path) -> None:
    run = client.init(project="p", id="trained")
    model = client.Artifact("net", "model", description="d", metadata={"accuracy": 0.5, "config": {"x": [1]}})
    model.add_dir(str(files))
    run.log_artifact(model, aliases=["best", "latest"])
    data = client.Artifact("pictures", "dataset")
    data.add_reference(f"file://{files}/weights.bin", name="train")
    data.add_reference("https://example.org/test.gz", name="test", checksum=False)
    run.use_artifact(data)
    run.finish()

    kept = server.artifacts["net:v0"]
    assert (kept.run, kept.type, sorted(kept.aliases), kept.metadata["accuracy"]) == (
        "trained",
        "model",
        ["best", "latest"],
        0.5,
    )
    assert server.file_of("net:v0", "deep/notes.txt").decode() == "notes é"
    assert server.artifacts["pictures:v0"].entries["test"]["ref"] == "https://example.org/test.gz"
    assert server.artifacts["pictures:v0"].used_by == ["trained"]
    assert len(server.store.blobs) == 2  # references are not uploaded

    api = client.Api()
    found = api.artifact("someone/p/net:best")
    assert (found.name, found.version, found.type, found.description) == ("net:best", "v0", "model", "d")
    assert found.metadata == {"accuracy": 0.5, "config": {"x": [1]}}
    assert (found.size, found.file_count) == (208, 2)
    folder = Path(found.download(root=str(tmp_path / "down")))
    assert (folder / "weights.bin").read_bytes() == bytes(range(200))
    assert {file.name for file in found.files()} == {"weights.bin", "deep/notes.txt"}
    assert found.logged_by().id == "trained"
    logged = api.run("p/trained")
    assert [artifact.name for artifact in logged.logged_artifacts()] == ["net:v0"]
    assert [artifact.name for artifact in logged.used_artifacts()] == ["pictures:v0"]
    train = api.artifact("p/pictures:latest").manifest.entries["train"]
    assert (train.ref, train.size) == (f"file://{files}/weights.bin", 200)
    assert [run.id for run in api.artifact("p/pictures:v0").used_by()] == ["trained"]
    assert server.unexpected == []
    assert server.unknown_fields == set()


def test_versions_aliases_and_equal_content(server: WandbServer, client: Any, files: Path) -> None:
    run = client.init(project="p", id="versions")
    for content in ("one", "two", "two"):
        (files / "weights.bin").write_text(content)
        model = client.Artifact("net", "model")
        model.add_file(str(files / "weights.bin"))
        run.log_artifact(model, aliases=["latest", content]).wait()
    run.finish()
    assert {name: sorted(kept.aliases) for name, kept in server.artifacts.items()} == {
        "net:v0": ["one"],
        "net:v1": ["latest", "two"],
    }
    api = client.Api()
    found = api.artifact("p/net:v0")
    found.aliases.append("best")
    found.metadata["later"] = True
    found.save()
    assert api.artifact("p/net:best").metadata == {"later": True}
    assert [version.version for version in api.artifacts("model", "p/net")] == ["v1", "v0"]
    assert [kind.name for kind in api.artifact_types("p")] == ["model"]
    assert api.artifact_exists("p/net:v1")
    assert not api.artifact_exists("p/net:v9")
    found.delete(delete_aliases=True)
    assert list(server.artifacts) == ["net:v1"]
    assert server.unexpected == []


def test_tables_are_artifacts_and_other_media_are_files(
    server: WandbServer, client: Any, tmp_path: Path
) -> None:
    run = client.init(project="p", id="media")
    run.log({"rows": client.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])})
    run.log({"html": client.Html("<b>text</b>")})
    run.finish()
    rows, html = server.runs["media"].history
    assert (rows["rows"]["_type"], rows["rows"]["nrows"]) == ("table-file", 2)
    assert b"<b>text</b>" in server.runs["media"].files[html["html"]["path"]]
    (table,) = server.artifacts.values()
    assert (table.type, list(table.entries)) == ("run_table", ["rows.table.json"])
    assert client.Api().artifact("p/run-media-rows:latest").get("rows").data == [[1, "x"], [2, "y"]]
