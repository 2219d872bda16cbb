"""Calls that look at state which nothing in the program writes: they need not wait for the writes of others.

In: the calls as they are emitted, with what each looks at. Out: once the whole program is traced, calls without
`sees_writes` where no op of the program, earlier or later, may write any of what they look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from xdsl.ir import Operation

from ....diagnostics.effect import PURE, Behaviour, Effect
from ....dialect.effects import EffectAttr
from ...effects.place import Place, is_content, overlap, whole_kind
from .written import Apartness, Places, Written, inside_of, is_name

Look: TypeAlias = "tuple[Places, str]"
"""State of one kind that a call looks at, in objects at these places (None: in any)."""


_TOLD_APART = ("list", "dict", "set")
"""Objects of which two share no state; two arrays or buffers may."""


@dataclass(slots=True)
class Reads:
    """The calls of a program that look at state.

    Attributes:
        calls: by symbol of what is called, the ops with what each looks at; None: it may be anything.
        touched: what ops may write: places (None: anywhere) and kinds.
        written: all that ops may have written.
    """

    calls: dict[str, list[tuple[Operation, frozenset[Look] | None]]] = field(default_factory=dict)
    touched: set[tuple[Place | None, str]] = field(default_factory=set)
    written: Written = field(default_factory=Written)

    def note_call(self, symbol: str, op: Operation, behaviour: Behaviour, looks: Iterable[Look]) -> None:
        """A call was emitted that looks at state."""
        found = frozenset(looks)
        is_own_state = all(is_name(kind) or whole_kind(kind) in _TOLD_APART for _, kind in found)
        is_plain = behaviour.effect is Effect.UNORDERED or (behaviour.effect is Effect.READS and not behaviour.external)
        self.calls.setdefault(symbol, []).append((op, found if found and is_own_state and is_plain else None))

    def settle(self, apartness: Apartness, declarations: Mapping[str, Operation]) -> None:
        """The program is complete: calls that nothing disturbs wait for no writes, and find what was there."""
        for symbol, calls in self.calls.items():
            looks = [one for _, found in calls for one in found or ()]
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

    def _is_disturbed(self, look: Look, apartness: Apartness) -> bool:
        places, kind = look
        for place, written in self.touched:
            if not overlap(kind, written):
                continue
            if is_name(kind) and not is_content(kind):
                return True
            if not apartness.told_apart(inside_of(places), place, self.written):
                return True
        return False
