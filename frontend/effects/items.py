"""Subscripts and in-place operators: what loading, storing and deleting items does."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict

from . import comparisons, operations, operators
from .abstract_type import (
    ANY,
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    NEVER,
    PLAIN,
    STR,
    AbstractType,
    ArrayType,
    CollectionType,
    DataType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    PlainType,
    RecordType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
)
from .application import apply_summary
from .array_methods import update_classes
from .array_results import is_array_data, is_jax, numpy_value
from .contents import element_type, kinds, plain_form
from .frame import Frame
from .iteration import elements_of, iterate
from .lattice import is_data, is_immutable, is_plain, members
from .library_data import load_data_item, unknown, write_data
from .place import item_kind
from .value import (
    ELEMENT,
    FACTORY,
    KEY,
    NOTHING,
    VALUE,
    Cell,
    Value,
    deep,
    items_of,
    join_values,
    load,
    reach_of,
    value,
)

OPERATOR_NAMES: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.MatMult: "matmul",
}


_OF_NUMBERS = frozenset(("add", "sub", "truediv", "floordiv", "mod", "pow"))
_CHANGED_IN_PLACE = (ListType, PlainType, DataType, SetType, DictType, ArrayType)


def made_list(frame: Frame, site: object, element: Value) -> Value:
    """A fresh list of these elements."""
    cell = frame.ledger.cell(site)
    cell.hold(ELEMENT, element)
    return Value(ListType(NEVER), frozenset((cell,)))


def subscript(frame: Frame, owner: Value, index: Value, node: ast.Subscript) -> Value:
    """`owner[index]`."""
    if owner.bound is not None:
        frame.ledger.unknown("a subscript of a callable", [owner, index])
        return Value(ANY, reach_of(owner) | {None})
    found = NOTHING
    for part in members(owner.type):
        if isinstance(part, CollectionType) and part.cls in (defaultdict, Counter):
            found = join_values(found, _missing_item(frame, owner.part(part), part, index, node))
        one = owner.part(plain_form(part))
        found = join_values(found, _subscript_part(frame, one, index, node))
    return found


def _subscript_part(frame: Frame, owner: Value, index: Value, node: ast.Subscript) -> Value:
    is_slice = isinstance(node.slice, ast.Slice)
    type_ = owner.type
    key = _literal_key(owner, node)
    if key is not None:
        frame.ledger.look_kinds(owner, (item_kind(key),))
    else:
        frame.ledger.look(owner)
    match type_:
        case ListType() if is_slice:
            return made_list(frame, (node, "slice"), elements_of(frame, owner))
        case ListType():
            return elements_of(frame, owner)
        case TupleType(elements=elements) | RecordType(elements=elements):
            return _tuple_item(frame, owner, elements, node)
        case TupleOfType(element=element):
            return Value(type_, owner.origins) if is_slice else value(element, owner.origins)
        case DictType():
            _hash(frame, owner, index, node)
            made = items_of(owner)
            if made is not None and key in made:
                return made[key]
            return load(owner, VALUE, type_.item(key))
        case PlainType():
            _hash(frame, owner, index, node)
            return load(owner, ELEMENT, PLAIN)
        case DataType():
            return load_data_item(frame, owner, index, is_slice)
        case ExactType(cls=cls) if cls in (str, bytes, range, bytearray):
            return value(_scalar_item(cls, is_slice))
        case ExactType() | SetType() if operations.is_builtin(type_):
            return NOTHING
        case ArrayType():
            return _array_item(frame, owner, index)
        case ExactType(cls=cls) if (update := update_classes()) is not None and cls is update[0]:
            return value(ExactType(update[1]))
        case StaticType(value=held) if isinstance(held, type):
            return Value(ANY, frozenset((None,)))  # `list[int]`
    summary = operations.call_dunder("__getitem__", deep(owner), (deep(index),), frame.inference)
    return NOTHING if summary is None else apply_summary(frame, summary, [owner, index], {}, node)


def _literal_key(owner: Value, node: ast.Subscript) -> str | None:
    """The key that a subscript names, if it is a literal string and no key of the dict has a say in what it finds."""
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    keys = deep(owner)
    is_plain = isinstance(keys, DictType) and operations.is_builtin(keys.key)
    return key if type(key) is str and is_plain else None


def _missing_item(frame: Frame, owner: Value, type_: CollectionType, index: Value, node: object) -> Value:
    """What a missing key gives: of a counter 0; a defaultdict calls its factory and stores the result."""
    if type_.cls is Counter:
        return Value(INT)
    factories = [
        origin.fields[FACTORY]
        for origin in owner.origins
        if isinstance(origin, Cell) and not origin.unsettled and FACTORY in origin.fields
    ]
    if len(factories) == len(owner.origins):
        made = NOTHING
        for number, factory in enumerate(factories):
            made = join_values(made, frame.inference.call_value(frame, factory, [], {}, (node, "factory", number)))
    elif isinstance(type_.made, StaticType):
        made = frame.inference.call_value(frame, Value(type_.made), [], {}, (node, "factory"))
    elif type_.made is ANY:
        frame.ledger.unknown("a defaultdict's factory", [owner, index])
        return Value(ANY, reach_of(owner) | {None})
    else:
        made = frame.ledger.made(type_.made, (node, "factory"))
    if made.type is not NEVER:
        frame.ledger.write(owner, "dict", index, KEY)
        frame.ledger.write(owner, "dict", made, VALUE)
    return made


def _scalar_item(cls: type, is_slice: bool) -> AbstractType:
    if is_slice:
        return ExactType(cls)
    return STR if cls is str else INT


def _tuple_item(frame: Frame, owner: Value, elements: tuple[AbstractType, ...], node: ast.Subscript) -> Value:
    position = node.slice
    negative = isinstance(position, ast.UnaryOp) and isinstance(position.op, ast.USub)
    constant = position.operand if isinstance(position, ast.UnaryOp) and negative else position
    if isinstance(constant, ast.Constant) and type(constant.value) is int:
        where = -constant.value if negative else constant.value
        inside = -len(elements) <= where < len(elements)
        return value(elements[where], owner.origins) if inside else NOTHING
    element = elements_of(frame, owner)
    return Value(TupleOfType(element.type), element.origins) if isinstance(position, ast.Slice) else element


def _array_item(frame: Frame, owner: Value, index: Value) -> Value:
    type_ = owner.type
    assert isinstance(type_, ArrayType)
    if not is_array_data(deep(index)):
        frame.ledger.unknown("an array's index", [owner, index])
    frame.ledger.look(index, deeply=True)
    frame.ledger.has_array_work = True
    return Value(ArrayType(type_.cls)) if is_jax(type_) else Value(numpy_value(), owner.origins)


def _hash(frame: Frame, owner: Value, index: Value, node: object) -> None:
    """A lookup hashes the key and compares it with those it meets."""
    key = deep(index)
    if isinstance(key, ExactType) and operations.is_builtin(key):
        if isinstance(owner.type, PlainType):
            return
        keys = deep(owner)
        if isinstance(keys, DictType) and operations.is_builtin(keys.key):
            return
    apply_summary(frame, comparisons.hash_of(key, frame.inference), [index], {}, (node, "hash"))
    for part in members(deep(owner)):
        if isinstance(part, (DictType, SetType)):
            held = part.key if isinstance(part, DictType) else part.element
            summary = comparisons.compare("eq", held, key, frame.inference)
            apply_summary(frame, summary, [load(owner, KEY, held), index], {}, (node, "eq"))


def contains(frame: Frame, item: Value, holder: Value, node: object) -> None:
    """`item in holder`."""
    for part in map(plain_form, members(holder.type)):
        one = holder.part(part)
        frame.ledger.look(one)
        if isinstance(part, (DictType, SetType, PlainType)):
            _hash(frame, one, item, node)
            continue
        if isinstance(part, DataType) and not (is_data(deep(one)) and is_data(deep(item))):
            unknown(frame, f"`in` of {part}", [item, one])
            continue
        method = operations.dunder(part.cls, "__contains__") if isinstance(part, InstanceType) else None
        if method is not None:
            summary = operations.call_dunder("__contains__", deep(one), (deep(item),), frame.inference)
            if summary is not None:
                apply_summary(frame, summary, [one, item], {}, node)
            continue
        element = iterate(frame, one, (node, "in"))
        compared = comparisons.compare("eq", deep(element), deep(item), frame.inference)
        apply_summary(frame, compared, [element, item], {}, (node, "eq"))


def store_item(frame: Frame, owner: Value, index: Value, stored: Value, node: ast.Subscript) -> None:
    """`owner[index] = stored`."""
    for part in map(plain_form, members(owner.type)):
        one = owner.part(part)
        match part:
            case ListType():
                held = elements_of(frame, stored) if isinstance(node.slice, ast.Slice) else stored
                if isinstance(node.slice, ast.Slice):
                    iterate(frame, stored, node)
                frame.ledger.write(one, "list", held, ELEMENT)
            case DictType():
                _hash(frame, one, index, node)
                kind = item_kind(_literal_key(one, node))
                frame.ledger.write(one, kind, index, KEY)
                frame.ledger.write(one, kind, stored, VALUE)
            case PlainType():
                _hash(frame, one, index, node)
                frame.ledger.write(one, "dict", stored, VALUE)
                frame.ledger.write(one, "list", stored, ELEMENT)
            case DataType():
                load_data_item(frame, one, index, isinstance(node.slice, ast.Slice))
                write_data(frame, one, stored)
            case _ if operations.is_builtin(part):
                continue
            case ArrayType():
                if not is_array_data(deep(index)) or not is_array_data(deep(stored)):
                    frame.ledger.unknown("what an array is filled with", [one, index, stored])
                frame.ledger.write(one, "array")
            case _:
                _store_by_method(frame, one, index, stored, node)


def _store_by_method(frame: Frame, owner: Value, index: Value, stored: Value, node: object) -> None:
    args = (deep(index), deep(stored))
    summary = operations.call_dunder("__setitem__", deep(owner), args, frame.inference)
    if summary is not None:
        apply_summary(frame, summary, [owner, index, stored], {}, node)


def delete_item(frame: Frame, owner: Value, index: Value, node: ast.Subscript) -> None:
    """`del owner[index]`."""
    for part in map(plain_form, members(owner.type)):
        one = owner.part(part)
        if isinstance(part, (ListType, DictType, PlainType)):
            _hash(frame, one, index, node)
            for kind in kinds(part):
                frame.ledger.write(one, kind, NOTHING, ELEMENT)
        elif isinstance(part, DataType):
            load_data_item(frame, one, index, isinstance(node.slice, ast.Slice))
            write_data(frame, one)
        elif not operations.is_builtin(part):
            summary = operations.call_dunder("__delitem__", deep(one), (deep(index),), frame.inference)
            if summary is not None:
                apply_summary(frame, summary, [one, index], {}, node)


def augmented(frame: Frame, node: ast.AugAssign, left: Value, right: Value) -> Value:
    """`left <op>= right`: in place where the class says so, else the plain operator."""
    name = OPERATOR_NAMES[type(node.op)]
    found = NOTHING
    for part in members(left.type):
        one = left.part(part)
        found = join_values(found, _augmented_part(frame, node, name, one, right))
    return found


def _augmented_part(frame: Frame, node: ast.AugAssign, name: str, left: Value, right: Value) -> Value:
    match left.type:
        case ListType() if name == "add":
            iterate(frame, right, node)
            frame.ledger.write(left, "list", elements_of(frame, right), ELEMENT)
            return left
        case SetType(frozen=False) if name in ("or", "and", "sub", "xor") and isinstance(right.type, SetType):
            frame.ledger.write(left, "set", elements_of(frame, right), ELEMENT)
            return left
        case DictType() if name == "or" and isinstance(right.type, DictType):
            frame.ledger.write(left, "dict", load(right, KEY, right.type.key), KEY)
            frame.ledger.write(left, "dict", load(right, VALUE, right.type.value), VALUE)
            return left
        case PlainType() if name in _OF_NUMBERS and right.type in (INT, FLOAT, BOOL):
            return binary(frame, name, left, right, node)  # a number: anything else fails
        case PlainType() if name == "add" and is_plain(deep(right)):
            frame.ledger.write(left, "list", elements_of(frame, right), ELEMENT)
            return Value(PLAIN, left.origins | reach_of(right))
        case ListType() | SetType() | DictType() | PlainType() | ArrayType():
            if not is_jax(left.type):
                for kind in kinds(left.type):
                    frame.ledger.write(left, kind)
        case DataType() if not (name in _OF_NUMBERS and right.type in (INT, FLOAT, BOOL, COMPLEX)):
            return _augmented_data(frame, name, left, right, node)
        case InstanceType(cls=cls) if operations.dunder(cls, f"__i{name}__") is not None:
            summary = operations.call_dunder(f"__i{name}__", deep(left), (deep(right),), frame.inference)
            if summary is not None:
                return apply_summary(frame, summary, [left, right], {}, node)
    result = binary(frame, name, left, right, node)
    if not is_immutable(left.type) and isinstance(left.type, _CHANGED_IN_PLACE):
        return join_values(left, result)
    return result


def _augmented_data(frame: Frame, name: str, left: Value, right: Value, node: ast.AugAssign) -> Value:
    """Library data that may be a container: then it is changed in place, by walking the right operand."""
    if not is_data(deep(right)):
        return unknown(frame, f"`{name}=` of {left.type}", [left, right])
    result = join_values(left, binary(frame, name, left, right, node))
    write_data(frame, left, right)
    return result


def binary(frame: Frame, name: str, left: Value, right: Value, node: object) -> Value:
    """`left <op> right`."""
    if left.type is NEVER or right.type is NEVER:
        return NOTHING
    summary = operators.binary(name, deep(left), deep(right), frame.inference)
    return apply_summary(frame, summary, [left, right], {}, node)


def element_of(one: AbstractType) -> AbstractType:
    """What iterating gives, `ANY` where that isn't known."""
    found = element_type(one)
    return ANY if found is None else found
