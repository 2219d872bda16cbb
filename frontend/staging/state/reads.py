"""Calls and loops that look at state which nothing in the program writes: they need not wait for the writes of others.

In: the calls as they are emitted, with what each looks at, and the loops over containers. Out: once the whole program
is traced, calls without `sees_writes`, and `settled` loops, where no op of the program, earlier or later, may write any
of what they look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from xdsl.ir import Operation

from ....diagnostics.effect import PURE, Behaviour, Effect
from ....dialect.effects import EffectAttr
from ....dialect.operation import SOURCE_WORDS, UNIT
from ...effects.place import Place, is_content, overlap, whole_kind
from .written import Apartness, Places, Written, inside_of, is_name

Look: TypeAlias = "tuple[Places, str]"
"""State of one kind that a call looks at, in objects at these places (None: in any)."""


_TOLD_APART = ("list", "dict", "set")
"""Objects of which two share no state; two arrays or buffers may."""

_ITERATOR = "iterator"
_SHARING = (_ITERATOR, "array")
"""Objects that may share what they hold: what looks at one is disturbed by whatever writes any."""


@dataclass(slots=True)
class Reads:
    """The calls of a program that look at state.

    Attributes:
        calls: by symbol of what is called, the ops with what each looks at; None: it may be anything.
        loops: those over containers, with what they look at there; None: the program made it, and nobody else sees it.
        touched: what ops may write: places (None: anywhere) and kinds.
        written: all that ops may have written.
    """

    calls: dict[str, list[tuple[Operation, frozenset[Look] | None]]] = field(default_factory=dict)
    loops: list[tuple[Operation, frozenset[Look] | None]] = field(default_factory=list)
    touched: set[tuple[Place | None, str]] = field(default_factory=set)
    written: Written = field(default_factory=Written)

    def note_call(self, symbol: str, op: Operation, behaviour: Behaviour, looks: Iterable[Look]) -> None:
        """A call was emitted that looks at state."""
        found = frozenset(looks)
        is_own_state = all(is_name(kind) or whole_kind(kind) in (*_TOLD_APART, _ITERATOR) for _, kind in found)
        is_plain = behaviour.effect is Effect.UNORDERED or (behaviour.effect is Effect.READS and not behaviour.external)
        self.calls.setdefault(symbol, []).append((op, found if found and is_own_state and is_plain else None))

    def note_loop(self, op: Operation, places: Places, kinds: Iterable[str]) -> None:
        """A loop over a container was emitted."""
        self.loops.append((op, frozenset((places, kind) for kind in kinds)))

    def note_own_loop(self, op: Operation) -> None:
        """A loop was emitted over a container that nobody else sees: what changes it later waits for the loop."""
        self.loops.append((op, None))

    def settle(self, apartness: Apartness, declarations: Mapping[str, Operation]) -> None:
        """The program is complete: calls that nothing disturbs wait for no writes, and find what was there."""
        for symbol, calls in self.calls.items():
            looks = [(inside_of(places), kind) for _, found in calls for places, kind in found or ()]
            if any(found is None for _, found in calls) or any(self._is_disturbed(one, apartness) for one in looks):
                for op, _ in calls:
                    op.properties.pop("total", None)  # what it loads may be gone by then
                continue
            for op in (declarations[symbol], *(op for op, _ in calls)):
                behaviour = op.properties["effect"].data  # type: ignore[attr-defined]
                if behaviour.effect is Effect.READS:
                    op.properties["effect"] = EffectAttr.of(PURE)
                else:
                    op.properties["effect"] = EffectAttr.of(Behaviour(behaviour.effect, external=behaviour.external))
        if self.touched:  # else no loop waits for anything
            self._settle_loops(apartness)

    def _settle_loops(self, apartness: Apartness) -> None:
        for op, looks in self.loops:
            if not any(self._is_disturbed(one, apartness) for one in looks or ()):
                op.properties.update(dict.fromkeys(SOURCE_WORDS, UNIT))

    def _is_disturbed(self, look: Look, apartness: Apartness) -> bool:
        places, kind = look
        for place, written in self.touched:
            if not overlap(kind, written):
                continue
            if kind in _SHARING or (is_name(kind) and not is_content(kind)):
                return True
            if not apartness.told_apart(places, place, self.written):
                return True
        return False
