"""Methods and attributes of arrays: what calling or loading them does and gives."""

from __future__ import annotations

import sys
from typing import Any

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    BOOL,
    BYTES,
    FLOAT,
    INT,
    NONE,
    STR,
    AbstractType,
    ArrayType,
    ExactType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .array_names import may_be_view
from .array_results import (
    COMPLEX,
    Named,
    Rule,
    Types,
    array_kind,
    is_jax,
    jax_array,
    nested_lists,
    numpy_array,
    numpy_value,
    python_number,
)
from .array_table import MAX_OPERANDS
from .known import TABLE, KnownCallable
from .summary import ParameterKey

_IN_PLACE = frozenset(
    "fill itemset partition put resize setfield setflags sort byteswap tofile dump delete __setstate__ __iadd__ "
    "__isub__ __imul__ __itruediv__ __ifloordiv__ __imod__ __ipow__ __imatmul__ __iand__ __ior__ __ixor__ "
    "__ilshift__ __irshift__ __setitem__ __delitem__".split()
)
_PLACE_OF_OUT = {
    **dict.fromkeys(("dot", "all", "any", "argmax", "argmin", "max", "min", "ptp", "round", "choose"), 2),
    **dict.fromkeys(("sum", "mean", "prod", "std", "var", "cumsum", "cumprod", "take", "clip", "compress"), 3),
    "trace": 5,
}
"""The position of `out` in calls of a method with its receiver as argument 0; `all(axis, out)` has it at 2."""

FACTS = frozenset(("shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides", "weak_type"))
"""Attributes that say what an array is like: loading them computes nothing."""
_SAME_KIND = frozenset(("T", "mT", "real", "imag"))
_INTEGER_FACTS = frozenset(("ndim", "size", "itemsize", "nbytes"))


def _item(args: Types, kwargs: Named) -> AbstractType:
    return python_number(args[0]) if isinstance(args[0], ArrayType) else ANY


def _lists(args: Types, kwargs: Named) -> AbstractType:
    return nested_lists(args[0]) if isinstance(args[0], ArrayType) else ANY


def _own(args: Types, kwargs: Named) -> AbstractType:
    return args[0]


def _many_arrays(args: Types, kwargs: Named) -> AbstractType:
    return TupleOfType(jax_array() if is_jax(args[0]) else numpy_value())


_RESULTS: dict[str, Rule | AbstractType] = {
    "item": _item,
    "tolist": _lists,
    "nonzero": _many_arrays,
    "tobytes": BYTES,
    "dumps": BYTES,
    "block_until_ready": _own,
    "is_ready": BOOL,
    "is_deleted": BOOL,
    "copy_to_host_async": NONE,
    "__complex__": COMPLEX,
    "__float__": FLOAT,
    **dict.fromkeys(("__len__", "__int__", "__index__", "__sizeof__", "on_device_size_in_bytes"), INT),
    **dict.fromkeys(("__bool__", "__contains__"), BOOL),
    **dict.fromkeys(("__str__", "__repr__", "__format__", "__hex__", "__oct__"), STR),
    **dict.fromkeys(("devices", "addressable_data", "platform", "traceback", "unsafe_buffer_pointer"), ANY),
}
_OPERATORS = frozenset(
    "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor radd rsub rmul rtruediv rfloordiv rmod rpow "
    "rmatmul rlshift rrshift rand ror rxor eq ne lt le gt ge neg pos abs invert getitem copy deepcopy round".split()
)
"""The methods with underscores around their names that give arrays; what others give isn't followed."""


def _result_of(name: str, *, is_of_jax: bool) -> Rule | AbstractType:
    """What a method gives. JAX's functions are methods, too: what they are called with needn't be an array of JAX's."""
    found = _RESULTS.get(name)
    if found is not None:
        return found
    if name.startswith("__") and name.strip("_") not in _OPERATORS:
        return ANY
    return jax_array() if is_of_jax else numpy_value()


def method_entry(function: object) -> KnownCallable | None:
    """The entry of a method of NumPy's or JAX's arrays, which is found in their classes."""
    name = _names().get(id(function))
    if name is None:
        return _update_entry(function)
    is_of_jax = name.startswith("jax.")
    name = name.removeprefix("jax.")
    if name in _IN_PLACE and not (is_of_jax and name not in ("delete",)):
        return KnownCallable(array="numpy", mutates=frozenset((0,)), retains=frozenset((0, 1)), fresh=False)
    kind, result = ("jax" if is_of_jax else "numpy"), _result_of(name, is_of_jax=is_of_jax)
    if is_of_jax:
        return KnownCallable(result=result, array=kind, fresh=True, uses=("any *", "any **"))
    out: frozenset[ParameterKey] = frozenset(("out", _PLACE_OF_OUT.get(name, MAX_OPERANDS + 1)))
    is_view = may_be_view(name) or result is ANY
    return KnownCallable(
        _effect_of_copying,
        result=result,
        uses=("array *", "array **"),
        mutates=out,
        retains=out | {0} if is_view else out,
        array=kind,
        fresh=True,
    )


def _effect_of_copying(args: Types, kwargs: Named) -> Effect:
    return Effect.ORDERED if "copy" in kwargs or len(args) > 5 else Effect.PURE


_UPDATES = "_IndexUpdateRef."
_method_names: dict[int, str] = {}
_methods_of: set[type] = set()


def _names() -> dict[int, str]:
    """The methods of the array classes that are loaded, by identity; JAX's have its name in front."""
    numpy, jax = sys.modules.get("numpy"), sys.modules.get("jax._src.array")
    classes = [(cls, "") for cls in ((numpy.ndarray, numpy.generic) if numpy is not None else ())]
    if (cls := getattr(jax, "ArrayImpl", None)) is not None:
        classes.append((cls, "jax."))
    for cls, root in classes:
        if cls not in _methods_of:
            for name, member in vars(cls).items():
                is_private = name.startswith("_") and not name.startswith("__")
                if callable(member) and not is_private and not isinstance(member, type):
                    _method_names[id(member)] = root + name
            _methods_of.add(cls)
    return _method_names


def _update_entry(function: object) -> KnownCallable | None:
    """`x.at[i].set(y)` and its siblings."""
    owner = getattr(function, "__qualname__", "")
    is_update = getattr(function, "__module__", None) == "jax._src.numpy.array_methods" and owner.startswith(_UPDATES)
    if not is_update or owner.endswith((".apply", ".__init__")):
        return None
    return KnownCallable(result=lambda args, kwargs: jax_array(), array="jax", uses=("any *", "any **"))


def attribute_type(array: ArrayType, name: str) -> AbstractType:
    """What an attribute of an array holds."""
    if name == "shape" or name == "strides":
        known = name == "shape" and array.shape is not None
        return TupleType((INT,) * len(array.shape)) if known and array.shape is not None else TupleOfType(INT)
    if name in _INTEGER_FACTS:
        return INT
    if name == "dtype":
        return ExactType(sys.modules["numpy"].dtype)
    if name in _SAME_KIND:
        return ArrayType(array.cls)
    if name == "at":
        found = update_classes()
        return ANY if found is None else ExactType(found[0])
    return BOOL if name == "weak_type" else ANY


def one_class(one: AbstractType) -> AbstractType:
    """The array class that stands for a union of one library's: NumPy's scalars have all that its arrays have."""
    kind = array_kind(one)
    if kind is None or not isinstance(one, UnionType):
        return one
    return numpy_array() if kind == "numpy" else jax_array()


def update_classes() -> tuple[type, type] | None:
    """The classes of `x.at` and of `x.at[i]`."""
    module: Any = sys.modules.get("jax._src.numpy.array_methods")
    helper, reference = getattr(module, "_IndexUpdateHelper", None), getattr(module, "_IndexUpdateRef", None)
    return None if helper is None or reference is None else (helper, reference)


def load() -> None:
    """Enters the rule into the table, before the rules for functions: a method's module says little."""
    TABLE.rules.insert(0, method_entry)


load()
