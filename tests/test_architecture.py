"""Imports point one way; the network knows nothing but NumPy; start-up stays cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "swatch"

# Each package may import itself, what stands in a lower row, and the leaves.
ROWS = [
    {"commands", "cli"},
    {"dashboard"},
    {"report", "sweep", "evaluation"},
    {"training", "classifier"},
    {"tracking", "compose", "schema"},
    {"data", "optim", "nn"},
    {"metrics"},
]
LEAVES = {"errors", "files", "console", "parsing", "seeding", "threads", "__version__"}
MAY_ALSO = {
    ("sweep", "report"),  # the end of a sweep writes its report
    ("report", "sweep"),  # which reads the records
    ("report", "evaluation"),  # the page of an evaluation
    ("optim", "nn"),  # an optimizer is bound to nn.Parameters
    ("commands", "cli"),
    ("compose", "schema"),
}


def row_of(package: str) -> int:
    return next(index for index, row in enumerate(ROWS) if package in row)


def imports_of(path: Path) -> set[str]:
    """Top-level names under ``swatch`` that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "swatch":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("swatch.")}
    return found


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


FILES = [p for p in sorted(SOURCE.rglob("*.py")) if package_of(p) not in {"__init__", "__main__"}]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_downwards(path: Path) -> None:
    package = package_of(path)
    for imported in imports_of(path) - LEAVES - {package}:
        assert package not in LEAVES, f"{path} is a leaf and imports swatch.{imported}"
        assert row_of(imported) > row_of(package) or (package, imported) in MAY_ALSO, (
            f"{path} imports swatch.{imported}, which does not lie below swatch.{package}"
        )


@pytest.mark.parametrize("path", [p for p in FILES if package_of(p) in {"nn", "optim"}], ids=lambda p: p.name)
def test_the_network_uses_numpy_alone(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) | {"numpy", "swatch"}
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "swatch"]
        assert {name.split(".")[0] for name in names} <= allowed


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_pickle_and_no_eval(path: Path) -> None:
    text = path.read_text()
    assert "import pickle" not in text
    assert "allow_pickle=True" not in text
    assert "yaml.load(" not in text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec"}


def test_help_imports_nothing_heavy() -> None:
    """`swatch --help` is what a newcomer types first; it must not wait for NumPy, Hydra or wandb."""
    program = (
        "import sys\n"
        "from swatch.cli import run\n"
        "code = run(['--help'])\n"
        "heavy = {'numpy', 'hydra', 'omegaconf', 'wandb', 'optuna', 'sklearn', 'plotly', 'scipy', 'rich'}\n"
        "sys.exit(f'imported {heavy & set(sys.modules)}' if heavy & set(sys.modules) else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sweep" in done.stdout
