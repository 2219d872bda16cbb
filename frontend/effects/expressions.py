"""How inference evaluates expressions."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from . import comparisons, operations, operators, text
from .abstract_type import (
    ANY,
    BOOL,
    FLOAT,
    IMMUTABLE_SCALARS,
    INT,
    NEVER,
    NONE,
    SCALAR_TYPES,
    STR,
    AbstractType,
    DataType,
    DictType,
    ExactType,
    PlainType,
    SetType,
    TupleOfType,
    UnionType,
)
from .application import apply_summary
from .attributes import load_attribute
from .frame import Frame, Names, expression, joined
from .function_bodies import made_tuple
from .items import OPERATOR_NAMES, binary, contains, made_list, subscript
from .iteration import iterate
from .lattice import join
from .library_data import part_of
from .named_tuples import as_tuple
from .narrowing import narrow
from .statements import assign, closure, test
from .type_of import type_of
from .value import ELEMENT, KEY, NOTHING, VALUE, Value, as_key, deep, join_values, load, reach_of

_COMPARE_NAMES: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}
_UNARY_NAMES: dict[type[ast.unaryop], str] = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}
_SCALAR_VALUES = {cls: Value(type_) for cls, type_ in SCALAR_TYPES.items()}


@expression(ast.Constant)
def _constant(frame: Frame, node: ast.Constant) -> Value:
    return _SCALAR_VALUES.get(type(node.value)) or Value(type_of(node.value))


@expression(ast.Name)
def _name(frame: Frame, node: ast.Name) -> Value:
    return frame.lookup(node.id)


@expression(ast.Attribute)
def _attribute(frame: Frame, node: ast.Attribute) -> Value:
    return load_attribute(frame, frame.evaluate(node.value), node.attr, node)


@expression(ast.Subscript)
def _subscript(frame: Frame, node: ast.Subscript) -> Value:
    frame.ledger.looked_into = node.value
    owner = as_tuple(frame, frame.evaluate(node.value), node)
    return subscript(frame, owner, frame.evaluate(node.slice), node)


@expression(ast.Slice)
def _slice(frame: Frame, node: ast.Slice) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            held = frame.evaluate(part)
            if not operations.is_builtin(held.type):
                _index(frame, held, part)
    return Value(ExactType(slice))


def _index(frame: Frame, held: Value, node: ast.expr) -> None:
    summary = operations.call_dunder("__index__", deep(held), (), frame.inference)
    if summary is not None:
        apply_summary(frame, summary, [held], {}, node)


@expression(ast.BinOp)
def _binary(frame: Frame, node: ast.BinOp) -> Value:
    left = frame.evaluate(node.left)
    return binary(frame, OPERATOR_NAMES[type(node.op)], left, frame.evaluate(node.right), node)


@expression(ast.UnaryOp)
def _unary(frame: Frame, node: ast.UnaryOp) -> Value:
    if isinstance(node.op, ast.Not):
        test(frame, node.operand)
        return Value(BOOL)
    operand = frame.evaluate(node.operand)
    summary = operators.unary(_UNARY_NAMES[type(node.op)], deep(operand), frame.inference)
    return apply_summary(frame, summary, [operand], {}, node)


@expression(ast.BoolOp)
def _bool(frame: Frame, node: ast.BoolOp) -> Value:
    found = NOTHING
    is_and = isinstance(node.op, ast.And)
    left: Names | None = None
    for index, part in enumerate(node.values):
        last = index == len(node.values) - 1
        held = frame.evaluate(part) if last else test(frame, part)
        found = join_values(found, held if last or is_and else _truthy(held))
        left = joined(left, frame.fork())
        narrow(frame, part, is_and)
    frame.names = left
    return found


def _truthy(held: Value) -> Value:
    """What `x or ...` gives when it stops at `x`: not None."""
    if held.type == NONE:
        return NOTHING
    if isinstance(held.type, UnionType):
        kept: AbstractType = NEVER
        for part in held.type.members:
            if part != NONE:
                kept = join(kept, part)
        return Value(kept, held.origins, held.bound)
    return held


@expression(ast.Compare)
def _compare(frame: Frame, node: ast.Compare) -> Value:
    left = frame.evaluate(node.left)
    result = NOTHING
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, (ast.In, ast.NotIn)):
            frame.ledger.looked_into = comparator
        right = frame.evaluate(comparator)
        result = join_values(result, _compare_pair(frame, op, left, right, comparator))
        if len(node.ops) > 1:
            summary = comparisons.truth(deep(result), frame.inference)
            apply_summary(frame, summary, [result], {}, (node, "truth"))
        left = right
    return result


def _compare_pair(frame: Frame, op: ast.cmpop, left: Value, right: Value, node: ast.expr) -> Value:
    if isinstance(op, (ast.Is, ast.IsNot)):
        return Value(BOOL)
    if isinstance(op, (ast.In, ast.NotIn)):
        contains(frame, left, right, node)
        return Value(BOOL)
    if left.type is NEVER or right.type is NEVER:
        return NOTHING
    summary = comparisons.compare(_COMPARE_NAMES[type(op)], deep(left), deep(right), frame.inference)
    return apply_summary(frame, summary, [left, right], {}, (node, "compare"))


@expression(ast.IfExp)
def _conditional(frame: Frame, node: ast.IfExp) -> Value:
    test(frame, node.test)
    before = frame.fork()
    narrow(frame, node.test, True)
    one = frame.evaluate(node.body)
    after = frame.names
    frame.names = before
    narrow(frame, node.test, False)
    other = frame.evaluate(node.orelse)
    frame.names = joined(after, frame.names)
    return join_values(one, other)


@expression(ast.NamedExpr)
def _walrus(frame: Frame, node: ast.NamedExpr) -> Value:
    held = frame.evaluate(node.value)
    assign(frame, node.target, held)
    return held


@expression(ast.Lambda)
def _lambda(frame: Frame, node: ast.Lambda) -> Value:
    return Value(ANY, bound=closure(frame, node))


@expression(ast.JoinedStr)
def _formatted_string(frame: Frame, node: ast.JoinedStr) -> Value:
    for part in node.values:
        frame.evaluate(part)
    return Value(STR)


@expression(ast.FormattedValue)
def _formatted(frame: Frame, node: ast.FormattedValue) -> Value:
    held = frame.evaluate(node.value)
    how = {115: "str", 114: "repr", 97: "repr"}.get(node.conversion, "format")
    if node.format_spec is not None:
        frame.evaluate(node.format_spec)
    if held.type not in (STR, INT, FLOAT):
        apply_summary(frame, text.formatted(deep(held), frame.inference, how), [held], {}, node)
    return Value(STR)


@expression(ast.Tuple)
def _tuple(frame: Frame, node: ast.Tuple) -> Value:
    if any(isinstance(element, ast.Starred) for element in node.elts):
        element = _elements(frame, node.elts)
        return Value(TupleOfType(element.type), element.origins)
    return made_tuple([frame.evaluate(element) for element in node.elts])


def _elements(frame: Frame, nodes: Sequence[ast.expr]) -> Value:
    """The join of the elements of a display."""
    found = NOTHING
    for node in nodes:
        if isinstance(node, ast.Starred):
            found = join_values(found, iterate(frame, frame.evaluate(node.value), node))
        else:
            found = join_values(found, frame.evaluate(node))
    return found


@expression(ast.List)
def _list(frame: Frame, node: ast.List) -> Value:
    return made_list(frame, node, _elements(frame, node.elts))


@expression(ast.Set)
def _set(frame: Frame, node: ast.Set) -> Value:
    return _made_set(frame, node, _elements(frame, node.elts))


def _made_set(frame: Frame, node: ast.expr, element: Value) -> Value:
    cell = frame.ledger.cell(node)
    cell.hold(ELEMENT, as_key(element))
    hash_keys(frame, element, node)
    return Value(SetType(NEVER), frozenset((cell,)))


def hash_keys(frame: Frame, key: Value, node: ast.expr) -> None:
    """Keys are hashed, and compared with each other."""
    type_ = deep(key)
    if isinstance(type_, ExactType) and operations.is_builtin(type_):
        return
    apply_summary(frame, comparisons.hash_of(type_, frame.inference), [key], {}, (node, "hash"))
    compared = comparisons.compare("eq", type_, type_, frame.inference)
    apply_summary(frame, compared, [key, key], {}, (node, "eq"))


@expression(ast.Dict)
def _dict(frame: Frame, node: ast.Dict) -> Value:
    cell = frame.ledger.cell(node)
    keys, items = NOTHING, {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        if key_node is None:
            key, held = mapping_items(frame, frame.evaluate(value_node), value_node)
        else:
            key, held = frame.evaluate(key_node), frame.evaluate(value_node)
        keys = join_values(keys, key)
        cell.hold(KEY, key)
        cell.hold(VALUE, held)
        items[key_node.value if isinstance(key_node, ast.Constant) else None] = held
    if all(type(name) is str for name in items):
        cell.keep_keywords(items)  # type: ignore[arg-type]
    else:
        cell.forget_keywords()
    hash_keys(frame, keys, node)
    return Value(DictType(NEVER, NEVER), frozenset((cell,)))


def mapping_items(frame: Frame, one: Value, node: ast.expr) -> tuple[Value, Value]:
    """Keys and values of a `**mapping`; what is none raises."""
    type_ = one.type
    frame.ledger.look(one)
    if isinstance(type_, UnionType):
        keys, values = NOTHING, NOTHING
        for part in type_.members:
            if not (isinstance(part, ExactType) and part.cls in IMMUTABLE_SCALARS):
                found = mapping_items(frame, one.part(part), node)
                keys, values = join_values(keys, found[0]), join_values(values, found[1])
        return keys, values
    if isinstance(type_, DictType):
        return load(one, KEY, type_.key), load(one, VALUE, type_.value)
    if isinstance(type_, PlainType):
        return Value(STR), load(one, VALUE, type_)
    if isinstance(type_, DataType):
        return Value(STR), part_of(frame, one)
    frame.ledger.unknown(f"`**` of {type_}", [one])
    unknown = Value(ANY, reach_of(one) | {None})
    return unknown, unknown


@expression(ast.Starred)
def _starred(frame: Frame, node: ast.Starred) -> Value:
    return iterate(frame, frame.evaluate(node.value), node)


@expression(ast.Yield)
def _yield(frame: Frame, node: ast.Yield) -> Value:
    held = Value(NONE) if node.value is None else frame.evaluate(node.value)
    frame.yielded = join_values(frame.yielded, held)
    return Value(ANY, frozenset((None,)))


@expression(ast.YieldFrom)
def _yield_from(frame: Frame, node: ast.YieldFrom) -> Value:
    frame.yielded = join_values(frame.yielded, iterate(frame, frame.evaluate(node.value), node))
    return Value(ANY, frozenset((None,)))
