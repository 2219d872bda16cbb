"""Kernels whose result nobody but another kernel takes: that one may compute in the memory of the first one's result.

Goes in: the instructions of a block. Come out: the same, with `ChainedKernel`s where an array is made by one kernel and
used by one other, and by nothing else. Only such arrays are donated, if they are large: never an argument of the
user's, what a call has given or was given, or what leaves the block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..runtime.plan import Call, Instruction, Literal, Operand, Slot
from ..runtime.plan_rules import instruction_operands
from ..runtime.plan_summary import blocks_of
from ..runtime.straight.called import Terms
from .array_region import ArrayRegion, step_operands
from .kernel import Kernel

MAX_SMALL = 256  # avals remembered; JAX gives all results of one kernel the same one
MIN_BYTES = 1 << 20  # of an array that is donated; with less, the second compilation costs more than the memory


def chain_kernels(instructions: Sequence[Instruction], outputs: Iterable[Operand]) -> tuple[Instruction, ...]:
    """The instructions of a block, with kernels that hand memory on."""
    kernels = {index: kernel for index, one in enumerate(instructions) if (kernel := _kernel_of(one)) is not None}
    made = {
        instructions[index].results[0]: index for index, kernel in kernels.items() if len(kernel.region.outputs) == 1
    }
    if len(kernels) < 2 or not made:
        return tuple(instructions)
    num_uses = Counter(slot for one in instructions for slot in _slots_read(one))
    num_uses.update(one.index for one in outputs if isinstance(one, Slot))
    donated: dict[int, tuple[int, ...]] = {}
    for index in kernels:
        operands = instruction_operands(instructions[index])[1:]
        slots = [one.index if isinstance(one, Slot) else None for one in operands]
        donated[index] = tuple(i for i, slot in enumerate(slots) if slot in made and num_uses[slot] == 1)
    givers = {made[slot] for index, places in donated.items() for slot in _slots_at(instructions[index], places)}
    chained = list(instructions)
    for index, kernel in kernels.items():
        if donated[index] or index in givers:
            callee = Literal(ChainedKernel(kernel.region, donated[index], gives_own=index in givers))
            chained[index] = replace(instructions[index], callee=callee)  # type: ignore[call-arg]
    return tuple(chained)


def _kernel_of(instruction: Instruction) -> Kernel | None:
    if not isinstance(instruction, Call) or not isinstance(instruction.callee, Literal):
        return None
    callee, arguments = instruction.callee.value, instruction.arguments
    if type(callee) is not Kernel or arguments.keyword:
        return None
    return None if any(is_star for is_star, _ in arguments.positional) else callee


def _slots_read(instruction: Instruction) -> list[int]:
    """Every reading of a slot, by the instruction itself or into its blocks."""
    read = [operand.index for operand in instruction_operands(instruction) if isinstance(operand, Slot)]
    return read + [outer for inner in blocks_of(instruction).values() for outer, _ in inner.captures]


def _slots_at(instruction: Instruction, places: Sequence[int]) -> list[int]:
    operands = instruction_operands(instruction)[1:]
    return [one.index for place in places if isinstance(one := operands[place], Slot)]


class ChainedKernel(Kernel):
    """A kernel that gives memory to another one, or takes memory from one.

    Attributes:
        donated: which arguments are arrays that nobody else will ever use.
        gives_own: the result must not be an object, or the memory of one, that somebody else holds.
    """

    def __init__(self, region: ArrayRegion, donated: tuple[int, ...], *, gives_own: bool) -> None:
        super().__init__(region)
        self.donated, self.gives_own = donated, gives_own
        self._donating: dict[object, tuple[Callable[..., Any], tuple[int, ...]] | None] = {}
        self._small: dict[int, Any] = {}  # avals of small arrays, by identity: asking for their size takes longer

    def __call__(self, *arguments: Any) -> Any:
        """What the calls of the region give: one value, or a tuple of several."""
        for place in self.donated:
            if id(getattr(arguments[place], "aval", None)) not in self._small:
                return self._call_large(arguments)
        variant = self._plain.get(tuple(map(type, arguments)))  # as in `Kernel`, without a frame between
        if variant is not None and variant.is_plain:
            try:
                return variant.jitted(*arguments)
            except Exception:  # the general way decides what is raised
                pass
        return self._call(arguments)

    def quick_way(self, arguments: Sequence[str], terms: Terms) -> tuple[str, str] | None:
        """The `jax.jit` object, where what could be donated is small."""
        found = super().quick_way(arguments, terms)
        if found is None:
            return None
        test, call = found
        classes = list(self._plain)[-1]
        if not all(hasattr(classes[place], "aval") for place in self.donated):
            return None
        known, last = terms.constant(self._small), terms.constant(next(reversed(self._small.values()), None))
        avals = [f"{arguments[place]}.aval" for place in self.donated]
        small = [f"({aval} is {last} or id({aval}) in {known})" for aval in avals]  # nearly always the last one
        return " and ".join([test, *small]), call

    def _call_large(self, arguments: tuple[Any, ...]) -> Any:
        """For arguments of which some may be large."""
        places = tuple(place for place in self.donated if getattr(arguments[place], "nbytes", 0) >= MIN_BYTES)
        if not places:
            if len(self._small) >= MAX_SMALL:
                self._small.clear()
            avals = [getattr(arguments[place], "aval", None) for place in self.donated]
            self._small.update({id(aval): aval for aval in avals})
        elif (found := self._for(arguments, places)) is not None:
            donating, taken = found
            try:
                return donating(*arguments)
            except Exception:
                if any(arguments[place].is_deleted() for place in taken):
                    raise
        return super().__call__(*arguments)

    @property
    def undonated(self) -> Kernel:
        """The same kernel for arguments that others hold as well."""
        return Kernel(self.region)

    def _call(self, arguments: tuple[Any, ...]) -> Any:
        result = super()._call(arguments)
        if not self.gives_own or getattr(result, "nbytes", 0) < MIN_BYTES:
            return result
        literals = [one.value for step in self.region.steps for one in step_operands(step) if isinstance(one, Literal)]
        from .donation import own_memory  # imports JAX, likewise

        return own_memory(result, (*arguments, *literals))

    def _for(
        self, arguments: tuple[Any, ...], places: tuple[int, ...]
    ) -> tuple[Callable[..., Any], tuple[int, ...]] | None:
        """The region compiled with arguments donated, and which; None where it has no form that takes their memory."""
        from .donation import aval_key, donating_form

        key = places, tuple(map(aval_key, arguments))
        if key not in self._donating:
            staged = self._staged.plain_form(tuple(map(type, arguments)))
            self._donating[key] = None if staged is None else donating_form(self.region, staged, arguments, places)
        return self._donating[key]
