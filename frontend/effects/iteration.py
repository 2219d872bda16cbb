"""Iterating: what it gives, and what it does.

In: a value. Out: the value of one element; the effect of iterating is entered in the ledger.
"""

from __future__ import annotations

import io

from ...diagnostics.effect import Effect
from . import operations, streams
from .abstract_type import (
    ANY,
    INT,
    STR,
    AbstractType,
    ArrayType,
    ExactType,
    IteratorType,
    RecordType,
    StaticType,
    StreamType,
    TupleType,
)
from .application import apply_summary
from .contents import element_field, element_type
from .enumerations import is_enumeration, member_type
from .frame import Frame
from .lattice import members
from .value import NOTHING, Cell, Value, deep, join_values, load, reach_of, value


def elements_of(frame: Frame, one: Value) -> Value:
    """What iterating a value gives, without entering the effect of iterating."""
    if isinstance(one.type, (TupleType, RecordType)):
        found = NOTHING
        for part in one.type.elements:
            found = join_values(found, value(part, one.origins))
        return found
    if isinstance(one.type, StreamType):
        return streams.pieces_of(frame, one, one.type.element)
    part = element_type(one.type)
    return load(one, element_field(one.type), ANY if part is None else part)


def is_stale(one: Value) -> bool:
    """Whether what an iterator gives has changed since it was made."""
    return any(isinstance(origin, Cell) and origin.is_stale for origin in one.origins)


def is_stepped(type_: AbstractType) -> bool:
    """Whether iterating changes the object itself: iterators, but not the views of a dict."""
    return isinstance(type_, IteratorType) and hasattr(type_.cls, "__next__")


def _step(frame: Frame, one: Value) -> None:
    """An iterator gives what it has left; its elements stay what they are."""
    for origin in one.origins:
        if not isinstance(origin, Cell):
            frame.ledger.note_write(origin, "iterator")
        elif origin.unsettled:
            frame.ledger.note_write(None, "iterator")
    if None in one.origins:
        frame.ledger.act(Effect.ORDERED, "steps an iterator from outside", "make the iterator where it is used")


def iterate(frame: Frame, one: Value, node: object) -> Value:
    """What one step of iterating gives; the effect of iterating is entered."""
    if one.bound is not None:
        frame.ledger.unknown("iterating a callable", [one])
        return Value(ANY, reach_of(one) | {None})
    found = NOTHING
    for part in members(one.type):
        found = join_values(found, _iterate_part(frame, one.part(part), node))
    return found


def _iterate_part(frame: Frame, one: Value, node: object) -> Value:
    if isinstance(one.type, StreamType):
        return streams.step(frame, one, is_async=False)
    frame.ledger.look(one)
    if any(isinstance(origin, Cell) and origin.is_lazy and origin.is_stale for origin in one.origins):
        frame.ledger.unknown("a lazy iterator whose source has changed", [one])
    frame.ledger.has_array_work |= isinstance(one.type, ArrayType)
    if is_stepped(one.type):
        _step(frame, one)
    if isinstance(one.type, StaticType) and is_enumeration(one.type.value):
        return value(member_type(one.type.value))
    if isinstance(one.type, ExactType) and one.type.cls is io.StringIO:
        _step(frame, one)
        return Value(STR)
    if isinstance(one.type, ExactType) and one.type.cls is io.TextIOWrapper:
        _step(frame, one)
        frame.ledger.act(Effect.READS, "reads a file")
        frame.ledger.sees.add((None, "world"))
        return Value(STR)
    if element_type(one.type) is not None:
        return elements_of(frame, one)
    method = operations.call_dunder("__iter__", deep(one), (), frame.inference)
    if method is None:
        method = operations.call_dunder("__getitem__", deep(one), (INT,), frame.inference)
        return NOTHING if method is None else apply_summary(frame, method, [one], {}, (node, "item"))
    iterator = apply_summary(frame, method, [one], {}, (node, "iter"))
    if element_type(iterator.type) is not None:
        return elements_of(frame, iterator)
    steps = operations.call_dunder("__next__", deep(iterator), (), frame.inference)
    return NOTHING if steps is None else apply_summary(frame, steps, [iterator], {}, (node, "next"))
