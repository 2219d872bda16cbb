"""The programs of the second table, as one writes them with XCS and by hand, and the table of all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import xcs

from .semantics import BOUND, INDICES, Programs, echo, index_of
from .semantics_libraries import Dask, Dspy, Hamilton, Joblib, LangChain, LangGraph, PipeFunc, Prefect, Ray


class Xcs(Programs):
    """Compiled programs."""

    @staticmethod
    def with_pending(use: Callable[[Any], Any], text: str) -> Any:
        call = xcs.op(effect="unordered", result="plain")(echo)
        return xcs.jit(lambda question: use(call(question)))(text)

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        work = xcs.op(effect="unordered", max_concurrency=bound)(lambda index: call(index))
        return xcs.jit(lambda indices: [work(index) for index in indices])(range(size))

    def nested(self, leaf: Callable[[int], int]) -> Any:
        work = xcs.op(effect="unordered", max_concurrency=BOUND)(lambda index: leaf(index))
        program = xcs.jit(lambda: [[[work(index_of(i, j, k)) for k in INDICES] for j in INDICES] for i in INDICES])
        return program()


class Asyncio(Programs):
    """Tasks, a semaphore and `gather`; blocking calls go to threads."""

    @staticmethod
    def with_pending(use: Callable[[Any], Any], text: str) -> Any:
        async def main() -> Any:
            pending = asyncio.create_task(asyncio.to_thread(echo, text))
            found = use(pending)
            await pending
            return found

        return asyncio.run(main())

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        async def main() -> list[Any]:
            room = asyncio.Semaphore(bound)

            async def one(index: int) -> Any:
                async with room:
                    return await asyncio.to_thread(call, index)

            return await asyncio.gather(*map(one, range(size)))

        return asyncio.run(main())

    def nested(self, leaf: Callable[[int], int]) -> Any:
        async def main() -> Any:
            room = asyncio.Semaphore(BOUND)

            async def one(index: int) -> int:
                async with room:
                    return await asyncio.to_thread(leaf, index)

            async def row(i: int, j: int) -> list[int]:
                return await asyncio.gather(*(one(index_of(i, j, k)) for k in INDICES))

            async def plane(i: int) -> list[list[int]]:
                return await asyncio.gather(*(row(i, j) for j in INDICES))

            return await asyncio.gather(*map(plane, INDICES))

        return asyncio.run(main())


class Threads(Programs):
    """A pool of threads."""

    @staticmethod
    def with_pending(use: Callable[[Any], Any], text: str) -> Any:
        with ThreadPoolExecutor(BOUND) as pool:
            return use(pool.submit(echo, text))

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        with ThreadPoolExecutor(bound) as pool:
            futures = [pool.submit(call, index) for index in range(size)]
            return [future.result() for future in futures]

    def nested(self, leaf: Callable[[int], int]) -> Any:
        pool = ThreadPoolExecutor(BOUND)

        def row(i: int, j: int) -> list[int]:
            return list(pool.map(lambda k: leaf(index_of(i, j, k)), INDICES))

        def plane(i: int) -> list[list[int]]:
            return list(pool.map(lambda j: row(i, j), INDICES))

        return list(pool.map(plane, INDICES))


PROGRAMS: dict[str, Callable[[], Programs]] = {
    "xcs_jit": Xcs,
    "asyncio_by_hand": Asyncio,
    "threads_by_hand": Threads,
    "dask_delayed": Dask,
    "ray_tasks": Ray,
    "langchain": LangChain,
    "langgraph": LangGraph,
    "pipefunc": PipeFunc,
    "hamilton": Hamilton,
    "prefect": Prefect,
    "joblib": Joblib,
    "dspy": Dspy,
}
"""By the name of the contender."""
