"""Types and effects of Python's operators on abstract types.

In: an operator's name and operand types. Out: a `Summary` whose parameters are the operands by index. Builtin classes
follow rules (scalars: found by trying the operator on samples); classes written in Python run their dunder methods.
"""

from __future__ import annotations

import decimal
import itertools
import operator
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from .abstract_type import (
    ANY,
    COMPLEX,
    DATA,
    FLOAT,
    INT,
    NEVER,
    PLAIN,
    STR,
    AbstractType,
    ArrayType,
    DataType,
    DictType,
    ExactType,
    IteratorType,
    ListType,
    NeverType,
    PlainType,
    SetType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .comparisons import compare, hash_of
from .lattice import join, members, tuple_element, widen
from .ledger import Inference
from .operations import (
    DATA_FORMS,
    PLAIN_FORMS,
    SAMPLES,
    SEE_CONTEXT,
    VALUE_SAMPLES,
    array_operation,
    call_dunder,
    first_or_any,
    is_builtin,
    merged,
    pure,
    unknown,
)
from .summary import Summary
from .text import formatted

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "matmul": operator.matmul,
}
UNARY: dict[str, Callable[[Any], Any]] = {"neg": operator.neg, "pos": operator.pos, "invert": operator.invert}


def binary(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    """`left <op> right`."""
    left, right = widen(left), widen(right)
    if isinstance(left, ExactType) and isinstance(right, ExactType):
        known = _scalar_binary(name, left.cls, right.cls) or _value_binary(name, left.cls, right.cls)
        if known is not None:
            return known
    if isinstance(left, UnionType) or isinstance(right, UnionType):
        pairs = itertools.product(members(left), members(right))
        return merged(binary(name, a, b, inference) for a, b in pairs)
    if name == "mod" and left in (STR, PLAIN, DATA):
        return _modulo(left, right, inference)
    if is_builtin(left) and is_builtin(right):
        return _builtin_binary(name, left, right, inference)
    if isinstance(left, ArrayType) or isinstance(right, ArrayType):
        return array_operation(f"`{name}`", left, right)
    return _dunder_binary(name, left, right, inference)


def _modulo(left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    """`%` of what may be text: it formats the right operand."""
    result = STR if left == STR else left
    found = merged((formatted(right, inference), pure(result, left)), result)
    if left == STR or is_builtin(right):
        return found
    return merged((found, _dunder_binary("mod", left, right, inference)), ANY)


@lru_cache(maxsize=4096)
def _scalar_binary(name: str, left: type, right: type) -> Summary | None:
    if left not in SAMPLES or right not in SAMPLES or (name == "mod" and left in (str, bytes)):
        return pure(STR) if (left, right) in ((str, str), (str, int), (str, float), (str, bool)) else None
    found: AbstractType = NEVER
    for a, b in itertools.product(SAMPLES[left], SAMPLES[right]):
        try:
            found = join(found, ExactType(type(BINARY[name](a, b))))
        except (TypeError, ZeroDivisionError, ValueError, OverflowError):
            continue
    return pure(found)


@lru_cache(maxsize=4096)
def _value_binary(name: str, left: type, right: type) -> Summary | None:
    """An operator between values of the standard library, or one and a number."""
    samples = {**SAMPLES, **VALUE_SAMPLES}
    if left not in samples or right not in samples or not (left in VALUE_SAMPLES or right in VALUE_SAMPLES):
        return None
    pairs = itertools.product(samples[left], samples[right])
    return _value_operation(left, right, found=_tried(lambda a, b: BINARY[name](a, b), pairs))


def _tried(operation: Callable[..., Any], operands: Iterable[tuple[Any, ...]]) -> AbstractType:
    """The classes of what an operation gives for these operands; nothing where it raises."""
    found: AbstractType = NEVER
    with decimal.localcontext():  # exact numbers note there what has happened to them
        for each in operands:
            try:
                found = join(found, ExactType(type(operation(*each))))
            except (TypeError, ValueError, ArithmeticError):
                continue
    return found


def _value_operation(*classes: type, found: AbstractType) -> Summary:
    summary = pure(found)
    if SEE_CONTEXT.isdisjoint(classes):
        return summary
    return summary.replace(sees_writes=True, sees=frozenset(((None, "context"),)))


def _builtin_binary(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    if isinstance(left, NeverType) or isinstance(right, NeverType):
        return pure(NEVER)
    if {left, right} == {DATA} or {left, right} == {DATA, PLAIN}:
        return pure(DATA, left, right, retains=True)
    if isinstance(left, (PlainType, DataType)) or isinstance(right, (PlainType, DataType)):
        pairs = itertools.product(*(_FORMS.get(type(one), (one,)) for one in (left, right)))
        return merged(binary(name, a, b, inference) for a, b in pairs)
    match name, left, right:
        case "add", ListType(element=a), ListType(element=b):
            return pure(ListType(join(a, b)), left, right, retains=True)
        case "add", TupleType(elements=a), TupleType(elements=b):
            return pure(TupleType((*a, *b)), left, right, retains=True)
        case "add", (TupleType() | TupleOfType()), (TupleType() | TupleOfType()):
            return pure(TupleOfType(join(tuple_element(left), tuple_element(right))), left, right, retains=True)
        case "mul", (ListType() | TupleType() | TupleOfType()), ExactType(cls=cls) if cls in (int, bool):
            return pure(_repeated(left), left, retains=True)
        case "mul", ExactType(cls=cls), (ListType() | TupleType() | TupleOfType()) if cls in (int, bool):
            return pure(_repeated(right), left, right, retains=True)
        case "or", DictType(key=k, value=v), DictType(key=l, value=w):
            hashed = merged([hash_of(k, inference), hash_of(l, inference), compare("eq", k, l, inference)], NEVER)
            return merged((hashed, pure(DictType(join(k, l), join(v, w)), left, right, retains=True)))
        case (("or" | "and" | "xor" | "sub"), SetType(element=a, frozen=frozen), SetType(element=b)):
            hashed = merged((compare("eq", a, b, inference), hash_of(a, inference), hash_of(b, inference)), NEVER)
            return merged((hashed, pure(SetType(join(a, b), frozen), left, right, retains=True)))
        case _:
            if isinstance(left, IteratorType) or isinstance(right, IteratorType):
                return unknown(f"`{name}` of {left} and {right}", left, right)  # dict views are sets
            return pure(NEVER)


_FORMS: dict[type[AbstractType], tuple[AbstractType, ...]] = {PlainType: PLAIN_FORMS, DataType: DATA_FORMS}


def _repeated(one: AbstractType) -> AbstractType:
    return one if isinstance(one, ListType) else TupleOfType(tuple_element(one))


def _dunder_binary(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    found = []
    if not is_builtin(left):
        found.append(call_dunder(f"__{name}__", left, (right,), inference))
    if not is_builtin(right):
        reflected = call_dunder(f"__r{name}__", right, (left,), inference)
        found.append(None if reflected is None else reflected.renamed({0: 1, 1: 0}))
    return first_or_any(found, f"`{name}` of {left} and {right}", left, right)


def unary(name: str, operand: AbstractType, inference: Inference) -> Summary:
    """`-x`, `+x` or `~x`."""
    found = []
    for part in members(widen(operand)):
        if isinstance(part, (PlainType, DataType)):
            complex_too = (COMPLEX,) if isinstance(part, DataType) else ()
            found.append(pure(UnionType(frozenset((INT, FLOAT, *complex_too)))))
        elif is_builtin(part):
            cls = part.cls if isinstance(part, ExactType) else None
            found.append(pure(_scalar_unary(name, cls) if cls else NEVER))
        elif isinstance(part, ArrayType):
            found.append(array_operation(f"`{name}`", part))
        elif isinstance(part, ExactType) and part.cls in VALUE_SAMPLES:
            operands = ((one,) for one in VALUE_SAMPLES[part.cls])
            found.append(_value_operation(part.cls, found=_tried(UNARY[name], operands)))
        else:
            found.append(call_dunder(f"__{name}__", part, (), inference) or pure(NEVER))
    return merged(found)


@lru_cache(maxsize=64)
def _scalar_unary(name: str, cls: type) -> AbstractType:
    found: AbstractType = NEVER
    for sample in SAMPLES[cls]:
        operand = int(sample) if cls is bool else sample  # Python warns of `~` of a bool, and gives what an int gives
        try:
            found = join(found, ExactType(type(UNARY[name](operand))))
        except TypeError:
            continue
    return found
