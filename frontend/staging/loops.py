"""Loops: the body is traced once, whatever the length; what it changes is carried from iteration to iteration."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from xdsl.ir import Attribute, Block, BlockArgument, SSAValue

from ...diagnostics.effect import READS, Behaviour
from ...dialect.containers import AppendOp, InsertOp
from ...dialect.types import OBJ
from ...dialect.types import element_type as dialect_element_type
from ..effects.abstract_type import (
    ANY,
    INT,
    STR,
    AbstractType,
    IteratorType,
    ListType,
    TupleOfType,
    TupleType,
    join,
    widen,
)
from ..effects.contents import element_type
from .branches import BranchStager
from .builder import Mark, discard, ir_type
from .stager import MustCarry, MustEscape
from .state import OwnedState, State
from .values import LocalFunction, Owned, Static, Tracer, TupleValue, Unbound, Unstageable, Value

MAX_UNROLLED = 8  # iterations; longer static loops are traced once
MAX_ATTEMPTS = 8  # retraces of one body until its types and carried values settle


@dataclass(slots=True)
class Carried:
    """What a loop carries, as far as found so far.

    Attributes:
        names: local names that the body binds, with the type their values have at the start of any iteration.
        containers: owned containers that the body changes, likewise.
        untyped: names whose values have no one IR type.
    """

    names: dict[str, AbstractType] = field(default_factory=dict)
    containers: dict[Owned, AbstractType] = field(default_factory=dict)
    untyped: set[str] = field(default_factory=set)


class LoopStager(BranchStager):
    """The layer of loops."""

    # ---- static iterables

    def static_elements(self, value: Value) -> Sequence[Value] | None:
        """The elements of an iterable that are known one by one, if they are few."""
        elements: Sequence[Value] | None = None
        if isinstance(value, TupleValue):
            elements = value.elements
        elif isinstance(value, Owned):
            elements = self.state.heap[value].elements
        elif isinstance(value, Static) and isinstance(value.value, (range, tuple)) and len(value.value) <= MAX_UNROLLED:
            elements = [Static(element) for element in value.value]
        return elements if elements is not None and len(elements) <= MAX_UNROLLED else None

    def stage_iterable(self, node: ast.expr) -> Value:
        """The iterable of a loop; `range` of known numbers stays known."""
        if isinstance(node, ast.Call) and self.static_of(node.func) is range and not node.keywords:
            bounds = [self.stage_expression(argument) for argument in node.args]
            if all(isinstance(b, Static) and type(b.value) is int for b in bounds):
                return Static(range(*(b.value for b in bounds if isinstance(b, Static))))
        return self.stage_expression(node)

    # ---- for

    def stage_loop(
        self,
        target: ast.expr,
        iterable_node: ast.expr,
        bound: set[str],
        read: set[str],
        live: Set[str],
        body: Callable[[], None],
        changed: Sequence[Owned] = (),
    ) -> None:
        """Stage `for target in iterable: body`.

        Args:
            target: what the elements are bound to.
            iterable_node: what is iterated.
            bound: names that target and body bind.
            read: names that the body reads.
            live: names that may be read after the loop.
            body: stages the body once, in the current state.
            changed: owned containers that the body looks like changing.
        """
        iterable = self.stage_iterable(iterable_node)
        elements = self.static_elements(iterable)
        if elements is not None:
            self._unroll(target, iterable, elements, body)
            return
        if isinstance(iterable, Owned) and iterable in changed and self.is_owned(iterable):
            self.escape(iterable)  # it changes while it is iterated: as Python's own iterator sees it
            changed = [owned for owned in changed if owned is not iterable]
        before, mark, facts = self.state.copy(), self.builder.mark(), self.program.checkpoint()
        if isinstance(self.type_of(iterable), IteratorType) and self._is_view(iterable_node):
            self._stage_over(target, iterable, True, bound, read, live, body, changed)
            if self.program.num_writes == facts[1]:
                return
            # The body may write what the iterator walks: step it as Python does.
            self.state.restore(before)
            self.builder.rewind(mark)
            self.program.rewind(facts)
        self._stage_over(target, iterable, False, bound, read, live, body, changed)

    def _stage_over(
        self,
        target: ast.expr,
        iterable: Value,
        as_list: bool,
        bound: set[str],
        read: set[str],
        live: Set[str],
        body: Callable[[], None],
        changed: Sequence[Owned],
    ) -> None:
        """Stage a loop over this value, or over a list of all that it gives (`as_list`)."""
        if isinstance(iterable, Static) and isinstance(iterable.value, range):
            source: SSAValue = self.builder.load_object(iterable.value)
            known: AbstractType = TupleOfType(INT)
        else:
            known = self.type_of(iterable)
            source = self.ssa(iterable)
        snapshot = self.is_owned(iterable) or isinstance(known, (TupleType, TupleOfType)) or known == STR
        if as_list and isinstance(known, IteratorType):
            source, snapshot = self._as_list(source, known), True
            known = ListType(known.element)

        def trace(carried: Carried) -> tuple[Block, list[BlockArgument]]:
            element = element_type(known) or ANY
            block = Block(arg_types=[dialect_element_type(source.type)])
            with self.region(block, is_loop=True):
                arguments = self._enter(block, carried)
                self.assign(target, Tracer(block.args[0], element))
                body()
            return block, arguments

        def emit(initial: list[SSAValue], blocks: list[Block]) -> Sequence[SSAValue]:
            return self.builder.for_(source, initial, blocks[0], snapshot=snapshot)

        if isinstance(iterable, Owned):
            self.iterated.append(iterable)
        try:
            self._stage_carrying(bound, read, live, changed, lambda c: [trace(c)], emit)
        finally:
            if isinstance(iterable, Owned):
                self.iterated.pop()

    def _is_view(self, node: ast.expr) -> bool:
        """Whether an iterable only walks containers, so that taking all of it at once can't raise midway."""
        if not isinstance(node, ast.Call) or any(keyword.arg != "start" for keyword in node.keywords):
            return False
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "keys", "values"):
            return not node.args
        held = self.static_of(node.func)
        return any(held is walker for walker in (zip, enumerate, reversed)) and not any(
            isinstance(argument, ast.Call) and not self._is_view(argument) and argument.keywords
            for argument in node.args
        )

    def _as_list(self, source: SSAValue, known: IteratorType) -> SSAValue:
        symbol = self.program.symbols.callable(list, "list", READS, {})
        return self.builder.call(symbol, [source], (), READS, ir_type(ListType(known.element)), fresh=True)[0]

    def _unroll(self, target: ast.expr, iterable: Value, elements: Sequence[Value], body: Callable[[], None]) -> None:
        for element in elements:
            self.assign(target, element)
            body()
            if isinstance(iterable, Owned) and self.state.heap[iterable].elements != tuple(elements):
                raise Unstageable("a list is changed while it is iterated", target.lineno)

    # ---- while

    def stage_while(
        self,
        test: ast.expr,
        bound: set[str],
        read: set[str],
        live: Set[str],
        body: Callable[[], None],
        changed: Sequence[Owned] = (),
    ) -> None:
        """Stage `while test: body`."""
        truths: list[Behaviour] = []

        def trace(carried: Carried) -> list[tuple[Block, list[BlockArgument]]]:
            condition, loop = Block(), Block()
            outer = self.state.copy()
            with self.region(condition, is_loop=True):
                first = self._enter(condition, carried)
                heap = dict(self.state.heap)
                value = self.stage_expression(test)
                truths.append(self.truth_effect(value))
                self.note_write(truths[-1])
                ssa = self.ssa(value)
                if any(self.state.heap[owned].ssa is not heap[owned].ssa for owned in carried.containers):
                    raise Unstageable("the condition of a loop changes a container", test.lineno)
                self.builder.yield_([ssa])
            self.state = outer
            with self.region(loop, is_loop=True):
                second = self._enter(loop, carried)
                body()
            return [(loop, second), (condition, first)]

        def emit(initial: list[SSAValue], blocks: list[Block]) -> Sequence[SSAValue]:
            return self.builder.while_(initial, blocks[1], blocks[0], truths[-1])

        self._stage_carrying(bound, read, live, changed, trace, emit)

    # ---- carried values

    def _stage_carrying(
        self,
        bound: set[str],
        read: set[str],
        live: Set[str],
        changed: Sequence[Owned],
        trace: Callable[[Carried], list[tuple[Block, list[BlockArgument]]]],
        emit: Callable[[list[SSAValue], list[Block]], Sequence[SSAValue]],
    ) -> None:
        """Trace a loop until what it carries is settled, then emit it.

        `trace` gives the body (left open, without its yield) and further blocks with the same carried arguments.
        """
        carried = self._first_guess(bound, read | live)
        for owned in changed:
            carried.containers[owned] = self.state.type_of(owned)
        for _ in range(MAX_ATTEMPTS):
            before = self.state.copy()
            mark = self.builder.mark()
            written = self.program.world_written
            try:
                traced = trace(carried)
            except MustCarry as missing:
                self._restart(before, mark, written)
                if before.heap[missing.owned].depth < self.loop_depth:
                    raise
                if missing.owned in self.iterated:
                    self.escape(missing.owned)
                carried.containers[missing.owned] = self.state.type_of(missing.owned)
                continue
            except MustEscape as missing:
                self._restart(before, mark, written)
                self.escape(missing.owned)
                carried.containers.pop(missing.owned, None)
                continue
            if self._settled(carried, traced, before) and (written or not self.program.world_written):
                self._finish(carried, traced, before, bound, live, emit)
                return
            after_written = self.program.world_written
            for block, _ in traced:
                discard(block, None)
            self._restart(before, mark, after_written)
        raise Unstageable("what a loop carries does not settle")

    def _restart(self, before: State, mark: Mark, written: bool) -> None:
        self.state.restore(before)
        self.builder.rewind(mark)
        self.program.world_written = written

    def _first_guess(self, bound: set[str], used: set[str]) -> Carried:
        carried = Carried()
        for name in sorted(bound & used):
            value = self.state.names.get(name)
            if value is None or isinstance(value, Unbound):
                continue
            if isinstance(value, Owned) and self.is_owned(value):
                continue  # changed in place (`xs += ys`) unless tracing shows that the name is bound to another
            if isinstance(value, LocalFunction):
                raise Unstageable(f"local function `{name}` is bound again in a loop")
            carried.names[name] = widen(self.type_of(value))
        return carried

    def _enter(self, block: Block, carried: Carried) -> list[BlockArgument]:
        """At the start of an iteration: carried names and containers are block arguments."""
        arguments: list[BlockArgument] = []
        for name, known in carried.names.items():
            argument = block.insert_arg(OBJ if name in carried.untyped else ir_type(known), len(block.args))
            self.state.names[name] = Tracer(argument, known)
            arguments.append(argument)
        for owned, known in carried.containers.items():
            argument = block.insert_arg(ir_type(known), len(block.args))
            made_at = self.state.heap[owned].made_at
            self.state.heap[owned] = OwnedState(known, self.depth, made_at, None, argument)
            arguments.append(argument)
        return arguments

    def _settled(self, carried: Carried, traced: list[tuple[Block, list[BlockArgument]]], before: State) -> bool:
        """Whether the values at the end of an iteration fit what its start assumed; if not, assume more."""
        settled = True
        for name, known in list(carried.names.items()):
            value = self.state.names.get(name)
            if value is None or isinstance(value, (Unbound, LocalFunction)):
                raise Unstageable(f"`{name}` may be unbound after an iteration")
            wider = join(known, widen(self.type_of(value)))
            if wider != known:
                carried.names[name] = wider
                settled = False
            kinds = {self.ir_type_of(value), self.ir_type_of(before.names[name])}
            if name not in carried.untyped and kinds != {ir_type(known)}:
                carried.untyped.add(name)
                settled = False
        for position, (owned, known) in enumerate(list(carried.containers.items()), len(carried.names)):
            wider = join(known, self.state.type_of(owned))
            if wider != known:
                carried.containers[owned] = wider
                settled = settled and all(is_only_filled(arguments[position]) for _, arguments in traced)
        for name, value in before.names.items():
            is_rebound = self.state.names.get(name, value) is not value
            if isinstance(value, Owned) and name not in carried.names and is_rebound:
                carried.names[name] = self.type_of(value)
                settled = False
        return settled

    def _finish(
        self,
        carried: Carried,
        traced: list[tuple[Block, list[BlockArgument]]],
        before: State,
        bound: set[str],
        live: Set[str],
        emit: Callable[[list[SSAValue], list[Block]], Sequence[SSAValue]],
    ) -> None:
        body = traced[0][0]
        after = self.state
        yields: list[SSAValue] = []

        def finals() -> None:
            for name in carried.names:
                value = after.names[name]
                self._let_go(value)
                yields.append(self.ssa(value))
            yields.extend(self.ssa(owned) for owned in carried.containers)

        self.depth += 1
        outer_loop, self.loop_depth = self.loop_depth, self.depth
        try:
            with self.builder.inside(body):
                finals()
        finally:
            self.depth -= 1
            self.loop_depth = outer_loop
        self.state.restore(before)
        keys: list[str | Owned] = [*carried.names, *carried.containers]
        initial: list[SSAValue] = []
        for key in keys:
            start: Value = self.state.names[key] if isinstance(key, str) else key
            if isinstance(key, str):
                self._let_go(start)
            initial.append(self.ssa(start))
        kept = self._demote(traced, yields, initial)
        with self.builder.inside(body):
            self.builder.yield_([yields[i] for i in kept])
        results = emit([initial[i] for i in kept], [block for block, _ in traced])
        for number, i in enumerate(kept):
            self._set_carried(keys[i], results[number], carried)
        for name in bound - set(carried.names):
            if name in live or name in self.state.names:
                value = self.state.names.get(name)
                if not (isinstance(value, Owned) and name in before.names and before.names[name] is value):
                    self.state.names[name] = Unbound(name)

    def _let_go(self, value: Value) -> None:
        """A value that becomes a carried value: containers in it are ordinary objects from then on."""
        if isinstance(value, (Owned, TupleValue)):
            self.hold(value)

    def ir_type_of(self, value: Value) -> Attribute:
        """The IR type of the SSA value that holds a value."""
        return value.ssa.type if isinstance(value, Tracer) else ir_type(widen(self.type_of(value)))

    def _set_carried(self, key: str | Owned, result: SSAValue, carried: Carried) -> None:
        if isinstance(key, str):
            self.state.names[key] = Tracer(result, carried.names[key])
        else:
            self.change(key, result, carried.containers[key])

    def _demote(
        self,
        traced: list[tuple[Block, list[BlockArgument]]],
        yields: list[SSAValue],
        initial: list[SSAValue],
    ) -> list[int]:
        """Values that an iteration hands on unchanged are captured instead of carried."""
        kept = [i for i, value in enumerate(yields) if value is not traced[0][1][i]]
        for block, arguments in traced:
            for i, argument in enumerate(arguments):
                if i not in kept:
                    argument.replace_all_uses_with(initial[i])
                    block.erase_arg(argument)
        return kept

    # Layers above provide this.
    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target to a value."""
        raise NotImplementedError

    @property
    def iterated(self) -> list[Owned]:
        """Owned containers that loops around this place iterate."""
        raise NotImplementedError


def is_only_filled(container: SSAValue) -> bool:
    """Whether a body only adds to a container, so that nothing in it relies on what the container holds."""
    return all(isinstance(use.operation, (AppendOp, InsertOp)) and use.index == 0 for use in container.uses)
