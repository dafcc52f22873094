"""scikit-learn's digits as training uses them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from swatch.data.digits import Digits
from swatch.data.source import Source
from swatch.errors import UserError


def test_they_are_scikit_learns_in_bytes_each_in_one_part() -> None:
    source: Source = Digits()
    train, test = source.training_set(), source.test_set()
    assert (len(train), len(test)) == (1438, 359)
    assert source.image_shape == train.images.shape[1:] == (8, 8, 1)
    assert source.class_names == tuple("0123456789")
    found = np.concatenate([train.images, test.images])[..., 0]
    levels = np.rint(found / (255 / 16)).astype(int)
    assert np.array_equal(np.rint(levels * (255 / 16)), found)
    originals = load_digits()
    labels = np.concatenate([train.labels, test.labels])
    ours = sorted((*image.ravel().tolist(), label) for image, label in zip(levels, labels, strict=True))
    theirs = sorted(
        (*image.ravel().astype(int).tolist(), label)
        for image, label in zip(originals.images, originals.target, strict=True)
    )
    assert ours == theirs
    shares = np.bincount(test.labels) / np.bincount(originals.target)
    assert (abs(shares - 0.2) < 0.005).all()
    assert not source.files()
    assert source.has_test_set


def test_the_test_part_has_a_seed_of_its_own() -> None:
    first, again, other = Digits(), Digits(split_seed=5), Digits(test_seed=1)
    assert np.array_equal(first.test_set().images, again.test_set().images)
    assert not np.array_equal(first.test_set().images, other.test_set().images)
    assert len(Digits(test_fraction=0.5).test_set()) == 898


@pytest.mark.parametrize("options", [{"test_fraction": 0.0}, {"test_fraction": 1.0}, {"test_seed": -1}])
def test_values_out_of_range(options: dict[str, float]) -> None:
    with pytest.raises(UserError, match=f"^{next(iter(options))} must"):
        Digits(**options)  # type: ignore[arg-type]


def test_the_second_time_scikit_learn_is_not_imported() -> None:
    Digits().prepare()
    program = (
        "import sys\nfrom swatch.data.digits import Digits\n"
        "assert len(Digits().training_set()) == 1438\nassert 'sklearn' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
