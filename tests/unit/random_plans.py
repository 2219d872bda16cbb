"""Random plans over a small world whose state shows every wrong order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count
from operator import itemgetter
from random import Random
from typing import Any

from plan_writing import DYNAMIC, EXTERNAL, EXTERNAL_READS, FENCE, ORDERED, READS, UNORDERED, args, call

from xcs.diagnostics.effect import PURE, Behaviour
from xcs.runtime.outline_shape import OUTLINE, Makes, Puts, Target
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
from xcs.runtime.row_shape import ROWS, DictView, Numbers, RowPart, RowShape

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
        inner = self.block(2, None, 1, 1, 2, invokable=())
        middle = self.block(2, None, 2, 1, 2, invokable=("inner",))
        main = self.block(3, None, 2, 2, 5, invokable=("inner", "middle"))
        functions = {"main": main, "middle": middle, "inner": inner}
        return Plan(summarise(functions), "main", resolve)

    def block(
        self,
        depth: int,
        outer: _Body | None,
        num_params: int,
        num_outputs: int,
        size: int,
        invokable: tuple[str, ...] = (),
        flag: bool = False,
        exception: bool = False,
        num_lists: int = 0,
        rows: bool = False,
    ) -> Block:
        """A block of numbers, the last `num_lists` parameters and as many outputs after the others being lists of them.

        With `exception` its first parameter is no number, with `rows` it is a row, with `flag` its first output is a
        bool.
        """
        random = self.random
        values, lists = ([], []) if outer is None else (outer.values, outer.lists)
        captured = random.sample(values, min(len(values), random.randint(0, 2)))
        captured_lists = random.sample(lists, min(len(lists), random.randint(0, 1)))
        num_inputs = num_params + num_lists
        captures = tuple((slot, num_inputs + number) for number, slot in enumerate([*captured, *captured_lists]))
        end = num_inputs + len(captured)
        body = _Body(end + len(captured_lists), [*range(exception or rows, num_params), *range(num_inputs, end)])
        body.lists = [*range(num_params, num_inputs), *range(end, body.num_slots)]
        if rows:
            body.add(lambda slot: call(sum_of, Slot(0), to=slot))
        for _ in range(random.randint(0 if depth < 3 else 2, size)):
            self.statement(body, depth, invokable)
        outputs: list[Operand] = []
        if flag:
            outputs.append(body.add(lambda slot: call(self.is_third, self.value(body), to=slot)))
        outputs += [self.value(body) for _ in range(num_outputs - len(outputs))]
        outputs += [self.list_of_numbers(body) for _ in range(num_lists)]
        return Block(body.num_slots, tuple(body.instructions), tuple(outputs), num_inputs, captures)

    def list_of_numbers(self, body: _Body) -> Slot:
        if body.lists and self.random.random() < 0.9:
            return Slot(self.random.choice(body.lists))
        return body.add(lambda slot: call(self.make_list, self.value(body), to=slot), kind="list")

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
            choices += [self.branch, self.loop, self.map, self.while_loop, self.attempt, self.guard, self.entries]
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
            callee = body.add(lambda slot: call(lambda _: leaf, operand, to=slot, behaviour=EXTERNAL), kind=None)
        else:
            callee = Literal(leaf)
        body.add(lambda slot: Call("dynamic", (slot,), callee=callee, arguments=args(operand), behaviour=DYNAMIC))

    def condition(self, body: _Body) -> tuple[Operand, Behaviour]:
        operand = self.value(body)
        if self.random.random() < 0.2:
            return body.add(lambda slot: call(self.flag, operand, to=slot), kind=None), DYNAMIC
        behaviour = self.random.choice([PURE, EXTERNAL])
        return body.add(lambda slot: call(self.is_third, operand, to=slot, behaviour=behaviour)), PURE

    def branch(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        condition, truth = self.condition(body)
        num_lists = self.random.choice([0, 0, 1])
        blocks = [self.passing_lists(depth - 1, body, 2, invokable, num_lists) for _ in range(2)]
        body.add_many(
            1,
            lambda slots: If("if", slots, condition=condition, then_block=blocks[0], else_block=blocks[1], truth=truth),
            num_lists,
        )

    def passing_lists(
        self, depth: int, body: _Body, size: int, invokable: tuple[str, ...], num_lists: int, exception: bool = False
    ) -> Block:
        """A block with a number and lists as outputs, that captures the lists it has no use for."""
        block = self.block(depth, body, int(exception), 1, size, invokable, exception=exception, num_lists=num_lists)
        lists = [self.list_of_numbers(body).index for _ in range(num_lists)]
        # What would be parameters are captured instead.
        captures = (*((slot, int(exception) + number) for number, slot in enumerate(lists)), *block.captures)
        return replace(block, num_params=int(exception), captures=captures)

    def guard(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        condition, truth = self.condition(body)
        inner = _Body(0, 0)
        error = inner.add(lambda slot: call(self.error, to=slot), kind=None)
        raising = Raise("raise", (), exception=error)
        then_block = Block(inner.num_slots, (*inner.instructions, raising), ())
        body.instructions.append(
            If("if", (), condition=condition, then_block=then_block, else_block=Block(0, (), ()), truth=truth)
        )

    def iterable(self, body: _Body) -> tuple[Operand, LoopSource]:
        if body.lists and self.random.random() < 0.4:
            return Slot(self.random.choice(body.lists)), self.random.choice(list(LoopSource))
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
        return body.add(lambda slot: call(make, operand, to=slot, behaviour=behaviour), kind=None), source

    def rows(self, body: _Body) -> tuple[Operand, LoopSource]:
        """Rows of lists, as `zip` and `enumerate` make them."""
        shape = self.random.choice(ROW_SHAPES)
        function = partial_rows(shape)
        lists = [self.list_of_numbers(body) for _ in range(2)]
        behaviour = self.random.choice([PURE, PURE, READS])
        listed = body.add(lambda slot: call(function, *lists, to=slot, behaviour=behaviour), kind=None)
        return listed, self.random.choice([LoopSource.SNAPSHOT, LoopSource.LISTED])

    def entries(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        """A loop that fills a dict, and one that goes over it."""
        iterable, source = self.iterable(body)
        new = body.add(lambda slot: call(new_dict, to=slot), kind=None)
        captured = self.random.sample(body.values, min(len(body.values), 1))
        inside = _Body(2 + len(captured), [0, *range(2, 2 + len(captured))])
        for _ in range(self.random.choice([1, 2, 3])):
            self.leaf_call(inside, 0, ())
        entry = self.value(inside), self.value(inside)
        filled = inside.add(lambda slot: call(put_entry, Slot(1), *entry, to=slot), kind=None)
        captures = tuple((slot, 2 + number) for number, slot in enumerate(captured))
        filling = Block(inside.num_slots, tuple(inside.instructions), (filled,), 2, captures)
        made = body.add(
            lambda slot: For("for", (slot,), iterable=iterable, initial=(new,), body=filling, source=source), kind=None
        )
        if self.random.random() < 0.5:
            made = self.entries_again(body, made)
        kind = self.random.choice(["keys", "values", "items", "itself"])
        listed = made if kind == "itself" else body.add(lambda slot: call(VIEWS[kind], made, to=slot), kind=None)
        inner = self.block(depth - 1, body, 1, 1, 2, invokable, rows=kind == "items")
        source = self.random.choice([LoopSource.SNAPSHOT, LoopSource.STEPPED])
        body.add(lambda slot: Map("map", (slot,), iterable=listed, body=inner, source=source), kind="list")

    def entries_again(self, body: _Body, made: Slot) -> Slot:
        """A loop that fills a dict under the keys of another one, or under what it computes of them."""
        new = body.add(lambda slot: call(new_dict, to=slot), kind=None)
        items = body.add(lambda slot: call(VIEWS["items"], made, to=slot), kind=None)
        inside = _Body(2, [])
        parts = inside.add(lambda slot: call(IN_TWO, Slot(0), to=slot), kind=None)
        key = inside.add(lambda slot: call(itemgetter(0), parts, to=slot))
        held = inside.add(lambda slot: call(itemgetter(1), parts, to=slot))
        value = inside.add(lambda slot: call(self.leaf(EXTERNAL), held, to=slot, behaviour=EXTERNAL))
        key, value = self.random.choice([(key, value), (key, value), (key, held), (value, key), (held, value)])
        filled = inside.add(lambda slot: call(put_entry, Slot(1), key, value, to=slot), kind=None)
        filling = Block(inside.num_slots, tuple(inside.instructions), (filled,), 2)
        source = self.random.choice([LoopSource.SNAPSHOT, LoopSource.LISTED])
        return body.add(
            lambda slot: For("for", (slot,), iterable=items, initial=(new,), body=filling, source=source), kind=None
        )

    def loop(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        rows = self.random.random() < 0.2
        iterable, source = self.rows(body) if rows else self.iterable(body)
        breaks = self.random.random() < 0.3
        num_carried = self.random.randint(0, 2)
        num_lists = self.random.choice([0, 0, 1])
        initial = tuple(self.value(body) for _ in range(num_carried))
        initial += tuple(self.list_of_numbers(body) for _ in range(num_lists))
        num_outputs = num_carried + breaks
        inner = self.block(
            depth - 1, body, 1 + num_carried, num_outputs, 3, invokable, flag=breaks, num_lists=num_lists, rows=rows
        )
        body.add_many(
            num_carried,
            lambda slots: For(
                "for", slots, iterable=iterable, initial=initial, body=inner, source=source, breaks=breaks
            ),
            num_lists,
        )

    def map(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        rows = self.random.random() < 0.2
        iterable, source = self.rows(body) if rows else self.iterable(body)
        window = self.random.choice([None, None, 1, 2])
        if depth > 1 and self.random.random() < 0.25:
            self.table(body, depth, invokable, iterable, source, rows)
            return
        if self.random.random() < 0.3:
            inner = self.one_call(body, rows)
        else:
            inner = self.block(depth - 1, body, 1, 1, 3, invokable, rows=rows)
        listed = body.add(
            lambda slot: Map("map", (slot,), iterable=iterable, body=inner, source=source, window=window), kind="list"
        )
        if self.random.random() < 0.5:
            body.add(lambda slot: call(sum_of, listed, to=slot))

    def one_call(self, outer: _Body, rows: bool) -> Block:
        """The body of a map that makes one call to the world, with what others prepare."""
        captured = self.random.sample(outer.values, min(len(outer.values), self.random.randint(0, 1)))
        captures = tuple((slot, 1 + number) for number, slot in enumerate(captured))
        body = _Body(1 + len(captured), [*range(rows, 1), *range(1, 1 + len(captured))])
        if rows:
            body.add(lambda slot: call(sum_of, Slot(0), to=slot))
        for _ in range(self.random.choice([0, 0, 1, 2])):
            leaf = self.leaf(PURE)
            body.add(lambda slot, leaf=leaf: call(leaf, self.value(body), to=slot))
        operands = [self.value(body) for _ in range(self.random.randint(1, 2))]
        result = body.add(lambda slot: call(self.leaf(EXTERNAL), *operands, to=slot, behaviour=EXTERNAL))
        return Block(body.num_slots, tuple(body.instructions), (result,), 1, captures)

    def table(
        self, body: _Body, depth: int, invokable: tuple[str, ...], iterable: Operand, source: LoopSource, rows: bool
    ) -> None:
        """A map that makes lists, and one that goes over these."""
        row = self.block(depth - 1, body, 1, 0, 2, invokable, rows=rows)
        inside = _Body(row.num_slots, [])
        inside.instructions = list(row.instructions)
        values = self.block(depth - 2, None, 1, 1, 2, invokable)
        numbers = inside.add(lambda slot: call(make_three, Slot(0), to=slot), kind=None)
        listed = inside.add(
            lambda slot: Map("map", (slot,), iterable=numbers, body=values, source=LoopSource.SNAPSHOT), kind=None
        )
        row = replace(row, num_slots=inside.num_slots, instructions=tuple(inside.instructions), outputs=(listed,))
        table = body.add(lambda slot: Map("map", (slot,), iterable=iterable, body=row, source=source), kind=None)
        reading = self.block(depth - 1, body, 0, 1, 3, invokable, num_lists=1)
        reading = replace(reading, outputs=reading.outputs[:1])
        source = self.random.choice([LoopSource.SNAPSHOT, LoopSource.LISTED])
        body.add(lambda slot: Map("map", (slot,), iterable=table, body=reading, source=source), kind="list")

    def while_loop(self, body: _Body, depth: int, invokable: tuple[str, ...]) -> None:
        num_carried = 1 + self.random.randint(0, 2)
        initial = (Literal(0), *(self.value(body) for _ in range(num_carried - 1)))
        limit = self.random.randint(0, 4)
        tested = self.block(depth - 1, body, num_carried, 0, 1, invokable)
        below = call(less, Slot(0), limit, to=tested.num_slots, behaviour=self.random.choice([PURE, EXTERNAL]))
        condition = Block(
            tested.num_slots + 1,
            (*tested.instructions, below),
            (Slot(tested.num_slots),),
            num_carried,
            tested.captures,
        )
        inner = self.block(depth - 1, body, num_carried, num_carried - 1, 3, invokable)
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
        num_lists = self.random.choice([0, 0, 1])
        tried = self.passing_lists(depth - 1, body, 4, invokable, num_lists)
        handler = self.passing_lists(depth - 1, body, 2, invokable, num_lists, exception=True)
        body.add_many(1, lambda slots: Try("try", slots, body=tried, handler=handler), num_lists)

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
    """The instructions written so far, and the slots that hold numbers and lists of numbers."""

    def __init__(self, num_slots: int, values: list[int]) -> None:
        self.num_slots = num_slots
        self.values = values
        self.lists: list[int] = []
        self.instructions: list[Instruction] = []

    def add(self, make: Any, kind: str | None = "number") -> Slot:
        slot = self.num_slots
        self.num_slots += 1
        self.instructions.append(make(slot))
        if kind is not None:
            (self.values if kind == "number" else self.lists).append(slot)
        return Slot(slot)

    def add_many(self, count: int, make: Any, num_lists: int = 0) -> None:
        slots = tuple(range(self.num_slots, self.num_slots + count + num_lists))
        self.num_slots += count + num_lists
        self.instructions.append(make(slots))
        self.values.extend(slots[:count])
        self.lists.extend(slots[count:])


ROW_SHAPES = (
    RowShape((0, 1)),
    RowShape((Numbers(), 1)),
    RowShape((Numbers(2), RowShape((1, 0)))),
    RowShape((0, 0, 1)),
)


def partial_rows(shape: RowShape) -> Callable[..., list[Any]]:
    """A function that lists rows of a shape, and says so."""

    def rows(*lists: list[int]) -> list[Any]:
        return list(walk(shape, lists))

    setattr(rows, ROWS, shape)
    return rows


def new_dict() -> dict[int, int]:
    return {}


def put_entry(entries: dict[int, int], key: int, value: int) -> dict[int, int]:
    entries[key] = value
    return entries


def view_of(kind: str) -> Callable[..., list[Any]]:
    """A function that lists a view of a dict, and says so."""

    def listed(entries: dict[int, int]) -> list[Any]:
        return list(getattr(entries, kind)())

    setattr(listed, ROWS, DictView(kind))
    return listed


class InTwo:
    """Unpacks rows of two parts."""

    __xcs_unpacks__ = True
    num_parts, star = 2, None
    __name__ = "in_two"

    def __call__(self, row: tuple[int, int]) -> tuple[int, int]:
        first, second = row
        return first, second


IN_TWO = InTwo()
setattr(new_dict, OUTLINE, Makes(keyed=True))
setattr(put_entry, OUTLINE, Puts(Target(0), 2, known=1))
VIEWS = {kind: view_of(kind) for kind in ("keys", "values", "items")}


def walk(part: RowPart, lists: tuple[list[int], ...]) -> Iterable[Any]:
    if isinstance(part, Numbers):
        return count(part.start)
    if isinstance(part, RowShape):
        return zip(*(walk(inner, lists) for inner in part.parts), strict=False)
    return lists[part]


def make_three(value: Any) -> list[int]:
    first = value if isinstance(value, int) else sum_of(value)
    return [first, first + 1, first + 2]


def range_of(value: int) -> range:
    return range(value % 4)


def list_iterator(value: int) -> Iterator[int]:
    return iter([5, 6, 7][: value % 4])


def sum_of(values: Any) -> int:
    return sum(value if isinstance(value, int) else sum_of(value) for value in values) % 11


def less(value: int, limit: int) -> bool:
    return value < limit


def increment(value: int) -> int:
    return value + 1
