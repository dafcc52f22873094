"""Whole models in files: they predict the same, and what is wrong with a file is said."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import swatch
from swatch import nn
from swatch.data.normalization import Normalization
from swatch.errors import UserError
from swatch.nn.saving import ARCHITECTURE
from swatch.training.model import Model

NORMALIZATION = Normalization("standardized", 1 / 90, -0.8)


def composed() -> nn.Network:
    """A network of one's own, with every kind of argument and a buffer."""
    modules = [
        nn.Conv2d(4, (3, 3), padding="same", bias=False),
        nn.BatchNorm(),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Residual([nn.Conv2d(4, 3, padding=1, weight_init="orthogonal", weight_scale=0.5), nn.Tanh()]),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(3, weight_init="xavier_uniform"),
    ]
    network = nn.Network(nn.Sequential(modules), (8, 8, 1), batch_size=20, seed=3)
    # Running averages that are no longer those of the beginning.
    network.forward(np.random.default_rng(0).normal(size=(20, 8, 8, 1)).astype(np.float32), training=True)
    return network


def images(count: int = 20) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 8, 8, 1), np.uint8)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    swatch.save_model(path, Model(composed(), ("a", "b", "c"), NORMALIZATION))
    return path


def test_a_loaded_model_predicts_bitwise_the_same(file: Path) -> None:
    saved, loaded = Model(composed(), ("a", "b", "c"), NORMALIZATION), swatch.load_model(file)
    assert loaded.classes == ("a", "b", "c")
    assert loaded.normalization == NORMALIZATION
    expected = saved.predict_proba(images())
    assert expected.dtype == np.float32 and expected.std() > 0.01
    np.testing.assert_array_equal(loaded.predict_proba(images()), expected)
    np.testing.assert_array_equal(loaded.predict(images()), expected.argmax(axis=1))
    # It can be saved again.
    swatch.save_model(file, loaded)
    np.testing.assert_array_equal(swatch.load_model(file).predict_proba(images()), expected)


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_alone_can_be_saved(tmp_path: Path, output: str, dtype: type) -> None:
    modules = [nn.Linear(4), *([nn.Softmax()] if output == "identity" else [])]
    network = nn.Network(nn.Sequential(modules), (6,), batch_size=8, seed=0, dtype=dtype)
    model = Model(network, output=output)
    swatch.save_model(tmp_path / "net.npz", model)
    loaded = swatch.load_model(tmp_path / "net.npz")
    x = np.random.default_rng(2).normal(size=(5, 6)).astype(dtype)
    found = loaded.predict_proba(x)
    assert found.dtype == dtype and loaded.classes == ("0", "1", "2", "3")
    np.testing.assert_array_equal(found, model.predict_proba(x))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_the_mirror_image_counts_as_much(tmp_path: Path) -> None:
    plain, averaging = Model(composed()), Model(composed(), flip_average=True)
    x = images().astype(np.float32) / 255
    outputs = [plain.network.forward(v).copy() for v in (x, np.ascontiguousarray(x[:, :, ::-1]))]
    assert np.abs(outputs[0] - outputs[1]).max() > 0.01
    np.testing.assert_allclose(
        averaging.predict_proba(x), nn.probabilities((outputs[0] + outputs[1]) / 2), rtol=1e-5
    )


def test_many_images_are_predicted_in_parts_and_flat_ones_as_images(file: Path) -> None:
    model = swatch.load_model(file)
    many = images(2500)
    found = model.predict_proba(many)
    np.testing.assert_allclose(found[1900:2100], model.predict_proba(many[1900:2100]), rtol=1e-4)
    np.testing.assert_array_equal(model.predict_proba(many[..., 0]), found)


def test_a_model_refuses_what_it_does_not_take(file: Path) -> None:
    model = swatch.load_model(file)
    with pytest.raises(UserError, match=r"takes images of shape \(8, 8, 1\), found \(9, 8, 1\)"):
        model.predict(np.zeros((2, 9, 8, 1), np.uint8))
    with pytest.raises(UserError, match="takes uint8, found int64"):
        model.predict(np.zeros((2, 8, 8, 1), np.int64))
    broken = images().astype(np.float32)
    broken[[2, 7], 3] = np.nan
    with pytest.raises(UserError, match=r"images must be finite numbers, .* infinity in rows 2, 7$"):
        model.predict(broken)
    with pytest.raises(UserError, match="takes floating-point numbers, found uint8"):
        Model(composed()).predict(images())
    with pytest.raises(UserError, match="classes has 2 names, and the network 3 outputs"):
        Model(composed(), ("a", "b"))
    with pytest.raises(UserError, match=r"output must be one of .* Did you mean 'sigmoid'"):
        Model(composed(), output="sigmiod")


class Scaled(nn.Linear):
    """A layer of somebody else's package, with an argument of its own."""

    def __init__(self, outputs: int, factors: dict[str, float]) -> None:
        super().__init__(outputs, weight_scale=factors["scale"])


def test_layers_of_others_are_built_only_if_they_are_trusted(tmp_path: Path) -> None:
    network = nn.Network(nn.Sequential([Scaled(3, {"scale": 2.0})]), (4,), batch_size=4, seed=0)
    path = tmp_path / "net.npz"
    swatch.save_model(path, network)
    with pytest.raises(UserError, match=rf"it names {Scaled.__module__}.Scaled, .* trusted_packages"):
        swatch.load_model(path)


def test_layers_that_cannot_be_found_again_are_refused(tmp_path: Path) -> None:
    class Local(nn.Tanh):
        pass

    for modules, problem in (
        ([Local(), nn.Linear(3)], "is defined inside a function"),
        ([Scaled(3, {"scale": 2.0, "other": object()})], r"Scaled\.factors\.other cannot be described"),  # type: ignore[dict-item]
    ):
        network = nn.Network(nn.Sequential(modules), (4,), batch_size=4, seed=0)
        with pytest.raises(UserError, match=problem):
            swatch.save_model(tmp_path / "net.npz", network)
    assert list(tmp_path.iterdir()) == []


def rewrite(path: Path, **changes: Any) -> None:
    """Write the file again with other arrays; None leaves one out; the architecture's keys change in JSON."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    description = json.loads(arrays[ARCHITECTURE].tobytes())
    for name, value in changes.items():
        if name in description:
            description[name] = value
        elif value is None:
            del arrays[name]
        else:
            arrays[name] = value
    if arrays.get(ARCHITECTURE) is not None and ARCHITECTURE not in changes:
        arrays[ARCHITECTURE] = np.frombuffer(json.dumps(description).encode(), np.uint8)
    np.savez(path, **arrays)


TEXT = np.frombuffer(b"{", np.uint8)
OTHER = np.frombuffer(b'{"format": "another"}', np.uint8)
TARGET = {"_target_": "swatch.nn.sequential.Sequential", "modules": [{"_target_": "os.system", "x": "true"}]}
FUNCTION = {"_target_": "swatch.nn.flip_average.forward"}
NO_MODULE = {"_target_": "swatch.nn.losses.cross_entropy.CrossEntropy"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({ARCHITECTURE: None}, "holds no whole model: .*load_parameters"),
        ({ARCHITECTURE: TEXT}, "was not written by swatch"),
        ({ARCHITECTURE: OTHER}, "was not written by swatch"),
        ({"version": 2}, "has version 2 of the file format, .* reads version 1"),
        ({"linear1/bias": None}, "belongs to another network: it has no 'linear1/bias'"),
        ({"buffers/batchnorm1/mean": None}, "it has no 'buffers/batchnorm1/mean'"),
        ({"linear1/bias": np.zeros(4, np.float32)}, r"has the shape \(4,\), and the network's \(3,\)"),
        ({"linear1/bias": np.zeros(3, np.int64)}, "is int64, and the network's float32"),
        (
            {"linear1/bias": np.array([0, np.nan, 0], np.float32)},
            "NaN or infinity in 'linear1/bias': .*diverged",
        ),
        ({"linear9/bias": np.zeros(3, np.float32)}, "which has 'linear9/bias'; this one has not"),
        ({"model": TARGET}, r"it names os\.system, and only .* of swatch\.nn are built"),
        ({"model": FUNCTION}, r"model\.network is missing"),
        ({"model": NO_MODULE}, "makes a CrossEntropy, no module"),
        ({"model": {}}, "needs a _target_"),
        ({"input_shape": [8, 8]}, "cannot be loaded: conv1 takes images"),
        ({"input_shape": 8}, "is no model that this version of swatch reads"),
        ({"normalization": {"kind": "unit"}}, "is no model that this version of swatch reads"),
        ({"classes": ["a"]}, "classes has 1 names"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(file: Path, changes: dict[str, Any], problem: str) -> None:
    rewrite(file, **changes)
    with pytest.raises(UserError, match=problem) as raised:
        swatch.load_model(file)
    assert str(file) in str(raised.value) and "\n" not in str(raised.value)


def test_damaged_files_and_files_of_another_kind_are_refused(file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 10):
        file.write_bytes(whole[:length])
        with pytest.raises(UserError, match="is not a readable model: "):
            swatch.load_model(file)
    flipped = bytearray(whole)
    flipped[whole.index(b"conv1/weight.npy") + 200] ^= 1
    file.write_bytes(flipped)
    with pytest.raises(UserError, match="is damaged or cut off"):
        swatch.load_model(file)
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, a=np.array([{"a": 1}], object))
    one = tmp_path / "one.npy"
    np.save(one, np.zeros(3))
    text = tmp_path / "text.npz"
    text.write_text("hello")
    archive = tmp_path / "archive.npz"
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("readme.txt", "hello")
    for path in (pickled, one, text, archive):
        with pytest.raises(UserError, match=r"readable model|no whole model"):
            swatch.load_model(path)
    with pytest.raises(UserError, match="there is no file"):
        swatch.load_model(tmp_path / "none.npz")


def test_the_architecture_may_be_the_config(tmp_path: Path) -> None:
    network = nn.Network(nn.mlp(10, [8]), (28, 28, 1), batch_size=4, seed=0)
    node = {"_target_": "swatch.nn.models.mlp.mlp", "classes": 10, "hidden_sizes": [8]}
    swatch.save_model(tmp_path / "model.npz", network, node)
    with np.load(tmp_path / "model.npz", allow_pickle=False) as stored:
        assert json.loads(stored[ARCHITECTURE].tobytes())["model"] == node
    assert swatch.load_model(tmp_path / "model.npz").network.parameters.size == network.parameters.size
