"""How straight code writes a call: operators and structure as Python writes them, all else as a call.

Guarantees: what is written does what the call does, with the same exceptions. `write_as` is called while modules load.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from ..plan import Call, Literal, Operand

Text: TypeAlias = Callable[[Sequence[str]], str]

_BINARY = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.is_: "is",
    operator.is_not: "is not",
}


class Terms(Protocol):
    """What is known of the terms of code under construction."""

    def constant(self, value: Any) -> str:
        """The term of a value that is known."""
        ...

    def is_of(self, term: str, cls: type) -> bool:
        """Whether the value of a term is surely an instance of exactly this class."""
        ...


class QuickCallee(ABC):
    """A callee with a quicker way for some arguments."""

    @abstractmethod
    def quick_way(self, arguments: Sequence[str], terms: Terms) -> tuple[str, str] | None:
        """A test of arguments, as text, and a call that does what this callee does with those that pass it.

        Where that call raises an `Exception`, it has done nothing yet, and the callee itself is called.
        """


_texts: dict[Any, tuple[int | None, Text]] = {}
_giving_first: set[Any] = set()


def write_as(
    function: Callable[..., Any], text: Text, num_args: int | None = None, *, gives_first: bool = False
) -> None:
    """Says how calls of a function with `num_args` arguments (None: any number) are written.

    Args:
        function: of those arguments only; it is told by identity.
        text: an expression, or a statement where the call `gives_first`.
        num_args: how many of them.
        gives_first: the result is the first argument.
    """
    _texts[function] = (num_args, text)
    if gives_first:
        _giving_first.add(function)


def call_text(call: Call, term: Callable[[Operand], str]) -> tuple[str, str | None]:
    """A call as text; and, where the text has no value, the term that is the result."""
    arguments = call.arguments
    terms = [term(operand) for _, operand in arguments.positional]
    if _is_written(call):
        assert isinstance(call.callee, Literal)
        function = call.callee.value
        return _texts[function][1](terms), terms[0] if function in _giving_first else None
    written = [f"*{one}" if is_star else one for (is_star, _), one in zip(arguments.positional, terms, strict=True)]
    for keyword, operand in arguments.keyword:
        written.append(f"**{term(operand)}" if keyword is None else f"{keyword}={term(operand)}")
    return f"{term(call.callee)}({', '.join(written)})", None


def quick_way(call: Call, term: Callable[[Operand], str], terms: Terms) -> tuple[str, str] | None:
    """The quicker way of a call, if its callee has one."""
    callee, arguments = call.callee, call.arguments
    if not isinstance(callee, Literal) or not issubclass(type(callee.value), QuickCallee):
        return None
    if arguments.keyword or any(is_star for is_star, _ in arguments.positional):
        return None
    return callee.value.quick_way([term(operand) for _, operand in arguments.positional], terms)


def is_trivial(call: Call) -> bool:
    """Whether a call takes next to no time, whatever its arguments."""
    return _is_written(call)


def _is_written(call: Call) -> bool:
    callee, arguments = call.callee, call.arguments
    if not isinstance(callee, Literal) or arguments.keyword or any(is_star for is_star, _ in arguments.positional):
        return False
    try:
        found = _texts.get(callee.value)
    except TypeError:  # it can't be hashed
        return False
    return found is not None and found[0] in (None, len(arguments.positional))


def _binary(symbol: str) -> Text:
    return lambda terms: f"{terms[0]} {symbol} {terms[1]}"


for _function, _symbol in _BINARY.items():
    write_as(_function, _binary(_symbol), 2)
write_as(operator.getitem, lambda terms: f"{terms[0]}[{terms[1]}]", 2)
write_as(operator.contains, lambda terms: f"{terms[1]} in {terms[0]}", 2)
write_as(operator.not_, lambda terms: f"not {terms[0]}", 1)
