"""Runs a plan in program order and holds what each call does against its effect.

In: a plan. Out: what plain Python would give, and each `Violation`: a call that did more than its effect says.

Assumes: one run at a time on a thread. Ensures: the program itself notices nothing, so its result is the plain one.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...diagnostics.effect import Effect
from ...diagnostics.errors import XCSError
from ...diagnostics.location import UNKNOWN, Location
from ...runtime.call_shape import operands_of, read
from ...runtime.executor import SequentialExecutor
from ...runtime.instrument import Instrument
from ...runtime.outcome import Failure, Outcome
from ...runtime.plan import Arguments, Block, Call, Instruction, Plan, Slot
from ...runtime.prepared import prepare
from ...runtime.sequential import Activation, SequentialRun, Values
from .object_states import GlobalName, ObjectStates
from .watch import Licence, Sight, Watch

if TYPE_CHECKING:
    from ...runtime.journal.recording import RunRecording

_DATA = (list, dict, set, bytearray)
_UNPACKED_NATIVELY = frozenset({tuple, list, dict, set, frozenset, str, bytes, range})


@dataclass(frozen=True, slots=True)
class Violation:
    """A call that did more than its effect allows.

    Attributes:
        name: the call, or the declared function inside of it, as the user knows it.
        effect: what it is taken to do.
        declared: by the user; else it is what XCS inferred.
        what: what it did.
        needs: the weakest effect that allows it.
        location: where it did it, or where the call stands.
    """

    name: str
    effect: Effect
    declared: bool
    what: str
    needs: Effect
    location: Location

    def __str__(self) -> str:
        taken = f"is declared `{self.effect.keyword}`" if self.declared else f"counts as `{self.effect.keyword}`"
        remedy = f'declare `@xcs.op(effect="{self.needs.keyword}")`'
        if not self.declared:
            remedy += ", and please report it: what XCS infers should not be weaker than what happens"
        return f"`{self.name}` {taken} but {self.what} at {self.location}; help: {remedy}"


class CheckingExecutor(SequentialExecutor):
    """The sequential executor, watching."""

    def run(
        self,
        plan: Plan,
        arguments: tuple[Any, ...],
        instrument: Instrument | None = None,
        recording: RunRecording | None = None,
    ) -> Outcome:
        """See `Executor.run`.

        Raises:
            XCSError: a call did more than its effect says, or there is a journal, which keeps calls from being made.
        """
        if recording is not None:
            raise XCSError("expected either a journal or a check of effects, found both")
        run = CheckedRun(plan, instrument)
        outcome = run.run(arguments)
        if run.violations:
            lines = "\n  ".join(dict.fromkeys(map(str, run.violations)))
            number = "a call does" if len(run.violations) == 1 else "calls do"
            cause = outcome.failure.exception if outcome.failure is not None else None
            raise XCSError(f"{number} more than the effect says:\n  {lines}") from cause
        return outcome


class CheckedRun(SequentialRun):
    """One run of one plan. `violations` are in the order in which they were seen."""

    def __init__(self, plan: Plan, instrument: Instrument | None = None) -> None:
        super().__init__(plan, instrument)
        self.violations: list[Violation] = []

    def _call(self, here: Activation, index: int, instruction: Call) -> Values | Failure:
        effect = self._effect_of(here, index, instruction)
        callee = read(instruction.callee, here.slots)
        licence = Licence(_name_of(callee, instruction), effect, _is_declared(callee))
        if effect >= Effect.ORDERED:
            return self._watched(licence, None, here, index, instruction)
        objects = _Objects(here, instruction)
        result = self._watched(licence, objects.at_border, here, index, instruction)
        for value in objects.written():
            if licence.declared and effect is Effect.UNORDERED and not objects.is_argument(value):
                continue  # what commutes with everything may keep books, but its arguments are for others to see
            what = f"wrote to {objects.described(value)}"
            self._note(licence, Sight(what, Effect.ORDERED, instruction.location))
        return result

    def _watched(
        self,
        licence: Licence,
        at_border: Callable[[bool], None] | None,
        here: Activation,
        index: int,
        instruction: Call,
    ) -> Values | Failure:
        with Watch(licence, at_border) as watch:
            result = super()._call(here, index, instruction)
        for broken, sight in watch.excess:
            place = instruction.location if sight.location is UNKNOWN else sight.location
            self._note(broken, dataclasses.replace(sight, location=place))
        return result

    def _note(self, licence: Licence, sight: Sight) -> None:
        self.violations.append(
            Violation(licence.name, licence.effect, licence.declared, sight.what, sight.needs, sight.location)
        )

    def _effect_of(self, here: Activation, index: int, instruction: Call) -> Effect:
        effect = instruction.behaviour.effect
        if effect is not Effect.DYNAMIC:
            return effect
        code = prepare(self._plan, here.block)
        starred = {type(read(operand, here.slots)) for operand in code.starred[index]}
        if not starred <= _UNPACKED_NATIVELY:
            return Effect.ORDERED
        try:
            return self._plan.resolve(*code.gather(index, here.slots)).effect
        except Exception:  # the call itself raises it again
            return Effect.ORDERED


class _Objects:
    """The objects that a call could write although others can see them."""

    def __init__(self, here: Activation, instruction: Call) -> None:
        operands = operands_of(instruction.callee, instruction.arguments)
        self.values = [read(one, here.slots) for one in operands]
        positional = instruction.arguments.positional
        owned = [read(positional[position][1], here.slots) for position in instruction.mutates]
        if _module_of(self.values[0]).startswith("xcs."):
            owned += self.values[1:2]  # the compiler's own `append` and the like give back the list they are given
        for one, value in zip(operands, self.values, strict=True):
            if isinstance(one, Slot) and hasattr(type(value), "__next__") and _is_last_seen(here.block, one):
                owned.append(value)  # an iterator that only this call looks at
        self._states = ObjectStates(self.values)
        around = [*_values_around(here, instruction), *self.values]
        self._shared = ObjectStates(around, without=owned) if owned else self._states
        self._written: list[Any] = []

    def at_border(self, enters: bool) -> None:
        """A function that is declared to keep an order of its own starts, or has ended."""
        if enters:
            self._written += self._states.changed()
        self._states.refresh()

    def is_argument(self, value: Any) -> bool:
        """Whether it is one of the arguments themselves, and data."""
        return isinstance(value, _DATA) and any(value is one for one in self.values[1:])

    def described(self, value: Any) -> str:
        """An object as a person tells it from others."""
        path = self._states.path_to(value)
        name = next((one.name for one in path if isinstance(one, GlobalName)), None)
        if name is not None:
            return f"global `{name}`" if len(path) < 3 else f"a `{type(value).__qualname__}` in global `{name}`"
        kind = f"a `{type(value).__qualname__}`"
        if any(value is one for one in self.values[1:]):
            return f"its argument, {kind}"
        return f"{kind} that others can see"

    def written(self) -> list[Any]:
        """Objects that were written and that others can see."""
        return [one for one in (*self._written, *self._states.changed()) if one in self._shared]


def _values_around(here: Activation, instruction: Call) -> Iterator[Any]:
    """What else of the program may be looked at afterwards: the values of the frames around."""
    results = set(instruction.results)
    activation: Activation | None = here
    while activation is not None:
        yield from (
            value for slot, value in enumerate(activation.slots) if activation is not here or slot not in results
        )
        activation = activation.outer


def _is_last_seen(block: Block, slot: Slot) -> bool:
    """Whether a slot is mentioned once in the block."""
    return sum(_mentions(one, slot) for one in (*block.instructions, *block.outputs)) == 1


def _mentions(part: object, slot: Slot) -> int:
    if isinstance(part, Slot):
        return part == slot
    if isinstance(part, Block):
        return sum(outer == slot.index for outer, _ in part.captures)
    if isinstance(part, tuple):
        return sum(_mentions(one, slot) for one in part)
    if isinstance(part, Instruction | Arguments):
        return sum(_mentions(getattr(part, field.name), slot) for field in dataclasses.fields(part))
    return 0


_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


def _module_of(callee: Any) -> str:
    return str(callee.__module__) if isinstance(callee, _FUNCTIONS) else ""


def _is_declared(callee: Any) -> bool:
    """Whether the user says what it does: on the function, or by its class."""
    own = callee.__func__ if type(callee) is types.MethodType else callee
    places = (own, *type(callee).__mro__) if type(own) is types.FunctionType else type(callee).__mro__
    return any("__xcs_behaviour__" in vars(place) for place in places)


def _name_of(callee: Any, instruction: Call) -> str:
    """How the user knows a call."""
    segment = vars(callee).get("__xcs_segment__") if type(callee) is types.FunctionType else None
    if segment is not None:
        return segment.name.splitlines()[0]
    if isinstance(callee, _FUNCTIONS):
        return callee.__qualname__
    return type(callee).__qualname__ if isinstance(instruction.callee, Slot) else instruction.name
