"""Other people's packages pass their own tests jitted; what isn't installed (extra `packages`) is skipped."""

from __future__ import annotations

import importlib.util

import pytest
from both_runs import Mode, Place, compare
from package import LIBRARY, PACKAGES, Package
from run_package import report

QUICK = frozenset({"colorsys", "graphlib", "textwrap"})  # of Python's own modules: a few seconds each


def _is_there(package: Package) -> bool:
    modules = (package.name, *package.installed_tests)
    return bool(package.doctests or package.installed_tests) and all(map(_has_module, modules))


def _has_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


CHOSEN = (*PACKAGES, *(package for package in LIBRARY if package.name in QUICK))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("package", CHOSEN, ids=lambda package: package.name)
def test_own_tests_pass_jitted(package: Package):
    if not _is_there(package):
        pytest.skip("not installed, or installed without tests")
    found = compare(package, Place(), Mode("functions" if package.project else "methods"))
    assert found.plain.passed, report(found)
    assert found.jitted.finished, report(found)
    assert found.jitted.functions, report(found)
    assert not found.differing(), report(found)
