"""Calls and loops that look at state which nothing in the program writes: they need not wait for the writes of others.

In: the calls as they are emitted, with what each looks at, and the loops over containers. Out: once the whole program
is traced, calls without `sees_writes`, and `settled` loops, where no op of the program, earlier or later, may write any
of what they look at. Calls that only later ops disturb are `unordered`: they wait for no writes, and later writes wait
for them. What is later is told by when an op was emitted; nothing is in a loop, or in functions that are called again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from xdsl.ir import Operation

from ....diagnostics.effect import PURE, Behaviour, Effect
from ....dialect.calls import AT_ITS_TIME, CallOp
from ....dialect.effects import EffectAttr
from ....dialect.operation import UNIT
from ...effects.place import Place, is_content, overlap, whole_kind
from .written import Apartness, Places, Written, inside_of, is_name

Look: TypeAlias = "tuple[Places, str]"
"""State of one kind that a call looks at, in objects at these places (None: in any)."""


_TOLD_APART = ("list", "dict", "set")
"""Objects of which two share no state; two arrays or buffers may."""

_ITERATOR = "iterator"
_SHARING = (_ITERATOR, "array")
"""Objects that may share what they hold: what looks at one is disturbed by whatever writes any."""


_AT_ITS_TIME = Behaviour(Effect.UNORDERED)
"""How a read moves that later writes alone disturb: they wait for it, and no pass makes it later than it is."""


@dataclass(slots=True)
class Read:
    """A call that looks at state.

    Attributes:
        op: the call.
        looks: what it looks at; None: it may be anything.
        is_in_function: it stands in a function that the entry function calls.
        num_touched: how many of what ops may write was known when all was emitted that may run before it; None: all.
        written: what ops may have written until then.
    """

    op: Operation
    looks: frozenset[Look] | None
    is_in_function: bool
    num_touched: int | None
    written: Written


@dataclass(slots=True)
class Reads:
    """The calls of a program that look at state.

    Attributes:
        calls: by symbol of what is called, the reads.
        order: all of them, as they were emitted.
        loops: those over containers, with what they look at there; None: the program made it, and nobody else sees it.
        touched: what ops may write, as it was noted first: places (None: anywhere) and kinds.
        written: all that ops may have written.
        num_open: functions that are being traced, one inside the other.
        called: what reads, touched places and writes there were when a function was last called again.
    """

    calls: dict[str, list[Read]] = field(default_factory=dict)
    order: list[Read] = field(default_factory=list)
    loops: list[tuple[Operation, frozenset[Look] | None]] = field(default_factory=list)
    touched: dict[tuple[Place | None, str], None] = field(default_factory=dict)
    written: Written = field(default_factory=Written)
    num_open: int = 0
    called: tuple[int, int, Written] = (0, 0, Written())
    _found: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def note_touched(self, places: Iterable[Place | None], kinds: Iterable[str]) -> None:
        """An op was emitted that may write state of these kinds at these places."""
        kinds = tuple(kinds)
        self.touched.update(((place, kind), None) for place in places for kind in kinds)

    def come_again(self, since: int) -> None:
        """What was emitted since there were so many reads, in a loop, may run after all that is there by now."""
        for read in self.order[since:]:
            if read.num_touched is not None:
                read.num_touched, read.written = len(self.touched), self.written

    def call_again(self) -> None:
        """What was emitted in functions may run after all that is there by now."""
        self.called = len(self.order), len(self.touched), self.written

    def come_anytime(self, since: int) -> None:
        """What was emitted since there were so many reads may run after anything."""
        for read in self.order[since:]:
            read.num_touched = None

    def note_call(self, symbol: str, op: Operation, behaviour: Behaviour, looks: Iterable[Look]) -> None:
        """A call was emitted that looks at state."""
        found = frozenset(looks)
        is_own_state = all(is_name(kind) or whole_kind(kind) in (*_TOLD_APART, _ITERATOR) for _, kind in found)
        is_plain = behaviour.effect is Effect.UNORDERED or (behaviour.effect is Effect.READS and not behaviour.external)
        known = found if found and is_own_state and is_plain else None
        read = Read(op, known, self.num_open > 1, len(self.touched) if is_plain else None, self.written)
        self.calls.setdefault(symbol, []).append(read)
        self.order.append(read)

    def note_loop(self, op: Operation, places: Places, kinds: Iterable[str]) -> None:
        """A loop over a container was emitted."""
        self.loops.append((op, frozenset((places, kind) for kind in kinds)))

    def note_own_loop(self, op: Operation) -> None:
        """A loop was emitted over a container that nobody else sees: what changes it later waits for the loop."""
        self.loops.append((op, None))

    def settle(self, apartness: Apartness, declarations: Mapping[str, Operation]) -> None:
        """The program is complete: calls that nothing disturbs wait for no writes, and find what was there."""
        for read in self.order[: self.called[0]]:
            if read.is_in_function and read.num_touched is not None and read.num_touched < self.called[1]:
                read.num_touched, read.written = self.called[1:]
        for symbol, calls in self.calls.items():
            if not any(self._is_disturbed_ever(read, apartness) for read in calls):
                changed = PURE
            elif not any(self._is_disturbed_before(read, apartness) for read in calls):
                changed = _AT_ITS_TIME
            else:
                changed = None
            if changed is not PURE:
                for read in calls:
                    read.op.properties.pop("total", None)  # what it loads may be gone by then
            if changed is None:
                continue
            for op in (declarations[symbol], *(read.op for read in calls)):
                behaviour = op.properties["effect"].data  # type: ignore[attr-defined]
                if behaviour.effect is Effect.READS:
                    op.properties["effect"] = EffectAttr.of(changed)
                    if changed is _AT_ITS_TIME and isinstance(op, CallOp):
                        op.attributes[AT_ITS_TIME] = UNIT
                else:
                    op.properties["effect"] = EffectAttr.of(Behaviour(behaviour.effect, external=behaviour.external))
        if self.touched:  # else no loop waits for anything
            self._settle_loops(apartness)

    def _settle_loops(self, apartness: Apartness) -> None:
        for op, looks in self.loops:
            if not any(self._is_disturbed(one, apartness, None, self.written) for one in looks or ()):
                op.properties.update(dict.fromkeys(("snapshot", "settled"), UNIT))

    def _is_disturbed_ever(self, read: Read, apartness: Apartness) -> bool:
        looks = [(inside_of(places), kind) for places, kind in read.looks or ()]
        return read.looks is None or any(self._is_disturbed(one, apartness, None, self.written) for one in looks)

    def _is_disturbed_before(self, read: Read, apartness: Apartness) -> bool:
        if read.num_touched is None or read.looks is None:
            return True
        looks = [(inside_of(places), kind) for places, kind in read.looks]
        return any(self._is_disturbed(one, apartness, read.num_touched, read.written) for one in looks)

    def _is_disturbed(self, look: Look, apartness: Apartness, num_touched: int | None, written: Written) -> bool:
        key = (look, num_touched, written if num_touched is not None else None)
        if key not in self._found:
            self._found[key] = self._look_disturbed(look, apartness, num_touched, written)
        return self._found[key]

    def _look_disturbed(self, look: Look, apartness: Apartness, num_touched: int | None, written: Written) -> bool:
        places, kind = look
        for place, touched in islice(self.touched, num_touched):
            if not overlap(kind, touched):
                continue
            if kind in _SHARING or (is_name(kind) and not is_content(kind)):
                return True
            if not apartness.told_apart(places, place, written):
                return True
        return False
