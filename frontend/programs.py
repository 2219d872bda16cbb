"""The programs behind one jitted function: a bounded cache from signatures to what they are run by.

In: the arguments of a call. Out: the `Variant` that runs them, traced and compiled when their types are new, or when
what the last one relied on is no longer true. Any number of threads may ask; one of them compiles.
"""

from __future__ import annotations

import os
import threading
import time
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..diagnostics.errors import XCSWarning
from ..runtime.executor import ThreadsExecutor
from ..runtime.garbage import without_garbage_collection
from .direct_dispatch import DirectCalls, DirectDispatch, direct_dispatch, tree_dispatch
from .disable_jit import DISABLED
from .effects.abstract_type import ANY, StaticType
from .effects.array_results import is_jax
from .effects.parameter_trees import names_arrays, without_sizes
from .guard_check import GuardCheck
from .known_arguments import KnownArguments, known_arguments
from .options import JitOptions
from .signature import Parameters, Signature, signature_of
from .stages import Compiled, Traced
from .staging.values import Unstageable
from .stats import Counters
from .straight_call import StraightCalls, is_usual, straight_call
from .tracing import trace
from .tree_kernels import tree_kernels
from .trust import Trust
from .variant import Variant
from .whole_call import WholeCall, whole_call

MAX_PROGRAMS = 128  # compiled programs kept for one function, least recently used dropped first
MAX_VARIANTS = 8  # different types of one argument before it counts as any object
_DEBUG = os.environ.get("XCS_DEBUG", "") not in ("", "0")


class Programs:
    """The programs of one function.

    Attributes:
        parameters: of the function.
        variants: by signature, and whether it is for arguments of which no object is met in two places.
        last: the variant used last; whole: it as one call, if it is that.
    """

    __slots__ = (
        "_counters",
        "_defaults",
        "_function",
        "_generalised",
        "_is_async",
        "_known",
        "_let_go",
        "_lock",
        "_options",
        "_otherwise",
        "_seen",
        "executor",
        "last",
        "parameters",
        "pipeline",
        "variants",
        "whole",
    )

    def __init__(
        self,
        function: types.FunctionType,
        options: JitOptions,
        counters: Counters,
        otherwise: Callable[..., Any],
        let_go: Callable[[], None],
        *,
        is_async: bool,
    ) -> None:
        """`otherwise(*args, **kwargs)` is the general way of a call; after `let_go()` all go there."""
        self._function, self._options, self._counters = function, options, counters
        self._otherwise, self._let_go, self._is_async = otherwise, let_go, is_async
        self.executor, self.pipeline = options.executor(), options.pipeline
        self.look_at_function()
        self.variants: OrderedDict[tuple[Signature, Trust], Variant] = OrderedDict()
        self._seen: list[set[object]] = [set() for _ in self.parameters.names]
        self._generalised: frozenset[int] = frozenset()
        self._lock = threading.RLock()
        self._known: KnownArguments[Variant] | None = None
        self.last: Variant | None = None
        self.whole: WholeCall | None = None

    def look_at_function(self) -> None:
        """Its parameters, as they are now."""
        self._defaults = self._function.__defaults__
        self.parameters = Parameters.of(self._function)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """One value for each parameter.

        Raises:
            TypeError: the arguments don't fit.
        """
        if self._function.__defaults__ is not self._defaults:
            self.look_at_function()
        return self.parameters.bind(args, kwargs)

    def of(self, values: tuple[Any, ...]) -> Variant:
        """What arguments are run by."""
        known = self._known
        if known is not None and known.found is self.last and known.are(values) and known.found.holds():
            return known.found
        signature = signature_of(values, self._generalised)
        variant = self.variants.get((signature, Trust.TREES))
        if variant is not None and variant is self.last and variant.holds() and variant.takes(values):
            is_plain = variant.compiled is None or variant.relies_on_apart
            self._known = None if is_plain else known_arguments(variant, values)
            return variant
        with self._lock:
            variant = self._trusting(signature, values)
            if variant is not self.last:
                self.last = variant
                compiled = variant.compiled
                self.whole = None if compiled is None else whole_call(compiled.plan, values, variant.guards)
            return variant

    def forget(self) -> None:
        """A part of the function was changed: what is known of it is looked at anew."""
        with self._lock:
            self.variants.clear()
            self._known = self.last = self.whole = None
            self.look_at_function()

    def _trusting(self, signature: Signature, values: tuple[Any, ...]) -> Variant:
        """What arguments of these types are run by that takes as much for granted as is so of these."""
        variant = self._current(signature, Trust.TREES)
        if not variant.takes(values) and variant.relies_on_trees:
            variant = self._current(signature, Trust.APART)
        return variant if variant.takes(values) else self._current(signature, Trust.NOTHING)

    def trace(self, signature: Signature, trust: Trust) -> Traced:
        """The traced stage for arguments of these types.

        Raises:
            Unstageable: there is none.
        """
        stage_all = self._options.stage == "all"
        return trace(self._function, self.parameters.names, signature, stage_all=stage_all, trust=trust)

    def traced(self, values: tuple[Any, ...]) -> Traced:
        """The same for these arguments, verified."""
        signature = signature_of(values, self._generalised)
        for trust in reversed(Trust):
            traced = self.trace(signature, trust)
            if traced.apart.holds(values):
                break
        traced.verify()
        return traced

    def settle(self, variant: Variant) -> bool:
        """Whether a program that is called often has a function for its calls from now on."""
        known, compiled = self._known, variant.compiled
        assert compiled is not None
        if known is None or known.found is not variant or not isinstance(compiled.executor, ThreadsExecutor):
            variant.is_settled = True
            return False
        steady = compiled.executor.runs_straight(compiled.plan)
        if steady is None or not is_usual():
            return False
        calls = StraightCalls(self._function, self._counters, compiled.executor, self._otherwise)
        with self._lock:
            variant.is_settled = True
            variant.call = straight_call(compiled.plan, steady, known, compiled.lowered.guards, calls)
        return variant.call is not None

    def build(self, signature: Signature, trust: Trust) -> Variant:
        """Traces and compiles; what can't be staged runs as plain Python, with a warning the first time."""
        start = time.perf_counter()
        passed = tuple(i for i, known in enumerate(signature) if not isinstance(known, StaticType))
        try:
            with without_garbage_collection():
                traced = self.trace(signature, trust)
                lowered = traced.lower_in_place(self.pipeline)
                compiled = lowered.compile(self.executor)
                direct = self._direct_of(compiled, signature, passed)
                call = None if direct is None else direct.call
                is_settled = call is not None or not self._may_go_straight(compiled)
                guards = GuardCheck(lowered.guards)
                return Variant(compiled, passed, None, direct, guards, call, is_settled=is_settled)
        except Unstageable as refusal:
            return self._fall_back(passed, refusal.reason)
        except Exception as error:  # a bug of ours must not become the user's: nothing has run yet
            if _DEBUG:
                raise
            return self._fall_back(passed, f"internal error: {type(error).__name__}: {error}")
        finally:
            self._counters.add_trace(time.perf_counter() - start)

    def _current(self, signature: Signature, trust: Trust) -> Variant:
        """What a signature is run by that takes so much for granted."""
        key = (signature, trust)
        variant = self.variants.get(key)
        if variant is None or not variant.holds():
            key = (self._generalise(signature), trust)
            variant = self.variants.get(key)
            if variant is None or not variant.holds():
                variant = self.variants[key] = self.build(*key)
            while len(self.variants) > MAX_PROGRAMS:
                self.variants.popitem(last=False)
        self.variants.move_to_end(key)
        return variant

    def _generalise(self, signature: Signature) -> Signature:
        """Count an argument as any object once it has come in too many types."""
        for index, known in enumerate(signature):
            self._seen[index].add(known)
            if len(self._seen[index]) > MAX_VARIANTS:
                self._generalised |= {index}
                self._seen[index] = {ANY}
        return tuple(ANY if index in self._generalised else known for index, known in enumerate(signature))

    def _direct_of(self, compiled: Compiled, signature: Signature, passed: tuple[int, ...]) -> DirectDispatch | None:
        if not self.parameters.plain or self._is_async or compiled.lowered.apart:
            return None
        num_args, guards = len(self.parameters.names), compiled.lowered.guards
        calls = DirectCalls(self._function, DISABLED, self._counters, self._otherwise, self._let_go)
        if all(known == ANY or is_jax(known) for known in signature):  # and says nothing of other arguments
            direct = direct_dispatch(compiled.plan, num_args, guards, calls)
            if direct is not None:
                return direct
        if not names_arrays(signature):
            return None
        known = without_sizes(signature)

        def takes(values: tuple[Any, ...]) -> bool:
            return without_sizes(signature_of(values, self._generalised)) == known

        kernels = tree_kernels(compiled.plan, passed, takes)
        return None if kernels is None else tree_dispatch(kernels, num_args, guards, calls)

    def _may_go_straight(self, compiled: Compiled) -> bool:
        """Whether calls might once go straight to straight code."""
        is_plain = self.parameters.plain and not self._is_async
        return is_plain and self._options.journal is None and not compiled.lowered.apart

    def _fall_back(self, passed: tuple[int, ...], reason: str) -> Variant:
        if self._counters.fallback_calls == 0:
            name = self._function.__qualname__
            warnings.warn(f"`{name}` runs as plain Python: {reason}", XCSWarning, stacklevel=7)
        return Variant(None, passed, reason)
