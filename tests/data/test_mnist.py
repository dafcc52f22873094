"""MNIST: the same path as Fashion-MNIST, with its own files."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swatch.data import fashion_mnist
from swatch.data.integrity import IdxFile
from swatch.data.mnist import FILES, MNIST
from swatch.data.source import Source
from swatch.errors import UserError


def test_what_it_says_of_itself() -> None:
    source: Source = MNIST()
    assert source.title == "MNIST"
    assert source.class_names == tuple("0123456789")
    assert source.image_shape == (28, 28, 1)
    assert source.has_test_set
    assert [file.name for file in FILES] == [file.name for file in fashion_mnist.FILES]
    checksums = {file.sha256 for file in (*FILES, *fashion_mnist.FILES)}
    assert len(checksums) == 8
    assert {len(checksum or "") for checksum in checksums} == {64}


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
def test_a_folder_of_ones_own(gzipped: bool, dotted: bool, tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "idx", gzipped=gzipped)
    if dotted:
        for path in list(folder.iterdir()):
            path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    source = MNIST(folder=str(folder), checksums=None)
    assert len(source.training_set()) == 40
    assert len(source.test_set()) == 20


def test_fashion_is_not_taken_for_digits(slice_folder: Path) -> None:
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte is altered: expected SHA-256 ba8910"):
        MNIST(folder=str(slice_folder)).prepare()


def test_it_comes_from_a_mirror(
    tiny: Any, mirror: Any, progress: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tuple(
        IdxFile(file.name, file.dimensions, hashlib.sha256(tiny.contents[file.name]).hexdigest())
        for file in FILES
    )
    monkeypatch.setattr(MNIST, "published", files)
    server = mirror("ok", tiny.contents)
    source = MNIST(mirrors=[server.address])
    source.prepare(progress, test=True)
    assert np.array_equal(source.training_set().labels, np.arange(40) % 10)
    assert MNIST(mirrors=[]).is_here()


def test_no_way_to_it_names_what_helps(progress: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        MNIST(mirrors=["http://127.0.0.1:9/"]).prepare(progress)
    text = str(error.value)
    assert "http://127.0.0.1:9/ refused the connection" in text
    assert "Ways out: (1) name a folder that holds train-images-idx3-ubyte" in text
    assert "(2) run `swatch data fetch`" in text
    assert "apt" not in text


def test_a_file_that_is_no_gzip(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "idx", gzipped=True)
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.decompress(path.read_bytes()))
    assert len(MNIST(folder=str(folder), checksums=None).training_set()) == 40
