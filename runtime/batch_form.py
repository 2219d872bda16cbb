"""`BatchForm`: how calls of one callable go out together, as one call that takes a list of items.

A function carries its batch form in the attribute `__xcs_batch__`. The item of a call is one of its arguments, by
position or by name; the other arguments of the calls that go out together are the same.

Guarantees: a form is a value without state; any thread may use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..diagnostics.errors import XCSError

DEFAULT_MAX_BATCH = 64
"""Items of one call where nothing else is said: most services take more, and a failed call is made again one by one."""

Arguments: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]

_VALUES = frozenset({str, bytes, int, bool, type(None)})
"""Exact types of arguments that are the same where they are equal; others are the same where they are one object."""
_NO_LISTS = (str, bytes, bytearray, dict, set, frozenset)
"""Classes of results that have a length and items, but in no order that says which result is whose."""


class BatchResultError(XCSError):
    """A batch form has given something else than a result for each item."""


@dataclass(frozen=True, slots=True)
class BatchForm:
    """The batch form of a callable.

    Attributes:
        name: of the callable, for messages.
        function: takes what the callable takes, with a list of items in the place of the item; gives a list of results.
        max_batch: up to how many items one call takes.
        position: where the item is among the positional arguments.
        keyword: the name of the item, if it may be passed by name.
        list_keyword: the name of the list, where it differs.
    """

    name: str
    function: Callable[..., Any]
    max_batch: int = DEFAULT_MAX_BATCH
    position: int = 0
    keyword: str | None = None
    list_keyword: str | None = None

    def has_item(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether a call passes an item, so that it may go out with others."""
        return len(args) > self.position or (self.keyword is not None and self.keyword in kwargs)

    def item(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The item of a call that has one."""
        return args[self.position] if len(args) > self.position else kwargs[self.keyword or ""]

    def group(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Equal for calls that may go out together: their other arguments are the same, and passed in the same way."""
        others = tuple(_sameness(one) for index, one in enumerate(args) if index != self.position)
        by_name = tuple((name, name == self.keyword or _sameness(one)) for name, one in kwargs.items())
        return len(args), others, by_name

    def call(self, calls: Sequence[Arguments]) -> list[Any]:
        """The results of calls of one group, in one call.

        Raises:
            BatchResultError: the batch form gives something else than a list with a result for each.
            Exception: what it raises.
        """
        args, kwargs = self._together(calls)
        return self._checked(self.function(*args, **kwargs), len(calls))

    async def call_awaited(self, calls: Sequence[Arguments]) -> list[Any]:
        """`call` of a batch form that gives something to await."""
        args, kwargs = self._together(calls)
        return self._checked(await self.function(*args, **kwargs), len(calls))

    def _together(self, calls: Sequence[Arguments]) -> Arguments:
        """What the batch form is passed."""
        args, kwargs = calls[0]
        items = [self.item(*one) for one in calls]
        if len(args) >= self.position:
            args = (*args[: self.position], items, *args[self.position + 1 :])
            kwargs = {name: value for name, value in kwargs.items() if name != self.keyword}
        else:
            renamed = self.list_keyword or self.keyword or ""
            kwargs = {renamed if name == self.keyword else name: value for name, value in kwargs.items()}
            kwargs[renamed] = items
        return args, kwargs

    def _checked(self, given: Any, num_items: int) -> list[Any]:
        expected = f"expected the batch form of `{self.name}` to give {num_items} results"
        if isinstance(given, _NO_LISTS):
            raise BatchResultError(f"{expected} in a list, found a `{type(given).__name__}`")
        try:
            iterator = iter(given)
        except TypeError:
            raise BatchResultError(f"{expected} in a list, found a `{type(given).__name__}`") from None
        results = list(iterator)
        if len(results) != num_items:
            raise BatchResultError(f"{expected}, found {len(results)}")
        return results


def _sameness(value: Any) -> tuple[Any, ...]:
    return (type(value), value) if type(value) in _VALUES else (id(value),)


def batch_form_of(function: Any) -> BatchForm | None:
    """The batch form that a callable carries: a `BatchForm`, or a function that takes a list as first argument.

    What `functools.wraps` has copied from the function inside a wrapper says nothing of the wrapper.
    """
    found = getattr(function, "__xcs_batch__", None)
    if found is None or vars(getattr(function, "__wrapped__", None) or _Nothing).get("__xcs_batch__") is found:
        return None
    if isinstance(found, BatchForm):
        return found
    return BatchForm(getattr(function, "__qualname__", type(function).__qualname__), found) if callable(found) else None


class _Nothing:
    """Has no attributes of its own."""


def checked_max_batch(max_batch: int) -> int:
    """The size, if it is one; raises `XCSError` otherwise."""
    if type(max_batch) is not int or max_batch < 1:
        raise XCSError(f"expected `max_batch` to be at least 1, found `{max_batch!r}`")
    return max_batch
