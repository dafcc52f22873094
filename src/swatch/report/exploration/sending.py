"""An exploration on W&B: a run with a table of the classes, and the data set as its input."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from swatch.errors import RunFailed, UserError
from swatch.files import make_folder

if TYPE_CHECKING:
    import wandb

    from swatch.compose import Composition
    from swatch.data.exploring.exploration import Exploration
    from swatch.tracking.mode import Mode
    from swatch.tracking.tracker import RunDescription

TABLE = "classes"
JOB_TYPE = "exploration"
_FOLDER = "explorations"


def find_mode(composition: Composition) -> Mode:
    """Decide whether the exploration goes to the server or to the disk.

    Raises:
        UserError: tracking is disabled, or online without a key.
    """
    from swatch.tracking.mode import resolve_mode

    mode = resolve_mode(composition.settings.tracking.mode)
    if mode.name == "disabled":
        raise UserError(f"--wandb has nowhere to send to: {mode.reason}")
    return mode


def send(exploration: Exploration, composition: Composition, mode: Mode, page: Path) -> str:
    """Log a table with one image per class, the page, and the data set as an artifact without its images.

    Args:
        exploration: what was found.
        composition: names the data set and, under ``tracking``, the project.
        mode: of ``find_mode``.
        page: the exploration's page, which is sent along as a file of the run.

    Returns:
        Where it is now, in words.

    Raises:
        RunFailed: wandb failed; what was written so far stays.
    """
    from swatch.tracking.tracker import RunDescription
    from swatch.training.data_cache import prepare_data
    from swatch.training.dataset_reference import dataset_reference

    settings = composition.settings
    run_id = f"explore-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    folder = make_folder(Path(settings.paths.runs).absolute() / _FOLDER / run_id)
    description = RunDescription(
        run_id,
        f"explore {exploration.title}",
        {"data": composition.plain["data"], "test_opened": exploration.test_opened},
        notes=settings.run.notes,
        tags=settings.run.tags,
        group=settings.tracking.group,
        job_type=JOB_TYPE,
        dataset=dataset_reference(prepare_data(composition)),
    )

    def log(run: wandb.Run) -> None:
        from swatch.tracking.wandb_media import use_dataset

        if description.dataset is not None:
            use_dataset(run, description.dataset)
        _log_classes(run, exploration)
        run.summary.update(_figures(exploration))
        run.save(str(page.absolute()), base_path=str(page.absolute().parent), policy="now")

    address = _in_a_run(description, folder, mode.name, settings.tracking, log)
    if mode.name == "online":
        return f"wandb  {address}"
    return f"wandb  kept in {folder} ({mode.reason}); `wandb sync` of the folder within sends it"


def _in_a_run(
    description: RunDescription, folder: Path, mode: str, tracking: Any, log: Callable[[wandb.Run], None]
) -> str | None:
    """Open a wandb run, let ``log`` fill it, close it; return its address."""
    from swatch.tracking.wandb_open import FINISH_SECONDS, open_run
    from swatch.tracking.wandb_process import is_service_alive, join_service, leave_service

    make_folder(folder / "wandb")
    seat: object | None = None
    try:
        seat = join_service(folder)
        run = open_run(
            description,
            folder,
            mode=mode,
            project=tracking.project,
            entity=tracking.entity,
            system_stats=False,
            console=False,
            stop=lambda: None,
            finish_seconds=FINISH_SECONDS,
        )
        log(run)
        run.finish(0)
    except Exception as error:
        raise RunFailed(
            f"the page is written, but wandb failed: {error}; "
            "tracking.mode=offline keeps the run on this machine"
        ) from error
    finally:
        if seat is not None:
            leave_service(seat, failed=not is_service_alive())
    return run.url


def _log_classes(run: wandb.Run, exploration: Exploration) -> None:
    """Log a table of one row a class: a training image, the mean, where the images differ, the counts."""
    import wandb
    from PIL import Image

    from swatch.report.exploration.pictures import drawable
    from swatch.tracking.wandb_media import artifact_folder, log_table

    folder = artifact_folder(run, TABLE)
    paths = {}
    parts = exploration.parts
    columns: list[str | int] = ["class", "image", "mean", "deviation", *(part.name for part in parts)]
    table = wandb.Table(columns=columns)
    images = exploration.training.data.images
    for label, (name, looks) in enumerate(zip(exploration.class_names, exploration.classes, strict=True)):
        drawn: list[Any] = [None, None, None]
        if looks is not None:
            pixels = (images[looks.samples[0]], looks.mean, 2 * looks.deviation)
            for place, (kind, values) in enumerate(zip(columns[1:4], pixels, strict=True)):
                path = folder / f"{label:03}-{kind}.png"
                Image.fromarray(drawable(np.rint(values).clip(0, 255))).save(path)
                paths[path] = f"images/{path.name}"
                drawn[place] = wandb.Image(str(path))
        table.add_data(name, *drawn, *(int(part.counts[label]) for part in parts))
    log_table(run, TABLE, table, 0, paths)


def _figures(exploration: Exploration) -> dict[str, Any]:
    """Return the numbers of all parts and the sentences, for the run's summary."""
    from swatch.report.exploration.findings import findings

    found: dict[str, Any] = {"findings": [finding.text for finding in findings(exploration)]}
    for place, part in enumerate(exploration.parts):
        found[f"{part.name}/images"] = len(part)
        found[f"{part.name}/mean"] = part.mean
        found[f"{part.name}/deviation"] = part.deviation
        found[f"{part.name}/nearly_empty"] = len(part.nearly_empty)
        found[f"{part.name}/repeated"] = exploration.copies.within(place)
    return found
