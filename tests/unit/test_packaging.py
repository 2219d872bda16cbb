"""The package is what the folders are, `import xcs` is light, and the documents name the commands that are run."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("dialect", "frontend", "lowering", "passes", "runtime", "tools")
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def packages_below(folder: Path, name: str) -> set[str]:
    """Import names of a folder and of the packages in it."""
    inner = (path.parent.relative_to(folder) for path in folder.rglob("__init__.py"))
    return {".".join((name, *path.parts)) for path in inner}


def test_every_folder_with_code_is_packaged() -> None:
    found = {"xcs"} | packages_below(ROOT / "xcs" / "diagnostics", "xcs.diagnostics")
    for stage in STAGES:
        found |= packages_below(ROOT / stage, f"xcs.{stage}")
    assert set(SETUPTOOLS["packages"]) == found
    assert len(SETUPTOOLS["packages"]) == len(found)


def test_every_folder_with_code_has_an_init() -> None:
    folders = {path.parent for stage in STAGES for path in (ROOT / stage).rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_mapped_and_linked(stage: str) -> None:
    assert SETUPTOOLS["package-dir"][f"xcs.{stage}"] == stage
    link = ROOT / "xcs" / stage
    # A clone without support for links holds the link's target as text.
    assert (str(link.readlink()) if link.is_symlink() else link.read_text().strip()) == f"../{stage}"


def modules_loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.partition(".")[0] for name in run.stdout.split()}


def test_importing_xcs_is_light() -> None:
    loaded = modules_loaded_by("import xcs")
    assert "xcs" in loaded
    assert loaded.isdisjoint({"jax", "jaxlib", "xdsl", "numpy", "openai"})


IMPORT_ALL = """
import importlib, pkgutil, xcs.{part}
for module in pkgutil.walk_packages(xcs.{part}.__path__, "xcs.{part}."):
    importlib.import_module(module.name)
"""


@pytest.mark.parametrize(
    ("part", "absent"),
    [
        ("diagnostics", {"jax", "jaxlib", "xdsl"}),
        ("runtime", {"jax", "jaxlib", "xdsl", "openai"}),
        ("dialect", {"jax", "jaxlib"}),
        ("passes", {"jax", "jaxlib"}),
    ],
)
def test_no_module_of_a_light_stage_loads_what_it_must_not(part: str, absent: set[str]) -> None:
    assert modules_loaded_by(IMPORT_ALL.format(part=part)).isdisjoint(absent)


def shell_commands(document: str) -> list[str]:
    """The lines of a document's `sh` blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_checks_are_the_ones_that_are_documented() -> None:
    script = (ROOT / ".ci" / "run").read_text().replace('"', "").replace("$bin/", ".venv/bin/")
    _upgrade, *run = [line.partition(" | ")[0] for line in re.findall(r"^\.venv/bin/.*$", script, re.MULTILINE)]
    _install, *documented = shell_commands("CONTRIBUTING.md")
    assert run == documented


def test_the_readme_sets_up_with_python_and_pip_alone() -> None:
    example, tests, *_ = shell_commands("README.md")
    assert example == "python -m venv .venv && .venv/bin/pip install . && .venv/bin/python examples/panel_of_experts.py"
    assert tests == "python -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/python -m pytest -n auto"
    assert (ROOT / "examples" / "panel_of_experts.py").exists()
    assert {"test", "dev", "openai"} <= set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    )
