"""What a loop carries from iteration to iteration: found by tracing its body until nothing new turns up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from xdsl.ir import Attribute, Block, BlockArgument, SSAValue

from ....dialect.containers import AppendOp, InsertOp
from ....dialect.types import OBJ, flows_into
from ...effects.abstract_type import BOOL, NEVER, AbstractType
from ...effects.lattice import join, widen
from ..source.unbound_names import flag_of, name_of_flag
from ..state.builder import discard, ir_type
from ..state.retrace import MustCarry, MustEscape
from ..state.stager import Start
from ..state.state import OwnedState, Point, State
from ..values import LocalFunction, Maybe, Owned, Static, Tracer, TupleValue, Unbound, Unstageable, Value, parts_of
from .leaving import LeavingStager

MAX_ATTEMPTS = 8  # retraces of one body until its types and carried values settle
WIDENING_ATTEMPT = 4  # from this one on, what the body stores somewhere may be anything


@dataclass(slots=True)
class Carried:
    """What a loop carries, as far as found so far.

    Attributes:
        names: local names that the body binds, with the type their values have at the start of any iteration. A name
            that may be unbound there is followed by its flag.
        containers: owned containers that the body changes, likewise.
        mixed: those whose elements the body may make share an object.
        rebound: their parts that the body binds anew.
        untyped: names whose values have no one IR type.
        read: names that an iteration may read before it binds them.
    """

    names: dict[str, AbstractType] = field(default_factory=dict)
    containers: dict[Owned, AbstractType] = field(default_factory=dict)
    mixed: set[Owned] = field(default_factory=set)
    rebound: dict[Owned, set[str]] = field(default_factory=dict)
    untyped: set[str] = field(default_factory=set)
    read: Set[str] = frozenset()

    def parts_of_version(self, owned: Owned, before: OwnedState) -> Mapping[str, Value]:
        """What parts of a container hold in every iteration and after the loop, given its state before it."""
        rebound = self.rebound.get(owned, ())
        return {name: held for name, held in before.parts.items() if name not in rebound}


class CarryingStager(LeavingStager):
    """The layer of what loops carry."""

    # Layers above provide this.
    @property
    def iterated(self) -> list[Owned]:
        """Owned containers that loops around this place iterate."""
        raise NotImplementedError

    def _stage_carrying(
        self,
        bound: set[str],
        read: set[str],
        live: Set[str],
        changed: Sequence[Owned],
        trace: Callable[[Carried], list[tuple[Block, list[BlockArgument]]]],
        emit: Callable[[list[SSAValue], list[Block]], Sequence[SSAValue]],
        flag: str | None = None,
    ) -> None:
        """Trace a loop until what it carries is settled, then emit it.

        `trace` gives the body (left open, without its yield) and further blocks with the same carried arguments. The
        body yields the value of the name `flag` before what it carries.
        """
        carried = self._first_guess(bound, read, live)
        for owned in filter(self.is_owned, changed):  # what is iterated may hold some of them since
            carried.containers[owned] = self.state.type_of(owned)
        num_reads = len(self.program.reads.order)
        for attempt in range(MAX_ATTEMPTS):
            before, start = self.state.copy(), self.mark()
            try:
                traced = trace(carried)
            except MustCarry as missing:
                self.go_back(start)
                if before.heap[missing.owned].depth < self.loop_depth:
                    raise
                if missing.owned in self.iterated:
                    self.escape(missing.owned)
                else:
                    carried.containers[missing.owned] = self.state.type_of(missing.owned)
                continue
            except MustEscape as missing:
                self.go_back(start)
                self.settle(missing)
                if not self.is_owned(missing.owned):
                    carried.containers.pop(missing.owned, None)
                continue
            point, mark, facts = start
            if self._settled(carried, traced, before) and facts[0].covers(self.program.written):
                try:
                    self._finish(carried, traced, before, point, bound, live, emit, flag)
                    self.program.reads.come_again(num_reads)
                    return
                except MustEscape as missing:  # the body gives a container of before the loop another name
                    self._drop(traced, start)
                    self.settle(missing)
                    continue
            written = self.program.written if attempt < WIDENING_ATTEMPT else self.program.written.widened()
            self._drop(traced, (point, mark, (written, facts[1])))
        raise Unstageable("what a loop carries does not settle")

    def _drop(self, traced: Sequence[tuple[Block, list[BlockArgument]]], start: Start) -> None:
        """Forget a body that was traced with the wrong guess."""
        for block, _ in traced:
            discard(block, None)
        self.go_back(start)

    def _first_guess(self, bound: set[str], read: set[str], live: Set[str]) -> Carried:
        carried = Carried(read=read)
        for name in sorted(bound - self.function_names.nonlocal_names):
            if name not in read and name not in live:
                continue
            value, is_bound = parts_of(self.state.names.get(name))
            if isinstance(value, Owned) and self.is_owned(value) and is_bound == Static(True):
                continue  # changed in place (`xs += ys`) unless tracing shows that the name is bound to another
            if isinstance(value, LocalFunction):
                raise Unstageable(f"local function `{name}` is bound again in a loop")
            carried.names[name] = NEVER if value is None else widen(self.type_of(value))
            if value is None:
                carried.untyped.add(name)
            if is_bound != Static(True):
                self._carry_flag(name, carried)
        return carried

    def _carry_flag(self, name: str, carried: Carried) -> None:
        """Carry whether a name is bound, too."""
        carried.names[flag_of(name)] = BOOL
        carried.untyped.add(name)

    def _value_of_carried(self, name: str, names: Mapping[str, Value]) -> Value | None:
        """What these names say a carried name is now, or a flag; None for the value of a name that isn't bound."""
        flagged = name_of_flag(name)
        value, bound = parts_of(names.get(name if flagged is None else flagged))
        return value if flagged is None else bound

    def _enter(self, block: Block, carried: Carried) -> list[BlockArgument]:
        """At the start of an iteration: carried names and containers are block arguments."""
        arguments: list[BlockArgument] = []
        for name, known in carried.names.items():
            argument = block.insert_arg(OBJ if name in carried.untyped else ir_type(known), len(block.args))
            arguments.append(argument)
            if (flagged := name_of_flag(name)) is None:
                self.state.names[name] = Tracer(argument, known)
            else:
                self.state.names[flagged] = Maybe(self.state.names[flagged], Tracer(argument, known))
        for owned, known in carried.containers.items():
            start = self.state.heap[owned]
            kind = ir_type(known)
            if start.ssa is not None and not flows_into(start.ssa.type, kind):
                kind = OBJ  # an element of a list says less of itself
            argument = block.insert_arg(kind, len(block.args))
            self.state.heap[owned] = replace(
                start,
                type=known,
                depth=self.depth,
                elements=None,
                last=None,
                ssa=argument,
                apart=start.apart and owned not in carried.mixed,
                parts=carried.parts_of_version(owned, start),
            )
            arguments.append(argument)
        return arguments

    def _settled(self, carried: Carried, traced: list[tuple[Block, list[BlockArgument]]], before: State) -> bool:
        """Whether the values at the end of an iteration fit what its start assumed; if not, assume more."""
        settled = True
        for name, known in list(carried.names.items()):
            value = self._value_of_carried(name, self.state.names)
            if isinstance(value, LocalFunction):
                raise Unstageable(f"local function `{name}` is bound again in a loop")
            is_flagged = flag_of(name) in carried.names or name_of_flag(name) is not None
            if not is_flagged and parts_of(self.state.names.get(name))[1] != Static(True):
                self._carry_flag(name, carried)
                settled = False
            wider = known if value is None else join(known, widen(self.type_of(value)))
            if wider != known:
                carried.names[name] = wider
                settled = settled and name not in carried.read
            ends = [value, self._value_of_carried(name, before.names)]
            kinds = {self.ir_type_of(end) for end in ends if end is not None}
            if name not in carried.untyped and kinds != {ir_type(known)}:
                carried.untyped.add(name)
                settled = False
        for position, (owned, known) in enumerate(list(carried.containers.items()), len(carried.names)):
            wider = join(known, self.state.type_of(owned))
            if wider != known:
                carried.containers[owned] = wider
                settled = settled and all(is_only_filled(arguments[position]) for _, arguments in traced)
            if not self.state.heap[owned].apart and owned not in carried.mixed:
                carried.mixed.add(owned)
                settled = settled and (self.is_flat(wider) or not before.heap[owned].apart)
            started = carried.parts_of_version(owned, before.heap[owned])
            kept = self.state.heap[owned].parts
            if lost := {part for part, held in started.items() if kept.get(part) is not held}:
                carried.rebound.setdefault(owned, set()).update(lost)
                settled = False
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
        point: Point,
        bound: set[str],
        live: Set[str],
        emit: Callable[[list[SSAValue], list[Block]], Sequence[SSAValue]],
        flag: str | None,
    ) -> None:
        body = traced[0][0]
        after = self.state.names
        yields: list[SSAValue] = []
        first: list[SSAValue] = []

        def finals() -> None:
            if flag is not None:
                first.append(self.ssa(after[flag]))
            yields.extend(self._carried_ssa(name, after) for name in carried.names)
            yields.extend(self.ssa(owned) for owned in carried.containers)

        self.depth += 1
        outer_loop, self.loop_depth = self.loop_depth, self.depth
        try:
            with self.builder.inside(body):
                finals()
        finally:
            self.depth -= 1
            self.loop_depth = outer_loop
        self.state = State.rewind(point)
        keys: list[str | Owned] = [*carried.names, *carried.containers]
        initial: list[SSAValue] = []
        for key in keys:
            initial.append(self._carried_ssa(key, before.names) if isinstance(key, str) else self.ssa(key))
        kept = self._demote(traced, yields, initial)
        with self.builder.inside(body):
            captured = {argument: initial[i] for i, argument in enumerate(traced[0][1]) if i not in kept}
            ends = [*first, *(yields[i] for i in kept)]
            self.builder.yield_([captured.get(end, end) for end in ends])  # type: ignore[call-overload]
        results = emit([initial[i] for i in kept], [block for block, _ in traced])
        self._set_carried({keys[i]: results[number] for number, i in enumerate(kept)}, carried)
        for name in sorted(bound - set(carried.names) - self.function_names.nonlocal_names):
            if name in live or name in self.state.names:
                value = self.state.names.get(name)
                if not (isinstance(value, Owned) and name in before.names and before.names[name] is value):
                    self.state.names[name] = Unbound(name)

    def _carried_ssa(self, name: str, names: Mapping[str, Value]) -> SSAValue:
        """A value that becomes a carried value: containers in it are ordinary objects from then on."""
        value = self._value_of_carried(name, names)
        if value is None:
            return self.builder.placeholder(OBJ)
        if isinstance(value, (Owned, TupleValue)):
            self.hold(value)
        return self.ssa(value)

    def ir_type_of(self, value: Value) -> Attribute:
        """The IR type of the SSA value that holds a value."""
        return value.ssa.type if isinstance(value, Tracer) else ir_type(widen(self.type_of(value)))

    def _set_carried(self, results: Mapping[str | Owned, SSAValue], carried: Carried) -> None:
        """After the loop: what changed is what the loop gives, the rest is as it was before."""
        for owned, known in carried.containers.items():
            if owned in results:
                self.require_carried(owned)
                state = self.state.heap[owned]
                apart = state.apart and owned not in carried.mixed
                parts = carried.parts_of_version(owned, state)
                self.change(owned, results[owned], known, state.seal, apart, parts)
        for name, known in carried.names.items():
            if name_of_flag(name) is not None:
                continue
            value, bound = parts_of(self.state.names.get(name))
            if name in results:
                value = Tracer(results[name], known)
            if flag_of(name) in results:
                bound = Tracer(results[flag_of(name)], BOOL)
            if flag_of(name) in carried.names and bound != Static(True):
                self.state.names[name] = Unbound(name) if value is None else Maybe(value, bound)
            elif value is not None:
                self.state.names[name] = value

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


def is_only_filled(container: SSAValue) -> bool:
    """Whether a body only adds to a container, so that nothing in it relies on what the container holds."""
    return all(isinstance(use.operation, (AppendOp, InsertOp)) and use.index == 0 for use in container.uses)
