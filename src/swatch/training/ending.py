"""What the terminal shows after a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from swatch.console import console, say
from swatch.training.outcome import FAILED, INTERRUPTED, RunResult

if TYPE_CHECKING:
    from swatch.tracking.background import BackgroundTracker
    from swatch.tracking.state import TrackingState

_told = False


def tell_unsent(directory: Path, state: TrackingState) -> None:
    """Say, once a process, that wandb does not have a run as it should, and how it gets it."""
    global _told
    if state.problem is None or _told:
        return
    _told = True
    say(f"wandb does not have the whole run ({state.problem}); `swatch sync {_short(directory)}` sends it")


def show_result(result: RunResult, wandb: BackgroundTracker | None) -> None:
    """Print the best epoch, where the run lies, and its page on wandb's server or how it gets there.

    Runs that failed or were interrupted are told of by the error that ends the command.
    """
    best = result.summary.get("best")
    if result.status in (FAILED, INTERRUPTED) or best is None:
        return
    from rich.table import Table
    from rich.text import Text

    summary = result.summary
    table = Table.grid(padding=(0, 2))
    table.add_row("best epoch", f"[bold]{best['epoch']}[/] of {summary['epochs']}")
    if "val/loss" in best:
        table.add_row("val/accuracy", f"[bold green]{best['val/accuracy']:.4f}[/]")
        table.add_row("val/loss", f"{best['val/loss']:.4f}")
    table.add_row("train/accuracy", f"{best['train/accuracy']:.4f}")
    if "test/accuracy" in summary:
        table.add_row("test/accuracy", f"[bold green]{summary['test/accuracy']:.4f}[/]")
        table.add_row("test/loss", f"{summary['test/loss']:.4f}")
    table.add_row("parameters", f"{summary['parameters']:,}")
    out = console()
    reason = f" ({result.reason})" if result.reason else ""
    title = f"{summary['name']}: {result.status} in {summary['seconds']:.1f} s{reason}"
    out.print(Text(title, style="bold"), soft_wrap=True)
    out.print(table)
    # Paths stay on one line, so that they can be copied.
    out.print(f"run directory   {_short(result.directory)}", markup=False, soft_wrap=True)
    if wandb is not None and wandb.state.mode == "offline":
        command = f"swatch sync {_short(result.directory)}"
        out.print(f"wandb, offline  {command}", markup=False, soft_wrap=True)
    elif wandb is not None and wandb.state.sent and wandb.state.url:
        out.print(f"wandb           {wandb.state.url}", markup=False, soft_wrap=True)


def _short(path: Path) -> str:
    """Return the path as seen from here, if it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
