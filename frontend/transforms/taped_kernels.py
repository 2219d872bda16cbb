"""Array regions that record themselves on the tape of the run they are part of: each under `jax.vjp`, compiled once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...diagnostics.location import Location
from ...lowering.host_split import MixedCall, split_host
from ...lowering.kernel import Kernel
from ...lowering.region_code import function_of
from .batch import is_array
from .callee_name import callee_name
from .cotangents import filled, pulled
from .pure_calls import record_pure
from .reach import Reach, is_number, reach
from .tape import Barrier, Tape, current_tape
from .value_tree import is_leaf, leaves_of


class TapedKernel:
    """One call site of an array region of JAX."""

    def __init__(self, kernel: Kernel, location: Location) -> None:
        self.target = kernel
        self._location = location
        self._forwards: dict[tuple[int, ...], Callable[..., Any]] = {}
        self._is_all_staged: dict[tuple[type, ...], bool] = {}

    def __call__(self, /, *args: Any) -> Any:
        """What the kernel gives."""
        tape = current_tape.get()
        if tape is None:
            return self.target(*args)
        active = tuple(index for index, value in enumerate(args) if tape.is_tracked(value))
        if all(map(is_leaf, args)):
            if not active:
                return self.target(*args)
            if self._is_staged(args):
                try:
                    return self._forward(tape, args, active)
                except Exception:  # what the kernel itself does decides
                    pass
        found = reach(tape, (list(args),))
        return self._by_parts(tape, args, found) if found.is_tracked else self.target(*args)

    def _is_staged(self, args: tuple[Any, ...]) -> bool:
        """Whether no part of the region is Python's to do for such arguments, and all of them can be traced."""
        classes = tuple(map(type, args))
        known = self._is_all_staged.get(classes)
        if known is None:
            from ...lowering.staged_region import is_array_function

            on_host = [not is_array(value) or type(value).__module__ == "numpy" for value in args]
            try:
                known = split_host(self.target.region, on_host, is_array_function) is None
            except MixedCall:
                known = False
            self._is_all_staged[classes] = known
        return known

    def _forward(self, tape: Tape, args: tuple[Any, ...], active: tuple[int, ...]) -> Any:
        forward = self._forwards.get(active) or self._forwards.setdefault(active, self._make_forward(active))
        inputs = [args[index] for index in active]
        outputs, pull = forward(*args)
        tape.record(inputs, outputs, lambda given: pulled(pull, filled(given, outputs)))
        return outputs if len(self.target.region.outputs) != 1 else outputs[0]

    def _make_forward(self, active: tuple[int, ...]) -> Callable[..., Any]:
        import jax

        function = function_of(self.target.region, as_tuple=True)

        def forward(*args: Any) -> Any:
            def of_active(*values: Any) -> Any:
                whole = list(args)
                for index, value in zip(active, values, strict=True):
                    whole[index] = value
                outputs = function(*whole)
                if not all(isinstance(one, jax.Array) for one in outputs):
                    raise TypeError("a result that is no array")
                return outputs

            return jax.vjp(of_active, *(args[index] for index in active))

        return jax.jit(forward)

    def _by_parts(self, tape: Tape, args: tuple[Any, ...], found: Reach) -> Any:
        """The kernel as it is, and its derivative from running it once more, on tracers."""
        result = self.target(*args)
        fresh = [one for one in leaves_of(result) if is_number(one) and id(one) not in found.numbers]
        eager = function_of(self.target.region)
        if fresh and (found.is_hidden or not record_pure(tape, eager, args, {}, result, found)):
            for one in fresh:
                tape.block(one, tape.barrier_among(found.direct) or Barrier(callee_name(self.target), self._location))
        return result
