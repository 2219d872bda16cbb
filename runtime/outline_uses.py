"""Where a block can do with the outline of a container, and where it makes one.

An outline is of use to a call that looks something up. So before anything is prepared, the slots of the whole plan that
hold versions of the same container, in whatever frame, are put together; only containers that are both filled and
looked into have outlines.

Guarantees: pure functions of a plan, callable from any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from ..diagnostics.effect import ORDERED, PURE, READS
from ..diagnostics.identity import identity
from .outline_shape import HandsOn, Looks, Makes, Shape, Store, argument, filling_shape_of, shape_of
from .plan import Block, Call, For, If, Instruction, Invoke, Map, Operand, Plan, Slot, Try, While
from .plan_summary import blocks_of

Place: TypeAlias = "tuple[int, int]"
"""A slot of a block, by the `id` of that."""


class OutlineUses:
    """What to do with the outlines that come to a block.

    Attributes:
        looks: the calls that look something up, with the slots of the containers.
        looks_in: by slot, these calls.
        taken: of these calls, slots of objects with the attributes that they load for something else.
        stores: the calls that make or fill a container, with the slot of what they give.
        stores_from: by slot of a container, those that fill it.
        handed_on: by slot, the slots that have the same container.
    """

    __slots__ = ("handed_on", "looks", "looks_in", "stores", "stores_from", "taken")

    def __init__(self, block: Block, slots: frozenset[int]) -> None:
        """Those of containers in these slots."""
        self.looks: dict[int, tuple[int, ...]] = {}
        self.taken: dict[int, list[tuple[int, str]]] = {}
        self.looks_in: dict[int, list[int]] = {}
        self.stores: dict[int, tuple[Makes | Store, int]] = {}
        self.stores_from: dict[int, list[int]] = {}
        self.handed_on: dict[int, list[int]] = {}
        for index, instruction in enumerate(block.instructions if slots else ()):
            if isinstance(instruction, Call) and (shape := _shape_at(instruction, slots)) is not None:
                self._note(index, instruction, shape, slots)

    def _note(self, index: int, call: Call, shape: Shape, slots: frozenset[int]) -> None:
        if isinstance(shape, Looks):
            held = tuple(slot for slot in _looked_into(call, shape) if slot in slots)
            if held:
                self.looks[index] = held
            for slot in held:
                self.looks_in.setdefault(slot, []).append(index)
            for target in shape.taken:
                owner = argument(call, target.argument)
                if isinstance(owner, Slot) and target.attribute is not None:
                    self.taken.setdefault(index, []).append((owner.index, target.attribute))
        elif isinstance(shape, Makes):
            self.stores[index] = shape, call.results[0]
        else:
            given, result = _next_version(call, shape)
            if isinstance(shape, HandsOn):
                self.handed_on.setdefault(given, []).append(result)
            else:
                self.stores[index] = shape, result
                self.stores_from.setdefault(given, []).append(index)


NO_USES = OutlineUses(Block(0, (), ()), frozenset())


def uses_of(plan: Plan, block: Block) -> OutlineUses:
    """What to do with outlines in a block of a plan."""
    if not plan.outlined:
        plan.outlined.append(_outlined(plan))
    slots = plan.outlined[0].get(identity(block))
    return NO_USES if slots is None else OutlineUses(block, slots)


def _outlined(plan: Plan) -> dict[int, frozenset[int]]:
    """The slots of containers that are filled and looked into, by `id` of the block."""
    blocks = list(_all_blocks(plan.functions.values()))
    versions = _Versions()
    filled: list[Place] = []
    for block in blocks:
        for instruction in block.instructions:
            if type(instruction) is not Call or _only_looks(instruction) or instruction.mutates:
                filled += _connect(versions, plan, block, instruction)
    if not filled:
        return {}
    for place in filled:
        versions.join(place, place)
    filled_roots = {versions.root(place) for place in filled}
    looked_into = {versions.root(place) for block in blocks for place in _looks(versions, block, filled_roots)}
    found: dict[int, set[int]] = {}
    for block, slot in versions.places() if looked_into else ():
        if versions.root((block, slot)) in looked_into:
            found.setdefault(block, set()).add(slot)
    return {block: frozenset(slots) for block, slots in found.items()}


def _looks(versions: _Versions, block: Block, filled: set[Place]) -> Iterator[Place]:
    """The containers of `filled` that calls of a block look into. Others are not asked: that takes time."""
    for call in block.instructions:
        if not isinstance(call, Call) or not _only_looks(call):
            continue
        slots = [one.index for _, one in call.arguments.positional if isinstance(one, Slot)]
        if any(versions.root((identity(block), slot)) in filled for slot in slots):
            shape = shape_of(call)
            for slot in _looked_into(call, shape) if isinstance(shape, Looks) else ():
                yield (identity(block), slot)


def _shape_at(call: Call, slots: frozenset[int]) -> Shape | None:
    """The shape of a call that has to do with containers in these slots."""
    concerned = [*(one.index for _, one in call.arguments.positional if isinstance(one, Slot)), *call.results]
    if slots.isdisjoint(concerned):
        return None
    return shape_of(call) if _only_looks(call) else _shape_in_place(call)


def _only_looks(call: Call) -> bool:
    """Whether a call does nothing but to versions of containers, so that it may run early, and more than once."""
    return call.behaviour in (PURE, READS) and not call.is_async and not call.retires


def _shape_in_place(call: Call) -> Store | None:
    """The shape of a call that fills a version in program order: what it will put there may be known before."""
    if call.behaviour != ORDERED or not call.mutates or call.is_async:
        return None
    shape = shape_of(call)
    return shape if isinstance(shape, Store) and shape.is_direct else None


def _looked_into(call: Call, shape: Looks) -> Iterator[int]:
    for position in dict.fromkeys(target.argument for target in (*shape.targets, *shape.taken)):
        operand = argument(call, position)
        if isinstance(operand, Slot):
            yield operand.index


def _next_version(call: Call, shape: Store | HandsOn) -> tuple[int, int]:
    """The slots of a container and of what a call makes of it."""
    position = 0 if isinstance(shape, HandsOn) else shape.target.argument
    given = argument(call, position)
    result = call.results[1 + call.mutates.index(position)] if call.mutates else call.results[0]
    assert isinstance(given, Slot)
    return given.index, result


def _connect(versions: _Versions, plan: Plan, block: Block, instruction: Instruction) -> Iterator[Place]:
    """Notes which slots hold versions of one container; gives those that an instruction fills."""
    for inner in blocks_of(instruction).values():
        for outer_slot, inner_slot in inner.captures:
            versions.join((identity(block), outer_slot), (identity(inner), inner_slot))
    results = list(map(Slot, instruction.results))
    match instruction:
        case Call():
            yield from _connect_call(versions, block, instruction)
        case If():
            versions.join_all(instruction.then_block, instruction.then_block.outputs, block, results)
            versions.join_all(instruction.else_block, instruction.else_block.outputs, block, results)
        case Try():
            versions.join_all(instruction.body, instruction.body.outputs, block, results)
            versions.join_all(instruction.handler, instruction.handler.outputs, block, results)
        case For(body=body):
            carried = list(map(Slot, range(1, 1 + len(instruction.initial))))
            versions.join_all(block, instruction.initial, body, carried)
            versions.join_all(body, body.outputs[int(instruction.breaks) :], body, carried)
            versions.join_all(block, results, body, carried)
        case While(body=body):
            carried = list(map(Slot, range(len(instruction.initial))))
            versions.join_all(block, instruction.initial, instruction.condition, carried)
            versions.join_all(block, instruction.initial, body, carried)
            versions.join_all(body, body.outputs, body, carried)
            versions.join_all(block, results, body, carried)
        case Map():
            yield from ((identity(block), slot.index) for slot in results)
        case Invoke():
            function = plan.functions[instruction.symbol]
            versions.join_all(block, instruction.operands, function, list(map(Slot, range(function.num_params))))
            versions.join_all(function, function.outputs, block, results)


def _connect_call(versions: _Versions, block: Block, call: Call) -> Iterator[Place]:
    shape = filling_shape_of(call) if _only_looks(call) else _shape_in_place(call)
    if isinstance(shape, Makes):
        yield (identity(block), call.results[0])
    elif shape is not None and _is_of_slot(call, shape):
        given, result = _next_version(call, shape)
        versions.join((identity(block), given), (identity(block), result))
        if not isinstance(shape, HandsOn):
            yield (identity(block), result)


def _is_of_slot(call: Call, shape: Store | HandsOn) -> bool:
    return isinstance(argument(call, 0 if isinstance(shape, HandsOn) else shape.target.argument), Slot)


def _all_blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    worklist = list(blocks)
    while worklist:
        block = worklist.pop()
        yield block
        for instruction in block.instructions:
            worklist.extend(blocks_of(instruction).values())


class _Versions:
    """Slots that hold versions of one container: sets that are joined (Tarjan's union-find)."""

    def __init__(self) -> None:
        self._parents: dict[Place, Place] = {}

    def root(self, place: Place) -> Place:
        """What stands for all slots of the container in this one."""
        parents = self._parents
        while (parent := parents.get(place, place)) != place:
            parents[place] = place = parents.get(parent, parent)
        return place

    def join(self, left: Place, right: Place) -> None:
        """Both hold versions of one container."""
        self._parents.setdefault(left, left)
        self._parents.setdefault(right, right)
        self._parents[self.root(left)] = self.root(right)

    def join_all(self, left: Block, lefts: Sequence[Operand], right: Block, rights: Sequence[Operand]) -> None:
        """Operands of one block hold versions of the same containers as those of another one."""
        for one, other in zip(lefts, rights, strict=False):
            if isinstance(one, Slot) and isinstance(other, Slot):
                self.join((identity(left), one.index), (identity(right), other.index))

    def places(self) -> Iterable[Place]:
        """All slots that were joined with another one."""
        return self._parents
