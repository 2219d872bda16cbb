"""Owned objects that a piece of the program changes under its own name: a callee its parameter, a loop its elements.

In the IR the piece reads one version, and what follows it the next one:

    %1 = call @next_version(%0) mutates [0]      after all that has read the object so far
    %2, %3 = invoke @run(%1)                     changes what %1 is, as a parameter of its own; %3 is the next version

A function ends with a call of its own after all that has read the object in it, and returns that version: what follows
waits for nothing else in the function. After a loop over the elements of a list comes `%2 = call @next_version(%1)`,
after all of the loop; an iteration that has changed its element ends as a function does, so that no update in it is
without use.
"""

from __future__ import annotations

from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from ....diagnostics.effect import Effect
from ....dialect.calls import AS_LEFT
from ....dialect.operation import hint_name
from ....runtime.outline_shape import OUTLINE, HandsOn
from ...effects.abstract_type import NONE, AbstractType
from ...effects.place import EVERYTHING
from ...effects.summary import Summary
from ..state.builder import ir_type
from ..state.staged_function import Shape
from ..values import Owned, Tracer
from .leaf_ops import Changed, container_class
from .part_values import PartStager


def next_version(owned: object, walked: object = None) -> None:
    """Stands between those who read an object and those who change it, or its elements in a list that is walked."""


setattr(next_version, OUTLINE, HandsOn())


def as_left(owned: object) -> None:
    """Stands at the start of a handler: an object that the body of the `try` was changing, as the body has left it."""


class VersionStager(PartStager):
    """The layer of versions that are handed to pieces of the program."""

    def borrowed(self, name: str, shape: Shape, block: Block) -> Owned:
        """A parameter bound to an object that its caller lends or shares: nobody else sees it meanwhile."""
        assert shape.type is not None
        cls = container_class(shape.type)
        assert cls is not None
        owned = self.own(_argument(block, name, shape.type), shape.type, cls, shape.seal, shape.apart)
        held = {part: Tracer(_argument(block, part, known), known) for part, known in shape.parts}
        self.state.update(owned, parts=held, shared=shape.shared, in_order=shape.in_order, argument=shape.argument)
        return owned

    def finish(self, owned: Owned) -> SSAValue:
        """The version of an object that is there when all that has read it so far is done."""
        self.take_back(owned, self.state.type_of(owned))
        return self.ssa(owned)

    def lend(self, owned: Owned) -> None:
        """What comes next may change the object, or its elements: all that has read it so far has done so."""
        state = self.state.heap[owned]
        self.take_back(owned, self.state.type_of(owned), state.apart)
        self.state.update(owned, lent=True)

    def find_as_left(self, owned: Owned, known: AbstractType) -> None:
        """At the start of a handler: an object is as the step has left it that failed, and of this type."""
        changed: dict[int | str, Changed] = {0: Changed(known, self.seal_as_given(owned, 0), (EVERYTHING,))}
        summary = Summary(Effect.PURE, result=NONE, mutates=frozenset(changed))
        ssa = self.emit_leaf(as_left, AS_LEFT, [owned], (), summary, changed=changed)
        assert isinstance(ssa.owner, Operation)
        ssa.owner.attributes[AS_LEFT] = UnitAttr()
        self.state.update(owned, apart=False)

    def take_back(self, owned: Owned, known: AbstractType, apart: bool = False, walked: Owned | None = None) -> None:
        """What had the object, or went through the list `walked` of its elements, is done: it is of this type now."""
        operands = [owned] if walked is None else [owned, walked]
        changed: dict[int | str, Changed] = {0: Changed(known, self.seal_as_given(owned, 0), ())}
        if walked is not None:
            changed[1] = Changed(self.state.type_of(walked), None, ())
        summary = Summary(Effect.PURE, result=NONE, mutates=frozenset(changed))
        self.emit_leaf(next_version, "next_version", operands, (), summary, changed=changed, is_mark=True)
        self.state.update(owned, apart=apart, lent=False)


def _argument(block: Block, name: str, known: AbstractType) -> BlockArgument:
    argument = block.insert_arg(ir_type(known), len(block.args))
    hint_name(argument, name)
    return argument
