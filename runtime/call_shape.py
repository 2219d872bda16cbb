"""How a call's operands become Python arguments, compiled once for each shape of call.

Guarantees: the compiled functions read slots and nothing else, so any thread may run them once the slots are filled.
A plain call costs one Python function on top of the callee; stars and keywords behave exactly as in a written call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from .plan import Arguments, Literal, Operand, Slot

SlotFunction = Callable[[list[Any]], Any]
UNPACKED_NATIVELY = frozenset({tuple, list, dict, set, frozenset, str, bytes, range})
"""Exact types whose unpacking with `*` or `**` runs no code of the program's."""
Gathered = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
Shape: TypeAlias = tuple[tuple[type, ...], tuple[bool, ...], tuple[str | None, ...]]
"""What calls that are written alike have in common: classes of operands, callee first; stars; names of keywords."""


def compile_call(callee: Operand, arguments: Arguments) -> SlotFunction:
    """A function of the slots that makes the call and returns its value."""
    return _compile("{callee}({arguments})", callee, arguments)


def compile_gather(callee: Operand, arguments: Arguments) -> Callable[[list[Any]], Gathered]:
    """A function of the slots that returns `(function, args, kwargs)` without calling."""
    return _compile("gather({callee}, {arguments})", callee, arguments)


def compile_calls(calls: Sequence[tuple[Operand, Arguments, int]]) -> SlotFunction:
    """A function of the slots that makes calls one after the other and returns the value of the last.

    What the others give it stores in the slot beside each.
    """
    lines, literals = [], []
    for callee, arguments, slot in calls:
        operands = operands_of(callee, arguments)
        text = _written("{callee}({arguments})", _shape_of(operands, arguments), len(literals))
        literals += operands
        lines.append(f"s[{slot}] = {text}")
    lines[-1] = "return " + lines[-1].partition(" = ")[2]
    names = ", ".join(f"a{position}" for position in range(len(literals)))
    body = "".join(f"        {line}\n" for line in lines)
    make = _definition(f"def make({names}):\n    def calls(s):\n{body}    return calls\n")
    return make(*(operand.value if isinstance(operand, Literal) else operand.index for operand in literals))


def operands_of(callee: Operand, arguments: Arguments) -> tuple[Operand, ...]:
    """Every operand of a call, the callee first."""
    positional = [operand for _, operand in arguments.positional]
    if not arguments.keyword:
        return (callee, *positional)
    return (callee, *positional, *(operand for _, operand in arguments.keyword))


def starred_of(arguments: Arguments) -> tuple[Operand, ...]:
    """The operands that are unpacked by the call."""
    starred = tuple(operand for is_star, operand in arguments.positional if is_star)
    return (*starred, *(operand for name, operand in arguments.keyword if name is None))


def slots_of(operands: tuple[Operand, ...]) -> tuple[int, ...]:
    """The distinct slots among operands, in order of first use."""
    return tuple(dict.fromkeys(operand.index for operand in operands if isinstance(operand, Slot)))


def read(operand: Operand, slots: list[Any]) -> Any:
    """The value of an operand in a frame whose slot is filled."""
    return operand.value if isinstance(operand, Literal) else slots[operand.index]


def gather(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Gathered:
    """What a call would receive, with the errors that building its arguments raises."""
    return function, args, kwargs


def _compile(template: str, callee: Operand, arguments: Arguments) -> Callable[[list[Any]], Any]:
    operands = operands_of(callee, arguments)
    make = _maker(template, _shape_of(operands, arguments))
    return make(*[operand.value if operand.__class__ is Literal else operand.index for operand in operands])  # type: ignore[union-attr]


def _shape_of(operands: Sequence[Operand], arguments: Arguments) -> Shape:
    classes = tuple([operand.__class__ for operand in operands])
    stars = tuple([is_star for is_star, _ in arguments.positional])
    return classes, stars, tuple([name for name, _ in arguments.keyword]) if arguments.keyword else ()


def _written(template: str, shape: Shape, first: int = 0) -> str:
    """A call as Python writes it, its operands named `a0` and so on, or from another number on."""
    classes, stars, keywords = shape
    names = [f"a{position}" for position in range(first, first + len(classes))]
    terms = [name if cls is Literal else f"s[{name}]" for name, cls in zip(names, classes, strict=True)]
    num_positional = len(stars)
    written = [
        f"*{term}" if is_star else term for is_star, term in zip(stars, terms[1 : 1 + num_positional], strict=True)
    ]
    for keyword, term in zip(keywords, terms[1 + num_positional :], strict=True):
        written.append(f"**{term}" if keyword is None else f"{keyword}={term}")
    return template.format(callee=terms[0], arguments=", ".join(written))


@lru_cache(maxsize=1024)
def _maker(template: str, shape: Shape) -> Callable[..., Callable[[list[Any]], Any]]:
    """What makes the functions of calls of one shape, given what their operands hold."""
    names = ", ".join(f"a{position}" for position in range(len(shape[0])))
    body = _written(template, shape)
    # The text holds only names made here and the keywords of the user's own call, which are identifiers.
    return eval(f"lambda {names}: lambda s: {body}", {"gather": gather, "__package__": __package__})


@lru_cache(maxsize=1024)
def _definition(source: str) -> Callable[..., SlotFunction]:
    names: dict[str, Any] = {"__package__": __package__}
    exec(source, names)  # of such text, too
    return names["make"]
