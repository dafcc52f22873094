"""The pages of runs and comparisons, made when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from swatch.dashboard.frames import Frames, run_address
from swatch.errors import UserError
from swatch.evaluation.comparing import best_of, compare, compare_answers, kept_answers, read_run
from swatch.evaluation.evaluating import SPLITS
from swatch.report.comparison import page as comparison_page
from swatch.report.run import page as run_page
from swatch.report.run.view import read_view
from swatch.tracking import RunDirectory

MOST_COMPARED = 24
_WATCHED = (
    *("config.yaml", "overrides.yaml", "run.json", "history.jsonl", "summary.json", "confusion_matrix.json"),
    *("samples.npz", "traceback.txt", "evaluations.json", "predictions_val.npz", ".lock"),
)


def version(folders: Sequence[Path]) -> str:
    """Return a text that changes when the page of these runs would: when a file does, or a process dies."""
    seen: list[object] = []
    for folder in folders:
        for name in _WATCHED:
            try:
                status = (folder / name).stat()
                seen.append((status.st_mtime_ns, status.st_size))
            except OSError:
                seen.append(None)
        seen.append(not (folder / "summary.json").exists() and RunDirectory(folder).is_alive())
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def evaluation_file(folder: Path, split: str) -> Path | None:
    """Return the page that ``swatch evaluate`` wrote for a split; None if there is none."""
    if split not in SPLITS:
        return None
    path = folder / f"evaluation_{split}.html"
    return path if path.is_file() else None


def run_html(folder: Path, frames: Frames) -> str:
    """Return a run's page.

    Raises:
        UserError: the run is gone.
    """
    before = version([folder])
    view = read_view(folder)
    sweep_id = None if view.description is None else view.description.sweep_id
    evaluations = {
        split: f"{run_address(folder.name)}/evaluation/{split}"
        for split in SPLITS
        if evaluation_file(folder, split) is not None
    }
    return run_page.render(view, frame=frames.run(folder, sweep_id, before), evaluation_addresses=evaluations)


def comparison_html(folders: Sequence[Path], frames: Frames) -> str:
    """Return a comparison's page; the test is made of the answers that ``swatch evaluate`` kept.

    Raises:
        UserError: fewer than two of the runs can be read, or there are too many.
    """
    if len(folders) > MOST_COMPARED:
        raise UserError(f"a comparison shows at most {MOST_COMPARED} runs, not {len(folders)}")
    before = version(folders)
    runs, left_out = [], []
    for folder in folders:
        try:
            runs.append(read_run(RunDirectory(folder)))
        except UserError as error:
            left_out.append(f"Left out: {error}")
    if len(runs) < 2:
        raise UserError("; ".join(["a comparison needs at least two runs that can be read", *left_out]))
    comparison = compare(runs)
    monitor, best = best_of(runs)
    return comparison_page.render(
        comparison,
        monitor,
        best,
        compare_answers(runs, kept_answers),
        left_out=left_out,
        frame=frames.comparison([folder.name for folder in folders], before),
    )
