"""Whether the program that a sweep YAML names is ours: our engine starts none, it trains the network."""

from __future__ import annotations

import re
from pathlib import Path

from swatch.sweep.config import SweepConfig

_OUR_COMMAND = "swatch"
# A file that starts our training: scripts/train.py, a copy of it, or a shell script.
_STARTS_US = re.compile(r"\bswatch\.cli\b|\bswatch train\b|-m swatch\b")
_READ = 100_000
_BY_DEFAULT = ("${program}",)


def check_program(config: SweepConfig) -> None:
    """Refuse the YAML of somebody's own program that lies here.

    Its metric and keys are those of that program. If they happen to be the network's too, as `batch_size` and
    `epochs` may be, the sweep would train the network and show its results for the program's. A file that is
    not here, as where a YAML was taken out of its project, cannot have been meant to be started here.

    Raises UserError that names the line and says how a program is swept here.
    """
    started = [
        word for word in config.command or _BY_DEFAULT if not word.startswith("${") or "program" in word
    ]
    words = [config.program if word == "${program}" else word for word in started]
    given = [word for word in words if word]
    verdicts = [_is_ours(word) for word in given]
    if False not in verdicts or True in verdicts:
        return
    key = "program" if config.program in given else "command"
    name = config.program if key == "program" else " ".join(given)
    file = next((word for word in given if word.endswith(".py")), "my.py")
    raise config.source.error(
        (key,),
        f"'{name}' is a program of your own. A sweep trains Swatch's network here, or calls a function: "
        f"put the program's training into one and give it as `--function {file}:train`, as docs/own-code.md "
        f"shows. If the network is meant, leave out `{key}`.",
    )


def _is_ours(word: str) -> bool | None:
    """Return whether a word of the command starts our training; None if it is no file that is here."""
    if Path(word).name == _OUR_COMMAND:  # `swatch train`, also with a path, and `python -m swatch`
        return True
    try:
        with Path(word).open(encoding="utf-8", errors="replace") as file:
            return _STARTS_US.search(file.read(_READ)) is not None
    except OSError:
        return None
