"""What plain `xdsl-opt` and other xDSL tools learn of XCS once it is installed: the dialect and the passes."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe


def _dialect() -> Dialect:
    from ..dialect.xcs_dialect import XCS

    return XCS


def _own_passes() -> dict[str, Callable[[], type[ModulePass]]]:
    """The compiler's passes; those of xDSL that its registry lists too are known to every tool already."""
    from ..passes.registry import all_passes

    return {name: load for name, load in all_passes().items() if name.startswith("xcs-")}


XCS_UNIVERSE = Universe(all_dialects={"xcs": _dialect}, all_passes=_own_passes())
