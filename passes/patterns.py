"""The patterns that users add: each has a name, by which a pipeline runs it like a pass.

A pattern is an xDSL `RewritePattern`. `register_pattern` takes it from Python, `load_patterns` from a module named on a
command line, `load_installed_patterns` from installed packages. Nothing is loaded unless it is asked for.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TypeAlias

from xdsl.pattern_rewriter import RewritePattern

from ..diagnostics.errors import XCSError

Pattern: TypeAlias = type[RewritePattern] | RewritePattern

ENTRY_POINT_GROUP = "xcs.patterns"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_patterns: dict[str, Pattern] = {}


def register_pattern(name: str, pattern: Pattern) -> None:
    """Make a pattern available in pipelines under `name` (lower case, words joined by `-`, not starting with `xcs-`).

    Registering another pattern under a name replaces the first. A class is made an instance each time the pass runs.

    Raises:
        XCSError: the name is malformed or the object is not a pattern.
    """
    if NAME.fullmatch(name) is None or name.startswith("xcs-"):
        raise XCSError(
            f"expected a pattern name of lower-case words joined by `-`, found `{name}`; "
            "names with `xcs-` are the compiler's own"
        )
    if not _is_pattern(pattern):
        raise XCSError(
            f"expected a `RewritePattern` for `{name}`, found `{pattern!r}`; "
            "subclass `xdsl.pattern_rewriter.RewritePattern`"
        )
    _patterns[name] = pattern


def unregister_pattern(name: str) -> None:
    """Forget a pattern; unknown names are ignored."""
    _patterns.pop(name, None)


def pattern_names() -> tuple[str, ...]:
    """The names of all registered patterns, in the order of registration."""
    return tuple(_patterns)


def instantiate_pattern(name: str) -> RewritePattern:
    """The registered pattern of this name, as an instance.

    Raises:
        XCSError: there is none.
    """
    pattern = _patterns.get(name)
    if pattern is None:
        known = ", ".join(f"`{one}`" for one in _patterns) or "none"
        raise XCSError(f"expected the name of a registered pattern, found `{name}`; registered are: {known}")
    return pattern() if isinstance(pattern, type) else pattern


def load_patterns(reference: str) -> tuple[str, ...]:
    """Import `module:attribute` and register what is there: one pattern, or a mapping from names to patterns.

    One pattern gets its class name in pipeline spelling: `FoldUpper` becomes `fold-upper`. Importing runs the module,
    so this is done only where the user names it. Returns the names that were registered.

    Raises:
        XCSError: the reference is malformed, doesn't import, or holds something else.
    """
    module_name, _, attribute = reference.partition(":")
    if not module_name or not attribute:
        raise XCSError(f"expected `module:attribute`, found `{reference}`")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise XCSError(f"expected patterns at `{reference}`, found none: {error}") from error
    return _register_all(found, reference)


def load_installed_patterns() -> tuple[str, ...]:
    """Register the patterns of installed packages, from the entry-point group `xcs.patterns`. Returns their names."""
    names: list[str] = []
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        register_pattern(entry_point.name, entry_point.load())
        names.append(entry_point.name)
    return tuple(names)


def _register_all(found: object, reference: str) -> tuple[str, ...]:
    if isinstance(found, Mapping):
        for name, pattern in found.items():
            register_pattern(name, pattern)
        return tuple(found)
    if not _is_pattern(found):
        raise XCSError(f"expected a `RewritePattern` or a mapping of them at `{reference}`, found `{found!r}`")
    cls = found if isinstance(found, type) else type(found)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()
    register_pattern(name, found)  # type: ignore[arg-type]  # checked just above
    return (name,)


def _is_pattern(value: object) -> bool:
    return isinstance(value, RewritePattern) or (isinstance(value, type) and issubclass(value, RewritePattern))
