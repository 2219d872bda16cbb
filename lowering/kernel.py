"""Kernels: what the plan calls for an array region.

A `Kernel` stages JAX calls, a `NativeKernel` performs NumPy calls one by one, which is exact NumPy: values, dtypes,
errors. Both are plain callables over the region's operands, made without importing JAX, safe from any thread, and
compile nothing before their first call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..runtime.last_use import ARRAYS
from ..runtime.straight.called import QuickCallee, Terms
from .array_region import ArrayRegion
from .region_code import function_of


@dataclass(frozen=True, slots=True)
class LoweredKernel:
    """A kernel as StableHLO for arguments of given shapes and dtypes.

    Attributes:
        text: JAX's own text of the module, verbatim.
        results: shape and dtype of every result (`jax.ShapeDtypeStruct`); None where the results aren't plain arrays.
    """

    text: str
    results: tuple[Any, ...] | None


class NativeKernel:
    """An array region performed call by call."""

    def __init__(self, region: ArrayRegion) -> None:
        self.region = region
        self.name = region.name

    @functools.cached_property
    def _function(self) -> Callable[..., Any]:
        import numpy  # loaded already: the region is its calls

        ARRAYS.add(numpy.ndarray)
        return function_of(self.region)

    def __call__(self, *arguments: Any) -> Any:
        """What the calls of the region give: one value, or a tuple of several."""
        return self._function(*arguments)

    def __repr__(self) -> str:
        return f"numpy.{self.name}"


class Kernel(QuickCallee):
    """An array region staged by JAX.

    Attributes:
        region: the calls.
        name: the name of the JAX function and of the kernel's symbol.
    """

    def __init__(self, region: ArrayRegion) -> None:
        self.region = region
        self.name = region.name
        self._lowered: dict[object, LoweredKernel] = {}
        self._plain: dict[tuple[type, ...], Any] = {}  # types of arguments to the region as it was run for them

    @functools.cached_property
    def _staged(self) -> Any:
        from .staged_region import StagedRegion  # imports JAX, which only the first array work needs

        return StagedRegion(self.region)

    def __call__(self, *arguments: Any) -> Any:
        """What the calls of the region give: one value, or a tuple of several.

        The way of arguments that JAX takes as they are is one flat function: JAX notes every Python frame above it.
        """
        variant = self._plain.get(tuple(map(type, arguments)))
        if variant is not None and variant.is_plain:
            try:
                return variant.jitted(*arguments)
            except Exception:  # the general way decides what is raised
                pass
        return self._call(arguments)

    def quick_way(self, arguments: Sequence[str], terms: Terms) -> tuple[str, str] | None:
        """The `jax.jit` object, for arguments of the classes that came last."""
        plain = list(self._plain.items())
        if not plain or not plain[-1][1].is_plain:
            return None
        types, variant = plain[-1]
        tests = [
            f"type({argument}) is {terms.constant(cls)}"
            for argument, cls in zip(arguments, types, strict=True)
            if not terms.is_of(argument, cls)
        ]
        tests.append(f"{terms.constant(variant)}.is_plain")
        return " and ".join(tests), f"{terms.constant(variant.jitted)}({', '.join(arguments)})"

    @property
    def undonated(self) -> Kernel:
        """The kernel for arguments that others hold as well."""
        return self

    def _call(self, arguments: tuple[Any, ...]) -> Any:
        result = self._staged(*arguments)
        types = tuple(map(type, arguments))
        variant = self._staged.plain_variant(types)
        if variant is not None:
            self._plain[types] = variant
        return result

    @functools.cached_property
    def fast(self) -> Callable[..., Any]:
        """The kernel for a caller that has arrays at hand: dispatch is that of one `jax.jit` object."""
        return self._staged.fast_path()

    @functools.cached_property
    def direct(self) -> Any:
        """The `StagedFunction` that does all of the region for JAX arrays; None where part of it is Python's to do."""
        return self._staged.staged if self._staged.is_all_staged() else None

    def lower(self, avals: Sequence[Any]) -> LoweredKernel:
        """The kernel as StableHLO for operands like `avals` (`jax.ShapeDtypeStruct`s or arrays), cached per shape.

        Raises:
            Exception: whatever JAX raises for a region that can't be traced with these shapes.
        """
        key = tuple((aval.shape, aval.dtype, getattr(aval, "weak_type", False)) for aval in avals)
        lowered = self._lowered.get(key)
        if lowered is None:
            lowered = self._lowered[key] = self._lower(avals)
        return lowered

    def __repr__(self) -> str:
        return f"jax.{self.name}"

    def _lower(self, avals: Sequence[Any]) -> LoweredKernel:
        lowered = self._staged.staged.jitted.lower(*avals)
        info = lowered.out_info
        results = info if isinstance(info, tuple) and len(self.region.outputs) != 1 else (info,)
        plain = all(hasattr(result, "shape") for result in results)
        return LoweredKernel(lowered.as_text(), tuple(results) if plain else None)
