"""Loops: the body is traced once, whatever the length; what it changes is carried from iteration to iteration."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence, Set

from xdsl.ir import Block, BlockArgument, SSAValue

from ....diagnostics.effect import Behaviour, Effect
from ....diagnostics.location import Location
from ....dialect.types import element_type as dialect_element_type
from ...effects.abstract_type import (
    ANY,
    BYTES,
    INT,
    NEVER,
    STR,
    AbstractType,
    ArrayType,
    DictType,
    ExactType,
    IteratorType,
    ListType,
    SetType,
    TupleOfType,
    TupleType,
)
from ...effects.array_results import is_jax
from ...effects.contents import element_type, kinds
from ...effects.enumerations import is_enumeration
from ...effects.lattice import members, widen
from ..source.shown_source import shown_source
from ..source.syntax import call_node, load_name, placed
from ..state.stager import is_container
from ..state.state import Heap, State
from ..state.written import Places, elements_in
from ..values import Owned, Static, Tracer, TupleValue, Unstageable, Value
from .branches import FALLS, Completion
from .carrying import Carried
from .existing_keys import ExistingKey
from .for_loop import ForLoop
from .own_elements import NotOwned, OwnWalk
from .walks import WalkStager, is_walkable, steps_are_plain

MAX_UNROLLED = 8  # iterations; longer static loops are traced once


class LoopStager(WalkStager):
    """The layer of loops."""

    def static_elements(self, value: Value) -> Sequence[Value] | None:
        """The elements of an iterable that are known one by one, if they are few."""
        elements: Sequence[Value] | None = None
        if isinstance(value, TupleValue):
            elements = value.elements
        elif isinstance(value, Owned):
            elements = self.state.heap[value].elements
        elif isinstance(value, Static) and isinstance(value.value, (range, tuple)) and len(value.value) <= MAX_UNROLLED:
            elements = [Static(element) for element in value.value]
        elif isinstance(value, Static) and is_enumeration(value.value):
            elements = [Static(member) for member in value.value]
        return elements if elements is not None and len(elements) <= MAX_UNROLLED else None

    def stage_iterable(self, node: ast.expr) -> Value:
        """The iterable of a loop; `range` of known numbers stays known, and so do items of `**kwargs`."""
        if (items := self.items_of(node)) is not None:
            return items
        if isinstance(node, ast.Call) and self.static_of(node.func) is range and not node.keywords:
            bounds = [self.stage_expression(argument) for argument in node.args]
            if all(isinstance(b, Static) and type(b.value) is int for b in bounds):
                return Static(range(*(b.value for b in bounds if isinstance(b, Static))))
        return self._stage_walked(node)

    def _stage_walked(self, node: ast.expr) -> Value:
        """What a loop goes over: containers of the module are looked into."""
        outer, self.is_walked = self.is_walked, True
        try:
            return self.stage_expression(node)
        finally:
            self.is_walked = outer

    def stage_loop(
        self, loop: ForLoop, changed: Sequence[Owned] = (), key: ExistingKey | None = None, is_rewritten: bool = False
    ) -> None:
        """Stage a loop.

        Args:
            loop: its syntax, and how its body is staged.
            changed: owned containers that the body looks like changing.
            key: the key under which the body stores in what is iterated.
            is_rewritten: the loop is only right if all that it goes through can be taken at its start.

        Raises:
            NotOwned: that can't be done with a rewritten loop.
        """
        if key is not None and self._stage_storing_under(key, loop, changed):
            return
        walk = self.own_walk(loop.iterable)
        if walk is not None and walk.owner not in changed and self._stage_own_walk(walk, loop, changed):
            return
        if is_rewritten:
            raise NotOwned
        if self.is_view(loop.iterable):
            walked = self.walked(loop.iterable)
            if None not in walked and self._stage_listed(walked, loop, changed):
                return
            changed = self._settle_walked(walked, changed)
        iterable = self.stage_iterable(loop.iterable)
        elements = self.static_elements(iterable)
        if elements is not None:
            self._unroll(loop, iterable, elements)
            return
        changed = self._settle_walked([iterable], changed)
        self._stage_over(loop, iterable, changed, is_private=self.makes_generator(loop.iterable))
        if loop.flag is not None and self.cleans_up(loop.iterable):
            self._close(iterable, loop.target)

    def _stage_storing_under(self, key: ExistingKey, loop: ForLoop, changed: Sequence[Owned]) -> bool:
        """A loop whose body stores in what is iterated, under a key that is there; says whether that is all it does."""
        start = self.mark()
        with self.storing_under(key):
            listed = self.stage_expression(self.call_of_list(loop.iterable))
            first_write = len(self.program.writes)
            self._stage_over(loop, listed, changed)
        if self.is_only_stored_under(key, first_write):
            return True
        self.go_back(start)
        return False

    def _stage_own_walk(self, walk: OwnWalk, loop: ForLoop, changed: Sequence[Owned]) -> bool:
        """A loop whose iterations own elements of a container of ours; says whether they can."""
        start = self.mark()
        try:
            listed = self.listed(walk)
            first_write, before = len(self.program.writes), self._heap_of(walk.others)
            self._stage_over(loop, listed, changed, walk=walk)
            if not any(self._is_disturbed(one, before, first_write) for one in walk.others):
                return True
        except NotOwned:
            pass
        self.go_back(start)
        return False

    def _stage_listed(self, walked: Sequence[Value | None], loop: ForLoop, changed: Sequence[Owned]) -> bool:
        """A loop over what a view walks, taken at its start; says whether its body leaves that as it is."""
        start, first_write, before = self.mark(), len(self.program.writes), self._heap_of(walked)
        self._stage_over(loop, self._stage_walked(self.call_of_list(loop.iterable)), changed)
        if not any(self._is_disturbed(one, before, first_write) for one in walked):
            return True
        self.go_back(start)  # the body writes what the view walks: step it as Python does
        return False

    def _heap_of(self, walked: Iterable[Value | None]) -> Heap:
        """What owned containers are now."""
        return {one: self.state.heap[one] for one in walked if isinstance(one, Owned)}

    def _close(self, generator: Value, at: ast.expr) -> None:
        """A generator that a loop has left, and that nobody else knows, ends there."""
        held = load_name(self.temporary(generator), at)
        method = placed(ast.Attribute(held, "close", ast.Load()), at)
        self.stage_native_expression(call_node(method, []))

    def _settle_walked(self, walked: Sequence[Value | None], changed: Sequence[Owned]) -> list[Owned]:
        """Containers that change while they are iterated escape: as Python's own iterator sees them."""
        for one in walked:
            if isinstance(one, Owned) and one in changed and self.is_owned(one):
                self.escape(one)
        return [one for one in changed if one not in walked]

    def _is_disturbed(self, walked: Value | None, before: Heap, first_write: int) -> bool:
        """Whether a loop that has been staged since `first_write` writes a container that it walks."""
        if isinstance(walked, Owned):
            then, now = before[walked], self.state.heap[walked]
            if now.escaped != then.escaped or now.ssa is not then.ssa:
                return True
            if not then.escaped:
                return False
        return walked is None or any(self.program.writes_to(self.places_of(walked), self.type_of(walked), first_write))

    def _stage_over(
        self,
        loop: ForLoop,
        iterable: Value,
        changed: Sequence[Owned],
        is_private: bool = False,
        walk: OwnWalk | None = None,
    ) -> None:
        """Stage a loop over this value; `is_private`: an iterator that nobody else can step.

        `walk`: iterations own elements of a container of ours.
        """
        target, flag = loop.target, loop.flag
        if isinstance(iterable, Static) and isinstance(iterable.value, range):
            source: SSAValue = self.builder.load_object(iterable.value)
            known: AbstractType = TupleOfType(INT)
        else:
            if walk is None:
                self.hand_out_parts(iterable)
            known = widen(self.type_of(iterable) if walk is None else self.state.type_of(iterable))
            source = self.ssa(iterable)
        snapshot = isinstance(known, (TupleType, TupleOfType)) or known in (STR, BYTES, _RANGE)
        places, element = self.places_of(iterable), element_type(known)
        first_write, after = 0, NEVER

        def trace(carried: Carried) -> tuple[Block, list[BlockArgument]]:
            nonlocal first_write, source, after
            first_write = len(self.program.writes)
            if walk is not None:
                self.require_own(walk, carried.containers)
                source = self.ssa(iterable)
            block = Block(arg_types=[dialect_element_type(source.type)])
            with self.region(block, is_loop=True):
                arguments = self._enter(block, carried)
                if element is None:
                    self.note_write(Behaviour(Effect.DYNAMIC))  # each step may run code
                given: Value = Tracer(block.args[0], element or ANY, elements_in(places))
                if walk is not None:
                    given = self.own_element(block.args[0], element or ANY, walk, walk.position)
                self.assign(target, given)
                loop.body()
                if walk is not None:
                    self.finish_element(given)
                    after = self.state.type_of(given)
            return block, arguments

        def emit(initial: list[SSAValue], blocks: list[Block]) -> Sequence[SSAValue]:
            is_ours = self.is_owned(iterable) and is_container(known)  # it may have escaped since
            walks = is_private and isinstance(known, IteratorType)
            is_left_alone = walks and len(self.program.writes) == first_write
            if walk is not None:
                self.require_alone(walk)
            is_snapshot = snapshot or is_ours or is_left_alone or walk is not None
            is_snapshot = is_snapshot or self._is_undisturbed(target, known, places, first_write, walks)
            is_plain = not (is_snapshot or isinstance(known, ListType)) and steps_are_plain(known)
            said = {"snapshot": is_snapshot, "plain": is_plain, "breaks": flag is not None}
            given = self.builder.for_(source, initial, blocks[0], [word for word, holds in said.items() if holds])
            self._note_loop(known, places, is_ours)
            return given

        if isinstance(iterable, Owned):
            self.iterated.append(iterable)
        try:
            self._stage_carrying(loop.bound, loop.read, loop.live, changed, lambda c: [trace(c)], emit, flag)
        finally:
            if isinstance(iterable, Owned):
                self.iterated.pop()
        if walk is not None:
            assert isinstance(iterable, Owned)
            self.after_loop(walk, iterable, after)

    def _note_loop(self, known: AbstractType, places: Places, is_ours: bool) -> None:
        """The loop emitted last goes over a container: it may not have to wait for what others write."""
        op = self.builder.block.last_op
        assert op is not None
        if is_ours:
            self.program.reads.note_own_loop(op)
        elif (is_walkable(known) or is_array_or_scalar(known)) and (found := kinds(known)):
            self.program.reads.note_loop(op, places, found)

    def _is_undisturbed(
        self, target: ast.expr, known: AbstractType, places: Places, first_write: int, walks: bool
    ) -> bool:
        """Whether a body that writes something leaves the container alone that is iterated."""
        if is_array_or_scalar(known):
            return is_jax(known) or len(self.program.writes) == first_write
        is_container = isinstance(known, (ListType, DictType, SetType)) or walks
        if len(self.program.writes) == first_write or not is_container:
            return False
        found = next(self.program.writes_to(places, known, first_write), None)
        where = Location(self.scope.file, target.lineno, target.col_offset, self.scope.function_name)
        if found is None:
            self.program.stepped.pop(where, None)
            return True
        self.program.note_stepped(f"the loop over `{shown_source(target)}`", *found, where)
        return False

    def _unroll(self, loop: ForLoop, iterable: Value, elements: Sequence[Value]) -> None:
        held = self.state.heap[iterable].elements if isinstance(iterable, Owned) else None
        for number, element in enumerate(elements, 1):
            self.assign(loop.target, element)
            loop.body()
            if isinstance(iterable, Owned) and self.state.heap[iterable].elements != held:
                raise Unstageable("a list is changed while it is iterated", loop.target.lineno)
            has_left = Static(False) if loop.flag is None else self.state.names[loop.flag]
            known, others = self.truth(has_left), elements[number:]
            if known or not others:
                return
            if known is None:

                def go_on(others: Sequence[Value] = others) -> Completion:
                    self._unroll(loop, iterable, others)
                    return FALLS

                self.branch(has_left, lambda: FALLS, go_on, loop.live)
                return

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
            outer = self.state.mark()
            with self.region(condition, is_loop=True):
                first = self._enter(condition, carried)
                heap = dict(self.state.heap)
                value = self.stage_condition(test)
                truths.append(self.truth_effect(value))
                self.note_write(truths[-1])
                ssa = self.ssa(value)
                if any(self.state.heap[owned].ssa is not heap[owned].ssa for owned in carried.containers):
                    raise Unstageable("the condition of a loop changes a container", test.lineno)
                self.builder.yield_([ssa])
            self.state = State.rewind(outer)
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


def is_array_or_scalar(known: AbstractType) -> bool:
    """Whether iterating a value gives the rows of an array, or fails: scalars of NumPy's can't be told from arrays."""
    return all(isinstance(part, ArrayType) for part in members(known))


_RANGE = ExactType(range)
