"""`swatch data fetch`, as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swatch import cli


def swatch(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swatch", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that the command said after failing with bad input."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
    return done.stderr.splitlines()[-1]


def test_it_says_what_is_there_and_where(slice_folder: Path) -> None:
    done = swatch("data", "fetch", "fashion_mnist", "--folder", str(slice_folder), "data.checksums=null")
    assert done.returncode == 0, done.stderr
    assert "Fashion-MNIST is ready: 2,000 images to train and validate, 500 to test." in done.stdout
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        assert str(slice_folder / f"{name}-ubyte") in done.stdout
    assert "1,568,016 bytes" in done.stdout
    assert not done.stderr


def test_a_folder_with_signs_that_hydra_gives_a_meaning(slice_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my data, {really}=[it]"
    folder.symlink_to(slice_folder)
    done = swatch("data", "fetch", "data.checksums=null", "--folder", str(folder))
    assert done.returncode == 0, done.stderr


def test_another_data_set_is_not_fashion_mnist(slice_folder: Path) -> None:
    text = complaint(swatch("data", "fetch", "--folder", str(slice_folder)))
    assert "train-images-idx3-ubyte is altered: expected SHA-256 " in text


def test_an_unknown_data_set_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["data", "fetch", "fashion_mist"]) == 2
    assert "Did you mean 'fashion_mnist'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("override", "name"),
    [
        ("data.mirors=[]", "data.mirrors"),
        ("data.limit=0", "data.limit"),
        ("data.normalization=unity", "'unit'"),
        ("data.checksums=md5", "data.checksums"),
        ("data.validation_fraction=2", "data.validation_fraction"),
    ],
)
def test_bad_overrides_are_named(
    override: str, name: str, slice_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["data", "fetch", "--folder", str(slice_folder), override]) == 2
    shown = capsys.readouterr()
    assert name in shown.err
    assert len(shown.err.splitlines()) == 1
    assert not shown.out


def test_no_network_and_no_data(tmp_path: Path) -> None:
    """Nothing installed, no apt on the path, and mirrors that refuse the connection."""
    done = swatch(
        "data",
        "fetch",
        "--cache",
        str(tmp_path / "cache"),
        "data.mirrors=[http://127.0.0.1:9/]",
        PATH=str(tmp_path),
    )
    if done.returncode == 0:
        pytest.skip("Debian's dataset-fashion-mnist is installed here")
    text = complaint(done)
    for part in (
        f"the cache {tmp_path / 'cache' / 'fashion-mnist'} (not there)",
        "/usr/share/datasets/fashion-mnist (not installed)",
        "http://127.0.0.1:9/ refused the connection",
        "the Debian package dataset-fashion-mnist (apt-get is not on this machine)",
        "Ways out: (1) ",
        "(3) ",
    ):
        assert part in text
    assert not list((tmp_path / "cache").rglob("*ubyte*"))


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = complaint(swatch("data", "fetch", "--cache", str(tmp_path / "file" / "cache")))
    assert text.startswith(f"swatch: cannot write the data cache {tmp_path}/file/cache/fashion-mnist: ")


def test_help() -> None:
    done = swatch("data", "fetch", "--help")
    assert done.returncode == 0
    assert "Fetch, check and unpack a data set" in done.stdout
