"""Random plans over a small world whose state shows every wrong order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from plan_writing import DYNAMIC, EXTERNAL, EXTERNAL_READS, FENCE, ORDERED, READS, UNORDERED, args, call

from xcs.diagnostics.effect import PURE, Behaviour
from xcs.runtime.plan import (
    Block,
    Call,
    For,
    If,
    Instruction,
    Invoke,
    Literal,
    LoopSource,
    Map,
    Operand,
    Plan,
    Raise,
    Slot,
    Try,
    While,
)
from xcs.runtime.plan_summary import summarise

EXTERNAL_PURE = Behaviour(PURE.effect, external=True)


class World:
    """What the leaves of a random plan act on."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.log: list[Any] = []
        self.state = 0
        self.calls: Counter[Any] = Counter()
        self.counts_at_fences: list[int] = []
        self.num_raised = 0
        self.shared = [1, 2]

    def fail(self, *args: Any) -> None:
        self.num_raised += 1
        raise LookupError(*args)

    def write(self, key: Any) -> None:
        self.log.append(key)
        self.state += 1


class Leaf:
    """A callable with an identity, a behaviour, and values at which it raises."""

    def __init__(self, world: World, number: int, behaviour: Behaviour, modulus: int) -> None:
        self.world = world
        self.number = number
        self.behaviour = behaviour
        self.modulus = modulus
        self.__name__ = f"{behaviour.effect.keyword}_{number}"

    def __call__(self, *values: int) -> int:
        world = self.world
        if self.behaviour is FENCE:
            world.counts_at_fences.append(sum(world.calls.values()))
        key = (self.number, values)
        world.calls[key] += 1
        mixed = sum(values) * 3 + self.number
        if self.behaviour.effect is READS.effect:
            mixed += world.state * 5
        if self.behaviour.effect.may_write:
            world.write(key)
            if mixed % 3 == 0 and len(world.shared) < 5:
                world.shared.append(mixed % 4)
        if self.modulus and mixed % self.modulus == 0:
            world.fail(key)
        return mixed % 11


class Flag:
    """A value whose truth is an ordered effect."""

    def __init__(self, world: World, value: int) -> None:
        self.world = world
        self.value = value

    def __bool__(self) -> bool:
        self.world.write(("bool", self.value))
        if self.value == 7:
            self.world.fail("bool")
        return self.value % 2 == 0


def resolve(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Behaviour:
    if function is bool:
        return ORDERED if isinstance(args[0], Flag) else PURE
    return function.behaviour


class PlanWriter:
    """Writes one random plan."""

    def __init__(self, random: Random, world: World, fences: bool = False) -> None:
        self.random = random
        self.world = world
        self.number = 0
        self.behaviours = [PURE, EXTERNAL, EXTERNAL, EXTERNAL, EXTERNAL_READS, READS, ORDERED, UNORDERED, EXTERNAL_PURE]
        if fences:
            self.behaviours.append(FENCE)

    def plan(self) -> Plan:
        inner = self.block(2, [], 1, 1, 2, invokable=())
        middle = self.block(2, [], 2, 1, 2, invokable=("inner",))
        main = self.block(3, [], 2, 2, 5, invokable=("inner", "middle"))
        functions = {"main": main, "middle": middle, "inner": inner}
        return Plan(summarise(functions), "main", resolve)

    def block(
        self,
        depth: int,
        outer: list[int],
        num_params: int,
        num_outputs: int,
        size: int,
        invokable: tuple[str, ...] = (),
        flag: bool = False,
        exception: bool = False,
    ) -> Block:
        """A block; with `exception` its parameter is no number, with `flag` its first output is a bool."""
        random = self.random
        captured = random.sample(outer, min(len(outer), random.randint(0, 2)))
        captures = tuple((slot, num_params + position) for position, slot in enumerate(captured))
        body = _Body(num_params + len(captures), first=1 if exception else 0)
        for _ in range(random.randint(0 if depth < 3 else 2, size)):
            self.statement(body, depth, invokable)
        outputs: list[Operand] = []
        if flag:
            outputs.append(body.add(lambda slot: call(self.is_third, self.value(body), to=slot)))
        outputs += [self.value(body) for _ in range(num_outputs - len(outputs))]
        return Block(body.num_slots, tuple(body.instructions), tuple(outputs), num_params, captures)

    def value(self, body: _Body) -> Operand:
        if body.values and self.random.random() < 0.85:
            return Slot(self.random.choice(body.values))
        return Literal(self.random.randint(0, 6))

    def leaf(self, behaviour: Behaviour) -> Leaf:
        self.number += 1
        return Leaf(self.world, self.number, behaviour, self.random.choice([0, 0, 0, 0, 0, 7, 5]))

    def statement(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        choices = [self.leaf_call] * 6 + [self.dynamic_call]
        if depth > 0:
            choices += [self.branch, self.loop, self.map, self.while_loop, self.attempt, self.guard]
        if invokable:
            choices.append(self.invoke)
        self.random.choice(choices)(body, depth, invokable)

    def leaf_call(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        behaviour = self.random.choice(self.behaviours)
        operands = [self.value(body) for _ in range(self.random.randint(0, 3))]
        earlier = range(len(body.instructions))
        after = tuple(self.random.sample(earlier, 1)) if earlier and self.random.random() < 0.1 else ()
        body.add(lambda slot: call(self.leaf(behaviour), *operands, to=slot, behaviour=behaviour, after=after))

    def dynamic_call(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        leaf = self.leaf(self.random.choice(self.behaviours[:9]))
        operand = self.value(body)
        if self.random.random() < 0.3:
            callee = body.add(lambda slot: call(lambda _: leaf, operand, to=slot, behaviour=EXTERNAL), number=False)
        else:
            callee = Literal(leaf)
        body.add(lambda slot: Call("dynamic", (slot,), callee=callee, arguments=args(operand), behaviour=DYNAMIC))

    def condition(self, body: _Body) -> tuple[Operand, Behaviour]:
        operand = self.value(body)
        if self.random.random() < 0.2:
            return body.add(lambda slot: call(self.flag, operand, to=slot), number=False), DYNAMIC
        behaviour = self.random.choice([PURE, EXTERNAL])
        return body.add(lambda slot: call(self.is_third, operand, to=slot, behaviour=behaviour)), PURE

    def branch(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        condition, truth = self.condition(body)
        blocks = [self.block(depth - 1, body.values, 0, 1, 2, invokable) for _ in range(2)]
        body.add(
            lambda slot: If("if", (slot,), condition=condition, then_block=blocks[0], else_block=blocks[1], truth=truth)
        )

    def guard(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        condition, truth = self.condition(body)
        inner = _Body(0, 0)
        error = inner.add(lambda slot: call(self.error, to=slot), number=False)
        raising = Raise("raise", (), exception=error)
        then_block = Block(inner.num_slots, (*inner.instructions, raising), ())
        body.instructions.append(
            If("if", (), condition=condition, then_block=then_block, else_block=Block(0, (), ()), truth=truth)
        )

    def iterable(self, body: _Body) -> tuple[Operand, LoopSource]:
        operand = self.value(body)
        make, source, behaviour = self.random.choice(
            [
                (self.make_list, LoopSource.SNAPSHOT, EXTERNAL),
                (self.make_list, LoopSource.SNAPSHOT, PURE),
                (self.make_list, LoopSource.STEPPED, PURE),
                (self.make_list, LoopSource.LISTED, PURE),
                (self.make_list, LoopSource.LISTED, EXTERNAL),
                (self.the_shared_list, LoopSource.LISTED, PURE),
                (range_of, LoopSource.STEPPED, EXTERNAL),
                (list_iterator, LoopSource.STEPPED, PURE),
                (self.the_shared_list, LoopSource.STEPPED, PURE),
                (self.make_generator, LoopSource.STEPPED, PURE),
            ]
        )
        return body.add(lambda slot: call(make, operand, to=slot, behaviour=behaviour), number=False), source

    def loop(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        iterable, source = self.iterable(body)
        breaks = self.random.random() < 0.3
        num_carried = self.random.randint(0, 2)
        initial = tuple(self.value(body) for _ in range(num_carried))
        inner = self.block(depth - 1, body.values, 1 + num_carried, num_carried + breaks, 3, invokable, flag=breaks)
        body.add_many(
            num_carried,
            lambda slots: For(
                "for", slots, iterable=iterable, initial=initial, body=inner, source=source, breaks=breaks
            ),
        )

    def map(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        iterable, source = self.iterable(body)
        window = self.random.choice([None, None, 1, 2])
        inner = self.block(depth - 1, body.values, 1, 1, 3, invokable)
        listed = body.add(
            lambda slot: Map("map", (slot,), iterable=iterable, body=inner, source=source, window=window),
            number=False,
        )
        body.add(lambda slot: call(sum_of, listed, to=slot))

    def while_loop(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        num_carried = 1 + self.random.randint(0, 2)
        initial = (Literal(0), *(self.value(body) for _ in range(num_carried - 1)))
        limit = self.random.randint(0, 4)
        tested = self.block(depth - 1, body.values, num_carried, 0, 1, invokable)
        below = call(less, Slot(0), limit, to=tested.num_slots, behaviour=self.random.choice([PURE, EXTERNAL]))
        condition = Block(
            tested.num_slots + 1,
            (*tested.instructions, below),
            (Slot(tested.num_slots),),
            num_carried,
            tested.captures,
        )
        inner = self.block(depth - 1, body.values, num_carried, num_carried - 1, 3, invokable)
        counted = call(increment, Slot(0), to=inner.num_slots, behaviour=self.random.choice([PURE, EXTERNAL]))
        counting = Block(
            inner.num_slots + 1,
            (*inner.instructions, counted),
            (Slot(inner.num_slots), *inner.outputs),
            num_carried,
            inner.captures,
        )
        body.add_many(
            num_carried, lambda slots: While("while", slots, initial=initial, condition=condition, body=counting)
        )

    def attempt(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        tried = self.block(depth - 1, body.values, 0, 1, 4, invokable)
        handler = self.block(depth - 1, body.values, 1, 1, 2, invokable, exception=True)
        body.add(lambda slot: Try("try", (slot,), body=tried, handler=handler))

    def invoke(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        symbol = self.random.choice(invokable)
        operands = tuple(self.value(body) for _ in range(2 if symbol == "middle" else 1))
        body.add(lambda slot: Invoke("invoke", (slot,), symbol=symbol, operands=operands))

    # Functions that the instructions above call.

    def is_third(self, value: int) -> bool:
        return value % 3 == 0

    def flag(self, value: int) -> Flag:
        return Flag(self.world, value)

    def error(self) -> Exception:
        self.world.num_raised += 1
        return ValueError("guard")

    def make_list(self, value: int) -> list[int]:
        return list(range(value % 4))

    def the_shared_list(self, value: int) -> list[int]:
        return self.world.shared

    def make_generator(self, value: int) -> Iterator[int]:
        for number in range(value % 4):
            self.world.write(("next", number))
            yield number
        if value == 9:
            self.world.fail("generator")


class _Body:
    """The instructions written so far and the slots that hold numbers."""

    def __init__(self, num_slots: int, first: int) -> None:
        self.num_slots = num_slots
        self.values = list(range(first, num_slots))
        self.instructions: list[Instruction] = []

    def add(self, make: Any, number: bool = True) -> Slot:
        slot = self.num_slots
        self.num_slots += 1
        self.instructions.append(make(slot))
        if number:
            self.values.append(slot)
        return Slot(slot)

    def add_many(self, count: int, make: Any) -> None:
        slots = tuple(range(self.num_slots, self.num_slots + count))
        self.num_slots += count
        self.instructions.append(make(slots))
        self.values.extend(slots)


def range_of(value: int) -> range:
    return range(value % 4)


def list_iterator(value: int) -> Iterator[int]:
    return iter([5, 6, 7][: value % 4])


def sum_of(values: list[int]) -> int:
    return sum(values) % 11


def less(value: int, limit: int) -> bool:
    return value < limit


def increment(value: int) -> int:
    return value + 1
