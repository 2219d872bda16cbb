"""`with` statements: what entering and leaving a context manager does."""

from __future__ import annotations

from ...diagnostics.effect import Effect
from . import streams
from .abstract_type import ANY, ExactType, InstanceType, StreamType
from .calls import call_static
from .frame import Frame
from .lattice import members
from .operations import dunder
from .value import NONE_VALUE, NOTHING, Value, join_values, reach_of

_SELF_ENTERING = ("_io.", "tempfile.")  # files: entering gives the file itself, leaving closes it


def enter(frame: Frame, manager: Value, node: object) -> tuple[Value, bool]:
    """What `as` binds, and whether leaving may swallow an exception."""
    found, swallows = NOTHING, False
    for part in members(manager.type):
        entered, may_swallow = _enter_part(frame, Value(part, manager.origins, manager.bound), node)
        found, swallows = join_values(found, entered), swallows or may_swallow
    return found, swallows


def _enter_part(frame: Frame, manager: Value, node: object) -> tuple[Value, bool]:
    type_ = manager.type
    if isinstance(type_, StreamType):
        if type_.is_async:
            return NOTHING, False
        streams.read(frame, manager)  # entered; leaving it closes it
        return manager, False
    cls = type_.cls if isinstance(type_, (ExactType, InstanceType)) else None
    if cls is not None and f"{cls.__module__}.".startswith(_SELF_ENTERING):
        return manager, False
    if cls is not None and cls.__module__ == "contextlib" and cls.__name__ in ("suppress", "nullcontext"):
        given = NONE_VALUE if cls.__name__ == "suppress" else Value(ANY, reach_of(manager) | {None})
        return given, cls.__name__ == "suppress"
    if isinstance(type_, InstanceType):
        enter_method, exit_method = dunder(type_.cls, "__enter__"), dunder(type_.cls, "__exit__")
        if enter_method is not None and exit_method is not None:
            entered = call_static(frame, enter_method, [manager], {}, (node, "enter"))
            nothing = [Value(ANY), Value(ANY), Value(ANY)]
            leaving = call_static(frame, exit_method, [manager, *nothing], {}, (node, "exit"))
            return entered, leaving.type != NONE_VALUE.type
    if isinstance(type_, ExactType):
        frame.ledger.act(Effect.ORDERED, f"`with` over a {type_}")
        frame.ledger.disturb([manager])
        return Value(ANY, reach_of(manager) | {None}), True
    frame.ledger.unknown(f"`with` over {type_}", [manager])
    return Value(ANY, reach_of(manager) | {None}), True
