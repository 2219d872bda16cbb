"""One block of a plan under construction: slots for values, operands, instructions, order edges.

`ProgramContext` is what all blocks of one plan share.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from xdsl.dialects.builtin import FileLineColLoc
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.ir import Block as RegionBlock

from ..diagnostics.effect import PURE, Behaviour
from ..diagnostics.errors import InternalError, XCSError
from ..diagnostics.identity import identity
from ..diagnostics.location import UNKNOWN, Location
from ..dialect.constants import ConstantOp, UndefOp
from ..dialect.literals import Secret
from ..runtime.plan import Arguments, Block, Call, Instruction, Literal, Operand, Slot
from .adjustments import Adjustments
from .batch_forms import BatchForms
from .chained_kernel import chain_kernels
from .region_facts import ModuleFacts
from .structure_calls import hand_on
from .unbound import Unbound, check_bound

_NUM_SHARED = 512
_SLOTS = tuple(map(Slot, range(_NUM_SHARED)))  # the slots of most blocks
_CHECK, _COPY, _HAND_ON = Literal(check_bound), Literal(copy.copy), Literal(hand_on)

OpLowering: TypeAlias = "Callable[[BlockBuilder, Any], None]"


class ProgramContext:
    """What the blocks of one plan share.

    Attributes:
        callables: the object behind each declared symbol.
        lowerings: for each class of op the function that adds it to a block.
        facts: captures and flags of all blocks.
        adjustments: extra instructions and order edges.
        adjusted: whether there are any.
        declarations: the ops of the module by symbol.
        batch_forms: how calls go out together.
        num_kernels: how many kernels have been named.
    """

    def __init__(
        self,
        callables: Mapping[str, Any],
        lowerings: Mapping[type[Operation], OpLowering],
        facts: ModuleFacts,
        adjustments: Adjustments,
        declarations: Mapping[str, Operation],
    ) -> None:
        self.callables, self.lowerings, self.facts = callables, lowerings, facts
        self.adjustments, self.adjusted = adjustments, adjustments.any()
        self.declarations = declarations
        self.batch_forms = BatchForms(declarations, callables)
        self.num_kernels = 0
        self._callees: dict[str, tuple[str, Literal]] = {}

    def callee(self, symbol: str) -> tuple[str, Literal]:
        """How calls of a symbol are named, and the operand that is called."""
        found = self._callees.get(symbol)
        if found is None:
            found = self._callees[symbol] = (f"xcs.call @{symbol}", Literal(self.callables[symbol]))
        return found

    def literal(self, data: object) -> Literal:
        """The operand of a literal of the IR; raises `XCSError` for a secret that nobody has given."""
        if type(data) is tuple:
            parts = [self.literal(part) for part in data]
            return Literal(tuple(part.value for part in parts), any(part.hidden for part in parts))
        if type(data) is not Secret:
            return Literal(data)
        value = self.callables.get(data.name)
        if not isinstance(value, str | bytes):
            raise XCSError(
                f'expected `callables` to have the text of `secret "{data.name}"`, found none; '
                "help: a module never holds keys; `callables=lowered.objects` has those of the program it is of"
            )
        return Literal(value, hidden=True)

    def location(self, attribute: Attribute) -> Location:
        """The place in the user's source that a location attribute states."""
        if not isinstance(attribute, FileLineColLoc):
            return UNKNOWN
        return Location(attribute.filename.data, attribute.line.data, attribute.column.data)


class BlockBuilder:
    """Builds one block; operands and results are looked up by SSA value."""

    __slots__ = ("_index_of", "_operands", "context", "instructions", "num_slots")

    def __init__(self, context: ProgramContext) -> None:
        self.context = context
        self.instructions: list[Instruction] = []
        self.num_slots = 0
        self._operands: dict[int, Operand] = {}  # by identity of the value, which the module keeps alive
        self._index_of: dict[Operation, int] = {}

    def slot(self) -> Slot:
        """A new slot."""
        index = self.num_slots
        self.num_slots = index + 1
        return _SLOTS[index] if index < _NUM_SHARED else Slot(index)

    def define(self, value: SSAValue) -> int:
        """A new slot for a value."""
        slot = self._operands[identity(value)] = self.slot()
        return slot.index

    def results(self, op: Operation) -> tuple[int, ...]:
        """New slots for all results of an op."""
        return tuple([self.define(result) for result in op.results])

    def alias(self, value: SSAValue, operand: Operand) -> None:
        """Makes a value another name of an operand."""
        self._operands[identity(value)] = operand

    def value(self, value: SSAValue) -> Operand:
        """The operand that holds a value: a slot, or what is known when compiling."""
        found = self._operands.get(identity(value))
        if found is None:
            found = self._operands[identity(value)] = self._literal(value)
        return found

    def operand(self, op: Operation, index: int) -> Operand:
        """Operand `index` of an op, with the instructions that must come between the value and the op."""
        value = op.operands[index]
        found = self.value(value)
        if not self.context.adjusted:
            return found
        adjustments, use = self.context.adjustments, (op, index)
        if use in adjustments.checks:
            found = self._between(op, _CHECK, found, ())
        if use in adjustments.copies:
            found = self._between(op, _COPY, found, ())
        if use in adjustments.gates:
            found = self._between(op, _HAND_ON, found, self._indices(adjustments.gates[use]))
        return found

    def all_operands(self, op: Operation) -> tuple[Operand, ...]:
        """All operands of an op."""
        if not self.context.adjusted:
            return tuple([self.value(value) for value in op._operands])
        return tuple(self.operand(op, index) for index in range(len(op.operands)))

    def add(self, op: Operation, instruction: Instruction) -> None:
        """Adds the instruction of an op; ops that wait for this op wait for it."""
        if self.context.adjusted:
            self._index_of[op] = len(self.instructions)
        self.instructions.append(instruction)

    def call(
        self,
        op: Operation,
        function: Any,
        operands: Sequence[Operand],
        behaviour: Behaviour = PURE,
        name: str | None = None,
        *,
        retires: bool = False,
    ) -> None:
        """Adds a call of a known function with plain arguments, whose result is the op's, if it has one."""
        instruction = Call(
            name or op.name,
            self.results(op),
            callee=Literal(function),
            arguments=Arguments(tuple([(False, operand) for operand in operands])),
            behaviour=behaviour,
            retires=retires,
            after=self.after(op),
            location=self.context.location(op.location),
        )
        self.add(op, instruction)

    def extra(self, op: Operation, callee: Literal, operands: Sequence[Operand], after: tuple[int, ...] = ()) -> Slot:
        """Adds a pure call that no op stands for; gives the slot of its result."""
        slot = self.slot()
        instruction = Call(
            op.name,
            (slot.index,),
            callee=callee,
            arguments=Arguments(tuple([(False, operand) for operand in operands])),
            after=after,
            location=self.context.location(op.location),
        )
        self.instructions.append(instruction)
        return slot

    def after(self, op: Operation) -> tuple[int, ...]:
        """The instructions that an op waits for beside its operands."""
        if not self.context.adjusted:
            return ()
        return self._indices(self.context.adjustments.after.get(op, ()))

    def enter(self, op: Operation, block: RegionBlock) -> Block:
        """The finished plan block of a region of `op`, with its captures taken from this block."""
        inner = BlockBuilder(self.context)
        for argument in block.args:
            inner.define(argument)
        captures = []
        for value in self.context.facts.blocks[block].captured:
            outer = self._captured(op, value)
            if isinstance(outer, Slot):
                captures.append((outer.index, inner.define(value)))
            else:
                inner.alias(value, outer)
        return inner.finish(block, tuple(captures))

    def finish(self, block: RegionBlock, captures: tuple[tuple[int, int], ...] = ()) -> Block:
        """Lowers all ops of a block whose arguments and captures are defined, and closes it."""
        outputs = self.lower_ops(block)
        facts = self.context.facts.blocks[block]
        return Block(
            self.num_slots,
            chain_kernels(self.instructions, outputs) if self.context.num_kernels > 1 else tuple(self.instructions),
            outputs,
            len(block.args),
            captures,
            facts.may_write,
            facts.has_fence,
        )

    def lower_ops(self, block: RegionBlock) -> tuple[Operand, ...]:
        """Adds the ops of a block to this one; gives the operands of its terminator."""
        lowerings = self.context.lowerings
        op = block.first_op
        last = block.last_op
        while op is not None and op is not last:
            lowering = lowerings.get(type(op))
            if lowering is None:
                raise InternalError(f"no lowering for `{op.name}`")
            lowering(self, op)
            op = op.next_op
        return () if last is None else self.all_operands(last)

    def _captured(self, op: Operation, value: SSAValue) -> Operand:
        found = self.value(value)
        readers = self.context.adjustments.capture_gates.get((op, value)) if self.context.adjusted else None
        return self.extra(op, _HAND_ON, (found,), self._indices(readers)) if readers else found

    def _between(self, op: Operation, callee: Literal, operand: Operand, after: tuple[int, ...]) -> Operand:
        """An instruction between an operand and its op, and for a terminator, which has none, in its stead."""
        slot = self.extra(op, callee, (operand,), after)
        self._index_of[op] = len(self.instructions) - 1
        return slot

    def _indices(self, ops: Sequence[Operation]) -> tuple[int, ...]:
        return tuple(sorted({self._index_of[op] for op in ops if op in self._index_of}))

    def _literal(self, value: SSAValue) -> Literal:
        """The operand of a value that no instruction makes."""
        owner = value.op if isinstance(value, OpResult) else None
        if type(owner) is ConstantOp:
            return self.context.literal(owner.value.data)
        if type(owner) is UndefOp:
            return Literal(Unbound(owner.variable.data))
        raise InternalError(f"the value `{value}` is used where it isn't defined")
