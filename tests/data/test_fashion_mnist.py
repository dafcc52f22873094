"""The data set as training uses it, on a slice of the real images."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swatch.data import fashion_mnist, idx
from swatch.data.fashion_mnist import FILES, FashionMNIST
from swatch.data.integrity import IdxFile
from swatch.data.source import Source
from swatch.errors import UserError


@pytest.fixture
def slice_is_published(slice_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the slice were the published data set, and Debian's package not installed."""
    files = tuple(
        IdxFile(
            file.name, file.dimensions, hashlib.sha256((slice_folder / file.name).read_bytes()).hexdigest()
        )
        for file in FILES
    )
    monkeypatch.setattr(FashionMNIST, "published", files)
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", Path("/nowhere/fashion-mnist"))


def test_the_slice_is_small_balanced_and_licensed(slice_folder: Path) -> None:
    source: Source = FashionMNIST(folder=str(slice_folder), checksums=None)
    for data, count in ((source.training_set(), 2000), (source.test_set(), 500)):
        assert data.images.shape == (count, 28, 28, 1)
        assert data.images.dtype == data.labels.dtype == np.uint8
        assert not data.images.flags.writeable
        assert isinstance(data.images, np.memmap)
        assert (np.bincount(data.labels) == count // 10).all()
        assert len(data) == count
    assert sum(path.stat().st_size for path in slice_folder.iterdir()) < 2_000_000
    assert "2017 Zalando SE" in (slice_folder / "LICENSE").read_text()


def test_what_it_says_of_itself() -> None:
    source = FashionMNIST()
    assert source.classes == len(source.class_names) == 10
    assert source.class_names[9] == "Ankle boot"
    assert source.image_shape == (28, 28, 1)
    assert [len(file.sha256 or "") for file in FILES] == [64] * 4


def test_the_slice_is_not_the_published_data_set(slice_folder: Path) -> None:
    with pytest.raises(
        UserError, match=r"images-idx3-ubyte is altered: expected SHA-256 c59f.*data\.checksums=null"
    ):
        FashionMNIST(folder=str(slice_folder)).prepare()


def test_unchecked_files_only_from_a_named_folder() -> None:
    with pytest.raises(UserError, match=r"^checksums=null .* set data\.folder too"):
        FashionMNIST(checksums=None)


@pytest.mark.parametrize("key", ["data.cache", "SWATCH_DATA", "XDG_CACHE_HOME"])
def test_first_use_fetches_into_the_cache(
    key: str,
    slice_folder: Path,
    slice_is_published: None,
    mirror: Any,
    progress: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contents = {file.name: (slice_folder / file.name).read_bytes() for file in FILES}
    server = mirror("ok", contents)
    cache = tmp_path / "my cache"
    monkeypatch.delenv("SWATCH_DATA")
    if key != "data.cache":
        monkeypatch.setenv(key, str(cache))
    home = cache / "swatch" if key == "XDG_CACHE_HOME" else cache
    source = FashionMNIST(cache=str(cache) if key == "data.cache" else None, mirrors=[server.address])
    source.prepare(progress)
    assert source.training_set().images.shape == (2000, 28, 28, 1)
    assert {file.path.parent for file in source.files()} == {home / "fashion-mnist"}
    assert {file.origin for file in source.files()} == {"the mirrors"}
    assert not [name for name in server.asked if name.startswith("t10k")]
    source.test_set()
    assert len(source.files()) == 4


def test_split_limit_and_normalization(slice_folder: Path) -> None:
    source = FashionMNIST(folder=str(slice_folder), checksums=None, validation_fraction=0.2, limit=500)
    data = source.training_set()
    training, validation = source.split(data.labels)
    assert (np.bincount(data.labels[training]) == 40).all()
    assert (np.bincount(data.labels[validation]) == 10).all()
    normalization = source.normalizer(data.images, training)
    exact = data.images[training].astype(np.float64)
    assert normalization.scale == pytest.approx(1 / exact.std())
    assert normalization.offset == pytest.approx(-exact.mean() / exact.std())


AUDITED = """
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
import numpy as np
from swatch.data.batches import Batches
from swatch.data.fashion_mnist import FashionMNIST
source = FashionMNIST(folder=sys.argv[1], checksums=None)
source.prepare()
data = source.training_set()
training, validation = source.split(data.labels)
normalization = source.normalizer(data.images, training)
for part in (training, validation):
    batches = Batches(data.images, data.labels, part, 64, seed=0, normalization=normalization)
    assert sum(len(labels) for _, labels in batches.epoch(0)) == len(part)
assert any("train-images" in name for name in opened)
print([name for name in opened if "t10k" in name])
source.test_set()
assert any("t10k" in name for name in opened)
"""


def test_training_never_opens_the_test_set(slice_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AUDITED, str(slice_folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


def test_training_needs_no_test_files(slice_folder: Path, tmp_path: Path) -> None:
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        shutil.copy(slice_folder / name, tmp_path)
    source = FashionMNIST(folder=str(tmp_path), checksums=None)
    assert len(source.training_set()) == 2000
    with pytest.raises(UserError, match="lacks a file: Fashion-MNIST needs t10k-images-idx3-ubyte"):
        source.test_set()


def write(folder: Path, images: np.ndarray, labels: np.ndarray) -> FashionMNIST:
    for name, array in (("images-idx3", images), ("labels-idx1", labels)):
        with (folder / f"train-{name}-ubyte").open("wb") as stream:
            idx.write_array(stream, array.astype(np.uint8))
    return FashionMNIST(folder=str(folder), checksums=None)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((5, 8, 8)), np.zeros(5), "holds images of 8x8 pixels, expected 28x28"),
        (np.zeros((5, 28, 28)), np.zeros(4), "holds 5 images, train-labels-idx1-ubyte 4 labels"),
        (np.zeros((5, 28, 28)), np.arange(5) * 3, "holds the label 12, expected 0 to 9"),
    ],
)
def test_another_data_set_in_the_folder(
    images: np.ndarray, labels: np.ndarray, message: str, tmp_path: Path
) -> None:
    source = write(tmp_path, images, labels)
    with pytest.raises(UserError) as caught:
        source.training_set()
    assert str(caught.value).endswith(message)
    assert str(tmp_path) in str(caught.value)


def test_a_file_that_shrinks_after_its_check(tmp_path: Path) -> None:
    source = write(tmp_path, np.zeros((5, 28, 28)), np.zeros(5))
    source.prepare()
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="changed while it was read: has a wrong length"):
        source.training_set()
