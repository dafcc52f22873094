"""The Debian package without root, with an apt-get and a dpkg-deb that play their part."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from swatch.data.integrity import verify
from swatch.data.ways import subprocesses
from swatch.data.ways.debian import DebianPackage
from swatch.data.ways.way import Unavailable
from swatch.errors import UserError

APT_GET = """#!{python}
import pathlib, sys, time
home = pathlib.Path({home!r})
arguments = sys.argv[1:]
config = pathlib.Path(arguments[arguments.index("-c") + 1]).read_text()
lists = "private" if "Dir::State" in config else "system"
with (home / "calls").open("a") as calls:
    print("update" if "update" in arguments else "download", lists, file=calls)
mode = (home / "mode").read_text()
if "update" in arguments:
    if mode == "no network":
        print("Err:1 http://deb.debian.org InRelease\\n  Temporary failure resolving 'deb.debian.org'")
        sys.exit("E: The repository 'http://deb.debian.org Release' does not have a Release file.")
    if mode == "no network, though apt shrugs":
        print("Err:1 http://deb.debian.org InRelease\\n  Temporary failure resolving 'deb.debian.org'")
        sys.exit(0)
    if mode != "unknown":
        (home / "updated").touch()
    if mode == "one broken source":
        sys.exit("E: The repository of somebody else is not signed.")
    sys.exit(0)
if mode == "standing still":
    time.sleep(30)
if mode == "old lists" and "Dir::State" not in config:
    sys.exit("E: Failed to fetch http://deb.debian.org/x.deb  404  Not Found")
if mode == "unreachable":
    sys.exit("E: Failed to fetch http://deb.debian.org/x.deb  Could not connect to deb.debian.org:80")
if mode != "known" and not ("Dir::State" in config and (home / "updated").exists()):
    sys.exit("E: Unable to locate package dataset-tiny")
pathlib.Path("dataset-tiny_1_all.deb").write_text("package")
"""
DPKG_DEB = """#!{python}
import pathlib, shutil, sys
assert sys.argv[1] == "-x", sys.argv
if pathlib.Path({home!r}, "mode").read_text() == "bad package":
    sys.exit("dpkg-deb: error: not a Debian format archive")
shutil.copytree({files!r}, sys.argv[3] + "/usr/share/datasets/tiny")
"""


class Machine:
    """A machine with apt."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def mode(self, text: str) -> None:
        (self.home / "mode").write_text(text)

    @property
    def calls(self) -> list[str]:
        return (self.home / "calls").read_text().splitlines()


@pytest.fixture
def machine(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    home = tmp_path / "machine"
    (home / "bin").mkdir(parents=True)
    files = tiny.write(home / "files", gzipped=True)
    for name, text in (("apt-get", APT_GET), ("dpkg-deb", DPKG_DEB)):
        script = home / "bin" / name
        script.write_text(text.format(python=sys.executable, home=str(home), files=str(files)))
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return Machine(home)


@pytest.fixture
def way() -> DebianPackage:
    return DebianPackage("dataset-tiny", Path("/usr/share/datasets/tiny"), 7)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("mode", "calls"),
    [
        ("known", ["download system"]),
        ("empty lists", ["download system", "update private", "download private"]),
        ("old lists", ["download system", "update private", "download private"]),
        ("one broken source", ["download system", "update private", "download private"]),
    ],
)
def test_the_package_is_fetched_and_unpacked(
    mode: str, calls: list[str], machine: Machine, way: DebianPackage, scratch: Path, tiny: Any, progress: Any
) -> None:
    machine.mode(mode)
    found = way.collect(tiny.train, scratch, progress)
    assert machine.calls == calls
    # The package brings the test files too.
    assert set(found) == {file.name for file in tiny.files}
    for file in tiny.train:
        verify(found[file.name], file)
        assert scratch in found[file.name].parents
    assert "nothing is installed" in progress.said[0]
    assert progress.transfers[-2][:2] == ["downloading dataset-tiny", 7]
    assert all(transfer[-1] == "end" for transfer in progress.transfers)


@pytest.mark.parametrize(
    ("mode", "reason", "calls"),
    [
        ("no network", "reading the package lists: Temporary failure resolving 'deb.debian.org'", 3),
        (
            "no network, though apt shrugs",
            "the package lists: Temporary failure resolving 'deb.debian.org'",
            3,
        ),
        ("unknown", "Unable to locate package dataset-tiny", 3),
        ("unreachable", "Could not connect to deb.debian.org:80", 1),
        ("bad package", "not a Debian format archive", 3),
        ("standing still", "nothing came for 0.5 s", 1),
    ],
)
def test_the_reason_is_apts_own(
    mode: str,
    reason: str,
    calls: int,
    machine: Machine,
    way: DebianPackage,
    scratch: Path,
    tiny: Any,
    progress: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine.mode(mode)
    monkeypatch.setattr(subprocesses, "_SILENCE", 0.5)
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        way.collect(tiny.train, scratch, progress)
    assert time.monotonic() - started < 5
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(machine.calls) == calls


def test_a_machine_without_apt(
    way: DebianPackage, scratch: Path, tiny: Any, progress: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(scratch))
    with pytest.raises(Unavailable, match="apt-get is not on this machine"):
        way.collect(tiny.train, scratch, progress)


def test_a_package_without_the_files(
    machine: Machine, way: DebianPackage, scratch: Path, tiny: Any, progress: Any
) -> None:
    machine.mode("known")
    (machine.home / "files" / f"{tiny.train[1].name}.gz").unlink()
    with pytest.raises(Unavailable, match=f"lacks {tiny.train[1].name}$"):
        way.collect(tiny.train, scratch, progress)


@pytest.mark.slow
def test_the_real_package_fills_an_empty_cache(tmp_path: Path) -> None:
    from swatch.data.fashion_mnist import FashionMNIST

    source = FashionMNIST(cache=str(tmp_path))
    try:
        source.prepare(test=True)
    except UserError as error:
        pytest.skip(f"no network or no Debian: {error}")
    assert source.training_set().images.shape == (60_000, 28, 28, 1)
    assert source.test_set().images.shape == (10_000, 28, 28, 1)
