"""The packages whose own tests are run jitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Package:
    """A package and how its own tests are run.

    Attributes:
        name: what is imported.
        project: what it is called on the package index; None for a module of Python itself.
        path: where the package lies in its source distribution.
        tests: what pytest runs, in the source distribution.
        doctests: modules whose doctests are run, wherever the package is.
        installed_tests: modules with tests that are installed with the package.
        needs: other projects that its tests need.
        environment: variables that its tests look at.
        explained: tests that no replacement of a function can pass, with the reason.
    """

    name: str
    project: str | None
    path: str = "."
    tests: tuple[str, ...] = ()
    doctests: tuple[str, ...] = ()
    installed_tests: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    explained: Mapping[str, str] = field(default_factory=dict)


TYPE = "asks whether the type of the function is that of functions"
IDENTITY = "the exception that leaves a staged program is a copy that says where it happened"
MILLIONS = "calls functions of one line a million times or more: their dispatch takes longer than a test may"

PACKAGES = (
    Package(
        "more_itertools",
        "more-itertools",
        tests=("tests",),
        doctests=("more_itertools",),
        explained={
            "tests/test_more.py::DiscreteFourierTransformTests::test_roundtrip": MILLIONS,
            "tests/test_recipes.py::PolynomialFromRootsTests::test_large": MILLIONS,
        },
    ),
    Package("toolz", "toolz", tests=("toolz/tests",), doctests=("toolz",), installed_tests=("toolz.tests",)),
    Package("boltons", "boltons", tests=("tests",), doctests=("boltons",)),
    Package("sortedcontainers", "sortedcontainers", doctests=("sortedcontainers",)),
    Package("inflection", "inflection", tests=("test_inflection.py",), doctests=("inflection",)),
    Package(
        "slugify",
        "python-slugify",
        tests=("tests", "test.py"),
        needs=("text-unidecode",),
        explained={
            "tests/test_legacy_backend_errors.py::test_auto_propagates_missing_transitive_dependency": IDENTITY,
        },
    ),
    Package("cachetools", "cachetools", path="src", tests=("tests",)),
    Package(
        "tabulate",
        "tabulate",
        tests=("test",),
        doctests=("tabulate",),
        explained={
            "test/test_api.py::test_simple_separated_format_signature": TYPE,
            "test/test_api.py::test_tabulate_signature": TYPE,
        },
    ),
    Package("wcwidth", "wcwidth", tests=("tests",), environment={"WCWIDTH_PYTHON": "1"}),
    Package("humanize", "humanize", path="src", tests=("tests",), needs=("freezegun",)),
    Package("textdistance", "textdistance", tests=("tests",)),
    Package("funcy", "funcy", tests=("tests",), needs=("whatever",)),
    Package("pyrsistent", "pyrsistent", tests=("tests",), doctests=("pyrsistent",)),
)

LIBRARY = tuple(
    Package(name, None, doctests=(name,) if doctests else (), installed_tests=tests)
    for name, doctests, tests in (
        ("statistics", True, ("test.test_statistics",)),
        ("fractions", True, ("test.test_fractions",)),
        ("textwrap", True, ("test.test_textwrap",)),
        ("difflib", True, ("test.test_difflib",)),
        ("calendar", False, ("test.test_calendar",)),
        ("colorsys", True, ("test.test_colorsys",)),
        ("shlex", False, ("test.test_shlex",)),
        ("html", False, ("test.test_html", "test.test_htmlparser")),
        ("fnmatch", False, ("test.test_fnmatch",)),
        ("graphlib", False, ("test.test_graphlib",)),
        ("configparser", False, ("test.test_configparser",)),
        ("ipaddress", False, ("test.test_ipaddress",)),
        ("string", False, ("test.test_string",)),
        ("optparse", False, ("test.test_optparse",)),
    )
)
"""Modules of Python itself, with tests that Python installs."""
