"""An evaluation on W&B: in the run's own wandb run, online or offline."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swatch.errors import RunFailed, UserError
from swatch.evaluation.evaluating import TEST
from swatch.evaluation.galleries import galleries

if TYPE_CHECKING:
    import wandb

    from swatch.evaluation.evaluating import Evaluation
    from swatch.evaluation.galleries import Gallery
    from swatch.tracking import RunDescription, RunDirectory
    from swatch.tracking.mode import Mode
    from swatch.tracking.state import TrackingState

_GALLERIES = ("confident_errors", "uncertain", "confident")


def find_mode(directory: RunDirectory, requested: str | None) -> Mode:
    """Decide whether the evaluation goes to the server or to the disk.

    Args:
        directory: of the run, whose ``tracking.mode`` holds unless another is asked for.
        requested: ``auto``, ``online`` or ``offline``.

    Raises:
        UserError: tracking is disabled, or online without a key; or the run is still being trained.
    """
    from swatch.tracking.mode import resolve_mode

    if requested is None:
        tracking = (directory.read_config() or {}).get("tracking")
        requested = str(tracking.get("mode", "auto")) if isinstance(tracking, Mapping) else "auto"
    mode = resolve_mode(requested)
    if mode.name == "disabled":
        raise UserError(
            f"--wandb has nowhere to send to: {mode.reason}; --tracking online or offline says where"
        )
    if directory.is_alive():
        raise UserError(f"--wandb: run '{directory.path.name}' is still being trained; wait for its end")
    return mode


def send(evaluation: Evaluation, readings: int, directory: RunDirectory, mode: Mode, page: Path) -> str:
    """Log measures, confusion matrix, scores of every class, galleries and the page.

    Online the run is resumed by its id; one that the server does not have is sent first. Offline the run's
    file is written anew, whole and with the evaluation, so that there is one file to sync.

    Args:
        evaluation: of the run.
        readings: how often its network was asked about the test set.
        directory: the run's.
        mode: of :func:`find_mode`.
        page: the evaluation's page, which is sent along as a file of the run.

    Returns:
        Where it is now, in words.

    Raises:
        UserError: the directory is damaged.
        RunFailed: wandb failed; what was written so far stays.
    """
    description = directory.read_description()
    if description is None:
        raise UserError(f"{directory.path} holds no run: there is no config.yaml that can be read")

    def log(run: wandb.Run, step: int) -> None:
        # A replay has told of the test set's matrix already.
        log_evaluation(run, evaluation, readings, page, step, with_matrix=not is_replayed)

    is_replayed = mode.name == "offline" and evaluation.split == TEST
    if mode.name == "offline":
        _write_offline(directory, description, log)
        how = "`wandb sync` of the folder within sends it"
        if evaluation.split == TEST:
            how += ", `swatch sync` of the run its measures and matrix"
        return f"wandb  kept in {directory.path / 'wandb'} ({mode.reason}); {how}"
    return f"wandb  {_resume(directory, description, log)}"


def log_evaluation(
    run: wandb.Run,
    evaluation: Evaluation,
    readings: int,
    page: Path,
    step: int,
    *,
    with_matrix: bool = True,
) -> None:
    """Log an evaluation to an open run: of the test set under ``test/``, of others under their own names."""
    import wandb

    from swatch.tracking.wandb_media import log_confusion_matrix, log_per_class

    part = part_name(evaluation.split)
    if with_matrix:
        labels, counts = evaluation.class_names, evaluation.counts.tolist()
        log_confusion_matrix(run, f"{part}/confusion_matrix", labels, counts, step)
        log_per_class(run, f"{part}/per_class", labels, counts, step)
    shown = zip(_GALLERIES, galleries(evaluation), strict=True)
    run.log(
        {
            f"{part}/{name}": [wandb.Image(pixels, caption=caption) for pixels, caption in _images(gallery)]
            for name, gallery in shown
            if gallery.pictures
        },
        step=step,
    )
    values: dict[str, Any] = {f"{part}/{name}": value for name, value in evaluation.metrics.items()}
    for name, interval in evaluation.intervals.items():
        values |= {f"{part}/{name}_low": interval.low, f"{part}/{name}_high": interval.high}
    if evaluation.split == TEST:
        values[f"{TEST}/readings"] = readings
    # For charts over runs; the measures stand in the summary.
    run.log({name: values[name] for name in (f"{part}/accuracy", f"{part}/loss")}, step=step)
    run.summary.update(values)
    run.save(str(page.absolute()), base_path=str(page.absolute().parent), policy="now")


def part_name(split: str) -> str:
    """Return what stands before an evaluation's keys; training's own ``val/`` and ``train/`` stay theirs."""
    return split if split == TEST else f"{split}_evaluation"


def _images(gallery: Gallery) -> list[tuple[Any, str]]:
    """Return pixels and caption of every picture."""
    found = []
    for each in gallery.pictures:
        pixels = each.image[..., 0] if each.image.shape[-1] == 1 else each.image
        name, share = each.answers[0]
        truth = "" if each.is_right else f", is {each.actual}"
        found.append((pixels, f"{name} {share:.1%}{truth}"))
    return found


def _resume(
    directory: RunDirectory, description: RunDescription, log: Callable[[wandb.Run, int], None]
) -> str | None:
    """Resume the run on the server, let ``log`` add to it, and close it; return its address."""
    from swatch.tracking.wandb_open import FINISH_SECONDS, open_run
    from swatch.tracking.wandb_process import is_service_alive, join_service, leave_service, one_line

    state = _there(directory, description)
    workplace = Path(tempfile.mkdtemp(prefix="swatch-evaluation-"))
    (workplace / "wandb").mkdir()
    seat: object | None = None
    try:
        seat = join_service(workplace)
        run = open_run(
            replace(description, remote_sweep=_sweep_of(state)),
            workplace,
            mode="online",
            project=state.project,
            entity=state.entity,
            system_stats=False,
            console=False,
            stop=lambda: None,
            finish_seconds=FINISH_SECONDS,
            resume="must",
        )
        # The step after the last one that the server has.
        log(run, run.starting_step)
        run.finish(0)
    except Exception as error:
        raise RunFailed(
            f"the page is written, but wandb failed: {one_line(error)}; --tracking offline keeps it on this "
            "machine, and `swatch sync` sends it later"
        ) from error
    finally:
        if seat is not None:
            leave_service(seat, failed=not is_service_alive())
        shutil.rmtree(workplace, ignore_errors=True)
    return run.url


def _there(directory: RunDirectory, description: RunDescription) -> TrackingState:
    """Return where the run is on the server, after sending it if it was not there.

    Raises:
        RunFailed: it cannot be sent.
    """
    from swatch.tracking.mode import base_url
    from swatch.tracking.replay import replay
    from swatch.tracking.wandb_tracker import WandbTracker

    state = directory.read_tracking()
    if state is not None and state.sent and state.base_url == base_url():
        return state
    tracking: Any = description.config.get("tracking") or {}
    workplace = Path(tempfile.mkdtemp(prefix="swatch-run-"))
    try:
        tracker = WandbTracker(
            workplace / description.run_id,
            mode="online",
            project=tracking.get("project"),
            entity=tracking.get("entity"),
        )
        replay(directory, tracker, None if state is None else _sweep_of(state))
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
    if not tracker.state.sent:
        raise RunFailed(
            f"the page is written, but wandb does not have run '{description.run_id}' and it could not be "
            f"sent: {tracker.state.problem}"
        )
    directory.write_tracking(tracker.state)
    return tracker.state


def _sweep_of(state: TrackingState) -> Any:
    """Return the sweep on the server that the run is a member of, or None."""
    from swatch.tracking.remote_sweep import RemoteSweep

    if state.sweep_id is None:
        return None
    return RemoteSweep(state.base_url or "", state.entity or "", state.project or "", state.sweep_id)


def _write_offline(
    directory: RunDirectory, description: RunDescription, log: Callable[[wandb.Run, int], None]
) -> None:
    """Write the run's offline file anew, with the evaluation in it."""
    from swatch.tracking.replay import replay
    from swatch.tracking.wandb_tracker import WandbTracker

    tracking: Any = description.config.get("tracking") or {}
    tracker = WandbTracker(
        directory.path,
        mode="offline",
        project=tracking.get("project"),
        entity=tracking.get("entity"),
        last=log,
    )
    state = directory.read_tracking()
    replay(directory, tracker, None if state is None else _sweep_of(state))
    if tracker.state.problem is not None:
        raise RunFailed(f"the page is written, but wandb failed: {tracker.state.problem}")
