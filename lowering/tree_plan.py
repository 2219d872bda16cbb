"""Plans that are array code around structure: loops over layers, weights in dicts, objects that hold arrays.

In: a plan. Out: whether it is one of these, and its result for stand-ins: run once for each structure of its arguments,
while JAX traces, all of its kernels become one. Assumes: the plan was made for arguments like these. Ensures: other
code than kernels only moves arrays about, reads nothing but the arguments and what the guards are about, and writes
nothing but containers of its own.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from operator import itemgetter
from typing import Any

from ..diagnostics.effect import Effect
from ..runtime.executor import SequentialExecutor
from ..runtime.plan import Arguments, Block, Call, Instruction, Literal, Plan, Slot, Try
from . import structure_calls
from .array_access import ArrayAccess
from .kernel import Kernel
from .piece_code import calls_jax, is_mover, only_moves
from .structure_calls import Unpacking

MAX_KERNEL_CALLS = 512  # of one run; a loop that makes more is better a loop

Rebuild = Callable[[Any, Callable[[Any], Any]], Any]


def attributes_read(plan: Plan) -> frozenset[str] | None:
    """The names of attributes that a plan may read; None if it does more than find arrays and compute with them."""
    if plan.is_async or len(plan.functions[plan.entry].outputs) != 1:
        return None
    attributes: set[str] = set()
    if not all(isinstance(_callee(call), Kernel) or _is_structure(call, attributes) for call in _calls(plan)):
        return None
    if not any(isinstance(_callee(call), Kernel) or _takes_tracers(call, set()) for call in _calls(plan)):
        return None
    if any(isinstance(one, Try) for block in _blocks(plan.functions.values()) for one in block.instructions):
        return None  # its handler would take what tells that an array was looked at for the program's own exception
    return frozenset(attributes)


def run_on_leaves(plan: Plan, values: tuple[Any, ...], rebuild: Rebuild) -> Any:
    """The result of a plan, with stand-ins for arrays, for arguments with stand-ins.

    Args:
        plan: one for which `attributes_read` gives something.
        values: its arguments.
        rebuild: see `with_arrays`.

    Raises:
        Exception: whatever the program raises, or code in it that looks at an array; it calls too many kernels.
    """
    on_leaves = _OnLeaves(rebuild)
    functions = {symbol: on_leaves.block(block) for symbol, block in plan.functions.items()}
    return SequentialExecutor().run(replace(plan, functions=functions), values).unwrap()[0]


class _OnLeaves:
    """Makes the kernels of a plan take and give stand-ins, for one run."""

    def __init__(self, rebuild: Rebuild) -> None:
        self._rebuild = rebuild
        self._num_calls = 0

    def block(self, block: Block) -> Block:
        return replace(block, instructions=tuple(map(self.instruction, block.instructions)))

    def instruction(self, instruction: Instruction) -> Instruction:
        if isinstance(instruction, Call):
            callee = _callee(instruction)
            if isinstance(instruction.callee, Slot):
                given = Arguments(
                    ((False, instruction.callee), *instruction.arguments.positional), instruction.arguments.keyword
                )
                return replace(instruction, callee=Literal(self.indirect), arguments=given)
            is_array_code = isinstance(callee, (Kernel, ArrayAccess))
            if not is_array_code and (not _is_piece(callee) or only_moves(callee, set())):
                return instruction
            kernel = callee.undonated if isinstance(callee, Kernel) else callee
            return replace(instruction, callee=Literal(self.kernel(kernel)))
        held = ((field.name, getattr(instruction, field.name)) for field in fields(instruction))
        blocks: dict[str, Any] = {name: self.block(one) for name, one in held if isinstance(one, Block)}
        return replace(instruction, **blocks) if blocks else instruction

    def indirect(self, callee: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A call of what is data: of functions of JAX's, which are part of the arguments' structure."""
        from .array_leaf import LookedAt
        from .staged_region import is_array_function

        if not is_array_function(callee):
            raise LookedAt(f"a call of `{callee!r}`")
        return self.kernel(callee)(*args, **kwargs)

    def kernel(self, kernel: Callable[..., Any]) -> Callable[..., Any]:
        from .array_leaf import called  # imports JAX, which the kernel has loaded

        def call(*args: Any, **kwargs: Any) -> Any:
            self._count()
            return called(kernel, self._rebuild, args, kwargs)

        return call

    def _count(self) -> None:
        from .array_leaf import LookedAt

        self._num_calls += 1
        if self._num_calls > MAX_KERNEL_CALLS:
            raise LookedAt("too many calls of kernels")


def _blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        for instruction in block.instructions:
            held = (getattr(instruction, field.name) for field in fields(instruction))
            yield from _blocks(one for one in held if isinstance(one, Block))


def _calls(plan: Plan) -> Iterator[Call]:
    for block in _blocks(plan.functions.values()):
        yield from (one for one in block.instructions if isinstance(one, Call))


def _callee(call: Call) -> Any:
    return call.callee.value if isinstance(call.callee, Literal) else None


def _is_structure(call: Call, attributes: set[str]) -> bool:
    """Whether a call finds its way in structures, or makes some; adds the names of attributes it reads."""
    callee, does = _callee(call), call.behaviour
    if does.external or call.is_async or call.batch is not None:
        return False
    if isinstance(call.callee, Slot):
        return does.effect is Effect.PURE and not call.mutates  # what it is gets looked at when it runs
    if any(callee is one for one in _OWN) or isinstance(callee, (ArrayAccess, Unpacking, itemgetter)):
        return True  # what they update is the program's own
    if is_mover(callee) and not call.arguments.keyword:
        return True  # whatever it is given: nothing that it can meet here has code of its own
    if does.effect > Effect.READS or call.arguments.keyword:
        return False  # what is read are the arguments: nothing here looks elsewhere, and nothing writes them
    operands = [operand for _, operand in call.arguments.positional]
    if callee is getattr:
        name = operands[1].value if len(operands) == 2 and isinstance(operands[1], Literal) else None
        attributes.update([name] if isinstance(name, str) else [])
        return isinstance(name, str)
    if callee is operator.is_ or callee is operator.is_not:
        return any(isinstance(operand, Literal) and operand.value is None for operand in operands)
    return _is_piece(callee) and (only_moves(callee, attributes) or _takes_tracers(call, attributes))


def _is_piece(callee: object) -> bool:
    return isinstance(callee, types.FunctionType) and "__xcs_segment__" in vars(callee)


def _takes_tracers(call: Call, attributes: set[str]) -> bool:
    """Whether a call is one of code that calls JAX with functions of the user's."""
    callee = _callee(call)
    return _is_piece(callee) and call.behaviour.effect is Effect.PURE and calls_jax(callee, attributes)


_OWN = (
    *structure_calls.STRUCTURE,
    structure_calls.append,
    structure_calls.insert,
    structure_calls.assign,
    structure_calls.current,
    structure_calls.hand_on,
)
