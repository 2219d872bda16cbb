"""The body of a vectorised map in three parts: what comes before its array code, that code, what is made of it.

for x, y in pairs:              before     x, y = pair
    d = jnp.dot(x, y)           head       jnp.dot(x, y)      for all elements at once
    out.append(float(d))        tail       float(d)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from ..diagnostics.effect import Effect
from ..runtime.plan import Arguments, Block, Call, Instruction, Literal, Operand, Slot
from .array_region import ArrayRegion, step_operands
from .kernel import Kernel, NativeKernel
from .numpy_table import is_known


@dataclass(frozen=True, slots=True)
class MapParts:
    """A map's body cut into parts.

    Attributes:
        kind: `jax` or `numpy`, the library of the head.
        whole: the body as it stands; takes the element, then the shared values.
        before: calls for each element whose results the other parts need; takes what `whole` takes.
        head: the array code; takes the columns, then the shared values.
        tail: calls for each element that give the outputs; takes the element, the results of `before`, those of the
            head, then the shared values. None where the outputs are those of the head.
        columns: which of the element (0) and the results of `before` (from 1 on) go into the head.
    """

    kind: str
    whole: ArrayRegion
    before: ArrayRegion | None
    head: ArrayRegion
    tail: ArrayRegion | None
    columns: tuple[int, ...]


def parts_of(block: Block) -> MapParts | None:
    """The parts of a map's body; None for one that isn't array code with calls around it that change nothing."""
    flat = _Flat(block)
    kinds = {step.kind for step in flat.steps} - {None}
    if not flat.is_quiet or not kinds:
        return None
    kind = "jax" if "jax" in kinds else "numpy"
    before, head, tail = _cut(flat.steps, kind)
    made_before, made_in_head = [[call.results[0] for call in calls] for calls in (before, head)]
    read_by_head, wanted = _reads(head), _reads(tail) | set(_slots(flat.outputs))
    head_outputs = [slot for slot in made_in_head if slot in wanted]
    kept = [slot for slot in made_before if slot in read_by_head | wanted]
    columns = [slot for slot in (0, *kept) if slot in read_by_head]
    if not head_outputs or not columns:
        return None
    name = f"{kind}_rows"
    shared = tuple(inner for _, inner in block.captures)
    is_all = not tail and flat.outputs == tuple(map(Slot, head_outputs))
    return MapParts(
        kind,
        ArrayRegion.from_block(name, block),
        ArrayRegion(name, (0, *shared), tuple(before), tuple(map(Slot, kept))) if kept else None,
        ArrayRegion(name, (*columns, *shared), tuple(head), tuple(map(Slot, head_outputs))),
        None if is_all else ArrayRegion(name, (0, *kept, *head_outputs, *shared), tuple(tail), flat.outputs),
        tuple((0, *kept).index(slot) for slot in columns),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """A call of the body, and the library whose kernel it is in; None for a call around them."""

    call: Call
    kind: str | None


class _Flat:
    """All calls of a body, those of its kernels among them, and what it gives in terms of their slots.

    Attributes:
        is_quiet: whether the body is nothing but calls that change nothing and wait for nobody.
    """

    def __init__(self, block: Block) -> None:
        self.steps: list[_Step] = []
        self._names: dict[int, Operand] = {}
        self._parts: dict[int, list[Operand]] = {}  # what kernels with several results give
        self._next_slot = block.num_slots
        self.is_quiet = block.num_params == 1 and all(map(self._add, block.instructions))
        self.outputs = tuple(self._rename(output) for output in block.outputs)

    def _add(self, call: object) -> bool:
        if not isinstance(call, Call) or not changes_nothing(call):
            return False
        callee = call.callee.value if isinstance(call.callee, Literal) else None
        slot = call.results[0]
        if isinstance(callee, Kernel | NativeKernel):
            outputs = self._inline(callee, call)
            if len(outputs) == 1:
                self._names[slot] = outputs[0]
            else:
                self._parts[slot] = outputs
        elif isinstance(callee, itemgetter) and (parts := self._parts_at(call)) is not None:
            self._names[slot] = callee(parts)
        else:
            self.steps.append(_Step(self._renamed(call), None))
        return True

    def _parts_at(self, call: Call) -> list[Operand] | None:
        """What a call picks from, if that is what a kernel gives."""
        source = call.arguments.positional[0][1]
        return self._parts.get(source.index) if isinstance(source, Slot) else None

    def _inline(self, kernel: Kernel | NativeKernel, call: Call) -> list[Operand]:
        region, kind = kernel.region, "jax" if isinstance(kernel, Kernel) else "numpy"
        operands = (self._rename(operand) for _, operand in call.arguments.positional)
        outside, self._names = self._names, dict(zip(region.params, operands, strict=True))
        for step in region.steps:
            slot = Slot(self._next_slot)
            self._next_slot += 1
            self.steps.append(_Step(replace(self._renamed(step), results=(slot.index,)), kind))
            self._names[step.results[0]] = slot
        outputs = [self._rename(output) for output in region.outputs]
        self._names = outside
        return outputs

    def _rename(self, operand: Operand) -> Operand:
        return self._names.get(operand.index, operand) if isinstance(operand, Slot) else operand

    def _renamed(self, call: Call) -> Call:
        arguments = Arguments(
            tuple((star, self._rename(operand)) for star, operand in call.arguments.positional),
            tuple((name, self._rename(operand)) for name, operand in call.arguments.keyword),
        )
        return replace(call, callee=self._rename(call.callee), arguments=arguments)


def changes_nothing(call: Instruction) -> bool:
    """Whether an instruction is a call that changes nothing and waits for nobody."""
    if not isinstance(call, Call):
        return False
    does, is_plain = call.behaviour, not (call.mutates or call.retires or call.is_async)
    return is_plain and len(call.results) == 1 and does.effect <= Effect.READS and not does.external


def _cut(steps: Sequence[_Step], kind: str) -> tuple[list[Call], list[Call], list[Call]]:
    """The calls before the head, those of the head, and those behind it, each in program order."""
    before: list[Call] = []
    head: list[Call] = []
    tail: list[Call] = []
    in_head: set[int] = set()
    in_tail: set[int] = set()
    for step in steps:
        call, slots = step.call, set(_slots(step_operands(step.call)))
        can_batch = step.kind == kind and (kind == "jax" or is_known(call))
        if can_batch and not slots & in_tail:
            head.append(call)
            in_head.add(call.results[0])
        elif slots & (in_head | in_tail):
            tail.append(call)
            in_tail.add(call.results[0])
        else:
            before.append(call)
    return before, head, tail


def _reads(calls: Iterable[Call]) -> set[int]:
    return {slot for call in calls for slot in _slots(step_operands(call))}


def _slots(operands: Iterable[Operand]) -> list[int]:
    return [operand.index for operand in operands if isinstance(operand, Slot)]
