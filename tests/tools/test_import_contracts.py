"""A breach of the floors is caught: the real contract, on a copy of the house with one stray import."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run(
        [*program, "--config", "pyproject.toml", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def copy_of_the_house(folder: Path) -> Path:
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_house_as_it_is_keeps_its_contracts(tmp_path: Path) -> None:
    result = lint(copy_of_the_house(tmp_path))
    assert result.returncode == 0, result.stdout


def test_an_import_upward_is_caught(tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    with (house / "src/xinglin/fhir/types.py").open("a") as file:
        file.write("\nfrom xinglin.store import repository\n")
    result = lint(house)
    assert result.returncode != 0
    assert "xinglin.fhir.types -> xinglin.store" in result.stdout


def test_a_capability_that_imports_another_is_caught(tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    with (house / "src/xinglin/capabilities/pharmacy/rules.py").open("a") as file:
        file.write("\nfrom xinglin.capabilities.billing import states\n")
    result = lint(house)
    assert result.returncode != 0
    assert "xinglin.capabilities.pharmacy.rules -> xinglin.capabilities.billing.states" in result.stdout
