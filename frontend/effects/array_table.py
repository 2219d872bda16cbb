"""Array functions: everything of JAX that computes, and NumPy's functions that neither draw, print nor write in place.

A rule, not a list: functions are recognised by the module that they come from, and only once that library is loaded.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
import types

from ...diagnostics.effect import Effect
from .abstract_type import ANY, NONE, AbstractType
from .array_names import computes, may_be_view, result_rule
from .array_results import (
    Named,
    Rule,
    Types,
    is_array_data,
    jax_array,
    numpy_value,
    staged_result,
    traced_type,
)
from .known import TABLE, KnownCallable
from .source import is_library
from .summary import ParameterKey

JAX_ROOTS = ("jax.numpy", "jax.lax", "jax.nn", "jax.scipy", "jax.random", "jax.image", "jax.ops")
JAX_MODULES = (
    "jax._src.numpy",
    "jax._src.lax",
    "jax._src.nn",
    "jax._src.scipy",
    "jax._src.random",
    "jax._src.image",
    "jax._src.ops",
    "jax._src.third_party",
)
_EFFECTFUL = frozenset(
    "callback debug debugging savez io print save load file profiler distributed seed export printoptions "
    "initializers".split()
)
_TAKES_CALLABLE = frozenset(
    "vectorize apply_along_axis apply_over_axes piecewise fromfunction fromiter frompyfunc".split()
)
_NUMPY_ORDERED = frozenset(
    "copyto put put_along_axis place putmask fill_diagonal save savez savez_compressed savetxt load loadtxt genfromtxt "
    "fromfile memmap seterr seterrcall setbufsize set_printoptions random shuffle nditer show_config info test "
    "asarray_chkfinite open_memmap errstate getbufsize printoptions set_numeric_ops".split()
)
_ANYTHING = ("any *", "any **")  # JAX takes what it is given as arrays, or raises: no operand's own code counts
_ARRAY_DATA = ("array *", "array **")
MAX_OPERANDS = 8  # positional operands that a view may share memory with

JIT_CALL = KnownCallable(result=ANY, array="jax", fresh=True, uses=_ANYTHING)
IN_PLACE = KnownCallable(
    Effect.ORDERED, array="numpy", uses=_ANYTHING, fresh=False, reason="a NumPy function that writes or draws"
)


def rule(function: object) -> KnownCallable | None:
    """The entry of an array function."""
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
    if module.startswith(("jax._src.random", "jax.random")):
        name = f"random.{name}" if name == "split" else name
    found = result_rule(name.lstrip("_"), jax_array, is_numpy=False)
    if not computes(name.lstrip("_")):
        return KnownCallable(result=ANY if found is None else found, fresh=True, uses=_ANYTHING)
    return JIT_CALL if found is None else _jax_call(found)


def _jax_call(result: Rule) -> KnownCallable:
    return KnownCallable(result=result, array="jax", fresh=True, uses=_ANYTHING)


def _is_scalar_maker(function: type) -> bool:
    return type(function).__name__ == "_ScalarMeta"


def _numpy_entry(function: object, module: str, name: str) -> KnownCallable | None:
    if ".random" in module or name in _NUMPY_ORDERED or name in ("at", "outer_at"):
        return IN_PLACE
    if name in _TAKES_CALLABLE or (isinstance(function, type) and not _is_scalar_class(function)):
        return None
    return _numpy_call(name, _place_of_out(function))


def _numpy_call(name: str, place_of_out: int | None) -> KnownCallable:
    """A NumPy function or method: it may write what is given as `out`, which it then gives back."""
    out: frozenset[ParameterKey] = frozenset(("out",)) if place_of_out is None else frozenset(("out", place_of_out))
    found = result_rule(name, numpy_value, is_numpy=True)
    return KnownCallable(
        _effect_of_copying,
        result=ANY if found is None else functools.partial(_of_data, found),
        uses=_ARRAY_DATA,
        mutates=out,
        retains=out | frozenset(range(MAX_OPERANDS)) if may_be_view(name) or found is None else out,
        array="numpy",
        fresh=found is not None,
    )


def _effect_of_copying(args: Types, kwargs: Named) -> Effect:
    """What `copy=False` gives may be its operand: what then happens to it isn't followed."""
    return Effect.ORDERED if "copy" in kwargs else Effect.PURE


def _of_data(found: Rule, args: Types, kwargs: Named) -> AbstractType:
    """The result where no operand has code of its own, which decides then."""
    is_data = all(map(is_array_data, (*args, *kwargs.values()))) and not (args and args[0] == NONE)
    return found(args, kwargs) if is_data else ANY


def _place_of_out(function: object) -> int | None:
    if type(function).__name__ == "ufunc":
        return function.nin  # type: ignore[attr-defined]
    try:
        names = list(inspect.signature(function).parameters)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return names.index("out") if "out" in names else None


def _is_scalar_class(function: type) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(function, numpy.generic)


def is_compiled_jax(function: object) -> bool:
    """Whether a callable was made by `jax.jit`."""
    return type(function).__name__ == "PjitFunction" and type(function).__module__.startswith("jax")


def staged_by_jax(function: object) -> types.FunctionType | None:
    """The user's function behind one made by `jax.jit`, if it is Python."""
    inner = getattr(function, "__wrapped__", None) if is_compiled_jax(function) else None
    is_own = isinstance(inner, types.FunctionType) and not is_library(inner.__code__.co_filename)
    return inner if is_own else None


def compiled_rule(function: object) -> KnownCallable | None:
    """What JAX's transformations make of the user's own functions is pure, by JAX's contract."""
    if type(function) is types.FunctionType:
        code = function.__code__
        is_made = code.co_name in _TRANSFORMED and is_library(code.co_filename) and "jax" in code.co_filename
        return JIT_CALL if is_made else None
    return JIT_CALL if is_compiled_jax(function) else None


_TRANSFORMED = frozenset(("grad_f", "value_and_grad_f", "grad_f_aux", "value_and_grad_f_aux", "vmap_f", "jacfun"))


def transformation_rule(function: object) -> KnownCallable | None:
    """`jax.vmap` and the like only make a function; moving an array between devices gives an array."""
    if not isinstance(function, types.FunctionType) or not is_library(function.__code__.co_filename):
        return None
    if function.__module__ == "jax._src.api":
        if function.__name__ in ("vmap", "grad", "value_and_grad", "jit", "jacfwd", "jacrev", "hessian", "checkpoint"):
            return KnownCallable(result=ANY, fresh=True, retains=frozenset((0,)), uses=_ANYTHING)
        if function.__name__ in ("device_put", "block_until_ready"):
            return KnownCallable(result=_moved, array="jax", fresh=True, uses=_ANYTHING)
    return None


def _moved(args: Types, kwargs: Named) -> AbstractType:
    return staged_result(traced_type(args[0]))


def load() -> None:
    """Enters the rules into the table."""
    TABLE.rules.extend((rule, compiled_rule, transformation_rule))


load()
