"""What JAX's control flow and decompositions give: `jax.lax.scan`, `cond`, `while_loop`, `jnp.linalg.svd`, ...

In: the function and the values that it is called with. Out: the type of the result. What they call back is looked into
for the type of what it gives, and for what it looks at outside, which must not become part of a kernel.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ...diagnostics.effect import Effect
from .abstract_type import ANY, NONE, AbstractType, ListType, RecordType, TupleType
from .array_results import jax_array, staged_result
from .frame import Frame, Transformed
from .lattice import join, members
from .ledger import Ledger
from .value import Value, deep, outside

Arguments: TypeAlias = Mapping[str, Value]
Form: TypeAlias = Callable[[Frame, Arguments, object], AbstractType]

LOOPS = "jax._src.lax.control_flow."
DECOMPOSITIONS = "jax._src.numpy.linalg"


def staged_call_type(
    frame: Frame, function: Any, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> AbstractType:
    """The type of what one of these functions gives, or `ANY`."""
    name, module = getattr(function, "__name__", None), getattr(function, "__module__", None)
    if not isinstance(name, str) or not isinstance(module, str):
        return ANY
    if name in _RECORDS and module in ("jax.numpy.linalg", DECOMPOSITIONS):
        return _record(name, len(args), kwargs)
    if name not in _FORMS or not module.startswith(("jax.lax", LOOPS)):
        return ANY
    names, form = _FORMS[name]
    bound = {**dict(zip(names, args, strict=False)), **kwargs}
    if name == "scan" and len(args) > len(names):
        bound["xs"] = args[len(names)]
    bound.update((f"*{index}", one) for index, one in enumerate(args[len(names) :]))
    return form(frame, bound, node) if all(one in bound for one in names) else ANY


def follows_callbacks(function: Any) -> bool:
    """Whether what a function calls back is looked into."""
    return getattr(function, "__name__", None) in _FORMS


TRANSFORMATIONS = ("grad", "value_and_grad", "vmap", "checkpoint")


def is_transformation(function: Any) -> bool:
    """Whether a function is one of JAX's that make another one of a function."""
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", None)
    return module == "jax._src.api" and name in TRANSFORMATIONS and isinstance(function, types.FunctionType)


def transformed(function: Any, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value | None:
    """What `jax.vmap(f, ...)` and the like give; None for other functions."""
    if not args or not is_transformation(function):
        return None
    made = Transformed(function.__name__, args[0], has_options=len(args) > 1 or bool(kwargs))
    return Value(ANY, bound=made)


def call_transformed(
    frame: Frame, made: Transformed, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """`jax.vmap(f)(*args)`: computes on arrays what `f` does, and looks at what that looks at."""
    unknown = frame.ledger.unknown_reason
    given = [_traced(one) for one in args]
    result = ANY if kwargs else _called(frame, made.function, given, node, is_strict=True)
    if kwargs or frame.ledger.unknown_reason != unknown:
        frame.ledger.unknown(f"calls what `jax.{made.name}` makes", [*args, *kwargs.values()])
        return outside(ANY)
    frame.ledger.has_array_work = True
    if made.name in ("grad", "value_and_grad"):
        gradient = ANY if made.has_options or not given else given[0]
        result = gradient if made.name == "grad" else TupleType((result, gradient))
    return outside(result)


def _record(name: str, num_args: int, kwargs: Mapping[str, Value]) -> AbstractType:
    cls_name, num_parts, max_args, changing = _RECORDS[name]
    cls = getattr(sys.modules.get(DECOMPOSITIONS), cls_name, None)
    is_changed = num_args > max_args or changing in kwargs
    return ANY if cls is None or is_changed else RecordType(cls, (jax_array(),) * num_parts)


_RECORDS = {
    "svd": ("SVDResult", 3, 2, "compute_uv"),
    "eigh": ("EighResult", 2, 3, ""),
    "eig": ("EigResult", 2, 1, ""),
    "qr": ("QRResult", 2, 1, "mode"),
    "slogdet": ("SlogdetResult", 2, 1, ""),
}
"""The class of a result, how many arrays it has, and what changes that: more positional arguments, or a keyword."""


def _called(
    frame: Frame, function: Value, given: Sequence[AbstractType], node: object, *, is_strict: bool = False
) -> AbstractType:
    """What a callback gives. It runs on tracers, but what it looks at outside, JAX looks at whenever it is called."""
    aside = Frame(Ledger(()), frame.inference, frame.scope, frame.own, {}, frame.budget, parent=frame)
    result = frame.inference.call_value(aside, function, [Value(one) for one in given], {}, (node, "staged"))
    frame.ledger.guards |= aside.ledger.guards
    frame.ledger.look_as(aside.ledger)
    if is_strict and aside.ledger.unknown_reason:
        frame.ledger.unknown(aside.ledger.unknown_reason.removeprefix("unknown type: "))
    if aside.ledger.effect > Effect.READS:
        frame.ledger.act(aside.ledger.effect, aside.ledger.reason, aside.ledger.remedy)
    return staged_result(deep(result))


def _scan(frame: Frame, args: Arguments, node: object) -> AbstractType:
    carry = _traced(args["init"])
    element = _traced(args["xs"]) if "xs" in args else NONE
    step = _called(frame, args["f"], [carry, element], node)
    if isinstance(step, TupleType) and len(step.elements) == 2:
        return TupleType((carry, step.elements[1]))
    return TupleType((carry, ANY))


def _cond(frame: Frame, args: Arguments, node: object) -> AbstractType:
    operands = [_traced(one) for name, one in args.items() if name.startswith("*")]
    return join(_called(frame, args["true_fun"], operands, node), _called(frame, args["false_fun"], operands, node))


def _switch(frame: Frame, args: Arguments, node: object) -> AbstractType:
    """All branches give the same structure of arrays, or JAX raises: the one that is known says what it is."""
    operands = [_traced(one) for name, one in args.items() if name.startswith("*")]
    written = node.args[1] if isinstance(node, ast.Call) and len(node.args) > 1 else None
    if isinstance(written, (ast.List, ast.Tuple)) and not any(isinstance(e, ast.Starred) for e in written.elts):
        branches = [frame.evaluate(element) for element in written.elts]
    else:
        held = deep(args["branches"])
        parts = members(held.element) if isinstance(held, ListType) else getattr(held, "elements", (ANY,))
        branches = [Value(part) for part in parts]
    found = [_called(frame, one, operands, (node, index)) for index, one in enumerate(branches)]
    return next((one for one in found if one is not ANY), ANY)


def _map(frame: Frame, args: Arguments, node: object) -> AbstractType:
    return _called(frame, args["f"], [_traced(args["xs"])], node)


def _while_loop(frame: Frame, args: Arguments, node: object) -> AbstractType:
    carry = _traced(args["init_val"])
    _called(frame, args["cond_fun"], [carry], node)
    _called(frame, args["body_fun"], [carry], node)
    return carry


def _fori_loop(frame: Frame, args: Arguments, node: object) -> AbstractType:
    carry = _traced(args["init_val"])
    _called(frame, args["body_fun"], [jax_array(), carry], node)
    return carry


def _associative_scan(frame: Frame, args: Arguments, node: object) -> AbstractType:
    elements = _traced(args["elems"])
    _called(frame, args["fn"], [elements, elements], node)
    return elements


def _traced(one: Value) -> AbstractType:
    """An argument as a callback sees it: arrays, with nothing known of their shapes, in its structure."""
    return staged_result(deep(one))


_FORMS: dict[str, tuple[tuple[str, ...], Form]] = {
    "scan": (("f", "init"), _scan),
    "cond": (("pred", "true_fun", "false_fun"), _cond),
    "switch": (("index", "branches"), _switch),
    "while_loop": (("cond_fun", "body_fun", "init_val"), _while_loop),
    "fori_loop": (("lower", "upper", "body_fun", "init_val"), _fori_loop),
    "associative_scan": (("fn", "elems"), _associative_scan),
    "map": (("f", "xs"), _map),
}
"""The parameters that must be given, and what is given back."""
