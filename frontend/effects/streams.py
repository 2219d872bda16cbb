"""Streams of services: answers that come piece by piece, from a call that is known (`create(..., stream=True)`).

In: a value of type `StreamType`. Out: what a step, an attribute or a method of it gives; effects are entered in the
ledger. A step waits for the world and commutes with everything but other uses of this stream, so code that opens a
stream, reads it and gives it to nobody does one thing: it waits for an answer. A stream that others may see is read in
order.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...diagnostics.effect import Effect
from .abstract_type import DATA, NONE, STR, AbstractType, StreamType
from .frame import Frame
from .lattice import members
from .ledger import DECLARE
from .value import INSIDE, NOTHING, Cell, Value, join_values, load, value

TEXTS = "text_stream"
"""The attribute of Anthropic's streams that gives their text alone; what it reads, the stream itself has read."""

METHODS: Mapping[str, AbstractType | None] = {
    "close": NONE,
    "aclose": NONE,
    "until_done": None,
    "get_final_message": DATA,
    "get_final_text": STR,
    "get_final_completion": DATA,
    "get_final_response": DATA,
}
"""What methods of streams give, each of which reads what is left or closes the stream; None: the stream, or nothing."""


def is_async_stream(one: Value) -> bool:
    """Whether a value is surely a stream that is read on an event loop."""
    return one.bound is None and all(isinstance(part, StreamType) and part.is_async for part in members(one.type))


def read(frame: Frame, stream: Value) -> None:
    """A stream is stepped, entered, read to its end or closed."""
    ledger = frame.ledger
    ledger.num_stream_reads += 1
    ledger.external = True
    ledger.act(Effect.UNORDERED, "reads a stream")
    for origin in stream.origins or (None,):
        if isinstance(origin, Cell) and not origin.unsettled:
            continue
        shared = None if isinstance(origin, Cell) else origin
        ledger.note_write(shared, "iterator")
        if shared is None:
            ledger.act(Effect.ORDERED, "reads a stream that others may see", DECLARE)


def step(frame: Frame, stream: Value, is_async: bool) -> Value:
    """What one step gives; `async for` over a stream of the other kind raises, and so does `for`."""
    assert isinstance(stream.type, StreamType)
    if stream.type.is_async is not is_async:
        return NOTHING
    read(frame, stream)
    return pieces_of(frame, stream, stream.type.element)


def pieces_of(frame: Frame, stream: Value, known: AbstractType) -> Value:
    """Something that a service has sent by a stream: not the stream itself, nor what it was asked with."""
    origins = frozenset(
        frame.ledger.cell((origin, "pieces"), opaque=True) if isinstance(origin, Cell) else origin
        for origin in stream.origins
    )
    return load(value(known, origins), INSIDE, known)


def async_step(frame: Frame, stream: Value) -> Value:
    """What one step of `async for` over what `is_async_stream` gives."""
    found = NOTHING
    for part in members(stream.type):
        found = join_values(found, step(frame, stream.part(part), is_async=True))
    return found


def texts_of(stream: Value) -> Value:
    """The text of a stream: another way to read the same one."""
    assert isinstance(stream.type, StreamType)
    return Value(StreamType(STR, stream.type.is_async), stream.origins)


def called(frame: Frame, stream: Value, name: str) -> Value:
    """`stream.name()`, of one of `METHODS`."""
    read(frame, stream)
    given = METHODS[name]
    return stream if given is None else pieces_of(frame, stream, given)
