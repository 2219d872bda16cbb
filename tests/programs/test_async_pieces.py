"""`async with`, `async for`, asynchronous comprehensions and generators in jitted functions, against plain Python."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import warnings
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from test_async import NUMBERS, Session, ask, case, fail, note, note_later, numbers, observe, picky

import xcs


class Suppressing(Session):
    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        await super().__aexit__(kind, error, trace)
        return kind is ValueError


class Refusing(Session):
    async def __aenter__(self) -> Session:
        raise LookupError("no session")


class Letters:
    """An iterator of its own, which may end badly."""

    def __init__(self, text: str, error: BaseException | None = None) -> None:
        self.text = iter(text)
        self.error = error

    def __aiter__(self) -> Letters:
        note("iterated")
        return self

    async def __anext__(self) -> str:
        await asyncio.sleep(0)
        for letter in self.text:
            return letter
        raise StopAsyncIteration if self.error is None else self.error


async def closing_numbers(n: int) -> AsyncIterator[int]:
    try:
        for i in range(n):
            note(("yields", i))
            yield i
    finally:
        await note_later("closed")


@contextlib.asynccontextmanager
async def scope(name: str) -> AsyncIterator[str]:
    note(("opens", name))
    try:
        yield name + await ask(name)
    finally:
        note(("closes", name))


async def two_sessions(x):
    async with Session() as first, Session() as second:
        return await first.get(x) + await second.get(x)


async def sessions_inside_each_other(xs):
    found = []
    async with Session() as outer:
        for x in xs:
            async with Session() as inner:
                found.append(await inner.get(x))
        found.append(await outer.get("end"))
    return found


async def suppressed(x):
    async with Suppressing() as session:
        found = await session.get(x)
        await fail(found)
        note("never")
    return await ask("after")


async def refused(x):
    before = await ask(x)
    async with Refusing():
        note("never")
    return before


async def made_by_a_generator(x):
    a = await ask(x)
    async with scope("s") as name:
        b = await ask(name)
    return a, b, name


async def a_generator_sees_the_exception(x):
    async with scope("s"):
        await fail(x)


async def a_stack(xs):
    async with contextlib.AsyncExitStack() as stack:
        names = [await stack.enter_async_context(scope(str(x))) for x in xs]
        note(names)
    return names


async def locked(xs):
    lock, found = asyncio.Lock(), []

    async def one(x):
        async with lock:
            note(("in", x))
            found.append(await ask(x))
            note(("out", x))

    await asyncio.gather(*(one(x) for x in xs))
    return found


async def for_with_else(n):
    async for i in numbers(n):
        note(i)
    else:
        note("else")
    return await ask(n)


async def for_with_break(n):
    async for i in numbers(n):
        if i == 2:
            break
        if i == 0:
            continue
        note(await ask(i))
    else:
        note("else")
    return i


async def for_with_return(n):
    async for i in numbers(n):
        answer = await ask(i)
        if i == 1:
            return answer
    return None


async def for_over_an_iterator(text):
    found = ""
    async for letter in Letters(text):
        found += await ask(letter)
    return found


async def for_over_an_iterator_that_fails(text):
    found = []
    try:
        async for letter in Letters(text, OSError("gone")):
            found.append(await ask(letter))
    except OSError as error:
        note((str(error), len(found)))
        raise
    return found


async def for_whose_body_fails(xs):
    async for i in numbers(6):
        note(i)
        await picky(i)


async def for_that_unpacks(n):
    pairs = {}
    async for i, (pairs[i], _) in paired(n):
        note(i)
    return pairs


async def paired(n):
    for i in range(n):
        yield i, (await ask(i), None)


async def closes_what_it_leaves(n):
    async with contextlib.aclosing(closing_numbers(n)) as items:
        async for i in items:
            if i == 1:
                break
    note("left")
    return await ask(i)


async def by_hand(n):
    items = aiter(numbers(n))
    first, second = await anext(items), await anext(items)
    rest = await anext(items, "none")
    return first, second, rest, await ask(first)


async def ends_by_hand(n):
    items = numbers(n)
    while True:
        try:
            note(await anext(items))
        except StopAsyncIteration:
            return await ask("end")


async def own_generator(n):
    async def doubled():
        async for i in numbers(n):
            yield await ask(2 * i)

    return [one async for one in doubled()]


async def of_a_dict(n):
    return {i: await ask(i) async for i in numbers(n)}


async def of_a_set(n):
    return sorted({await ask(i % 2) async for i in numbers(n)})


async def nested_comprehension(n):
    return [(i, j) async for i in numbers(n) for j in range(i) if await ask(j)]


async def comprehension_in_a_comprehension(n):
    return [[await ask((i, j)) async for j in numbers(i)] for i in range(n)]


@xcs.op(effect="unordered", result=str)
async def listed(xs: Any) -> str:
    await asyncio.sleep(0)  # with nothing in flight beside it
    return f"<{xs}>"


async def comprehension_over_an_await(xs):
    return [await ask(y) for y in await listed(xs)]


async def condition_that_asks(xs):
    return [x for x in xs if await ask(x) != "<2>"]


async def generator_expression(n):
    found = (await ask(i) async for i in numbers(n))
    return [one async for one in found]


async def generator_expression_handed_on(n):
    return await collected(i async for i in numbers(n))


async def collected(items):
    return [await ask(i) async for i in items]


async def comprehension_that_fails(xs):
    return [await picky(i) async for i in numbers(6)]


async def around_and_between(xs):
    before = [await ask(x) for x in xs]
    async with Session() as session:
        inside = [await session.get(x) for x in xs]
    async for i in numbers(2):
        note(i)
    after = [await ask(x) for x in before]
    return before, inside, after


async def queue_between_tasks(xs):
    queue: asyncio.Queue[Any] = asyncio.Queue()

    async def put():
        for x in xs:
            await queue.put(await ask(x))
        await queue.put(None)

    async def get():
        found = []
        while (item := await queue.get()) is not None:
            found.append(item)
        return found

    _, found = await asyncio.gather(put(), get())
    return found


CASES = [
    case(two_sessions, 1),
    case(sessions_inside_each_other, [1, 2]),
    case(suppressed, 1),
    case(refused, 1, raises="LookupError"),
    case(made_by_a_generator, 1),
    case(a_generator_sees_the_exception, 1, raises="ValueError"),
    case(a_stack, [1, 2]),
    case(locked, [1, 2, 3]),
    case(for_with_else, 3),
    case(for_with_break, 4),
    case(for_with_break, 1),
    case(for_with_break, 0, raises="UnboundLocalError"),
    case(for_with_return, 4),
    case(for_with_return, 1),
    case(for_over_an_iterator, "abc"),
    case(for_over_an_iterator, [1, 2]),
    case(for_over_an_iterator_that_fails, "ab", raises="OSError"),
    case(for_whose_body_fails, [1], raises="KeyError"),
    case(for_that_unpacks, 3),
    case(closes_what_it_leaves, 3),
    case(by_hand, 2),
    case(by_hand, 1, raises="StopAsyncIteration"),
    case(ends_by_hand, 3),
    case(own_generator, 3),
    case(of_a_dict, 3),
    case(of_a_set, 4),
    case(nested_comprehension, 3),
    case(comprehension_in_a_comprehension, 3),
    case(comprehension_over_an_await, [1, 2], overlap=2),
    case(condition_that_asks, [1, 2, 3], overlap=3),
    case(generator_expression, 3),
    case(generator_expression_handed_on, 3),
    case(comprehension_that_fails, [1], raises="KeyError"),
    case(around_and_between, *NUMBERS, overlap=6),
    case(queue_between_tasks, [1, 2]),
]


@pytest.mark.parametrize("options", [{}, {"stage": "all"}], ids=["plain", "all"])
@pytest.mark.parametrize(("function", "args", "raises", "overlap"), CASES)
def test_pieces_behave_as_in_python(
    function: Callable[..., Any], args: tuple[Any, ...], raises: str | None, overlap: int, options: dict[str, str]
) -> None:
    want = observe(function, args)
    assert (want.kinds[:1] or (None,))[0] == raises
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xcs.XCSWarning)
        jitted = xcs.jit(**options)(function)
        width = 1 if options else overlap
        for _ in range(2):
            got = observe(jitted, args, width)
            assert got.outcome == want.outcome
            assert set(want.kinds) <= set(got.kinds)
            assert got.log == want.log
            assert got.after == want.after
            assert not want.calls - got.calls
            assert want.kinds or got.calls == want.calls
            assert width == 1 or got.peak >= width
        gc.collect()  # coroutines that were never awaited would warn here


async def cancelled_inside(started: Any) -> None:
    async with Session(), contextlib.aclosing(numbers(10)) as items:
        async for i in items:
            note(i)
            if i == 2:
                started.set()
                await asyncio.sleep(60)


@pytest.mark.parametrize("options", [{}, {"stage": "all"}], ids=["plain", "all"])
def test_a_cancellation_inside_a_piece_is_seen_by_its_managers(options: dict[str, str]) -> None:
    async def main(function: Callable[..., Any]) -> list[Any]:
        started = asyncio.Event()
        task = asyncio.create_task(function(started))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return []

    async def under(function: Callable[..., Any]) -> Any:
        return await main(function)

    want = observe(under, (cancelled_inside,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xcs.XCSWarning)
        got = observe(under, (xcs.jit(**options)(cancelled_inside),))
    assert got.log == want.log
    assert want.log[-1] == ("exit", asyncio.CancelledError)


def test_calling_an_async_op_without_awaiting_gives_its_coroutine() -> None:
    @xcs.jit
    def made(x: Any) -> Any:
        return [ask(x), ask(x)]

    async def main(_: Any) -> Any:
        return await asyncio.gather(*made(1))

    assert observe(main, (1,)).outcome == "returned"
