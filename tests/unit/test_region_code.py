"""The code of array regions makes the calls in their order, whatever it nests, and its frames show the user's lines."""

from __future__ import annotations

import random
import traceback
from collections.abc import Mapping
from dis import get_instructions
from types import CodeType
from typing import Any

import pytest

from xcs.diagnostics.location import UNKNOWN, Location
from xcs.lowering.array_region import ArrayRegion
from xcs.lowering.region_code import MAX_DEPTH, MAX_STEPS, code_of, function_of
from xcs.runtime.plan import Arguments, Call, Literal, Operand, Slot

NOTHING: Mapping[str, Operand] = {}


def step(
    result: int, function: Any, *operands: Operand, location: Location = UNKNOWN, named: Mapping[str, Operand] = NOTHING
) -> Call:
    arguments = Arguments(tuple((False, operand) for operand in operands), tuple(named.items()))
    return Call(f"step{result}", (result,), callee=Literal(function), arguments=arguments, location=location)


class Journal:
    """Functions that write down in which order they are called."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def function(self, number: int) -> Any:
        def called(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
            self.calls.append(number)
            return (number, *map(hash, (*args, *kwargs.values())))

        return called


def random_region(seed: int, num_steps: int) -> tuple[ArrayRegion, Journal]:
    """Calls of earlier results, mostly of late ones, so that some can be nested and some can't."""
    chosen, journal = random.Random(seed), Journal()
    steps = []
    for number in range(2, 2 + num_steps):
        recent = [Slot(max(0, number - chosen.choice((1, 1, 1, 2, 3, 9)))) for _ in range(chosen.randint(0, 3))]
        operands: list[Operand] = [one if chosen.random() < 0.9 else Literal(chosen.randint(0, 3)) for one in recent]
        named = {"k": Slot(chosen.randrange(number))} if chosen.random() < 0.2 else {}
        steps.append(step(number, journal.function(number), *operands, named=named))
    outputs = tuple(Slot(chosen.randrange(number + 1)) for _ in range(chosen.randint(1, 3)))
    return ArrayRegion("region", (0, 1), tuple(steps), outputs), journal


def performed(region: ArrayRegion, *values: Any) -> Any:
    """What a region gives whose calls are made one by one."""
    slots = dict(zip(region.params, values, strict=True))

    def read(operand: Operand) -> Any:
        return operand.value if isinstance(operand, Literal) else slots[operand.index]

    for one in region.steps:
        args = [read(operand) for _, operand in one.arguments.positional]
        named = {str(name): read(value) for name, value in one.arguments.keyword}
        slots[one.results[0]] = read(one.callee)(*args, **named)
    outputs = tuple(map(read, region.outputs))
    return outputs if len(outputs) != 1 else outputs[0]


@pytest.mark.parametrize("num_steps", [1, 7, 40, MAX_STEPS, 3 * MAX_STEPS])
@pytest.mark.parametrize("seed", range(20))
def test_calls_are_made_in_their_order(seed: int, num_steps: int) -> None:
    region, journal = random_region(seed, num_steps)
    expected, order = performed(region, 5, 6), list(journal.calls)
    assert order == list(range(2, 2 + num_steps))
    journal.calls.clear()
    assert function_of(region)(5, 6) == expected
    assert journal.calls == order


def test_what_one_call_takes_from_another_is_an_argument_of_it() -> None:
    journal = Journal()
    steps = [step(1, journal.function(1), Slot(0)), step(2, journal.function(2), Slot(1))]
    steps.append(step(3, journal.function(3), Slot(0), Slot(2)))
    code = function_of(ArrayRegion("region", (0,), tuple(steps), (Slot(3),))).__code__
    assert code.co_varnames == ("v0", "v3")


def test_calls_nest_only_so_deep() -> None:
    journal = Journal()
    chain = tuple(step(number, journal.function(number), Slot(number - 1)) for number in range(1, 1 + 3 * MAX_DEPTH))
    code = function_of(ArrayRegion("region", (0,), chain, (Slot(3 * MAX_DEPTH),))).__code__
    assert code.co_varnames == ("v0", *(f"v{(part + 1) * MAX_DEPTH}" for part in range(3)))


@pytest.mark.parametrize(("num_steps", "num_functions"), [(MAX_STEPS, 1), (4 * MAX_STEPS, 4)])
def test_long_regions_are_several_functions(num_steps: int, num_functions: int) -> None:
    journal = Journal()
    steps = [step(number, journal.function(number), Slot(number - 1), Slot(0)) for number in range(1, num_steps + 1)]
    code = code_of(ArrayRegion("region", (0,), tuple(steps), (Slot(num_steps), Slot(3))))
    names: dict[str, Any] = dict(code.names)
    exec(code.bodies[0], names)
    assert sum(name.startswith("region") for name in names) == num_functions
    result, third = code.function()(1)
    assert result[0] == num_steps
    assert third[0] == 3
    assert journal.calls == list(range(1, num_steps + 1))


def sum_of(numbers: list[int], journal: Journal, steps: list[Call]) -> int:
    """The slot of what calls of two make of these slots, two and two."""
    while len(numbers) > 1:
        left, right = numbers[:2]
        steps.append(step(2000 + len(steps), journal.function(len(steps)), Slot(left), Slot(right)))
        numbers = [*numbers[2:], 2000 + len(steps) - 1]
    return numbers[0]


@pytest.mark.parametrize("leaves_first", [True, False])
def test_wide_and_bushy_regions_have_small_functions(leaves_first: bool) -> None:
    journal: Journal = Journal()
    steps: list[Call] = []
    for number in range(8 * MAX_STEPS):
        steps.append(step(2000 + len(steps), journal.function(len(steps)), Slot(0)))
        if not leaves_first and number % 2:
            steps.append(
                step(2000 + len(steps), journal.function(len(steps)), *(Slot(s.results[0]) for s in steps[-2:]))
            )
    tops = {s.results[0] for s in steps} - {
        o.index for s in steps for _, o in s.arguments.positional if isinstance(o, Slot)
    }
    output = sum_of(sorted(tops), journal, steps)
    region = ArrayRegion("region", (0,), tuple(steps), (Slot(output),))
    code = code_of(region)
    (module, _) = code.bodies
    bodies = [one for one in module.co_consts if isinstance(one, CodeType)]
    assert all(sum(one.opname == "CALL" for one in get_instructions(body)) <= MAX_STEPS for body in bodies)
    assert code.function()(1) == performed(region, 1)
    assert journal.calls == 2 * list(range(len(steps)))


def test_names_may_stand_for_others() -> None:
    region = ArrayRegion("region", (0,), (step(1, abs, Slot(0)),), (Slot(1),))
    code = code_of(region)
    (name,) = [name for name, value in code.names.items() if value is abs]
    assert code.function({name: lambda value: value * 10})(-2) == -20
    assert code.function()(-2) == 2


@pytest.mark.parametrize("failing", [1, 2, MAX_STEPS + 3, 3 * MAX_STEPS])
def test_frames_show_the_line_of_the_call_that_fails(failing: int) -> None:
    def fail(value: int, number: int) -> int:
        if number == failing:
            raise ZeroDivisionError
        return value + 1

    steps = [
        step(number, fail, Slot(number - 1), Literal(number), location=Location("user.py", 100 + number, 4))
        for number in range(1, 3 * MAX_STEPS + 1)
    ]
    function = function_of(ArrayRegion("region", (0,), tuple(steps), (Slot(3 * MAX_STEPS),)))
    with pytest.raises(ZeroDivisionError) as caught:
        function(0)
    lines = [frame.lineno for frame in traceback.extract_tb(caught.tb) if frame.filename == "user.py"]
    assert lines == [100 + failing]
