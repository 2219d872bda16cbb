"""What code does with library data (`DATA`): attributes, items, methods, and writes into it.

In: values whose type is `DATA`. Out: values; effects are entered in the ledger. A method is known by its name: those of
builtin classes do what these do, those of records are listed; any other one is unknown code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .abstract_type import ANY, BYTES, DATA, STR, StaticType
from .frame import Frame, Method
from .lattice import covers, is_data
from .library_names import CHANGING, READING, TEXT_METHODS
from .summary import EVERYTHING
from .value import INSIDE, NONE_VALUE, NOTHING, Value, deep, join_values, load, reach_of


def part_of(frame: Frame, owner: Value) -> Value:
    """What an attribute, an item or an element of library data may be."""
    frame.ledger.look(owner)
    return load(owner, INSIDE, DATA)


def load_data_attribute(frame: Frame, owner: Value, name: str) -> Value:
    """`owner.name`; what is read is taken for data, and calling that is unknown code."""
    if name.startswith("__"):
        return unknown(frame, f"`.{name}` of {owner.type}", [owner])
    return part_of(frame, owner)


def load_data_item(frame: Frame, owner: Value, index: Value, is_slice: bool) -> Value:
    """`owner[index]`; an index with code of its own is hashed and compared by unknown code."""
    if not is_slice and not is_data(deep(index)):
        return unknown(frame, f"{owner.type} indexed by {index.type}", [owner, index])
    return part_of(frame, owner)


def write_data(frame: Frame, owner: Value, stored: Value = NOTHING) -> None:
    """Something is stored somewhere in library data."""
    frame.ledger.write(owner, EVERYTHING, stored)


def call_data_method(
    frame: Frame, method: Method, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """`receiver.name(*args, **kwargs)`."""
    name, receiver, given = method.function, method.receiver, [*args, *kwargs.values()]
    if not covers(DATA, deep(receiver)):
        return unknown(frame, f"`.{name}` of {receiver.type} that holds other objects", [receiver, *given])
    if name in TEXT_METHODS:
        return _call_text_method(frame, name, args, kwargs, node)
    takes_anything = name == "append" and len(args) == 1
    if name not in READING | CHANGING or not (takes_anything or all(is_data(deep(one)) for one in given)):
        return unknown(frame, f"`.{name}` of {receiver.type}", [receiver, *given], node)
    for one in given:
        frame.ledger.look(one, deeply=True)
    if name in CHANGING:
        return _change(frame, name, receiver, given)
    found = part_of(frame, receiver)
    kept = frozenset().union(*(reach_of(one) for one in given), found.origins)
    return frame.ledger.made(DATA, (node, "result"), kept) if found.type == DATA else found


def _change(frame: Frame, name: str, receiver: Value, given: Sequence[Value]) -> Value:
    """A changing method; `pop` and `setdefault` give what was inside, or an argument."""
    stored = NOTHING
    for one in given:
        stored = join_values(stored, one)
    before = part_of(frame, receiver)
    write_data(frame, receiver, stored)
    return join_values(before, stored) if name in ("pop", "popitem", "setdefault") else NONE_VALUE


def _call_text_method(
    frame: Frame, name: str, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """A method that only text has: of `str`, or of `bytes`."""
    found = NOTHING
    for cls, text in ((str, STR), (bytes, BYTES)):
        function = vars(cls).get(name)
        if function is not None:
            callee = Value(StaticType(function))
            called = frame.inference.call_value(frame, callee, [Value(text), *args], kwargs, (node, cls))
            found = join_values(found, called)
    return found


def unknown(frame: Frame, what: str, involved: Sequence[Value], node: object = None) -> Value:
    """Code that isn't known runs here; as a call (at `node`) it may wait for the world."""
    frame.ledger.unknown(what, involved)
    if node is not None:
        frame.ledger.site(id(node), 1)
    return Value(ANY, frozenset((None,)).union(*(reach_of(one) for one in involved)))
