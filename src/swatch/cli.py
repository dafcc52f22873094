"""The ``swatch`` command: finds the subcommand, imports only that, and turns errors into exit codes."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import Any

import click

from swatch.errors import Interrupted, RunFailed, UserError, did_you_mean

# name -> (module under swatch.commands, one line of help)
COMMANDS = {
    "train": ("train", "Train one network; any config key can be overridden."),
    "sweep": ("sweep", "Search over configs with a W&B sweep YAML."),
    "agent": ("agent", "Join a sweep from this or another machine."),
    "best": ("best", "Show the best trials of a sweep."),
    "evaluate": ("evaluate", "Show what a trained network gets right and wrong."),
    "predict": ("predict", "Say what is on images, or predict the rows of a CSV file."),
    "compare": ("compare", "Show runs side by side."),
    "report": ("report", "Write the report of a sweep or run as one HTML page."),
    "dashboard": ("dashboard", "Watch sweeps and runs in the browser."),
    "sync": ("sync", "Send runs and sweeps that W&B does not have yet."),
    "workspace": ("workspace", "Set up a W&B workspace with the right panels."),
    "data": ("data", "Fetch the data sets, and look at what is in them."),
    "summary": ("summary", "Show a model's layers, shapes, parameters and costs."),
    "gradcheck": ("gradcheck", "Check every gradient of a model against finite differences."),
    "completion": ("completion", "Print the shell completion script."),
}

# What the system refuses and a person can mend, wherever it comes up. Files that are missing are not among
# them: the commands expect those where they may be missing.
_REFUSALS = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    *(errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE),
}

EXIT_DONE, EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130


class LazyGroup(click.Group):
    """A click group whose subcommands are imported when they are called, so that ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one subcommand."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"swatch.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the subcommand; an unknown one is answered with the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UserError(
                f"there is no command '{args[0]}'.{did_you_mean(args[0], COMMANDS)} "
                "`swatch --help` lists the commands."
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="swatch")
def group() -> None:
    """Hyperparameter sweeps with W&B sweep YAMLs, offline or online, of a NumPy neural network."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 the run failed, 2 bad input, 130 interrupted."""
    # One BLAS thread unless the user says otherwise: agents run side by side and must not fight for
    # cores. It must be set before NumPy is first imported; `training.threads` overrides it.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        result: Any = group.main(args=arguments, prog_name="swatch", standalone_mode=False)
        return result if isinstance(result, int) else EXIT_DONE
    except BrokenPipeError:
        # The reader (`| head`) went away; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return EXIT_BAD_INPUT
    except (Exception, KeyboardInterrupt) as error:
        answer = _answer(error)
        if answer is None:
            raise
        message, code = answer
        print(f"swatch: {message}", file=sys.stderr)
        return code


def _answer(error: BaseException) -> tuple[str, int] | None:
    """Return what to say of an error, and the exit code; None if it is a mistake of ours."""
    if isinstance(error, Interrupted):
        return str(error), EXIT_INTERRUPTED
    if isinstance(error, click.Abort) or _was_interrupted(error):
        return "interrupted", EXIT_INTERRUPTED
    if isinstance(error, UserError):
        return str(error), EXIT_BAD_INPUT
    if isinstance(error, click.ClickException):
        return error.format_message(), EXIT_BAD_INPUT
    if isinstance(error, RunFailed):
        return str(error), EXIT_FAILED
    if isinstance(error, OSError) and error.errno in _REFUSALS and error.filename is not None:
        return f"cannot use {error.filename}: {error.strerror}", EXIT_BAD_INPUT
    return None


def _was_interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C is behind an error; OmegaConf, interrupted in its work, raises errors of its own."""
    from swatch.files import WriteError

    # What an interrupted training could not save is worth more than that it was interrupted.
    seen: BaseException | None = None if isinstance(error, WriteError) else error
    while seen is not None and not isinstance(seen, KeyboardInterrupt):
        seen = seen.__cause__ or seen.__context__
    return seen is not None
