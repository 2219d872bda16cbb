"""What calling and awaiting coroutine functions does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import xcs
from xcs.diagnostics.effect import Effect
from xcs.frontend.effects.abstract_type import ANY, INT, NONE, STR, AbstractType, ListType
from xcs.frontend.effects.infer import infer_awaited, infer_call, resolve_awaited

LOG: list[Any] = []


@xcs.op(effect="unordered", result=str)
async def ask(x: Any) -> str:
    return str(x)


async def asks_once(x):
    return await ask(x)


async def asks_twice(x):
    first = await ask(x)
    return first + await ask(first)


async def asks_through_a_name(x):
    coroutine = ask(x)
    return await coroutine


async def only_computes(x):
    return x + 1


async def logs(x):
    LOG.append(x)
    return await ask(x)


async def gathers(xs):
    return await asyncio.gather(*[ask(x) for x in xs])


async def gathers_generated(xs):
    return await asyncio.gather(*(ask(x) for x in xs))


async def gathers_a_list(xs):
    coroutines = [ask(x) for x in xs]
    return await asyncio.gather(*coroutines)


async def gathers_with_exceptions(xs):
    return await asyncio.gather(*[ask(x) for x in xs], return_exceptions=True)


async def gathers_what_logs(xs):
    return await asyncio.gather(*[logs(x) for x in xs])


async def waits_at_most(x):
    return await asyncio.wait_for(ask(x), timeout=3)


async def works_in_a_thread(x):
    return await asyncio.to_thread(str, x)


async def sleeps(x):
    await asyncio.sleep(1)


async def answers_after_a_sleep(x):
    await asyncio.sleep(1)
    return x


async def gathers_local_functions(xs):
    async def one(x):
        return await ask(x)

    return await asyncio.gather(*[one(x) for x in xs])


async def awaits_anything(x):
    return await x


async def enters_anything(x):
    async with x as entered:
        first = entered
    return first + 1


async def iterates_anything(x):
    found = []
    async for y in x:
        found.append(y)
    return found


async def comprehends_anything(x):
    return [y async for y in x]


async def starts_a_task(x):
    task = asyncio.create_task(ask(x))
    return await task


async def starts_without_awaiting(x):
    future = asyncio.gather(ask(x))
    return await future


async def steps(x):
    yield x
    LOG.append(x)


NUMBERS = ListType(INT)
UNORDERED, ORDERED, FENCE, PURE = Effect.UNORDERED, Effect.ORDERED, Effect.FENCE, Effect.PURE
AWAITED: list[tuple[Any, AbstractType, Effect, AbstractType]] = [
    (ask, INT, UNORDERED, STR),
    (asks_once, INT, UNORDERED, STR),
    (asks_twice, INT, UNORDERED, STR),
    (asks_through_a_name, INT, UNORDERED, STR),
    (only_computes, INT, PURE, INT),
    (logs, INT, ORDERED, STR),
    (gathers, NUMBERS, UNORDERED, ListType(STR)),
    (gathers_generated, NUMBERS, UNORDERED, ListType(STR)),
    (gathers_a_list, NUMBERS, UNORDERED, ListType(STR)),
    (gathers_with_exceptions, NUMBERS, UNORDERED, ListType(ANY)),
    (gathers_what_logs, NUMBERS, ORDERED, ListType(STR)),
    (waits_at_most, INT, UNORDERED, STR),
    (works_in_a_thread, INT, PURE, STR),
    (sleeps, INT, FENCE, NONE),
    (answers_after_a_sleep, INT, UNORDERED, INT),
    (gathers_local_functions, NUMBERS, UNORDERED, ListType(STR)),
    (awaits_anything, ANY, ORDERED, ANY),
    (enters_anything, ANY, ORDERED, ANY),
    (iterates_anything, ANY, ORDERED, ListType(ANY)),
    (comprehends_anything, ANY, ORDERED, ListType(ANY)),
    (starts_a_task, INT, ORDERED, ANY),
    (starts_without_awaiting, INT, ORDERED, ANY),
]


@pytest.mark.parametrize(
    ("function", "argument", "effect", "result"), AWAITED, ids=lambda one: getattr(one, "__name__", "")
)
def test_awaiting(function: Any, argument: AbstractType, effect: Effect, result: AbstractType) -> None:
    found = infer_awaited(function, (argument,), {})
    assert (found.effect, found.result) == (effect, result), found.reason


@pytest.mark.parametrize("function", [function for function, *_ in AWAITED], ids=lambda one: one.__name__)
def test_calling_does_nothing(function: Any) -> None:
    found = infer_call(function, (ANY,), {})
    assert found.effect is PURE
    assert found.result == ANY
    assert found.retains == {0}


def test_calling_an_asynchronous_generator_does_nothing() -> None:
    assert infer_call(steps, (INT,), {}).effect is PURE


def test_a_jitted_coroutine_function_does_what_the_function_does() -> None:
    assert infer_awaited(xcs.jit(asks_twice), (INT,), {}).num_external_sites == 2


def test_an_argument_that_is_kept_stays_known_as_kept() -> None:
    assert infer_awaited(answers_after_a_sleep, (NUMBERS,), {}).retains == {0}


class Agent:
    async def __call__(self, x: int) -> str:
        return await ask(x)

    async def log(self, x: int) -> None:
        LOG.append(x)


@pytest.mark.parametrize(
    ("callee", "effect"),
    [(Agent(), UNORDERED), (Agent().log, ORDERED), (asks_once, UNORDERED), (str, ORDERED), (logs, ORDERED)],
)
def test_actual_callables(callee: Any, effect: Effect) -> None:
    assert resolve_awaited(callee, (1,), {}, True).effect is effect
