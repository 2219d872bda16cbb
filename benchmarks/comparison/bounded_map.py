"""A thousand short calls of which 64 may be in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import xcs

from .model import answer, answer_async
from .workload import Bar

TITLE = "1,000 calls of 10 ms, 64 in flight"
NUM_CALLS = 1000
CALL_S = 0.01
IN_FLIGHT = 64
CRITICAL_PATH_S = CALL_S * -(-NUM_CALLS // IN_FLIGHT)
BAR = Bar("threads_by_hand", 1.05)
Run = Callable[[], list[str]]


@xcs.op(effect="unordered", result="plain", max_concurrency=IN_FLIGHT)
def ask(index: int) -> str:
    """One call of the program."""
    return answer(str(index), CALL_S)


def program(indices: range) -> list[str]:
    """The program."""
    return [ask(index) for index in indices]


def asked(index: int) -> str:
    """One call."""
    return answer(str(index), CALL_S)


def plain() -> Run:
    return lambda: [asked(index) for index in range(NUM_CALLS)]


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: jitted(range(NUM_CALLS))


def asyncio_by_hand() -> Run:
    async def main() -> list[str]:
        room = asyncio.Semaphore(IN_FLIGHT)

        async def bounded(index: int) -> str:
            async with room:
                return await answer_async(str(index), CALL_S)

        return await asyncio.gather(*map(bounded, range(NUM_CALLS)))

    return lambda: asyncio.run(main())


def threads_by_hand() -> Run:
    pool = ThreadPoolExecutor(IN_FLIGHT)
    return lambda: list(pool.map(asked, range(NUM_CALLS)))


def dask_delayed() -> Run:
    import dask

    lazy = dask.delayed(asked)
    return lambda: list(dask.compute(*map(lazy, range(NUM_CALLS)), scheduler="threads", num_workers=IN_FLIGHT))


def ray_tasks() -> Run:
    import ray

    remote = ray.remote(asked)
    return lambda: ray.get([remote.remote(index) for index in range(NUM_CALLS)])


def langchain() -> Run:
    from langchain_core.runnables import RunnableLambda

    chain = RunnableLambda(asked)
    return lambda: chain.batch(list(range(NUM_CALLS)), {"max_concurrency": IN_FLIGHT})


def langgraph() -> Run:
    from langgraph.func import entrypoint, task

    call = task(asked)

    @entrypoint()
    def workflow(size: int) -> list[str]:
        return [future.result() for future in [call(index) for index in range(size)]]

    return lambda: workflow.invoke(NUM_CALLS, {"max_concurrency": IN_FLIGHT})


def pipefunc() -> Run:
    from pipefunc import PipeFunc, Pipeline

    pipeline = Pipeline([PipeFunc(asked, "answer", mapspec="index[i] -> answer[i]")])
    pool = ThreadPoolExecutor(IN_FLIGHT)
    inputs = {"index": list(range(NUM_CALLS))}
    return lambda: list(pipeline.map(inputs, executor=pool, storage="dict", show_progress=False)["answer"].output)


def hamilton() -> Run:
    from .hamilton_driver import dynamic_driver
    from .hamilton_flows import bounded_map

    dataflow = dynamic_driver(bounded_map, IN_FLIGHT)
    return lambda: dataflow.execute(["answers"])["answers"]


def prefect() -> Run:
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    call = task(asked)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=IN_FLIGHT))
    def workflow() -> list[str]:
        return call.map(list(range(NUM_CALLS))).result()

    return lambda: workflow()


def joblib() -> Run:
    from joblib import Parallel, delayed

    return lambda: Parallel(n_jobs=IN_FLIGHT, prefer="threads")(delayed(asked)(index) for index in range(NUM_CALLS))


def dspy() -> Run:
    import dspy

    class Call(dspy.Module):
        """One call."""

        def forward(self, index: int) -> str:
            return asked(index)

    module = Call()
    parallel = dspy.Parallel(num_threads=IN_FLIGHT, disable_progress_bar=True)
    return lambda: parallel([(module, {"index": index}) for index in range(NUM_CALLS)])
