"""What turning values into text does: `str`, `repr` and `format` of abstract types."""

from __future__ import annotations

import types

from .abstract_type import (
    ANY,
    STR,
    AbstractType,
    ArrayType,
    CaughtType,
    CollectionType,
    DataType,
    ExactType,
    InstanceType,
    NeverType,
    PlainType,
    StaticType,
)
from .contents import plain_form
from .enumerations import class_of_member, is_shown_plainly
from .lattice import members, widen
from .ledger import Inference
from .operations import (
    KNOWN_VALUE_CLASSES,
    SAMPLES,
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
from .summary import Summary


def formatted(one: AbstractType, inference: Inference, how: str = "str") -> Summary:
    """`str(one)`, `repr(one)` or `format(one, ...)`: the class's own code, and that of elements."""
    parts = [_formatted(widen(part), inference, how) for part in members(one)]
    return parts[0] if len(parts) == 1 else merged(parts, STR)


def _formatted(one: AbstractType, inference: Inference, how: str) -> Summary:
    if isinstance(one, ExactType) and (
        one.cls in SAMPLES or one.cls in KNOWN_VALUE_CLASSES or is_numpy_scalar(one.cls)
    ):
        return pure(STR)
    if isinstance(one, (PlainType, DataType, NeverType)):
        return pure(STR, one)
    if isinstance(one, CollectionType) and one.made is not ANY:
        one = plain_form(one)
    if is_builtin(one):
        return merged([pure(STR, one), *(formatted(part, inference, "repr") for part in parts_of(one))], STR)
    if (cls := class_of_member(one)) is not None and is_shown_plainly(cls, how):
        return pure(STR)
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
    for name in {
        "str": ("__str__", "__repr__"),
        "repr": ("__repr__",),
        "format": ("__format__", "__str__", "__repr__"),
    }[how]:
        method = dunder(one.cls, name)
        if method is vars(object)[name]:
            continue
        if name == "__repr__" and is_wrapped_repr(method) and getattr(one.cls, "__dataclass_params__", None):
            return fields_summary(one, STR, lambda a: formatted(a, inference, "repr"))
        others = (STR,) if name == "__format__" else ()
        found.append(call_dunder(name, one, others, inference))
        break
    return first_or_any(found, "text", one).replace(result=STR) if found else pure(STR)


def is_wrapped_repr(method: object) -> bool:
    """Whether `dataclasses` wrote a `__repr__` (it wraps it against recursion)."""
    inner = getattr(method, "__wrapped__", None)
    return is_generated(inner) or is_generated(method)
