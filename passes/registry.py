"""All passes by pipeline name: the compiler's own, xDSL's general ones, and one for each registered pattern."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from xdsl.passes import ModulePass

from .apply_patterns import ApplyPatternsPass, pass_of_pattern
from .batch import BatchPass
from .canonicalize import CanonicalizePass
from .cse import CsePass
from .dce import DcePass
from .ensemble import EnsemblePass
from .fuse_maps import FuseMapsPass
from .fuse_tensor import FuseTensorPass
from .infer_effects import InferEffectsPass
from .inline import InlinePass
from .loop_to_map import LoopToMapPass
from .numpy_to_xla import NumpyToXlaPass
from .patterns import load_installed_patterns, load_patterns, pattern_names, register_pattern
from .reroll import RerollPass
from .vectorize import VectorizePass

__all__ = ["all_passes", "load_installed_patterns", "load_patterns", "register_pattern"]

PassFactory: TypeAlias = Callable[[], type[ModulePass]]

XCS_PASSES: tuple[type[ModulePass], ...] = (
    InferEffectsPass,
    InlinePass,
    CanonicalizePass,
    CsePass,
    DcePass,
    LoopToMapPass,
    FuseMapsPass,
    RerollPass,
    BatchPass,
    FuseTensorPass,
    VectorizePass,
    EnsemblePass,
    NumpyToXlaPass,
    ApplyPatternsPass,
)


def all_passes() -> dict[str, PassFactory]:
    """Every pass that a pipeline may name now, by name. Later registrations show in later calls."""
    passes: dict[str, PassFactory] = {one.name: lambda one=one: one for one in XCS_PASSES}
    passes |= {"canonicalize": _general_canonicalize, "cse": _general_cse, "dce": _general_dce}
    passes |= {name: lambda name=name: pass_of_pattern(name) for name in pattern_names()}
    return passes


def _general_canonicalize() -> type[ModulePass]:
    from xdsl.transforms.canonicalize import CanonicalizePass as General

    return General


def _general_cse() -> type[ModulePass]:
    from xdsl.transforms.common_subexpression_elimination import CommonSubexpressionElimination

    return CommonSubexpressionElimination


def _general_dce() -> type[ModulePass]:
    from xdsl.transforms.dead_code_elimination import DeadCodeElimination

    return DeadCodeElimination
