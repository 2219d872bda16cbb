"""From a Python function and the types of its arguments to a traced module."""

from __future__ import annotations

import types

from .effects.abstract_type import AbstractType, StaticType
from .effects.seal import SEALED
from .signature import Signature
from .stages import Traced, finish
from .staging.loans import Loans, are_alone, is_gain, loans_of
from .staging.program import Program
from .staging.state.staged_function import Shape
from .staging.state.written import Apartness, place_of
from .staging.values import Unstageable
from .trust import Trust

NO_LOANS: Loans = {}


def trace(
    function: types.FunctionType,
    names: tuple[str, ...],
    signature: Signature,
    *,
    stage_all: bool = False,
    trust: Trust = Trust.NOTHING,
) -> Traced:
    """Trace a function for arguments of these types. No user code runs.

    Args:
        function: a Python function.
        signature: the types of its arguments.
        names: the function's parameters, in the order of `signature`.
        stage_all: stage whatever can be staged, not only what can gain by it.
        trust: what is taken for granted of the arguments' objects where the caller can look: see `Traced.apart`.

    Raises:
        Unstageable: nothing of the function can be staged.
    """

    def staged(loans: Loans) -> tuple[Program, str]:
        apartness = Apartness(signature, trust >= Trust.APART, trees=frozenset(loans))
        program = Program(stage_all=stage_all, apartness=apartness, parameters=names, lent=loans)
        pairs = enumerate(zip(names, signature, strict=True))
        shapes = tuple((name, _shape(index, known, index in loans)) for index, (name, known) in pairs)
        symbol = program.stage_function(function, shapes).symbol
        program.require_names()
        return program, symbol

    program, symbol = staged(NO_LOANS)
    loans = loans_of(program) if trust >= Trust.TREES else NO_LOANS
    if loans:
        try:
            other, its_symbol = staged(loans)
        except Unstageable:
            pass
        else:
            program.settle_reads()
            other.settle_reads()
            if are_alone(other, loans) and is_gain(other, program):
                program, symbol = other, its_symbol
    return finish(program, symbol)


def _shape(index: int, known: AbstractType, is_lent: bool) -> Shape:
    if isinstance(known, StaticType):
        return Shape(static=known)
    if is_lent:
        return Shape(type=known, lent=True, seal=SEALED, in_order=True, apart=True, argument=index)
    return Shape(type=known, places=place_of(index))
