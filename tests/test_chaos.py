"""``scripts/chaos.py`` in small: agents and a controller are killed, and the sweep is whole in the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("agents")]


def test_a_sweep_survives_the_death_of_its_agents_and_of_its_controller(
    repository: Path, slice_overrides: list[str]
) -> None:
    options = ["--trials", "8", "--agents", "2", "--seconds", "2.5", "--controllers", "1"]
    # So many steps that a trial takes seconds: whoever is killed is most likely training.
    longer = ["data.limit=null", "batch_size=3", "model.hidden_sizes=[128]"]
    done = subprocess.run(
        [sys.executable, repository / "scripts" / "chaos.py", *options, *longer, *slice_overrides],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {line[:44].strip(): line[44:].strip() for line in done.stdout.splitlines()}
    assert figures["finished trials"] == "8"
    assert int(figures["attempts"]) > 8, "nobody was killed while training"
    assert "1 controllers killed" in done.stdout
    assert "Nothing is lost, nothing is twice." in done.stdout


def test_what_is_wrong_is_found(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    from chaos_checks import Findings

    findings = Findings()
    findings.expect(what="trials", found=3, wanted=3)
    assert findings.problems == []
    findings.expect(what="trials", found=2, wanted=3)
    assert findings.problems == ["trials: 2, not 3"]
