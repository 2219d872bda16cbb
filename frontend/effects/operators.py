"""Types and effects of Python's operators on abstract types.

In: an operator's name and operand types. Out: a `Summary` whose parameters are the operands by index. Builtin classes
follow rules (scalars: found by trying the operator on samples); classes written in Python run their dunder methods.
"""

from __future__ import annotations

import itertools
import operator
import types
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NONE,
    PLAIN,
    STR,
    AbstractType,
    ArrayType,
    CaughtType,
    DictType,
    ExactType,
    InstanceType,
    IteratorType,
    ListType,
    NeverType,
    PlainType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
    join,
    join_all,
    members,
    tuple_element,
    widen,
)
from .array_results import is_array_data, numpy_value
from .contents import kinds, plain_form
from .ledger import Inference
from .scope import class_view
from .summary import EVERYTHING, Guard, Summary
from .type_of import has_plain_attributes

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
COMPARISONS = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
UNARY: dict[str, Callable[[Any], Any]] = {"neg": operator.neg, "pos": operator.pos, "invert": operator.invert}

_SAMPLES: dict[type, tuple[Any, ...]] = {
    int: (0, 1, 2, -3),
    float: (0.0, 1.5, -2.5),
    bool: (False, True),
    complex: (0j, 1 + 2j),
    str: ("", "a"),
    bytes: (b"", b"a"),
    type(None): (None,),
    type(...): (...,),
    range: (range(0), range(3)),
}
PLAIN_FORMS = (STR, INT, FLOAT, BOOL, NONE, ListType(PLAIN), DictType(STR, PLAIN))
_BUILTIN = (ListType, DictType, SetType, TupleType, TupleOfType, PlainType, NeverType, IteratorType)


def is_builtin(type_: AbstractType) -> bool:
    """Whether the class of all values is a builtin one, whose own operators run no user code (elements' may)."""
    if isinstance(type_, ExactType):
        return type_.cls in _SAMPLES
    if isinstance(type_, UnionType):
        return all(map(is_builtin, type_.members))
    return isinstance(type_, _BUILTIN)


def pure(result: AbstractType, *operands: AbstractType, deeply: bool = False, retains: bool = False) -> Summary:
    """A pure operation that looks at the mutable ones of its operands."""
    sees = frozenset((i, kind) for i, one in enumerate(operands) for kind in kinds(one, deeply))
    kept = frozenset(range(len(operands))) if retains else frozenset()
    return Summary(Effect.PURE, bool(sees), result=result, retains=kept, fresh=True, builds=True, sees=sees)


def unknown(what: str, *operands: AbstractType) -> Summary:
    """An operation that may run code that isn't known."""
    everything = frozenset(range(len(operands)))
    touches = frozenset((index, EVERYTHING) for index in (None, *everything))
    return Summary(
        Effect.ORDERED,
        True,
        mutates=everything,
        retains=everything,
        reason=f"unknown type: {what}",
        unknown_types=True,
        sees=touches,
        writes=touches,
        unsettles=frozenset((EVERYTHING,)),
    )


def merged(summaries: Iterable[Summary], result: AbstractType | None = None) -> Summary:
    """One of these happens, or several of them."""
    found = list(summaries)
    first = max(found, key=lambda s: (s.effect, not s.unknown_types))
    return Summary(
        first.effect,
        any(s.sees_writes for s in found),
        any(s.external for s in found),
        join_all(s.result for s in found) if result is None else result,
        frozenset().union(*(s.mutates for s in found)),
        frozenset().union(*(s.retains for s in found)),
        sum(s.num_external_sites for s in found),
        any(s.has_array_work for s in found),
        first.reason,
        first.remedy,
        frozenset().union(*(s.guards for s in found)),
        first.unknown_types,
        all(s.fresh for s in found),
        all(s.builds for s in found),
        frozenset().union(*(s.sees for s in found)),
        frozenset().union(*(s.writes for s in found)),
        frozenset().union(*(s.unsettles for s in found)),
        first.waits,
    )


def binary(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    """`left <op> right`."""
    left, right = widen(left), widen(right)
    if isinstance(left, ExactType) and isinstance(right, ExactType):
        known = _scalar_binary(name, left.cls, right.cls)
        if known is not None:
            return known
    if isinstance(left, UnionType) or isinstance(right, UnionType):
        pairs = itertools.product(members(left), members(right))
        return merged(binary(name, a, b, inference) for a, b in pairs)
    if name == "mod" and left in (STR, PLAIN):
        return merged((formatted(right, inference), pure(_plain_or(left, STR))), _plain_or(left, STR))
    if is_builtin(left) and is_builtin(right):
        return _builtin_binary(name, left, right, inference)
    if isinstance(left, ArrayType) or isinstance(right, ArrayType):
        return _array_operation(f"`{name}`", left, right)
    return _dunder_binary(name, left, right, inference)


@lru_cache(maxsize=4096)
def _scalar_binary(name: str, left: type, right: type) -> Summary | None:
    if left not in _SAMPLES or right not in _SAMPLES or (name == "mod" and left in (str, bytes)):
        return pure(STR) if (left, right) in ((str, str), (str, int), (str, float), (str, bool)) else None
    found: AbstractType = NEVER
    for a, b in itertools.product(_SAMPLES[left], _SAMPLES[right]):
        try:
            found = join(found, ExactType(type(BINARY[name](a, b))))
        except (TypeError, ZeroDivisionError, ValueError, OverflowError):
            continue
    return pure(found)


def _plain_or(one: AbstractType, exact: AbstractType) -> AbstractType:
    return PLAIN if isinstance(one, PlainType) else exact


def _builtin_binary(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    if isinstance(left, NeverType) or isinstance(right, NeverType):
        return pure(NEVER)
    if isinstance(left, PlainType) or isinstance(right, PlainType):
        pairs = itertools.product(*(PLAIN_FORMS if isinstance(one, PlainType) else (one,) for one in (left, right)))
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
        case ("or" | "and" | "xor" | "sub"), SetType(element=a, frozen=frozen), SetType(element=b):
            hashed = merged((compare("eq", a, b, inference), hash_of(a, inference), hash_of(b, inference)), NEVER)
            return merged((hashed, pure(SetType(join(a, b), frozen), left, right, retains=True)))
        case _:
            if isinstance(left, IteratorType) or isinstance(right, IteratorType):
                return unknown(f"`{name}` of {left} and {right}", left, right)  # dict views are sets
            return pure(NEVER)


def _repeated(one: AbstractType) -> AbstractType:
    return one if isinstance(one, ListType) else TupleOfType(tuple_element(one))


def _array_operation(what: str, *operands: AbstractType) -> Summary:
    arrays = [one for one in operands if isinstance(one, ArrayType)]
    cls = next((a.cls for a in arrays if a.cls.__module__.startswith("jax")), arrays[0].cls)
    for one in operands:
        if not is_array_data(one):
            return unknown(f"{what} of {one}", *operands)
    shaped = cls.__module__.startswith("jax") or any(a.shape for a in arrays)
    summary = pure(ArrayType(cls) if shaped else numpy_value(), *operands)
    return summary.replace(has_array_work=True)


def is_numpy_scalar(cls: type) -> bool:
    """Whether a class is one of NumPy's own scalar classes."""
    return cls.__module__.startswith("numpy") and any(base.__name__ == "generic" for base in cls.__mro__)


def dunder(cls: type, name: str) -> Any:
    """What a class defines for a special method, as Python's type slots find it."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def call_dunder(name: str, receiver: AbstractType, others: tuple[AbstractType, ...], inference: Inference) -> Summary | None:
    """The summary of a special method of an instance; None where its class has none."""
    if isinstance(receiver, NeverType):
        return pure(NEVER)
    if not isinstance(receiver, InstanceType):
        return unknown(f"`{name}` of {receiver}", receiver, *others)
    method = dunder(receiver.cls, name)
    if method is None:
        return None
    if isinstance(method, types.FunctionType):
        summary = inference.call(method, (receiver, *others), {})
        return summary.replace(guards=summary.guards | {Guard(class_view(receiver.cls), name, method)})
    return unknown(f"`{name}` of {receiver}", receiver, *others)


def _dunder_binary(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    found = []
    if not is_builtin(left):
        found.append(call_dunder(f"__{name}__", left, (right,), inference))
    if not is_builtin(right):
        reflected = call_dunder(f"__r{name}__", right, (left,), inference)
        found.append(None if reflected is None else reflected.renamed({0: 1, 1: 0}))
    return _first_or_any(found, f"`{name}` of {left} and {right}", left, right)


def _first_or_any(found: list[Summary | None], what: str, *operands: AbstractType) -> Summary:
    """The join of the methods that may run; a result that may be `NotImplemented` makes the type unknown."""
    some = [one for one in found if one is not None]
    if not some:
        return pure(NEVER)
    joined = merged(some)
    not_implemented = any(isinstance(part, StaticType | AbstractType) and part is ANY for part in members(joined.result))
    return joined.replace(result=ANY) if not_implemented else joined


def compare(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    """`left <op> right` for one of the six comparisons."""
    left, right = widen(left), widen(right)
    if isinstance(left, UnionType) or isinstance(right, UnionType):
        return merged(compare(name, a, b, inference) for a, b in itertools.product(members(left), members(right)))
    if isinstance(left, StaticType) or isinstance(right, StaticType):
        return _compare_static(left, right, inference, name)
    if is_builtin(left) and is_builtin(right):
        inner = [pure(BOOL, left, right)]
        if type(left) is type(right) or {left, right} & {PLAIN} or not {type(left), type(right)} & {ExactType}:
            for a, b in _paired_elements(left, right):
                inner.append(compare("eq", a, b, inference))
                if name not in ("eq", "ne") and not isinstance(left, (SetType, DictType)):
                    inner.append(compare(name, a, b, inference))
        return merged(inner, BOOL)
    if isinstance(left, ArrayType) or isinstance(right, ArrayType):
        return _array_operation(f"`{name}`", left, right)
    return _dunder_compare(name, left, right, inference)


def _compare_static(left: AbstractType, right: AbstractType, inference: Inference, name: str) -> Summary:
    """Functions, builtins and modules compare by identity; classes by their metaclass."""
    for one in (left, right):
        held = one.value if isinstance(one, StaticType) else None
        plain = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
        if isinstance(one, StaticType) and not (isinstance(held, plain) or type(held) is type):
            return unknown(f"`{name}` of {left} and {right}", left, right)
    others = [one for one in (left, right) if not isinstance(one, StaticType)]
    if all(is_builtin(one) for one in others):
        return pure(BOOL)
    return _dunder_compare(name, left, right, inference)


def _paired_elements(left: AbstractType, right: AbstractType) -> list[tuple[AbstractType, AbstractType]]:
    if isinstance(left, PlainType) or isinstance(right, PlainType):
        left, right = (PLAIN if isinstance(one, PlainType) else one for one in (left, right))
        inner = [part for one in (left, right) for part in _parts(one)]
        return [(part, PLAIN) for part in inner]
    if isinstance(left, TupleType) and isinstance(right, TupleType):
        return list(zip(left.elements, right.elements, strict=False))
    return [(a, b) for a, b in zip(_parts(left), _parts(right), strict=False)]


def _parts(one: AbstractType) -> tuple[AbstractType, ...]:
    match one:
        case ListType(element=element) | SetType(element=element) | TupleOfType(element=element):
            return (element,)
        case IteratorType(element=element):
            return (element,)
        case TupleType():
            return (tuple_element(one),)
        case DictType(key=key, value=value):
            return (key, value)
        case _:
            return ()


def _dunder_compare(name: str, left: AbstractType, right: AbstractType, inference: Inference) -> Summary:
    found: list[Summary | None] = []
    for one, other, method, keys in (
        (left, right, name, {0: 0, 1: 1}),
        (right, left, COMPARISONS[name], {0: 1, 1: 0}),
    ):
        if is_builtin(one) or isinstance(one, StaticType):
            continue
        if name == "ne" and isinstance(one, InstanceType) and dunder(one.cls, "__ne__") is vars(object)["__ne__"]:
            method = "eq"
        summary = _own_comparison(method, one, other, inference)
        found.append(None if summary is None else summary.renamed(keys))
    result = _first_or_any(found, f"`{name}`", left, right)
    defined = [one for one in found if one is not None]
    return pure(BOOL) if not defined and name in ("eq", "ne") else result


def _own_comparison(name: str, one: AbstractType, other: AbstractType, inference: Inference) -> Summary | None:
    if isinstance(one, InstanceType):
        method = dunder(one.cls, f"__{name}__")
        if method is vars(object).get(f"__{name}__"):
            return None
        if name == "eq" and is_generated(method) and getattr(one.cls, "__dataclass_params__", None):
            return _fields_summary(one, BOOL, lambda a: compare("eq", a, a, inference))
    if isinstance(one, ExactType):
        return pure(BOOL, one, other) if one.cls in KNOWN_VALUE_CLASSES and _is_value(other) else unknown(
            f"`{name}` of {one}", one, other
        )
    return call_dunder(f"__{name}__", one, (other,), inference)


def _is_value(one: AbstractType) -> bool:
    return is_builtin(one) or (isinstance(one, ExactType) and one.cls in KNOWN_VALUE_CLASSES)


KNOWN_VALUE_CLASSES: set[type] = set()
"""Library classes whose comparisons, hashes and text are pure; the library table fills it."""


def is_generated(method: object) -> bool:
    """Whether `dataclasses` wrote a method."""
    return isinstance(method, types.FunctionType) and method.__code__.co_filename == "<string>"


def _fields_summary(
    one: InstanceType, result: AbstractType, each: Callable[[AbstractType], Summary]
) -> Summary:
    """A dataclass's generated method: it does `each` to every field."""
    held = dict(one.attributes)
    names = getattr(one.cls, "__dataclass_fields__", {})
    if not has_plain_attributes(one.cls):
        return unknown(f"fields of {one}", one, one)
    inner = [each(held.get(name, ANY)) for name in names]
    seen = frozenset((0, f"attr:{name}") for name in names) | frozenset((1, f"attr:{name}") for name in names)
    return merged([Summary(Effect.PURE, True, result=result, fresh=True, sees=seen), *inner], result)


def truth(one: AbstractType, inference: Inference) -> Summary:
    """`bool(one)`."""
    parts = [_truth(widen(part), inference) for part in members(one)]
    return parts[0] if len(parts) == 1 else merged(parts, BOOL)


def _truth(one: AbstractType, inference: Inference) -> Summary:
    if is_builtin(one):
        return pure(BOOL, one)
    if isinstance(one, StaticType):
        plain = isinstance(one.value, (types.FunctionType, types.BuiltinFunctionType, types.ModuleType))
        return pure(BOOL) if plain or type(one.value) is type else unknown(f"truth of {one}", one)
    if isinstance(one, ExactType) and (one.cls in KNOWN_VALUE_CLASSES or is_numpy_scalar(one.cls)):
        return pure(BOOL, one)
    if plain_form(one) is not one:
        return pure(BOOL, one)
    if isinstance(one, ArrayType):
        return _array_operation("truth", one).replace(result=BOOL)
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
        if isinstance(part, (TupleType, TupleOfType)) or (isinstance(part, SetType) and part.frozen):
            parts.append(merged([pure(INT), *(hash_of(e, inference) for e in _parts(part))], INT))
        elif is_builtin(part) or isinstance(part, StaticType):
            known = not isinstance(part, StaticType) or type(part.value) in (type, types.FunctionType)
            parts.append(pure(INT) if known else unknown(f"hash of {part}", part))
        elif (isinstance(part, ExactType) and part.cls in KNOWN_VALUE_CLASSES) or (isinstance(part, InstanceType) and dunder(part.cls, "__hash__") is vars(object)["__hash__"]):
            parts.append(pure(INT))
        elif isinstance(part, InstanceType) and is_generated(dunder(part.cls, "__hash__")):
            parts.append(_fields_summary(part, INT, lambda a: hash_of(a, inference)))
        else:
            parts.append(call_dunder("__hash__", part, (), inference) or pure(NEVER))
    return merged(parts, INT)


def unary(name: str, operand: AbstractType, inference: Inference) -> Summary:
    """`-x`, `+x` or `~x`."""
    found = []
    for part in members(widen(operand)):
        if isinstance(part, PlainType):
            found.append(pure(UnionType(frozenset((INT, FLOAT)))))
        elif is_builtin(part):
            cls = part.cls if isinstance(part, ExactType) else None
            found.append(pure(_scalar_unary(name, cls) if cls else NEVER))
        elif isinstance(part, ArrayType):
            found.append(_array_operation(f"`{name}`", part))
        else:
            found.append(call_dunder(f"__{name}__", part, (), inference) or pure(NEVER))
    return merged(found)


@lru_cache(maxsize=64)
def _scalar_unary(name: str, cls: type) -> AbstractType:
    found: AbstractType = NEVER
    for sample in _SAMPLES[cls]:
        try:
            found = join(found, ExactType(type(UNARY[name](sample))))
        except TypeError:
            continue
    return found


def formatted(one: AbstractType, inference: Inference, how: str = "str") -> Summary:
    """`str(one)`, `repr(one)` or `format(one, ...)`: their code is the class's own, for containers their elements' too."""
    parts = [_formatted(widen(part), inference, how) for part in members(one)]
    return parts[0] if len(parts) == 1 else merged(parts, STR)


def _formatted(one: AbstractType, inference: Inference, how: str) -> Summary:
    if isinstance(one, ExactType) and (one.cls in _SAMPLES or one.cls in KNOWN_VALUE_CLASSES or is_numpy_scalar(one.cls)):
        return pure(STR)
    if isinstance(one, (PlainType, NeverType)):
        return pure(STR, one)
    if is_builtin(one):
        return merged([pure(STR, one), *(formatted(part, inference, "repr") for part in _parts(one))], STR)
    if isinstance(one, StaticType):
        plain = isinstance(one.value, (types.FunctionType, types.BuiltinFunctionType, types.ModuleType))
        return pure(STR) if plain or type(one.value) is type else unknown(f"text of {one}", one)
    if isinstance(one, ArrayType):
        return pure(STR, one)
    if isinstance(one, CaughtType):
        return pure(STR)
    if not isinstance(one, InstanceType):
        return unknown(f"text of {one}", one)
    return _instance_text(one, inference, how)


def _instance_text(one: InstanceType, inference: Inference, how: str) -> Summary:
    found = []
    for name in {"str": ("__str__", "__repr__"), "repr": ("__repr__",), "format": ("__format__", "__str__", "__repr__")}[how]:
        method = dunder(one.cls, name)
        if method is vars(object)[name]:
            continue
        if name == "__repr__" and is_wrapped_repr(method) and getattr(one.cls, "__dataclass_params__", None):
            return _fields_summary(one, STR, lambda a: formatted(a, inference, "repr"))
        others = (STR,) if name == "__format__" else ()
        found.append(call_dunder(name, one, others, inference))
        break
    return _first_or_any(found, "text", one).replace(result=STR) if found else pure(STR)


def is_wrapped_repr(method: object) -> bool:
    """Whether `dataclasses` wrote a `__repr__` (it wraps it against recursion)."""
    inner = getattr(method, "__wrapped__", None)
    return is_generated(inner) or is_generated(method)

