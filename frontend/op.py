"""`xcs.op`: declares a callable as one leaf of a program, with its effect."""

from __future__ import annotations

import dataclasses
import types
import weakref
from collections.abc import MutableMapping
from typing import Any, TypeAlias

from ..diagnostics.effect import Behaviour, Effect
from ..diagnostics.errors import XCSError
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


def op(function: Any = None, /, *, effect: str | None = None, result: type | str | None = None) -> Any:
    """Declare a function as one leaf call. Use it bare, or as `@xcs.op(effect=...)`.

    Args:
        function: a Python function; the decorator gives it back unchanged, but for the declaration on it.
        effect: `pure`, `reads` (sees outside state: retrieval, queries), `unordered` (commutes with everything: model
            and embedding calls), `ordered` (visible order) or `fence` (time itself). Left out, it is inferred.
        result: a promise of what calls give, where the body doesn't tell: a scalar class (`str`, `int`, ...), `"plain"`
            (what JSON gives: dicts, lists, text, numbers) or `"data"` (objects of a library that only hold data:
            reading them has no effect). A broken promise may give calls a wrong order. Needs an `effect`.

    Raises:
        XCSError: the effect or the result is none of these, or what is declared is no Python function.
    """
    if effect is not None and effect not in DECLARABLE:
        choices = ", ".join(f"`{name}`" for name in DECLARABLE)
        raise XCSError(f"expected the effect to be one of {choices}, found `{effect}`")
    if result is not None:
        checked_promise(result)
        if effect is None:
            raise XCSError("expected an `effect` beside `result`: without one the body is looked into")

    def declare(target: Any) -> Any:
        if not isinstance(target, types.FunctionType):
            raise XCSError(f"expected a Python function to declare, found `{target!r}`")
        target.__xcs_leaf__ = True
        if effect is not None:
            behaviour = dataclasses.replace(DECLARABLE[effect])  # its own, so that a copy of the attribute shows as one
            target.__xcs_behaviour__ = behaviour
            DECLARED[target.__code__] = target.__qualname__, behaviour
        if result is not None:
            target.__xcs_result__ = result
        return target

    return declare if function is None else declare(function)
