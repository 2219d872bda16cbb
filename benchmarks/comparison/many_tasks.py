"""Ten thousand coroutines that wait at the same time, on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import xcs

from .model import answer_async
from .workload import Bar

TITLE = "10,000 async calls of 0.1 s"
NUM_CALLS = 10_000
CALL_S = 0.1
CRITICAL_PATH_S = CALL_S
BAR = Bar("asyncio_by_hand", 1.15)
_NO_LOOP = "doesn't run coroutines on one loop"
NOT_WRITTEN = {
    "plain": "1,000 s",
    "threads_by_hand": "10,000 threads",
    "dask_delayed": _NO_LOOP,
    "ray_tasks": _NO_LOOP,
    "pipefunc": _NO_LOOP,
    "hamilton": "no `Parallelizable` with coroutines",
    "joblib": _NO_LOOP,
    "dspy": _NO_LOOP,
    "prefect": "a thread for each coroutine",
}
Run = Callable[[], int]

ask = xcs.op(effect="unordered", result="plain")(answer_async)


async def program(size: int) -> list[str]:
    """The program."""
    return [await ask(str(index), CALL_S) for index in range(size)]


def plain() -> Run:
    return lambda: NUM_CALLS


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: len(asyncio.run(jitted(NUM_CALLS)))


def asyncio_by_hand() -> Run:
    async def main() -> list[str]:
        return await asyncio.gather(*(answer_async(str(index), CALL_S) for index in range(NUM_CALLS)))

    return lambda: len(asyncio.run(main()))


def langchain() -> Run:
    from langchain_core.runnables import RunnableLambda

    async def asked(index: int) -> str:
        return await answer_async(str(index), CALL_S)

    chain = RunnableLambda(asked)
    return lambda: len(asyncio.run(chain.abatch(list(range(NUM_CALLS)))))


def langgraph() -> Run:
    from langgraph.func import entrypoint, task

    @task
    async def call(index: int) -> str:
        return await answer_async(str(index), CALL_S)

    @entrypoint()
    async def workflow(size: int) -> list[str]:
        return await asyncio.gather(*(call(index) for index in range(size)))

    return lambda: len(asyncio.run(workflow.ainvoke(NUM_CALLS)))
