"""Handlers on an event loop start in their place: which call Python would be awaiting stays known."""

from __future__ import annotations

import asyncio

import xcs

MANY = 50  # turns of the loop, after which nothing goes on by itself


def test_a_handler_waits_for_what_comes_before_its_try() -> None:
    made: list[str] = []

    @xcs.op(effect="unordered", result=str)
    async def first(gate):
        made.append("first")
        await gate.wait()
        return "first"

    @xcs.op(effect="unordered", result=str)
    async def failing(text):
        made.append("failing")
        raise ValueError(text)

    @xcs.op(effect="unordered", result=str)
    async def instead(text):
        made.append("instead")
        return text

    @xcs.jit
    async def program(gate):
        one = await first(gate)
        try:
            other = await failing("x")
        except ValueError:
            other = await instead("y")
        return one, other

    async def main() -> None:
        gate = asyncio.Event()
        running = asyncio.ensure_future(program(gate))
        for _ in range(MANY):
            await asyncio.sleep(0)
        assert made == ["first", "failing"]
        gate.set()
        assert await running == ("first", "y")
        assert made == ["first", "failing", "instead"]

    asyncio.run(main())
