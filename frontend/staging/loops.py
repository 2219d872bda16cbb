"""Loops: the body is traced once, whatever the length; what it changes is carried from iteration to iteration."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence, Set

from xdsl.ir import Block, BlockArgument, SSAValue

from ...diagnostics.effect import READS, Behaviour, Effect
from ...diagnostics.location import Location
from ...dialect.types import element_type as dialect_element_type
from ..effects.abstract_type import (
    ANY,
    INT,
    STR,
    AbstractType,
    ArrayType,
    DictType,
    IteratorType,
    ListType,
    SetType,
    TupleOfType,
    TupleType,
    widen,
)
from ..effects.array_results import is_jax
from ..effects.contents import element_type
from .branches import FALLS, Completion
from .builder import ir_type
from .carrying import Carried, CarryingStager
from .stager import is_container
from .values import Owned, Static, Tracer, TupleValue, Unstageable, Value
from .written import Places, inside_of

MAX_UNROLLED = 8  # iterations; longer static loops are traced once


class LoopStager(CarryingStager):
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
        flag: str | None = None,
    ) -> None:
        """Stage `for target in iterable: body`.

        Args:
            target: what the elements are bound to.
            iterable_node: what is iterated.
            bound: names that target and body bind.
            read: names that an iteration may read before it binds them.
            live: names that may be read after the loop.
            body: stages the body once, in the current state.
            changed: owned containers that the body looks like changing.
            flag: the name that the body makes true where it leaves the loop.
        """
        iterable = self.stage_iterable(iterable_node)
        elements = self.static_elements(iterable)
        if elements is not None:
            self._unroll(target, iterable, elements, body, live, flag)
            return
        if isinstance(iterable, Owned) and iterable in changed and self.is_owned(iterable):
            self.escape(iterable)  # it changes while it is iterated: as Python's own iterator sees it
            changed = [owned for owned in changed if owned is not iterable]
        before, mark, facts = self.state.copy(), self.builder.mark(), self.program.checkpoint()
        if isinstance(self.type_of(iterable), IteratorType) and self._is_view(iterable_node):
            self._stage_over(target, iterable, True, bound, read, live, body, changed, flag)
            if not any(self.program.writes_to(inside_of(self.places_of(iterable)), facts[1])):
                return
            # The body may write what the iterator walks: step it as Python does.
            self.state.restore(before)
            self.builder.rewind(mark)
            self.program.rewind(facts)
        self._stage_over(target, iterable, False, bound, read, live, body, changed, flag)

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
        flag: str | None,
    ) -> None:
        """Stage a loop over this value, or over a list of all that it gives (`as_list`)."""
        if isinstance(iterable, Static) and isinstance(iterable.value, range):
            source: SSAValue = self.builder.load_object(iterable.value)
            known: AbstractType = TupleOfType(INT)
        else:
            self.hand_out_parts(iterable)
            known = widen(self.type_of(iterable))
            source = self.ssa(iterable)
        is_ours = self.is_owned(iterable) and is_container(known)
        snapshot = is_ours or isinstance(known, (TupleType, TupleOfType)) or known == STR
        if as_list and isinstance(known, IteratorType):
            source, snapshot = self._as_list(source, known), True
            known = ListType(known.element)

        places, element = self.places_of(iterable), element_type(known)
        first_write = 0

        def trace(carried: Carried) -> tuple[Block, list[BlockArgument]]:
            nonlocal first_write
            first_write = len(self.program.writes)
            block = Block(arg_types=[dialect_element_type(source.type)])
            with self.region(block, is_loop=True):
                arguments = self._enter(block, carried)
                if element is None:
                    self.note_write(Behaviour(Effect.DYNAMIC))  # each step may run code
                self.assign(target, Tracer(block.args[0], element or ANY, inside_of(places)))
                body()
            return block, arguments

        def emit(initial: list[SSAValue], blocks: list[Block]) -> Sequence[SSAValue]:
            is_snapshot = snapshot or self._is_undisturbed(target, known, places, first_write)
            return self.builder.for_(source, initial, blocks[0], snapshot=is_snapshot, breaks=flag is not None)

        if isinstance(iterable, Owned):
            self.iterated.append(iterable)
        try:
            self._stage_carrying(bound, read, live, changed, lambda c: [trace(c)], emit, flag)
        finally:
            if isinstance(iterable, Owned):
                self.iterated.pop()

    def _is_undisturbed(self, target: ast.expr, known: AbstractType, places: Places, first_write: int) -> bool:
        """Whether a body that writes something leaves the container alone that is iterated."""
        if isinstance(known, ArrayType):
            return is_jax(known) or len(self.program.writes) == first_write
        if len(self.program.writes) == first_write or not isinstance(known, (ListType, DictType, SetType)):
            return False
        found = next(self.program.writes_to(places, first_write), None)
        where = Location(self.scope.file, target.lineno, target.col_offset, self.scope.function_name)
        if found is None:
            self.program.stepped.pop(where, None)
            return True
        self.program.note_stepped(f"the loop over `{ast.unparse(target)}`", *found, where)
        return False

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

    def _unroll(
        self,
        target: ast.expr,
        iterable: Value,
        elements: Sequence[Value],
        body: Callable[[], None],
        live: Set[str],
        flag: str | None,
    ) -> None:
        held = self.state.heap[iterable].elements if isinstance(iterable, Owned) else None
        for number, element in enumerate(elements, 1):
            self.assign(target, element)
            body()
            if isinstance(iterable, Owned) and self.state.heap[iterable].elements != held:
                raise Unstageable("a list is changed while it is iterated", target.lineno)
            has_left = Static(False) if flag is None else self.state.names[flag]
            known, others = self.truth(has_left), elements[number:]
            if known or not others:
                return
            if known is None:

                def go_on(others: Sequence[Value] = others) -> Completion:
                    self._unroll(target, iterable, others, body, live, flag)
                    return FALLS

                self.branch(has_left, lambda: FALLS, go_on, live)
                return

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

    # Layers above provide this.
    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target to a value."""
        raise NotImplementedError
