"""`xcs.op`: declares a callable as one leaf of a program, with its effect."""

from __future__ import annotations

import dataclasses
import types
import weakref
from collections.abc import Callable, MutableMapping
from typing import Any, TypeAlias

from ..diagnostics.effect import Behaviour, Effect
from ..diagnostics.errors import XCSError
from ..runtime.limits.limited_op import limited_op, limiter_of_op
from ..runtime.limits.policy import Policy
from ..runtime.limits.rate import RateLimit
from ..runtime.limits.retry import Retry
from .batching import Batching
from .effects.promised_result import checked_promise

DECLARABLE = {
    "pure": Behaviour(Effect.PURE),
    "reads": Behaviour(Effect.READS, sees_writes=True, external=True),
    "unordered": Behaviour(Effect.UNORDERED, external=True),
    "ordered": Behaviour(Effect.ORDERED),
    "fence": Behaviour(Effect.FENCE),
}

Declared: TypeAlias = MutableMapping[types.CodeType, tuple[str, Behaviour]]
"""The functions with a declared effect, by code: their names and what they are declared to do."""

DECLARED: Declared = weakref.WeakKeyDictionary()


def op(
    function: Any = None,
    /,
    *,
    effect: str | None = None,
    result: type | str | None = None,
    timeout_s: float | None = None,
    retries: int | Retry | None = None,
    max_concurrency: int | None = None,
    rate_limit: int | RateLimit | None = None,
    retry_ordered: bool = False,
    batch: Callable[..., Any] | None = None,
    max_batch: int | None = None,
    batch_over: str | None = None,
    vjp: Callable[..., Any] | None = None,
) -> Any:
    """Declare a function as one leaf call. Use it bare, or as `@xcs.op(effect=...)`.

    The arguments from `timeout_s` to `retry_ordered` are a policy of its calls. It belongs to the function: it holds in
    compiled programs, in plain Python, on every thread and on event loops. It needs an `effect`, and gives back a
    function of its own.

    Args:
        function: a Python function; without a policy the decorator gives it back unchanged, but for the declaration.
        effect: `pure`, `reads` (sees outside state: retrieval, queries), `unordered` (commutes with everything: model
            and embedding calls), `ordered` (visible order) or `fence` (time itself). Left out, it is inferred.
        result: a promise of what calls give, where the body doesn't tell: a scalar class (`str`, `int`, ...), `"plain"`
            (what JSON gives: dicts, lists, text, numbers), `"data"` (objects of a library that only hold data:
            reading them has no effect), or `"stream"` and `"async stream"` (a new iterator each time, whose steps wait
            for the world and give data). A broken promise may give calls a wrong order. Needs an `effect`.
        timeout_s: seconds after which an attempt raises `TimeoutError` in its place; it runs on a thread of its own.
        retries: how often a failed call is made again, or a `Retry`.
        max_concurrency: calls in flight at once; a call inside another one of the same function shares its place.
        rate_limit: calls a minute, or a `RateLimit`.
        retry_ordered: also retry an op whose effect is `ordered` or `fence`.
        batch: its batch form: takes a list of items where the function takes one (all else unchanged), and gives a list
            with a result for each, equal to what the function gives. Compiled programs make calls in it that are ready
            at the same time. It counts as one call for the policy. Where it raises, each call is made by itself. Needs
            an `effect` other than `ordered` and `fence`.
        max_batch: items in one call of the batch form (64).
        batch_over: the parameter that is the item; by default the first one, after `self`.
        vjp: the derivative, for `xcs.grad`: `vjp(cotangent, result, *args, **kwargs)` gives a tuple with one cotangent
            for each positional argument, of its shape, or None for zero. `cotangent` has the structure of `result`.

    Raises:
        XCSError: the effect or the result is none of these, what is declared is no Python function, or the policy or
            the batch form is not possible.
    """
    if effect is not None and effect not in DECLARABLE:
        choices = ", ".join(f"`{name}`" for name in DECLARABLE)
        raise XCSError(f"expected the effect to be one of {choices}, found `{effect}`")
    if result is not None:
        checked_promise(result)
        if effect is None:
            raise XCSError("expected an `effect` beside `result`: without one the body is looked into")
    policy = Policy.of(timeout_s, retries, max_concurrency, rate_limit)
    if policy is not None:
        _check_policy(policy, effect, retry_ordered=retry_ordered)
    if vjp is not None and not callable(vjp):
        raise XCSError(f"expected `vjp` to be a function, found `{vjp!r}`")
    batching = Batching.of(batch, max_batch, batch_over, effect)

    def declare(target: Any) -> Any:
        if not isinstance(target, types.FunctionType):
            raise XCSError(f"expected a Python function to declare, found `{target!r}`")
        code, limited = target.__code__, target
        own = None if policy is None else limiter_of_op(target, policy)
        if own is not None and policy is not None:
            limited = limited_op(target, policy, own)
        if batching is not None:
            limited.__xcs_batch__ = batching.form(target, policy, own)  # type: ignore[attr-defined]
        if vjp is not None:
            limited.__xcs_vjp__ = vjp  # type: ignore[attr-defined]
        return _declared(limited, code, effect, result)

    return declare if function is None else declare(function)


def _declared(
    target: types.FunctionType, code: types.CodeType, effect: str | None, result: type | str | None
) -> types.FunctionType:
    target.__xcs_leaf__ = True  # type: ignore[attr-defined]
    if effect is not None:
        behaviour = dataclasses.replace(DECLARABLE[effect])  # its own, so that a copy of the attribute shows as one
        target.__xcs_behaviour__ = behaviour  # type: ignore[attr-defined]
        DECLARED[code] = target.__qualname__, behaviour
    if result is not None:
        target.__xcs_result__ = result  # type: ignore[attr-defined]
    return target


def _check_policy(policy: Policy, effect: str | None, *, retry_ordered: bool) -> None:
    """Raises `XCSError` where the policy doesn't go with the effect."""
    if effect is None:
        raise XCSError("expected an `effect` beside a policy: what may be made again or put off isn't inferred")
    retries = policy.retry is not None and policy.retry.times > 0
    if retries and effect in ("ordered", "fence") and not retry_ordered:
        raise XCSError(
            f"expected no `retries` of an op whose effect is `{effect}`: a failed attempt may have done something "
            "already; help: `retry_ordered=True`, if doing it twice does no harm"
        )
