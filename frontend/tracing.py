"""From a Python function and the types of its arguments to a traced module."""

from __future__ import annotations

import types

from .effects.abstract_type import StaticType
from .signature import Signature
from .stages import Traced, finish
from .staging.program import Program
from .staging.state.facts import Shape
from .staging.state.written import Apartness, place_of


def trace(
    function: types.FunctionType,
    names: tuple[str, ...],
    signature: Signature,
    *,
    stage_all: bool = False,
    is_apart: bool = False,
) -> Traced:
    """Trace a function for arguments of these types. No user code runs.

    Args:
        function: a Python function.
        signature: the types of its arguments.
        names: the function's parameters, in the order of `signature`.
        stage_all: stage whatever can be staged, not only what can gain by it.
        is_apart: objects from outside are taken to be different ones where the caller can look: see `Traced.apart`.

    Raises:
        Unstageable: nothing of the function can be staged.
    """
    program = Program(stage_all=stage_all, apartness=Apartness(signature, is_apart), parameters=names)
    shapes = tuple(
        (name, Shape(static=known) if isinstance(known, StaticType) else Shape(type=known, places=place_of(index)))
        for index, (name, known) in enumerate(zip(names, signature, strict=True))
    )
    entry = program.stage_function(function, shapes)
    program.require_names()
    return finish(program, entry.symbol)
