"""Comparisons, truth and hashes of abstract types: their result is known, their effect is that of what they call."""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterable

from .abstract_type import (
    BOOL,
    DATA,
    INT,
    NEVER,
    PLAIN,
    AbstractType,
    ArrayType,
    DataType,
    DictType,
    ExactType,
    InstanceType,
    PlainType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .contents import plain_form
from .enumerations import class_of_member, is_plain
from .lattice import members, widen
from .ledger import Inference
from .operations import (
    KNOWN_VALUE_CLASSES,
    array_operation,
    call_dunder,
    dunder,
    fields_summary,
    first_or_any,
    is_builtin,
    is_generated,
    is_numpy_scalar,
    merged,
    parts_of,
    pure,
    unknown,
)
from .summary import ParameterKey, Summary

_METHODS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
COMPARISONS = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


def compare(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    """`left <op> right` for one of the six comparisons."""
    left, right = widen(left), widen(right)
    if name in ("eq", "ne"):
        left, right = plain_form(left), plain_form(right)
    if isinstance(left, UnionType) or isinstance(right, UnionType):
        return merged(compare(name, a, b, inference) for a, b in itertools.product(members(left), members(right)))
    if isinstance(left, StaticType) or isinstance(right, StaticType):
        return _compare_static(left, right, inference, name)
    if is_builtin(left) and is_builtin(right):
        inner = [pure(BOOL, left, right)]
        if type(left) is type(right) or {left, right} & {PLAIN, DATA} or not {type(left), type(right)} & {ExactType}:
            for a, b in _paired_elements(left, right):
                inner.append(compare("eq", a, b, inference))
                if name not in ("eq", "ne") and not isinstance(left, (SetType, DictType)):
                    inner.append(compare(name, a, b, inference))
        return merged(inner, BOOL)
    if isinstance(left, ArrayType) or isinstance(right, ArrayType):
        return array_operation(f"`{name}`", left, right)
    return _dunder_compare(name, left, right, inference)


def _compare_static(left: AbstractType, right: AbstractType, inference: Inference, name: str) -> Summary:
    """Functions, builtins, modules and members of enumerations compare by identity; classes by their metaclass."""
    for one in (left, right):
        held = one.value if isinstance(one, StaticType) else None
        plain = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
        if isinstance(one, StaticType) and not (isinstance(held, plain) or type(held) is type or _is_plain_member(one)):
            return unknown(f"`{name}` of {left} and {right}", left, right)
    others = [one for one in (left, right) if not isinstance(one, StaticType)]
    if all(is_builtin(one) for one in others):
        return pure(BOOL)
    return _dunder_compare(name, left, right, inference)


def _is_plain_member(one: AbstractType, names: Iterable[str] = _METHODS) -> bool:
    """Whether a value is a member of an enumeration that does these things as `Enum` has it."""
    cls = class_of_member(one)
    return cls is not None and is_plain(cls, names)


def _paired_elements(left: AbstractType, right: AbstractType) -> list[tuple[AbstractType, AbstractType]]:
    for whole, other in ((left, right), (right, left)):
        if isinstance(whole, (PlainType, DataType)):
            return [(part, whole) for part in parts_of(other)]
    if isinstance(left, TupleType) and isinstance(right, TupleType):
        return list(zip(left.elements, right.elements, strict=False))
    return [(a, b) for a, b in zip(parts_of(left), parts_of(right), strict=False)]


AS_THEY_ARE: dict[ParameterKey, ParameterKey] = {0: 0, 1: 1}
EXCHANGED: dict[ParameterKey, ParameterKey] = {0: 1, 1: 0}


def _dunder_compare(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    found: list[Summary | None] = []
    for one, other, method, keys in (
        (left, right, name, AS_THEY_ARE),
        (right, left, COMPARISONS[name], EXCHANGED),
    ):
        if is_builtin(one) or isinstance(one, StaticType):
            continue
        if name == "ne" and isinstance(one, InstanceType) and dunder(one.cls, "__ne__") is vars(object)["__ne__"]:
            method = "eq"
        summary = _own_comparison(method, one, other, inference)
        found.append(None if summary is None else summary.renamed(keys))
    result = first_or_any(found, f"`{name}`", left, right)
    defined = [one for one in found if one is not None]
    return pure(BOOL) if not defined and name in ("eq", "ne") else result


def _own_comparison(name: str, one: AbstractType, other: AbstractType, inference: Inference) -> Summary | None:
    if isinstance(one, InstanceType):
        method = dunder(one.cls, f"__{name}__")
        if method is not None and _is_plain_member(one, (f"__{name}__",)):
            return pure(BOOL)
        if method is vars(object).get(f"__{name}__"):
            return None
        if name != "ne" and is_generated(method) and getattr(one.cls, "__dataclass_params__", None):
            names = ("eq",) if name == "eq" else ("eq", name)  # fields are compared as tuples are
            return fields_summary(one, BOOL, lambda a: merged([compare(each, a, a, inference) for each in names], BOOL))
    if isinstance(one, ExactType):
        return (
            pure(BOOL, one, other)
            if one.cls in KNOWN_VALUE_CLASSES and _is_value(other)
            else unknown(f"`{name}` of {one}", one, other)
        )
    return call_dunder(f"__{name}__", one, (other,), inference)


def _is_value(one: AbstractType) -> bool:
    return is_builtin(one) or (isinstance(one, ExactType) and one.cls in KNOWN_VALUE_CLASSES)


def truth(one: AbstractType, inference: Inference) -> Summary:
    """`bool(one)`."""
    parts = [_truth(widen(part), inference) for part in members(one)]
    return parts[0] if len(parts) == 1 else merged(parts, BOOL)


def _truth(one: AbstractType, inference: Inference) -> Summary:
    if is_builtin(one):
        return pure(BOOL, one)
    if isinstance(one, StaticType):
        plain = isinstance(one.value, (types.FunctionType, types.BuiltinFunctionType, types.ModuleType))
        plain = plain or type(one.value) is type or _is_plain_member(one, ("__bool__", "__len__"))
        return pure(BOOL) if plain else unknown(f"truth of {one}", one)
    if isinstance(one, ExactType) and (one.cls in KNOWN_VALUE_CLASSES or is_numpy_scalar(one.cls)):
        return pure(BOOL, one)
    if plain_form(one) is not one:
        return pure(BOOL, one)
    if isinstance(one, ArrayType):
        return array_operation("truth", one).replace(result=BOOL)
    for name in ("__bool__", "__len__"):
        found = call_dunder(name, one, (), inference)
        if found is not None:
            return found.replace(result=BOOL)
    return pure(BOOL)


def hash_of(one: AbstractType, inference: Inference) -> Summary:
    """`hash(one)`."""
    parts = []
    for part in members(one):
        part = widen(part)
        if _is_plain_member(part, ("__hash__",)):
            parts.append(pure(INT))
        elif isinstance(part, (TupleType, TupleOfType)) or (isinstance(part, SetType) and part.frozen):
            parts.append(merged([pure(INT), *(hash_of(e, inference) for e in parts_of(part))], INT))
        elif is_builtin(part) or isinstance(part, StaticType):
            known = not isinstance(part, StaticType) or type(part.value) in (type, types.FunctionType)
            parts.append(pure(INT) if known else unknown(f"hash of {part}", part))
        elif (isinstance(part, ExactType) and part.cls in KNOWN_VALUE_CLASSES) or (
            isinstance(part, InstanceType) and dunder(part.cls, "__hash__") is vars(object)["__hash__"]
        ):
            parts.append(pure(INT))
        elif isinstance(part, InstanceType) and is_generated(dunder(part.cls, "__hash__")):
            parts.append(fields_summary(part, INT, lambda a: hash_of(a, inference)))
        else:
            parts.append(call_dunder("__hash__", part, (), inference) or pure(NEVER))
    return merged(parts, INT)
