"""Array functions: everything of JAX that computes, and NumPy's functions that neither draw, print nor write in place.

A rule, not a list: functions are recognised by the module that they come from, and only once that library is loaded.
"""

from __future__ import annotations

import re
import sys
import types
from typing import Any

from ...diagnostics.effect import Effect
from .abstract_type import ANY
from .array_results import NOT_ONE_ARRAY, jax_result, numpy_result
from .known import TABLE, KnownCallable
from .source import is_library

JAX_ROOTS = ("jax.numpy", "jax.lax", "jax.nn", "jax.scipy", "jax.random", "jax.image", "jax.ops")
JAX_MODULES = ("jax._src.numpy", "jax._src.lax", "jax._src.nn", "jax._src.scipy", "jax._src.random", "jax._src.image")
_EFFECTFUL = frozenset(("callback", "debug", "debugging", "savez", "io", "print", "save", "load", "file", "profiler", "distributed", "seed"))
_TAKES_CALLABLE = frozenset(
    "cond scan while_loop fori_loop map switch associative_scan vectorize apply_along_axis apply_over_axes piecewise "
    "fromfunction fromiter frompyfunc custom_root custom_linear_solve reduce reduce_window".split()
)
_NUMPY_ORDERED = frozenset(
    "copyto put put_along_axis place putmask fill_diagonal save savez savez_compressed savetxt load loadtxt genfromtxt "
    "fromfile memmap seterr seterrcall setbufsize set_printoptions random shuffle nditer show_config info test "
    "asarray_chkfinite open_memmap errstate getbufsize printoptions set_numeric_ops".split()
)


# JAX's functions take what they are given as arrays, or raise: no operand's own code counts.
JAX_CALL = KnownCallable(result=ANY, array="jax", fresh=True, uses=("any *", "any **"))
JAX_ARRAY_CALL = KnownCallable(result=jax_result, array="jax", fresh=True, uses=("any *", "any **"))
NUMPY_CALL = KnownCallable(result=ANY, array="numpy", fresh=False, retains=frozenset(range(8)))
NUMPY_VALUE_CALL = KnownCallable(result=numpy_result, array="numpy", fresh=False, retains=frozenset(range(8)))
IN_PLACE = KnownCallable(
    Effect.ORDERED, array="numpy", uses=("any *", "any **"), fresh=False, reason="a NumPy function that writes or draws"
)


def rule(function: object) -> KnownCallable | None:
    """The entry of an array function."""
    module, name = getattr(type(function), "__module__", ""), ""
    owner = _owner(function)
    if owner is None:
        return None
    module, name = owner
    if module.startswith("jax"):
        return _jax_entry(function, module, name)
    if module == "numpy" or module.startswith("numpy."):
        return _numpy_entry(function, module, name)
    return None


def _owner(function: object) -> tuple[str, str] | None:
    """The module and name that a function claims; found without running code of foreign classes."""
    kind = type(function)
    if kind.__module__.partition(".")[0] not in ("builtins", "jax", "jaxlib", "numpy", "functools", "types"):
        return None
    if kind is types.FunctionType and not is_library(function.__code__.co_filename):  # type: ignore[attr-defined]
        return None  # a wrapper that only carries the name
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", None)
    if kind.__module__ == "numpy" and kind.__name__ == "ufunc":
        return ("numpy", str(name))
    return (module, name) if isinstance(module, str) and isinstance(name, str) else None


def _jax_entry(function: object, module: str, name: str) -> KnownCallable | None:
    if _EFFECTFUL & set(re.split(r"[._]", f"{module}.{name}")):
        return None
    if not (module.startswith(JAX_MODULES) or module.startswith(JAX_ROOTS)):
        return None
    if isinstance(function, type) and not _is_scalar_maker(function):
        return None
    if name in _TAKES_CALLABLE:
        return None
    return JAX_CALL if name in NOT_ONE_ARRAY else JAX_ARRAY_CALL


def _is_scalar_maker(function: type) -> bool:
    return type(function).__name__ == "_ScalarMeta"


def _numpy_entry(function: object, module: str, name: str) -> KnownCallable | None:
    if ".random" in module or name in _NUMPY_ORDERED or name in ("at", "outer_at"):
        return IN_PLACE
    if name in _TAKES_CALLABLE or isinstance(function, type) and not _is_scalar_class(function):
        return None
    return NUMPY_CALL if name in NOT_ONE_ARRAY else NUMPY_VALUE_CALL


def _is_scalar_class(function: type) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(function, numpy.generic)


def is_compiled_jax(function: object) -> bool:
    """Whether a callable was made by `jax.jit`."""
    return type(function).__name__ == "PjitFunction" and type(function).__module__.startswith("jax")


def compiled_rule(function: object) -> KnownCallable | None:
    """What JAX's transformations make of the user's own functions is pure, by JAX's contract."""
    if isinstance(function, types.FunctionType):
        code = function.__code__
        is_made = code.co_name in _TRANSFORMED and is_library(code.co_filename) and "jax" in code.co_filename
        return JIT_CALL if is_made else None
    return JIT_CALL if is_compiled_jax(function) else None


_TRANSFORMED = frozenset(("grad_f", "value_and_grad_f", "grad_f_aux", "value_and_grad_f_aux", "vmap_f", "jacfun"))
JIT_CALL = KnownCallable(result=ANY, array="jax", fresh=True, uses=("any *", "any **"))

_NUMPY_METHODS_IN_PLACE = frozenset("fill itemset partition put resize setfield setflags sort byteswap tofile dump".split())


def array_method_rule(function: object) -> KnownCallable | None:
    """Methods of `numpy.ndarray` and of JAX's arrays."""
    owner: Any = getattr(function, "__objclass__", None)
    if owner is None or type(function).__name__ not in ("method_descriptor", "wrapper_descriptor"):
        return None
    numpy = sys.modules.get("numpy")
    if numpy is not None and owner in (numpy.ndarray, numpy.generic):
        name = getattr(function, "__name__", "")
        if name in _NUMPY_METHODS_IN_PLACE:
            return KnownCallable(array="numpy", mutates=frozenset((0,)), retains=frozenset((0, 1)), fresh=False)
        return NUMPY_CALL
    return None


def load() -> None:
    """Enters the rules into the table."""
    TABLE.rules.extend((compiled_rule, rule, array_method_rule))


load()
