"""Effects that are known only when a call's inputs are there: found from the actual callee and arguments, once.

Guarantees: only the thread that drives the run calls these methods.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..diagnostics.effect import ORDERED, Behaviour
from ..diagnostics.errors import InternalError
from .call_shape import UNPACKED_NATIVELY, read
from .frame import HELD, Frame
from .handled import call_handling
from .in_flight import InFlight
from .interrupts import is_interrupt
from .prepared import CLEAN, DYNAMIC, RETIRED, mode_of


class LateEffects(InFlight):
    """The layer of a run that resolves dynamic effects."""

    def _fail(self, frame: Frame, index: int, error: BaseException) -> None:
        """An instruction has raised."""
        raise NotImplementedError

    def _resolved(self, frame: Frame, index: int) -> tuple[int, bool, Any] | None:
        """Mode, placement and call of a dynamic instruction, asked for once; `None` if that has to wait or failed."""
        if frame.resolved is None:
            frame.resolved = {}
        found = frame.resolved.get(index)
        if found is None:
            code = frame.code
            starred = {type(read(operand, frame.slots)) for operand in code.starred.get(index, ())}
            if not starred <= UNPACKED_NATIVELY:
                # Unpacking runs user code, so it belongs to the call, and the call may do anything.
                found = frame.resolved[index] = (RETIRED, False, (code.calls[index], (frame.slots,)))
                return found
            if not starred <= {tuple} and not self.has_come(frame, index, CLEAN):
                frame.state[index] = HELD
                return None
            try:
                function, args, kwargs = self.attempt(frame, code.gather, index, frame.slots)
            except BaseException as error:
                if is_interrupt(frame, error):
                    raise
                self._fail(frame, index, error)
                return None
            settled = self.has_come(frame, index, CLEAN)
            resolve = self._resolve_awaited if code.awaits[index] else self._resolve
            behaviour = resolve(function, args, kwargs, settled=settled)
            if mode_of(behaviour) == DYNAMIC:
                frame.state[index] = HELD  # asked again when the clean cursor comes
                return None
            call = (_apply, (function, args, kwargs))
            found = frame.resolved[index] = (mode_of(behaviour), behaviour.external, call)
        return found

    def _resolve(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, settled: bool
    ) -> Behaviour:
        early = self.plan.resolve_early
        if not settled and early is not None:
            return early(function, args, kwargs)
        behaviour = self.plan.resolve(function, args, kwargs)
        if mode_of(behaviour) == DYNAMIC:
            raise InternalError(f"expected a definite effect of `{function!r}`, found `dynamic`")
        return behaviour

    def _resolve_awaited(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, settled: bool
    ) -> Behaviour:
        resolve = self.plan.resolve_awaited
        return ORDERED if resolve is None else resolve(function, args, kwargs, settled)

    def attempt(self, frame: Frame, function: Callable[..., Any], *args: Any) -> Any:
        """Calls user code on this thread, as the instructions of `frame` see the world."""
        if frame.handled is None:
            return function(*args)
        return call_handling(frame.handled, function, *args)


def _apply(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)
