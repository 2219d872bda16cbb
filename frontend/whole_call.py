"""Programs that are one call with nothing to overlap: they run as the function itself, arguments hardly looked at.

In: a plan and the arguments it was first run with. Out: what tells calls alike without looking into their arguments,
and where an exception is said to have happened. Running the function itself is right for any arguments; for some that
look alike there may be something to gain which is then missed, such as a model in the middle of a list of texts.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..diagnostics.location import Location
from ..runtime.outcome import Failure
from ..runtime.plan import Call, Literal, Plan
from ..runtime.site import site_of
from .effects.abstract_type import SCALAR_TYPES
from .guard_check import GuardCheck

Look: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class WholeCall:
    """A program that is one call.

    Attributes:
        look: how its arguments look.
        guards: the facts that nothing being to gain relies on.
        node, location: of the call.
    """

    look: Look
    guards: GuardCheck
    node: str
    location: Location

    def takes(self, values: tuple[Any, ...]) -> bool:
        """Whether a call is alike."""
        return self.look == look_of(values) and self.guards.holds()

    def failure(self, error: BaseException) -> Failure:
        """An exception of the function, without the frame that has called it."""
        traceback = error.__traceback__
        error.__traceback__ = None if traceback is None else traceback.tb_next
        return Failure(error, self.node, self.location)


def whole_call(plan: Plan, values: tuple[Any, ...], guards: GuardCheck) -> WholeCall | None:
    """What a plan is if all it does is one call on the calling thread, and its arguments are plain data."""
    instructions = plan.functions[plan.entry].instructions
    if plan.is_async or len(instructions) != 1:
        return None
    call = instructions[0]
    look = look_of(values)
    if look is None or not isinstance(call, Call) or site_of(call) is not None or call.batch is not None:
        return None
    function = call.callee.value if isinstance(call.callee, Literal) else None
    if not isinstance(function, (types.FunctionType, types.BuiltinFunctionType)):
        return None  # a kernel, which is faster than the function
    return WholeCall(look, guards, call.name, call.location)


def look_of(values: tuple[Any, ...]) -> Look | None:
    """The classes of arguments and of some of their elements; None for more than scalars and flat containers."""
    look: list[object] = []
    for value in values:
        cls = type(value)
        if cls in SCALAR_TYPES:
            look.append(cls)
            continue
        elements = _some_elements(value, cls)
        if elements is None:
            return None
        classes = {*map(type, elements)}
        if not classes <= SCALAR_TYPES.keys():
            return None
        look += (cls, *sorted(classes, key=id))
    return tuple(look)


def _some_elements(value: Any, cls: type) -> tuple[Any, ...] | None:
    try:
        if cls is list or cls is tuple:
            return (value[0], value[len(value) // 2], value[-1]) if value else ()
        if cls is dict:
            return next(iter(value.items()), ())
        if cls is set or cls is frozenset:
            return (next(iter(value)),) if value else ()
    except (IndexError, RuntimeError, StopIteration):  # another thread writes it
        return None
    return None
