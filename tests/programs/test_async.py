"""Asynchronous programs against themselves under plain `asyncio.run`: values, exceptions, order of effects, calls."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import re
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from snapshot import snapshot

import xcs

PATIENCE_S = 5.0  # how long calls wait for company before the test fails


@dataclass
class World:
    """What asynchronous calls do to the world, and how many of them must be in flight before any ends."""

    width: int = 1
    calls: Counter[str] = field(default_factory=Counter)
    log: list[Any] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def visit(self, what: str) -> None:
        """One external call."""
        self.calls[what] += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            if self.peak >= self.width:
                # Not at once: the last one to come is to wait as the others do.
                asyncio.get_running_loop().call_soon(self.opened.set)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self.opened.wait()
            await asyncio.sleep(0)
        finally:
            self.in_flight -= 1


world = World()
STATE: dict[str, Any] = {}
USER: contextvars.ContextVar[str] = contextvars.ContextVar("USER", default="nobody")


@xcs.op(effect="unordered", result=str)
async def ask(x: Any) -> str:
    await world.visit(f"ask {x}")
    return f"<{x}>"


@xcs.op(effect="unordered")
async def fail(x: Any) -> str:
    await world.visit(f"fail {x}")
    raise ValueError(f"no {x}")


@xcs.op(effect="unordered", result=str)
async def picky(x: Any) -> str:
    await world.visit(f"picky {x}")
    if x in (3, 5):
        raise KeyError(x)
    return f"({x})"


@xcs.op(effect="unordered", result=str)
async def whoami(x: Any) -> str:
    await world.visit("whoami")
    return f"{USER.get()}{x}"


def note(what: Any) -> None:
    world.log.append(what)


async def note_later(what: Any) -> None:
    world.log.append(("before", what))
    await asyncio.sleep(0)
    world.log.append(("after", what))


async def once(x: Any) -> str:
    return await ask(x)


async def twice(x: Any) -> str:
    first = await ask(x)
    second = await ask(f"{x}'")
    return first + second


async def noted(x: Any) -> str:
    answer = await ask(x)
    note(answer)
    return answer


async def nothing(x: Any) -> Any:
    return x


class Agent:
    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[Any] = []

    async def reply(self, x: Any) -> str:
        return self.name + await ask(x)

    async def remember(self, x: Any) -> str:
        answer = await ask(x)
        self.seen.append(x)
        return answer

    async def __call__(self, x: Any) -> str:
        return await ask((self.name, x))


class Session:
    async def __aenter__(self) -> Session:
        note("enter")
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        note(("exit", kind))
        return False

    async def get(self, x: Any) -> str:
        return await ask(x)


class Later:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Any:
        note(("awaited", self.value))
        yield from asyncio.sleep(0).__await__()
        return self.value


async def numbers(n: int) -> Any:
    for i in range(n):
        await asyncio.sleep(0)
        yield i


async def straight(x):
    a = await ask(x)
    b = await ask(2)
    c = await ask("c")
    return a + b + c


async def chained(x):
    a = await ask(x)
    b = await ask(a)
    return await ask(b)


async def nested_awaits(x):
    return await ask(await ask(x) + await ask("y"))


async def in_a_list(xs):
    return [await ask(x) for x in xs]


async def in_a_dict(xs):
    return {x: await ask(x) for x in xs}


async def filtered(xs):
    return [await ask(x) for x in xs if x % 2]


async def loop_appending(xs):
    found = []
    for x in xs:
        answer = await ask(x)
        found.append(answer)
    return found


async def loop_carrying(xs):
    text = ""
    for x in xs:
        text = await ask(text + str(x))
    return text


async def loop_noting(xs):
    for x in xs:
        answer = await ask(x)
        note(answer)


async def loop_noting_later(xs):
    for x in xs:
        await note_later(await ask(x))


async def notes_around(x):
    note("start")
    a = await ask(x)
    note("middle")
    b = await ask(2)
    note(a + b)
    return a


async def helper_of_one(xs):
    return [await once(x) for x in xs]


async def helper_of_two(xs):
    return [await twice(x) for x in xs]


async def helper_that_notes(xs):
    return [await noted(x) for x in xs]


async def helper_of_none(xs):
    return [await nothing(x) for x in xs]


async def gathered(xs):
    return await asyncio.gather(*[ask(x) for x in xs])


async def gathered_two(x):
    a, b = await asyncio.gather(ask(x), ask("b"))
    return a + b


async def gathered_generator(xs):
    return await asyncio.gather(*(twice(x) for x in xs))


async def gathered_twice(xs):
    first = await asyncio.gather(*[ask(x) for x in xs])
    second = await asyncio.gather(*[ask(-x) for x in xs])
    return first + second


async def gathered_with_exceptions(xs):
    found = await asyncio.gather(*[picky(x) for x in xs], return_exceptions=True)
    return [repr(one) for one in found]


async def gathered_that_notes(xs):
    return await asyncio.gather(*[noted(x) for x in xs])


async def gathered_later(xs):
    coroutines = [ask(x) for x in xs]
    note("made")
    return await asyncio.gather(*coroutines)


async def gathered_local(xs):
    limit = asyncio.Semaphore(2)

    async def limited(x):
        async with limit:
            return await ask(x)

    return await asyncio.gather(*[limited(x) for x in xs])


async def local_function(x):
    async def double(y):
        return await ask(y) + await ask(y)

    return await double(x) + await double("z")


async def branch(x):
    answer = await ask(x)
    if len(answer) > 3:
        return await ask("long")
    other = await ask("short")
    return answer + other


async def conditional_expression(x):
    return await ask(1) if x else await ask(2)


async def short_circuit(x):
    return ((await nothing(x)) and (await ask(x))) or await ask("other")


async def while_loop(n):
    found = []
    while len(found) < n:
        found.append(await ask(len(found)))
    return found


async def breaks(xs):
    for x in xs:
        answer = await ask(x)
        if x == 2:
            break
    else:
        answer = "none"
    return answer


async def returns_from_a_loop(xs):
    for x in xs:
        if await nothing(x) == 2:
            return await ask(x)
    return None


async def sleeps(x):
    a = await ask(x)
    await asyncio.sleep(0)
    note(a)
    b = await ask(2)
    return a + b


async def waits_for(x):
    a = await asyncio.wait_for(ask(x), 30)
    b = await asyncio.wait_for(ask(2), timeout=30)
    return a + b


async def times_out(x):
    await asyncio.wait_for(asyncio.sleep(30), 0)
    return await ask(x)


async def handles_a_timeout(x):
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.001)
    except TimeoutError:
        return await ask(x)


async def timeout_block(x):
    async with asyncio.timeout(30):
        a = await ask(x)
        b = await ask(2)
    return a + b


async def timeout_block_expires(x):
    try:
        async with asyncio.timeout(0):
            await asyncio.sleep(30)
    except TimeoutError:
        note("late")
    return await ask(x)


async def raises_between(x):
    a = await ask(x)
    await fail(x)
    note("never")
    return a


async def raises_in_a_loop(xs):
    return [await picky(x) for x in xs]


async def raises_and_notes(xs):
    for x in xs:
        note(await picky(x))


async def raises_itself(x):
    answer = await ask(x)
    raise RuntimeError(answer)


async def handles(xs):
    found = []
    for x in xs:
        try:
            found.append(await picky(x))
        except KeyError as error:
            found.append(repr(error))
    return found


async def handles_with_await(x):
    try:
        return await fail(x)
    except ValueError as error:
        return await ask(str(error))


async def finally_notes(x):
    try:
        return await ask(x)
    finally:
        note("done")


async def finally_awaits(x):
    try:
        await fail(x)
    finally:
        await note_later("cleanup")


async def session(x):
    async with Session() as s:
        a = await s.get(x)
        b = await s.get(2)
    return a + b


async def session_raises(x):
    async with Session() as s:
        await s.get(x)
        await fail(x)


async def session_returns(x):
    async with Session() as s:
        return await s.get(x)


async def asynchronous_loop(n):
    found = []
    async for i in numbers(n):
        found.append(await ask(i))
    return found


async def asynchronous_comprehension(n):
    return [i async for i in numbers(n) if i != 1]


async def asynchronous_comprehension_that_asks(n):
    return [await ask(i) async for i in numbers(n)]


async def awaits_an_object(x):
    a = await Later(x)
    return await ask(a)


async def awaits_a_name(x):
    coroutine = ask(x)
    note("made")
    return await coroutine


async def awaits_a_future(x):
    future = asyncio.get_running_loop().create_future()
    future.set_result(x)
    a = await ask(x)
    return a, await future


async def task_group(xs):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(x)) for x in xs]
    return [task.result() for task in tasks]


async def tasks(xs):
    started = [asyncio.create_task(noted(x)) for x in xs]
    note("started")
    return [await task for task in started]


async def background(x):
    async def fill():
        await asyncio.sleep(0)
        STATE["filled"] = x

    task = asyncio.create_task(fill())
    await ask(x)
    seen = STATE.get("filled")
    await task
    return seen


async def as_completed(xs):
    found = set()
    for coroutine in asyncio.as_completed([ask(x) for x in xs]):
        found.add(await coroutine)
    return sorted(found)


async def agent(x):
    who = Agent("a")
    a = await who.reply(x)
    b = await who.reply(2)
    return a + b


async def agents(who, xs):
    return [await who.remember(x) for x in xs]


async def called_agent(who, x):
    a = await who(x)
    b = await who(2)
    return a + b


async def callable_data(function, xs):
    return [await function(x) for x in xs]


async def starred(xs):
    return await ask(*xs[:1]) + await ask(**xs[1])


async def keywords(x, *, more="m"):
    return await ask(x=x) + await ask(x=more)


async def synchronous_inside(xs):
    total = 0
    for x in xs:
        total += len(await ask(x))
        note(total)
    return total


async def in_a_thread(x):
    a = await asyncio.to_thread(str, x)
    return await ask(a)


async def context_is_seen(x):
    USER.set("me")
    a = await whoami(x)
    USER.set("you")
    b = await whoami(x)
    return a + b


async def context_is_kept(x):
    await sets_user(x)
    a = await whoami(1)
    return a + USER.get()


async def sets_user(x):
    await asyncio.sleep(0)
    USER.set(x)


async def current_task(x):
    before = asyncio.current_task()
    await ask(x)
    return asyncio.current_task() is before


async def never_awaited_is_returned(x):
    coroutine = ask(x)
    coroutine.close()
    return await ask(2)


async def recursion(n):
    if n <= 0:
        return await ask("leaf")
    left = await recursion(n - 1)
    right = await recursion(n - 2)
    return left + right


async def state_is_written(xs):
    for x in xs:
        STATE[x] = await ask(x)
    return len(STATE)


async def cancels_itself(x):
    await ask(x)
    asyncio.current_task().cancel()
    await asyncio.sleep(0)
    note("never")


async def survives_a_cancellation(x):
    asyncio.current_task().cancel()
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        note("cancelled")
    return await ask(x)


async def matches(x):
    match await nothing(x):
        case {"q": q}:
            return await ask(q)
        case [a, b]:
            return await ask(a) + await ask(b)
        case _:
            return None


async def deep_data(xs):
    return {"answers": [(x, await ask(x)) for x in xs], "first": f"{await ask('f')}!"}


async def unpacked(x):
    a, (b, *c) = await nothing((x, [1, 2, 3]))
    return [await ask(v) for v in (a, b, *c)]


async def augmented(xs):
    text = ""
    for x in xs:
        text += await ask(x)
    return text


async def yields_to_others(x):
    order = []

    async def other():
        order.append("other")

    await asyncio.gather(other(), ask(x))
    return order


NUMBERS = (list(range(1, 7)),)
FIXED = (tuple(range(1, 7)),)


def case(function: Callable[..., Any], *args: Any, raises: str | None = None, overlap: int = 1) -> Any:
    shown = re.sub(" at 0x[0-9a-f]+", "", str(list(args))) if args else ""  # the same in all processes
    return pytest.param(function, args, raises, overlap, id=f"{function.__name__}{shown}")


CASES = [
    case(straight, 1, overlap=3),
    case(chained, 1),
    case(nested_awaits, 1, overlap=2),
    case(in_a_list, *NUMBERS, overlap=6),
    case(in_a_dict, *NUMBERS, overlap=6),
    case(filtered, *NUMBERS, overlap=3),
    case(loop_appending, *NUMBERS, overlap=6),
    case(loop_carrying, *NUMBERS),
    case(loop_noting, *FIXED, overlap=6),
    case(loop_noting_later, *FIXED),
    case(notes_around, 1, overlap=2),
    case(helper_of_one, *NUMBERS, overlap=6),
    case(helper_of_two, *NUMBERS, overlap=12),
    case(helper_that_notes, *NUMBERS),
    case(helper_of_none, *NUMBERS),
    case(gathered, *NUMBERS, overlap=6),
    case(gathered_two, 1, overlap=2),
    case(gathered_generator, *NUMBERS, overlap=6),
    case(gathered_twice, *NUMBERS, overlap=12),
    case(gathered_with_exceptions, *NUMBERS, overlap=6),
    case(gathered_that_notes, *NUMBERS, overlap=6),
    case(gathered_later, *NUMBERS, overlap=6),
    case(gathered_local, *NUMBERS, overlap=2),
    case(local_function, 1),
    case(branch, 1),
    case(branch, 1000, overlap=1),
    case(conditional_expression, 0),
    case(short_circuit, 0),
    case(short_circuit, 1),
    case(while_loop, 4),
    case(breaks, *NUMBERS),
    case(breaks, [1, 3]),
    case(returns_from_a_loop, *NUMBERS),
    case(sleeps, 1),
    case(waits_for, 1, overlap=2),
    case(times_out, 1, raises="TimeoutError"),
    case(handles_a_timeout, 1),
    case(timeout_block, 1),
    case(timeout_block_expires, 1),
    case(raises_between, 1, raises="ValueError"),
    case(raises_in_a_loop, *NUMBERS, raises="KeyError", overlap=6),
    case(raises_and_notes, *FIXED, raises="KeyError", overlap=6),
    case(raises_itself, 1, raises="RuntimeError"),
    case(handles, *NUMBERS, overlap=6),
    case(handles_with_await, 1),
    case(finally_notes, 1),
    case(finally_awaits, 1, raises="ValueError"),
    case(session, 1),
    case(session_raises, 1, raises="ValueError"),
    case(session_returns, 1),
    case(asynchronous_loop, 3),
    case(asynchronous_comprehension, 4),
    case(asynchronous_comprehension_that_asks, 3),
    case(awaits_an_object, 1),
    case(awaits_a_name, 1),
    case(awaits_a_future, 1),
    case(task_group, *NUMBERS, overlap=6),
    case(tasks, *NUMBERS),
    case(background, 7),
    case(as_completed, *NUMBERS),
    case(agent, 1, overlap=2),
    case(agents, Agent("b"), [1, 2]),
    case(called_agent, Agent("c"), 1, overlap=2),
    case(callable_data, once, [1, 2], overlap=2),
    case(callable_data, Agent("d"), [1, 2], overlap=2),
    case(callable_data, note_later, [1, 2]),
    case(callable_data, Later, [1, 2]),
    case(callable_data, len, [[]], raises="TypeError"),
    case(starred, [1, {"x": 2}]),
    case(keywords, 1, overlap=2),
    case(synchronous_inside, *FIXED, overlap=6),
    case(in_a_thread, 1),
    case(context_is_seen, 1),
    case(context_is_kept, "us"),
    case(current_task, 1),
    case(never_awaited_is_returned, 1),
    case(recursion, 4),
    case(state_is_written, (1, 2, 3), overlap=3),
    case(cancels_itself, 1, raises="CancelledError"),
    case(survives_a_cancellation, 1),
    case(matches, {"q": 1}),
    case(matches, [1, 2]),
    case(matches, 3),
    case(deep_data, [1, 2], overlap=3),
    case(unpacked, 1, overlap=4),
    case(augmented, [1, 2, 3], overlap=3),
    case(yields_to_others, 1),
]


@dataclass(frozen=True)
class Observation:
    """What one run shows."""

    outcome: str
    kinds: tuple[str, ...]
    log: list[Any]
    calls: Counter[str]
    after: str
    peak: int


def observe(function: Callable[..., Any], args: tuple[Any, ...], width: int = 1) -> Observation:
    """One run in a new loop, which must be left empty."""
    global world
    complaints: list[Any] = []
    world = World(width)
    STATE.clear()
    fresh = snapshot_free_copy(args)
    outcome, kinds, value = "returned", (), None

    async def main() -> Any:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        try:
            return await function(*fresh)
        finally:
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert function.__name__ in ("as_completed",) or not left, f"left behind: {left}"

    try:
        value = asyncio.run(main())
    except (Exception, asyncio.CancelledError) as error:
        if isinstance(error, AssertionError) and "left behind" in str(error):
            raise
        outcome = f"raised {error!r}"
        kinds = tuple(one.__qualname__ for one in type(error).__mro__)
    assert not complaints, complaints
    after = snapshot(value, fresh, dict(STATE))
    return Observation(outcome, kinds, list(world.log), world.calls, after, world.peak)


def snapshot_free_copy(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with containers and agents made anew."""
    return tuple(
        list(one) if isinstance(one, list) else Agent(one.name) if isinstance(one, Agent) else one for one in args
    )


@pytest.mark.parametrize(
    "options", [{}, {"strategy": "sequential"}, {"stage": "all"}], ids=["plain", "sequential", "all"]
)
@pytest.mark.parametrize(("function", "args", "raises", "overlap"), CASES)
def test_same(
    function: Callable[..., Any], args: tuple[Any, ...], raises: str | None, overlap: int, options: dict[str, str]
) -> None:
    want = observe(function, args)
    assert (want.kinds[:1] or (None,))[0] == raises
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xcs.XCSWarning)
        jitted = xcs.jit(**options)(function)
        width = overlap if options == {} else 1
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
    reason = xcs.get_jit_stats(jitted)["fallback"]
    assert reason is None or "in the background" in reason, reason
