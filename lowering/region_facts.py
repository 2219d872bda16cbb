"""What is known of every block before plans are built: its captures, what it may do, which functions it invokes.

One walk over the module, bottom-up; then a fixpoint over the functions for what invokes reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xdsl.ir import Attribute, Block, Operation, SSAValue

from ..diagnostics.effect import Effect
from ..diagnostics.identity import identity
from ..dialect.calls import InvokeOp
from ..dialect.constants import ConstantOp, UndefOp
from ..dialect.containers import AppendOp, InsertOp
from ..dialect.effects import EffectAttr
from ..dialect.loops import ForOp, ReduceOp
from ..dialect.nesting import ops_of
from ..dialect.parallel import EnsembleOp, MapOp
from ..dialect.tensor import TensorOp
from ..dialect.types import ListType

_STEPPING = (ForOp, ReduceOp, MapOp)  # loops whose iterable may be stepped, which may run code of its own


@dataclass(slots=True)
class BlockFacts:
    """One block, an ensemble's branches counted as parts of the block around it.

    Attributes:
        captured: values from outside that it or a block inside uses, in order of first use; literals are not captured.
        may_write: whether an op inside, at any depth, may write state that a later read sees.
        has_fence: whether an op inside, at any depth, is a fence.
        invoked: symbols of the functions invoked inside.
    """

    captured: dict[SSAValue, None] = field(default_factory=dict)
    may_write: bool = False
    has_fence: bool = False
    invoked: set[str] = field(default_factory=set)


@dataclass(slots=True)
class ModuleFacts:
    """All blocks, and the ops that need more work than one instruction.

    Attributes:
        blocks: facts of every block but those of ensembles.
        updates: (op, operand index) of every operand whose object the op updates.
        unbound: the results of `xcs.undef` ops.
        referenced: symbols of the callables, outside state and kernels that ops use.
        is_async: whether a call is awaited.
    """

    blocks: dict[Block, BlockFacts] = field(default_factory=dict)
    updates: list[tuple[Operation, int]] = field(default_factory=list)
    unbound: list[SSAValue] = field(default_factory=list)
    referenced: set[str] = field(default_factory=set)
    is_async: bool = False

    def collect(self, functions: Mapping[str, Block]) -> ModuleFacts:
        """Fills in the facts of these functions and of everything inside."""
        for block in functions.values():
            self._block(block)
        self._close_over_invokes(functions)
        return self

    def _block(self, block: Block) -> BlockFacts:
        facts = self.blocks[block] = BlockFacts()
        self._ops(ops_of(block), set(map(identity, block.args)), facts)
        return facts

    def _ops(self, ops: Iterable[Operation], defined: set[int], facts: BlockFacts) -> None:
        """Adds what these ops do; `defined` are the values of their block so far, by identity: they hash slowly."""
        captured = facts.captured
        effects: dict[int, Attribute] = {}
        for op in ops:
            cls = type(op)
            if cls is ConstantOp:
                continue
            if cls is UndefOp:
                self.unbound.append(op.results[0])
                continue
            for value in op._operands:
                if identity(value) not in defined and not is_literal_value(value):
                    captured[value] = None
            if op.regions:
                self._regions(op, cls, defined, facts)
            elif cls is AppendOp or cls is InsertOp:
                self.updates.append((op, 0))
            elif op.properties:
                self._leaf(op, cls, facts, effects)
            for result in op.results:
                defined.add(identity(result))
        for effect in effects.values():
            _add_effect(facts, effect)

    def _leaf(self, op: Operation, cls: type[Operation], facts: BlockFacts, effects: dict[int, Attribute]) -> None:
        """An op without regions that has properties: what it mutates, the symbol it uses.

        Its effect goes into `effects`, by identity: most ops share one attribute with others, so there are few.
        """
        if cls is InvokeOp:
            facts.invoked.add(op.callee.root_reference.data)  # type: ignore[attr-defined]
            return
        properties = op.properties
        symbol = properties.get("callee") or properties.get("outside")
        if symbol is not None:
            self.referenced.add(symbol.root_reference.data)  # type: ignore[attr-defined]
        if "async" in properties:
            self.is_async = True
        effect = properties.get("effect")
        if effect is not None:
            effects[identity(effect)] = effect
        if "mutates" in properties:
            mutated = set(op.mutated)  # type: ignore[attr-defined]
            positions = (index for index, value in enumerate(op.operands) if value in mutated)
            self.updates.extend((op, index) for index in positions)

    def _regions(self, op: Operation, cls: type[Operation], defined: set[int], facts: BlockFacts) -> None:
        if cls is EnsembleOp:
            for region in op.regions:
                self._ops(ops_of(region.block), defined, facts)
            return
        if cls is TensorOp:  # one call in the plan
            self._block(op.regions[0].block)
            _add_effect(facts, op.properties["effect"])
            return
        if "truth" in op.properties:
            _add_effect(facts, op.properties["truth"])
        if cls in _STEPPING and not (
            {"snapshot", "plain"} & op.properties.keys() or isinstance(op.operands[0].type, ListType)
        ):
            facts.may_write = True
        for region in op.regions:
            inside = self._block(region.block)
            facts.captured.update((value, None) for value in inside.captured if identity(value) not in defined)
            facts.may_write |= inside.may_write
            facts.has_fence |= inside.has_fence
            facts.invoked |= inside.invoked

    def _close_over_invokes(self, functions: Mapping[str, Block]) -> None:
        """Adds to every block what the functions it invokes may do, to a fixpoint."""
        by_symbol = {symbol: self.blocks[block] for symbol, block in functions.items()}
        invoking = [facts for facts in self.blocks.values() if facts.invoked]
        changed = bool(invoking)
        while changed:
            changed = False
            for facts in invoking:
                before = facts.may_write, facts.has_fence
                for symbol in facts.invoked & by_symbol.keys():
                    facts.may_write |= by_symbol[symbol].may_write
                    facts.has_fence |= by_symbol[symbol].has_fence
                changed |= before != (facts.may_write, facts.has_fence)


def is_literal_value(value: SSAValue) -> bool:
    """Whether a value is known when compiling, so that no slot holds it."""
    return isinstance(value.owner, ConstantOp | UndefOp)


def _add_effect(facts: BlockFacts, attribute: object) -> None:
    if isinstance(attribute, EffectAttr):
        effect = attribute.data.effect
        facts.may_write |= effect.may_write
        facts.has_fence |= effect is Effect.FENCE
