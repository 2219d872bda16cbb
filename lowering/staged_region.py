"""An array region staged by JAX: one variant for each combination of argument types it has met.

Importing this module imports JAX.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import jax
import jax.core
import numpy

from ..runtime.last_use import ARRAYS
from .array_region import ArrayRegion
from .host_split import HostSplit, MixedCall, split_host
from .region_code import RegionCode, code_of, function_of
from .region_key import region_key
from .repeated_operations import with_repeated_operations
from .specialisation import SpecialisedRegion
from .staged_function import StagedFunction

_HOST_NUMBERS = frozenset({bool, int, float, complex, numpy.ndarray})
_JIT_TYPE = type(jax.jit(lambda: None))
_ARRAY_TYPE = type(jax.device_put(0.0))
_ONLY_ARRAYS = frozenset({_ARRAY_TYPE})
ARRAYS.add(_ARRAY_TYPE)


class StagedRegion:
    """A region run by `jax.jit` wherever that gives what the calls give one by one; callable from any thread.

    Attributes:
        eager: performs the region call by call.
        staged: the region with every argument traced.
    """

    def __init__(self, region: ArrayRegion) -> None:
        self.region = region
        code = code_of(region)
        self.eager: Callable[..., Any] = code.function()
        self.staged = _shared(region, code, self.eager)
        self._variants: dict[tuple[type, ...], Callable[..., Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """What the calls of the region give: one value, or a tuple of several."""
        types = tuple(map(type, arguments))
        variant = self._variants.get(types) or self._variants.setdefault(types, self._variant(types))
        return variant(*arguments)

    def plain_variant(self, types: tuple[type, ...]) -> SpecialisedRegion | None:
        """The region as it runs for such arguments, if that is JAX's code and nothing else."""
        variant = self._variants.get(types)
        return variant if isinstance(variant, SpecialisedRegion) and variant.is_plain else None

    def plain_form(self, types: tuple[type, ...]) -> StagedFunction | None:
        """The region for such arguments as one function of JAX's; None where part of it is Python's to do."""
        variant = self._variants.get(types) or self._variants.setdefault(types, self._variant(types))
        return variant.dynamic if isinstance(variant, SpecialisedRegion) and variant.is_plain else None

    def _variant(self, types: tuple[type, ...]) -> Callable[..., Any]:
        on_host = [not issubclass(cls, jax.Array | jax.core.Tracer) for cls in types]
        takes_numbers = True
        try:
            split = split_host(self.region, on_host, is_array_function)
        except MixedCall:
            takes_numbers = False
            try:
                split = split_host(self.region, on_host, gives_arrays)
            except MixedCall:
                return self.eager
        if split is not None:
            return _HostFirst(split, self.eager)
        traceable = [
            not host or (takes_numbers and (cls in _HOST_NUMBERS or issubclass(cls, numpy.generic)))
            for cls, host in zip(types, on_host, strict=True)
        ]
        return SpecialisedRegion(self.region.name, self.eager, self.staged, types, traceable)

    def is_all_staged(self) -> bool:
        """Whether nothing of the region is Python's to do where all arguments are JAX arrays."""
        return split_host(self.region, [False] * len(self.region.params), is_array_function) is None

    def fast_path(self) -> Callable[..., Any]:
        """A callable that is `jax.jit`'s own dispatch where all arguments are JAX arrays, and this region elsewhere."""
        if not self.is_all_staged():
            return self
        jitted = self.staged.jitted
        only_arrays, general = _ONLY_ARRAYS, self

        def dispatch(*arguments: Any) -> Any:
            if only_arrays.issuperset(map(type, arguments)):
                try:
                    return jitted(*arguments)
                except Exception:  # the general way decides what is raised
                    pass
            return general(*arguments)

        return dispatch


_functions: WeakValueDictionary[object, StagedFunction] = WeakValueDictionary()
"""The functions in use, by what they compute; each holds on to the objects by whose identity it is found."""


def _shared(region: ArrayRegion, code: RegionCode, eager: Callable[..., Any]) -> StagedFunction:
    """The region under `jax.jit`: the same one for all regions that compute the same, so that it is compiled once."""
    key = region_key(region)
    found = _functions.get(key)
    if found is None:
        traced = with_repeated_operations(code, eager)
        found = _functions.setdefault(key, StagedFunction(traced, region.name))
    return found


class _HostFirst:
    """A region for arguments some of whose calls are Python's: runs those around the staged rest.

    Where one of those fails, an earlier call of the rest might have failed first: plain execution decides.
    """

    def __init__(self, split: HostSplit, eager: Callable[..., Any]) -> None:
        self._split, self._eager = split, eager
        self._host = function_of(split.host, as_tuple=True)
        self._finish = function_of(split.finish)
        self._device = StagedRegion(split.device) if split.device is not None else None

    def __call__(self, *arguments: Any) -> Any:
        split = self._split
        try:
            from_host = self._host(*arguments)
        except Exception:
            from_host = None
        if from_host is None:
            return self._eager(*arguments)
        kept = from_host[split.num_passed :]
        if self._device is None or split.device is None:
            return self._finish(*kept)
        taken = (arguments[index] for index in split.device_params)
        result = self._device(*taken, *from_host[: split.num_passed])
        return self._finish(*kept, *(result if len(split.device.outputs) != 1 else (result,)))


def gives_arrays(function: Any) -> bool:
    """The same, or code of the user's that calls JAX with functions of its own.

    What it computes of numbers, Python computes: those must be known when it is traced.
    """
    return is_array_function(function) or getattr(getattr(function, "__xcs_segment__", None), "gives_arrays", False)


def is_array_function(function: Any) -> bool:
    """Whether a callable is JAX's or under `jax.jit`, so that its results are arrays whatever it is given."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, _JIT_TYPE):
        return True
    module = getattr(function, "__module__", None)
    return isinstance(module, str) and (module == "jax" or module.startswith("jax."))
