"""Types of what array functions and methods give: arrays of JAX's own, or NumPy's arrays and scalars.

An array whose dtype isn't known is taken to hold numbers; arrays of objects are told by their dtype (`type_of`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from .abstract_type import (
    ANY,
    BOOL,
    FLOAT,
    IMMUTABLE_SCALARS,
    INT,
    PLAIN,
    AbstractType,
    ArrayType,
    DataType,
    DictType,
    ExactType,
    ListType,
    NeverType,
    PlainType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .lattice import join_all, members

Types: TypeAlias = Sequence[AbstractType]
Named: TypeAlias = Mapping[str, AbstractType]
Rule: TypeAlias = Callable[[Types, Named], AbstractType]

COMPLEX = ExactType(complex)
NUMBER = UnionType(frozenset((INT, FLOAT, BOOL, COMPLEX)))
_PYTHON_NUMBERS = {"b": BOOL, "i": INT, "u": INT, "f": FLOAT, "c": COMPLEX}


def jax_array() -> AbstractType:
    """An array of JAX's; anything where JAX isn't loaded."""
    cls = getattr(sys.modules.get("jax._src.array"), "ArrayImpl", None)
    return ANY if cls is None else ArrayType(cls)


def jax_keys() -> AbstractType:
    """Random keys: arrays of numbers in the old style, of keys in the new."""
    modules = (sys.modules.get(name) for name in ("jax._src.random.prng", "jax._src.prng"))
    cls = next((found for module in modules if (found := getattr(module, "PRNGKeyArray", None)) is not None), None)
    old = jax_array()
    return old if cls is None or old is ANY else UnionType(frozenset((old, ArrayType(cls))))


def numpy_value() -> AbstractType:
    """An array of NumPy's, or one of its scalars: which of them depends on shapes."""
    numpy = sys.modules["numpy"]
    return UnionType(frozenset((ArrayType(numpy.ndarray), ArrayType(numpy.generic))))


def numpy_array() -> AbstractType:
    """An array of NumPy's; anything where NumPy isn't loaded."""
    cls = getattr(sys.modules.get("numpy"), "ndarray", None)
    return ANY if cls is None else ArrayType(cls)


def is_jax(one: AbstractType) -> bool:
    """Whether a type is that of JAX's arrays."""
    return isinstance(one, ArrayType) and one.cls.__module__.startswith("jax")


def is_array(one: AbstractType) -> bool:
    """Whether all values of a type are arrays or scalars of the array libraries."""
    return all(isinstance(part, ArrayType) for part in members(one))


def array_kind(one: AbstractType) -> str | None:
    """`jax` or `numpy` for a type whose values are all arrays or scalars of one library; else None."""
    kinds = {("jax" if is_jax(part) else "numpy") if isinstance(part, ArrayType) else None for part in members(one)}
    return kinds.pop() if len(kinds) == 1 else None


def is_array_data(one: AbstractType) -> bool:
    """Whether NumPy takes an operand as data: no class of its own that could have a say in what is done with it."""
    match one:
        case UnionType(members=parts):
            return all(map(is_array_data, parts))
        case ListType(element=element) | TupleOfType(element=element):
            return is_array_data(element)
        case TupleType(elements=elements):
            return all(map(is_array_data, elements))
        case StaticType(value=held):
            return isinstance(held, type) or type(held) in IMMUTABLE_SCALARS
        case ExactType(cls=cls):
            return cls in IMMUTABLE_SCALARS or cls is slice or cls.__module__.partition(".")[0] == "numpy"
        case _:
            return isinstance(one, (ArrayType, PlainType, DataType, NeverType))


def traced_type(one: AbstractType) -> AbstractType:
    """An argument as a function under `jax.jit` sees it: numbers and NumPy's arrays are JAX's arrays there."""
    match one:
        case ArrayType() if not is_jax(one):
            return jax_array()
        case ExactType(cls=cls) if cls in (int, float, bool, complex):
            return jax_array()
        case StaticType(value=held) if type(held) in (int, float, bool, complex):
            return jax_array()
        case UnionType(members=parts):
            return join_all(map(traced_type, parts))
        case ListType(element=inner):
            return ListType(traced_type(inner))
        case TupleOfType(element=inner):
            return TupleOfType(traced_type(inner))
        case TupleType(elements=elements):
            return TupleType(tuple(map(traced_type, elements)))
        case DictType(key=key, value=held):
            return DictType(key, traced_type(held))
        case _:
            return one


def staged_result(one: AbstractType) -> AbstractType:
    """What `jax.jit` gives where the function itself gives a value of this type."""
    match one:
        case UnionType(members=parts):
            return join_all(map(staged_result, parts))
        case ListType(element=inner):
            return ListType(staged_result(inner))
        case TupleOfType(element=inner):
            return TupleOfType(staged_result(inner))
        case TupleType(elements=elements):
            return TupleType(tuple(map(staged_result, elements)))
        case DictType(key=key, value=held):
            return DictType(key, staged_result(held))
        case NeverType():
            return one
        case ExactType(cls=cls) if cls is type(None):
            return one
        case _:
            return jax_array() if traced_type(one) == jax_array() or is_jax(one) else ANY


def python_number(array: ArrayType) -> AbstractType:
    """The Python number that an element becomes (`item`, `tolist`)."""
    name = array.dtype
    if name is None:
        return NUMBER
    kind = "f" if name.startswith(("bfloat", "float")) else "b" if name == "bool" else name[0]
    return _PYTHON_NUMBERS.get(kind, ANY)


def nested_lists(array: ArrayType) -> AbstractType:
    """What `tolist` gives; of unknown shape, plain data, as complex numbers count here: they run no code."""
    number = python_number(array)
    if array.shape is None:
        return PLAIN if number is not ANY else ANY
    for _ in array.shape:
        number = ListType(number)
    return number


def element(array: ArrayType) -> AbstractType:
    """What iterating an array gives."""
    if is_jax(array):
        return ArrayType(array.cls, array.dtype, None if array.shape is None else array.shape[1:])
    return numpy_value()
