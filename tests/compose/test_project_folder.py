"""A project folder's own conf/: its choices are added to ours, and go first."""

from __future__ import annotations

from pathlib import Path

import pytest

from swatch.compose import build, compose, groups
from swatch.compose.locations import find, shipped_folder
from swatch.errors import UserError


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an optimizer of its own, in a package of its own."""
    write(tmp_path / "lionlib_for_test" / "__init__.py", "")
    write(
        tmp_path / "lionlib_for_test" / "newton.py",
        "class Newton:\n    def __init__(self, rate: float = 0.5) -> None:\n        self.rate = rate\n",
    )
    write(
        tmp_path / "conf" / "optimizer" / "newton.yaml",
        "_target_: lionlib_for_test.newton.Newton\nrate: 0.25\n",
    )
    return tmp_path


TRUST = "compose:\n  trusted_packages: [lionlib_for_test]\n"


def test_choices_are_added(project: Path) -> None:
    assert {"newton", "adam"} <= set(groups()["optimizer"])
    composition = compose(["optimizer=newton"])
    assert composition.choices["optimizer"] == "newton"
    assert composition.folders == (project / "conf", shipped_folder())


def test_the_folder_can_be_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert "newton" in groups(project)["optimizer"]
    assert compose(["optimizer=newton"], project=project).config.optimizer.rate == 0.25
    with pytest.raises(UserError, match="there is no optimizer 'newton'"):
        compose(["optimizer=newton"])


def test_classes_need_trust(project: Path) -> None:
    with pytest.raises(UserError, match=r"refused.*compose\.trusted_packages=\[lionlib_for_test\]"):
        build(compose(["optimizer=newton"]).config.optimizer)


def test_trust_from_the_command_line(project: Path) -> None:
    newton = build(
        compose(["optimizer=newton", "compose.trusted_packages=[lionlib_for_test]"]).config.optimizer
    )
    assert newton.rate == 0.25


def test_project_defaults_lie_between_the_recipe_and_the_experiments(project: Path) -> None:
    write(
        project / "conf" / "project" / "default.yaml",
        f"defaults:\n  - override /optimizer: newton\n  - _self_\nepochs: 77\nseed: 3\n{TRUST}",
    )
    settings = compose().settings
    assert (settings.epochs, settings.seed) == (77, 3)
    assert build(compose().config.optimizer).rate == 0.25
    assert compose(["experiment=quick"]).settings.epochs == 2
    assert "project" not in groups()
    assert set(compose().choices) <= set(groups())


def test_own_root_config_replaces_ours(project: Path) -> None:
    text = (shipped_folder() / "train.yaml").read_text().replace("optimizer: adam", "optimizer: newton")
    write(project / "conf" / "train.yaml", text)
    assert compose().choices["optimizer"] == "newton"


def test_own_file_goes_before_ours(project: Path) -> None:
    ours = (shipped_folder() / "optimizer" / "adam.yaml").read_text()
    write(
        project / "conf" / "optimizer" / "adam.yaml", ours.replace("learning_rate:", "learning_rate: 0.75 #")
    )
    assert compose().config.optimizer.learning_rate == 0.75


def test_own_group(project: Path) -> None:
    write(project / "conf" / "sampler" / "uniform.yaml", "replace: true\n")
    assert compose(["+sampler=uniform"]).config.sampler.replace is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n", r"optimizer/broken\.yaml is no valid YAML: line \d"),
        ("- 1\n- 2\n", "optimizer must hold keys"),
        ("rate: ${nowhere}\n", r"optimizer\.rate.*nowhere"),
        ("rate: ???\n", r"optimizer\.rate"),
        ("defaults:\n  - nothing\n", "optimizer/nothing"),
    ],
)
def test_faulty_file_is_named_in_one_line(project: Path, text: str, message: str) -> None:
    write(project / "conf" / "optimizer" / "broken.yaml", text)
    with pytest.raises(UserError, match=message) as caught:
        compose(["optimizer=broken"])
    assert "\n" not in str(caught.value)


def test_mistyped_key_in_an_experiment(project: Path) -> None:
    write(project / "conf" / "experiment" / "typo.yaml", "# @package _global_\nepoch: 3\n")
    with pytest.raises(UserError, match=r"unknown key 'epoch'.*'epochs'"):
        compose(["experiment=typo"])


def test_folder_without_configs_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    assert compose().choices["optimizer"] == "adam"
    assert find().folders[-1] == shipped_folder()
