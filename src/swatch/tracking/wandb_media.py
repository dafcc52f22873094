"""What a wandb run shows besides curves: matrices, tables, pictures, the model and the data set.

Everything is a function of facts that the run directory keeps, so that a run looks the same whether it was
sent while it trained or later. Nothing here waits for a server. Tables are bound to the run before they are
logged, and artifacts are handed to wandb's own process like a line of history: ``run.log`` with an unbound
table, ``run.log_artifact`` and ``run.use_artifact`` would first ask the server, and the last one refuses
offline runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from swatch.metrics import class_scores, normalized_rows
from swatch.tracking.confusion_image import draw_confusion

if TYPE_CHECKING:
    import wandb

    from swatch.tracking.tracker import DatasetReference, SampleImages

Counts = Sequence[Sequence[int]]

NORMALIZED, PICTURES = "_normalized", "_images"
_CHART = "wandb/confusion_matrix/v1"
_CHART_COLUMNS = ("Actual", "Predicted", "nPredictions")
_SCORES = ("precision", "recall", "f1")
# wandb takes at most 128 characters for an artifact's name.
_LONGEST = 90


def log_confusion_matrix(run: wandb.Run, name: str, labels: Sequence[str], counts: Counts, step: int) -> None:
    """Log the matrix as wandb's native chart, the same in shares of each true class, and pictures of both.

    Args:
        run: A wandb run that has not finished.
        name: The key, such as ``val/confusion_matrix``. The shares go under ``<name>_normalized``, the
            pictures, a pair with captions, under ``<name>_images``.
        labels: The classes' names.
        counts: The row is the true class, the column the predicted one.
        step: The wandb step, not before the run's last one.
    """
    import wandb

    matrix = np.array(counts, np.int64)
    part = name.split("/")[0]
    shares = np.round(normalized_rows(matrix), 4)
    pictures = zip(draw_confusion(f"Confusion matrix ({part})", labels, matrix), _CAPTIONS, strict=True)
    run.log(
        {
            name: _chart(run, name, f"Confusion matrix ({part})", labels, matrix.tolist(), step),
            f"{name}{NORMALIZED}": _chart(
                run,
                f"{name}{NORMALIZED}",
                f"Shares of each true class ({part})",
                labels,
                shares.tolist(),
                step,
            ),
            f"{name}{PICTURES}": [wandb.Image(picture, caption=caption) for picture, caption in pictures],
        },
        step=step,
    )


_CAPTIONS = ("number of images", "percent of each true class")


def log_per_class(run: wandb.Run, name: str, labels: Sequence[str], counts: Counts, step: int) -> None:
    """Log precision, recall, F1 and the number of images of every class as a table, one row a class."""
    import wandb

    scores = class_scores(np.array(counts, np.int64))
    columns = zip(*(np.round(getattr(scores, key), 6).tolist() for key in _SCORES), strict=True)
    rows = [
        [label, *values, support]
        for label, values, support in zip(labels, columns, scores.support.tolist(), strict=True)
    ]
    table = wandb.Table(columns=["class", *_SCORES, "support"], data=rows)
    log_table(run, name, table, step)


def log_samples(run: wandb.Run, name: str, samples: SampleImages, step: int) -> None:
    """Log a table with one row an image: the image, its class, the network's answer and how sure it was.

    Every image is a small PNG of its own. The same images of other runs have the same names and checksums, so
    that a server stores them once.
    """
    import wandb
    from PIL import Image

    folder = artifact_folder(run, name)
    columns: list[str | int] = ["image", "actual", "predicted", "probability", "right"]
    table = wandb.Table(columns=columns)
    paths = {}
    for index, pixels in enumerate(samples.images):
        path = folder / f"{index:04}.png"
        Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(path)
        paths[path] = f"images/{path.name}"
        actual, predicted = int(samples.actual[index]), int(samples.predicted[index])
        probability = round(float(samples.probability[index]), 4)
        answer = (samples.labels[actual], samples.labels[predicted], probability, actual == predicted)
        table.add_data(wandb.Image(str(path)), *answer)
    log_table(run, name, table, step, paths)


def log_model(run: wandb.Run, path: Path, metadata: Mapping[str, Any], aliases: Sequence[str]) -> None:
    """Hand over the file of the best weights as version of the artifact ``model-<run id>``.

    Every run has a model of its own. An alias belongs to one version of one artifact, so that ``best`` of a
    name that runs share would be the run that was sent last, and to move it rightly one would have to ask the
    server. Of ``model-<run id>`` the version ``best`` always holds the run's best weights, also when the run
    was sent twice or went on later; the name is the one that other tools give, and it follows from the id of
    the run that a sweep's page or ``wandb.Api().sweep(...).best_run()`` names.

    Args:
        run: A wandb run that has not finished.
        path: The file; it is read when it is sent, and must stay until then.
        metadata: What the weights are and how good.
        aliases: Such as ``("best", "latest")``.
    """
    import wandb

    artifact = wandb.Artifact(f"model-{_tail(run.id)}", "model", metadata=dict(metadata))
    artifact.add_file(str(path), policy="immutable", skip_cache=True)
    _publish(run, artifact, aliases)


def use_dataset(run: wandb.Run, reference: DatasetReference) -> None:
    """Name the data set as the run's input: an artifact with addresses and checksums, without the data.

    Nothing is said of a data set without files: its artifact would be equal to that of any other one.

    The checksum of a file is its entry's digest, so that a version stands for the data wherever they lie, and
    equal data of all runs are one version.
    """
    if not reference.files:
        return
    import wandb
    from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry
    from wandb.sdk.lib.paths import LogicalPath

    name = re.sub(r"[^a-z0-9_.]+", "-", reference.name.lower()).strip("-")[:_LONGEST] or "dataset"
    checksums = {file: facts["sha256"] for file, facts in reference.files.items() if "sha256" in facts}
    metadata = {"name": reference.name, **reference.metadata, "sha256": checksums}
    artifact = wandb.Artifact(name, "dataset", metadata=metadata)
    for file, facts in reference.files.items():
        digest = checksums.get(file) or str(facts.get("uri"))
        address = facts.get("uri") or f"sha256:{digest}"
        entry = ArtifactManifestEntry(
            path=LogicalPath(file),
            digest=digest,
            ref=address,
            size=facts.get("size"),
            extra={"sha256": digest},
        )
        artifact.manifest.add_entry(entry)
    _publish(run, artifact, (), is_input=True)


def _chart(
    run: wandb.Run, key: str, title: str, labels: Sequence[str], values: Sequence[Sequence[float]], step: int
) -> Any:
    """Return a native chart over a table of the matrix's cells, a row each."""
    import wandb

    columns: list[str | int] = list(_CHART_COLUMNS)
    cells = [
        [actual, predicted, value]
        for actual, row in zip(labels, values, strict=True)
        for predicted, value in zip(labels, row, strict=True)
    ]
    table: Any = wandb.Table(columns=columns, data=cells)
    table.bind_to_run(run, f"{key}_table", step)
    return wandb.plot_table(
        vega_spec_name=_CHART,
        data_table=table,
        fields={column: column for column in _CHART_COLUMNS},
        string_fields={"title": title},
    )


def log_table(
    run: wandb.Run, name: str, table: Any, step: int, files: Mapping[Path, str] | None = None
) -> None:
    """Log a table the way the UI shows tables: from an artifact, which also holds what its cells show."""
    from wandb.sdk.artifacts._internal_artifact import InternalArtifact

    artifact = InternalArtifact(f"run-{_tail(run.id)}-{name}", "run_table")
    for file, name_there in (files or {}).items():
        artifact.add_file(str(file), name_there, policy="immutable", skip_cache=True)
    path = artifact_folder(run, name) / "table.json"
    path.write_text(json.dumps(table.to_json(artifact)))
    entry = artifact.add_file(str(path), f"{name}.table.json", policy="immutable", skip_cache=True)
    table._set_artifact_target(artifact, entry.path)
    _publish(run, artifact, ("latest",))
    table.bind_to_run(run, name, step)
    run.log({name: table}, step=step)


def _tail(run_id: str) -> str:
    """Return as much of a run's id as fits into a name; what tells runs apart stands at its end."""
    return run_id[-_LONGEST:]


def artifact_folder(run: wandb.Run, name: str) -> Path:
    """Return a folder within the run's own for files that must stay as they are until they are sent."""
    folder = Path(run.dir).parent / "artifacts" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _publish(
    run: wandb.Run, artifact: wandb.Artifact, aliases: Sequence[str], *, is_input: bool = False
) -> None:
    """Hand an artifact to wandb's process, which sends it in its own time or adds it to the run's file."""
    artifact.finalize()
    interface: Any = run._interface
    # "Created by the user" is what wandb calls an artifact that is not the run's output.
    interface.publish_artifact(
        run, artifact, list(aliases), is_user_created=is_input, use_after_commit=is_input
    )
