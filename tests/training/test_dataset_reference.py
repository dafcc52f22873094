"""What identifies a run's data set: checksums of what was opened, addresses that anybody may see."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swatch.compose import compose
from swatch.data import fashion_mnist
from swatch.data.fashion_mnist import FashionMNIST
from swatch.data.source import Dataset
from swatch.training import dataset_reference as module
from swatch.training.data_cache import prepare_data
from swatch.training.dataset_reference import dataset_reference, reference_of

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def test_a_users_own_files(slice_overrides: list[str], slice_folder: Path) -> None:
    data = prepare_data(compose(slice_overrides))
    reference = dataset_reference(data)
    assert reference.name == "Fashion-MNIST"
    assert set(reference.files) == {IMAGES, LABELS}, "the test set was not opened"
    for name, facts in reference.files.items():
        content = (slice_folder / name).read_bytes()
        assert facts == {
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "uri": (slice_folder / name).as_uri(),
        }
    assert reference.metadata["images"] == 2000
    assert reference.metadata["image_shape"] == [28, 28, 1]
    assert reference.metadata["classes"][9] == "Ankle boot"


@pytest.fixture
def published(slice_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the slice be what was published, so that its checksums are known beforehand."""
    files = [
        type(file)(
            file.name, file.dimensions, hashlib.sha256((slice_folder / file.name).read_bytes()).hexdigest()
        )
        for file in fashion_mnist.FILES
    ]
    monkeypatch.setattr(FashionMNIST, "published", tuple(files))


@pytest.mark.parametrize(
    ("mirrors", "address"),
    [
        (["http://one.example/a/", "https://two.example/b"], "https://two.example/b/"),
        (["http://one.example/a/"], "http://one.example/a/"),
        (["https://name:s3cret@one.example/", "http://two.example/"], "http://two.example/"),
        (["https://name:s3cret@one.example/"], None),
    ],
)
def test_published_files_are_not_read_again(
    mirrors: list[str],
    address: str | None,
    published: None,
    slice_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = FashionMNIST(folder=str(slice_folder), mirrors=mirrors)
    monkeypatch.setattr(module, "_sha256", pytest.fail)
    facts = reference_of(source, source.training_set()).files[IMAGES]
    assert facts["sha256"] == hashlib.sha256((slice_folder / IMAGES).read_bytes()).hexdigest()
    expected = f"{address}{IMAGES}.gz" if address else (slice_folder / IMAGES).as_uri()
    assert facts["uri"] == expected


def test_a_file_is_hashed_again_once_it_changed(slice_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(slice_folder, folder)
    source = FashionMNIST(folder=str(folder), checksums=None)
    dataset = source.training_set()
    first = reference_of(source, dataset).files
    labels = bytearray((folder / LABELS).read_bytes())
    labels[-1] = (labels[-1] + 1) % 10
    (folder / LABELS).write_bytes(labels)
    second = reference_of(source, dataset).files
    assert second[IMAGES] == first[IMAGES]
    assert second[LABELS]["sha256"] == hashlib.sha256(labels).hexdigest() != first[LABELS]["sha256"]


@dataclass
class InMemory:
    """A data set that comes with a library; equality of its arrays is not asked for."""

    title: str = "Digits"
    classes: int = 2
    class_names: Sequence[str] = ("zero", "one")
    image_shape: tuple[int, int, int] = (2, 2, 1)

    def files(self) -> list[Any]:
        return []

    def training_set(self) -> Dataset:
        return Dataset(np.arange(20, dtype=np.uint8).reshape(5, 2, 2, 1), np.zeros(5, np.uint8))


def test_a_data_set_without_files_is_known_by_its_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    source: Any = InMemory()
    dataset = source.training_set()
    reference = reference_of(source, dataset)
    assert reference.files == {
        "images": {"sha256": hashlib.sha256(bytes(range(20))).hexdigest(), "size": 20},
        "labels": {"sha256": hashlib.sha256(bytes(5)).hexdigest(), "size": 5},
    }
    monkeypatch.setattr(hashlib, "sha256", pytest.fail)
    assert reference_of(source, dataset) == reference, "hashed once"
