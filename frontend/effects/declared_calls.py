"""Calls of what declares its behaviour: functions under `@xcs.op`, models, classes of callables."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Any

from ...diagnostics.effect import Behaviour, Effect
from ...runtime.batch_form import batch_form_of
from .abstract_type import (
    ANY,
    AbstractType,
)
from .array_results import numpy_array
from .classes import is_class
from .frame import Frame
from .known import KnownCallable
from .promised_result import promised_type
from .table_calls import apply_known
from .value import Value, deep

SITES_OF_A_BATCH = 2  # code with a call that may go out with others is looked into, as if it had two calls


def declared_behaviour(holder: object) -> Behaviour | None:
    """The behaviour that a function, or the class of a callable object, declares; found without running its code.

    What `functools.wraps` has copied from the function inside a wrapper says nothing of the wrapper: it is looked into.
    """
    if type(holder) is types.FunctionType:
        found = holder.__dict__.get("__xcs_behaviour__")
        inner = getattr(holder.__dict__.get("__wrapped__"), "__dict__", {})
        return found if isinstance(found, Behaviour) and inner.get("__xcs_behaviour__") is not found else None
    for place in _namespaces(holder):
        found = place.get("__xcs_behaviour__")
        if isinstance(found, Behaviour):
            return found
    return None


def _namespaces(holder: object) -> list[Mapping[str, Any]]:
    """Where attributes of an object are kept: its own, then its classes' (of a class: only its bases')."""
    if is_class(holder):
        return [base.__dict__ for base in holder.__mro__]  # type: ignore[attr-defined]
    try:
        own = object.__getattribute__(holder, "__dict__")
    except AttributeError:
        own = {}
    return [own, *(base.__dict__ for base in type(holder).__mro__)]


def _declared_result(frame: Frame, holder: Any, args: Sequence[Value], kwargs: Mapping[str, Value]) -> AbstractType:
    """What something declared gives: a declaration may leave that to its body."""
    result = getattr(holder, "__dict__", {}).get("__xcs_result__", ANY)
    promised = promised_type(result)
    if promised is not None:
        return promised
    if result == "numpy.ndarray":  # by name: who declares it needn't have loaded NumPy
        return numpy_array()
    if type(holder) is not types.FunctionType:
        return ANY
    holder = holder.__dict__.get("__xcs_limited__", holder)  # under a policy: the body is that of the function inside
    summary = frame.inference.body(holder, tuple(map(deep, args)), {name: deep(one) for name, one in kwargs.items()})
    frame.ledger.guards |= summary.guards
    return summary.result


def apply_declared(
    frame: Frame,
    holder: Any,
    declared: Behaviour,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    node: object,
) -> Value:
    """A call of something with a declared behaviour: it writes no argument."""
    result = _declared_result(frame, holder, args, kwargs)
    entry = KnownCallable(
        declared.effect if declared.effect is not Effect.DYNAMIC else Effect.ORDERED,
        declared.sees_writes,
        declared.external,
        result,
        uses=("any *", *(f"any {name}" for name in kwargs)),
        retains=frozenset(range(len(args))),
        fresh=False,
        reason=f"{getattr(holder, '__name__', 'it')} is declared {declared.effect.keyword}",
    )
    if batch_form_of(holder) is not None:
        frame.ledger.site(id(node), SITES_OF_A_BATCH)
    return apply_known(frame, entry, args, kwargs, node, getattr(holder, "__name__", "it"))
