"""What JAX's control flow and decompositions give: `jax.lax.scan`, `cond`, `while_loop`, `jnp.linalg.svd`, ...

In: the function and the values that it is called with. Out: the type of the result. What they call back is looked into
for the type of what it gives, and for what it looks at outside, which must not become part of a kernel.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ...diagnostics.effect import Effect
from .abstract_type import ANY, NONE, AbstractType, ListType, RecordType, TupleType
from .array_results import jax_array, staged_result
from .frame import Frame
from .lattice import join, members
from .ledger import Ledger
from .value import Value, deep

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


def _called(frame: Frame, function: Value, types: Sequence[AbstractType], node: object) -> AbstractType:
    """What a callback gives. It runs on tracers, but what it looks at outside, JAX looks at whenever it is called."""
    aside = Frame(Ledger(()), frame.inference, frame.scope, frame.own, {}, frame.budget, parent=frame)
    result = frame.inference.call_value(aside, function, [Value(one) for one in types], {}, (node, "staged"))
    frame.ledger.guards |= aside.ledger.guards
    frame.ledger.sees |= aside.ledger.sees
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
    held = deep(args["branches"])
    parts = members(held.element) if isinstance(held, ListType) else getattr(held, "elements", ())
    found = [_called(frame, Value(part), operands, node) for part in parts]
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
