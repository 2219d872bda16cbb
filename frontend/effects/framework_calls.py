"""What calling a chain, a tool or a model of a framework gives, and which functions of the user's it runs.

In: the part that it is, the type of what it is given, and a way to find out what a function of the user's does and
gives. Out: the type of the result; None where it isn't known what runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .abstract_type import ANY, DATA, NONE, STR, AbstractType, DictType, InstanceType, StaticType, StreamType
from .contents import element_type
from .framework_classes import STREAMED
from .framework_models import Described
from .framework_parts import Part
from .known import Infer
from .lattice import is_data, join, join_all


def described_call(
    receiver: AbstractType, path: str, args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType], infer: Infer
) -> AbstractType | None:
    """`receiver.name(*args, **kwargs)`, of an object of a framework."""
    name = path.rpartition(".")[2]
    marker = dict(receiver.attributes).get(name) if isinstance(receiver, InstanceType) else None
    if not isinstance(marker, StaticType) or type(marker.value) is not Described:
        return None
    config = args[1] if len(args) > 1 else kwargs.get("config", NONE)
    if not is_data(config) or not is_data(kwargs.get("callbacks", NONE)) or "**" in kwargs:
        return None
    if name in STREAMED:  # what is computed of pieces, is computed while they are read
        return StreamType(DATA, name == "astream") if is_streamed(marker.value.part) else None
    given = args[0] if args else kwargs.get("input", join_all(kwargs.values()))
    if name in ("batch", "abatch"):
        given = element_type(given) or ANY
    return result_of(marker.value.part, given, infer)


def is_streamed(part: Part) -> bool:
    """Whether reading what a part streams waits for models, and does nothing else that anybody could notice."""
    if part.kind in ("sequence", "either"):
        return all(map(is_streamed, part.inner))
    if part.kind in ("together", "assign"):
        return all(is_streamed(one) for _, one in part.inner)
    return part.kind in ("model", "data", "same")


def result_of(part: Part, given: AbstractType, infer: Infer) -> AbstractType | None:
    """What one part gives for something of this type."""
    if part.kind == "model":
        return DATA
    if part.kind == "search":
        return infer(searched, (), {})
    if part.kind == "objects":
        return ANY
    if part.kind == "data":
        return DATA if is_data(given) else None
    if part.kind == "same":
        return given
    if part.kind == "call":
        function, *classes = part.inner
        return _known(infer(function, (*map(InstanceType, classes), STR if classes else given), {}))
    if part.kind == "tool":
        return _tool(part, given, infer)
    if part.kind == "sequence":
        return _sequence(part, given, infer)
    return _side_by_side(part, given, infer)


def searched() -> None:
    """Stands for looking into a collection: the table says what that does."""


def _known(result: AbstractType) -> AbstractType | None:
    """A function that gives a runnable has that called, too: what it gives must be known for data."""
    return result if is_data(result) else None


def _tool(part: Part, given: AbstractType, infer: Infer) -> AbstractType | None:
    function, names = part.inner
    if not is_data(given):
        return None
    result = infer(function, (), dict.fromkeys(names, DATA))
    return DATA if is_data(result) else ANY


def _sequence(part: Part, given: AbstractType, infer: Infer) -> AbstractType | None:
    found: AbstractType | None = given
    for one in part.inner:
        found = None if found is None else result_of(one, found, infer)
    return found


def _side_by_side(part: Part, given: AbstractType, infer: Infer) -> AbstractType | None:
    """Parts that are all given the same: a dict of what they give, that added to a dict, or what one of them gives."""
    named = part.inner if part.kind != "either" else [("", one) for one in part.inner]
    results = [(name, result_of(one, given, infer)) for name, one in named]
    if any(result is None for _, result in results):
        return None
    known = [(name, result) for name, result in results if result is not None]
    every = join_all(result for _, result in known)
    if part.kind == "either":
        return every
    if part.kind == "assign":
        return DATA if is_data(join(every, given)) else None
    return DictType(STR, every, tuple(sorted(known))) if is_data(every) else ANY
