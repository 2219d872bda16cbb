"""The batch form that `xcs.op` declares, checked against the function it belongs to."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..diagnostics.errors import XCSError
from ..runtime.batch_form import DEFAULT_MAX_BATCH, BatchForm, checked_max_batch
from ..runtime.limits.limited_op import limited_op
from ..runtime.limits.limiter import Limiter
from ..runtime.limits.policy import Policy

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Batching:
    """What a declaration says of going out together.

    Attributes:
        function: the batch form.
        max_batch: items in one call of it.
        over: the parameter that is the item, if it isn't the first one.
    """

    function: Callable[..., Any]
    max_batch: int
    over: str | None

    @staticmethod
    def of(
        function: Callable[..., Any] | None, max_batch: int | None, over: str | None, effect: str | None
    ) -> Batching | None:
        """What is declared, None if nothing is.

        Raises:
            XCSError: it isn't possible.
        """
        if function is None:
            for name, given in (("max_batch", max_batch), ("batch_over", over)):
                if given is not None:
                    raise XCSError(f"expected a `batch` form beside `{name}`, found none")
            return None
        if not callable(function):
            raise XCSError(f"expected `batch` to be a function, found `{function!r}`")
        if effect is None:
            raise XCSError("expected an `effect` beside `batch`: what may be made together isn't inferred")
        if effect in ("ordered", "fence"):
            raise XCSError(
                f"expected no `batch` form of an op whose effect is `{effect}`: its calls are made one after the other"
            )
        return Batching(function, DEFAULT_MAX_BATCH if max_batch is None else checked_max_batch(max_batch), over)

    def form(self, target: types.FunctionType, policy: Policy | None, limiter: Limiter | None) -> BatchForm:
        """The batch form of a function, under its policy: one call for its limiter, however many items it has.

        Raises:
            XCSError: the function has no such parameter, or only one of both is a coroutine function.
        """
        if inspect.iscoroutinefunction(target) != inspect.iscoroutinefunction(self.function):
            kind = "coroutine" if inspect.iscoroutinefunction(target) else "plain"
            raise XCSError(f"expected a {kind} function as `batch` form of the {kind} function `{target.__qualname__}`")
        position, parameter = self._item(target)
        function = self.function
        if policy is not None and limiter is not None:
            function = limited_op(_as_function(function), policy, limiter)
        keyword = None if parameter.kind is inspect.Parameter.POSITIONAL_ONLY else parameter.name
        return BatchForm(target.__qualname__, function, self.max_batch, position, keyword, self._list_name(position))

    def _list_name(self, position: int) -> str | None:
        """What the batch form calls its list, if it can be asked."""
        try:
            parameters = list(inspect.signature(self.function).parameters.values())
        except (TypeError, ValueError):
            return None
        named = len(parameters) > position and parameters[position].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        return parameters[position].name if named else None

    def _item(self, target: types.FunctionType) -> tuple[int, inspect.Parameter]:
        parameters = [one for one in inspect.signature(target).parameters.values() if one.kind in _BY_POSITION]
        if self.over is None:
            first = 1 if parameters and parameters[0].name == "self" else 0
            if len(parameters) <= first:
                raise XCSError(f"expected `{target.__qualname__}` to have a parameter that `batch` takes a list of")
            return first, parameters[first]
        for index, parameter in enumerate(parameters):
            if parameter.name == self.over:
                return index, parameter
        names = ", ".join(f"`{one.name}`" for one in parameters)
        raise XCSError(f"expected `batch_over` to be one of the parameters {names}, found `{self.over}`")


def _as_function(function: Callable[..., Any]) -> types.FunctionType:
    """What a policy can be put around: a function, whatever is called inside."""
    if isinstance(function, types.FunctionType):
        return function

    def batch(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    batch.__qualname__ = batch.__name__ = getattr(function, "__qualname__", type(function).__qualname__)
    return batch
