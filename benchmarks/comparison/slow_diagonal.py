"""Eight lanes of eight stages; in each lane another stage is slow. Waiting for each stage costs eight slow calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import reduce

import xcs

from .model import answer, answer_async, ask
from .workload import Bar

TITLE = "8 lanes x 8 stages, one slow each"
SIZE = 8
FAST_S, SLOW_S = 0.01, 0.1
CRITICAL_PATH_S = SLOW_S + (SIZE - 1) * FAST_S
BAR = Bar("threads_by_hand", 1.02)
Run = Callable[[], list[str]]


def stage_s(lane: int, stage: int) -> float:
    """How long a stage takes in a lane."""
    return SLOW_S if lane == stage else FAST_S


def program(size: int) -> list[str]:
    """The program."""
    values = []
    for lane in range(size):
        value = str(lane)
        for stage in range(size):
            value = ask(value, stage_s(lane, stage))
        values.append(value)
    return values


def one_stage(value: str, lane: int, stage: int) -> str:
    """One stage of one lane."""
    return answer(value, stage_s(lane, stage))


def one_lane(lane: int) -> str:
    """All stages of one lane."""
    return reduce(lambda value, stage: one_stage(value, lane, stage), range(SIZE), str(lane))


def plain() -> Run:
    return lambda: program(SIZE)


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: jitted(SIZE)


def asyncio_by_hand() -> Run:
    async def follow(lane: int) -> str:
        value = str(lane)
        for stage in range(SIZE):
            value = await answer_async(value, stage_s(lane, stage))
        return value

    async def main() -> list[str]:
        return await asyncio.gather(*map(follow, range(SIZE)))

    return lambda: asyncio.run(main())


def threads_by_hand() -> Run:
    pool = ThreadPoolExecutor(SIZE)
    return lambda: list(pool.map(one_lane, range(SIZE)))


def dask_delayed() -> Run:
    import dask

    lazy = dask.delayed(one_stage)

    def run() -> list[str]:
        values = [str(lane) for lane in range(SIZE)]
        for stage in range(SIZE):
            values = [lazy(value, lane, stage) for lane, value in enumerate(values)]
        return list(dask.compute(*values, scheduler="threads", num_workers=64))

    return run


def ray_tasks() -> Run:
    import ray

    remote = ray.remote(one_stage)

    def run() -> list[str]:
        values = [str(lane) for lane in range(SIZE)]
        for stage in range(SIZE):
            values = [remote.remote(value, lane, stage) for lane, value in enumerate(values)]
        return ray.get(values)

    return run


def langchain() -> Run:
    from langchain_core.runnables import RunnableLambda, RunnableParallel

    def stage_of(lane: int, stage: int) -> RunnableLambda:
        return RunnableLambda(lambda value: one_stage(value, lane, stage))

    def lane_of(lane: int) -> object:
        first = RunnableLambda(lambda _: str(lane))
        return reduce(lambda chain, stage: chain | stage_of(lane, stage), range(SIZE), first)

    chain = RunnableParallel({str(lane): lane_of(lane) for lane in range(SIZE)})
    return lambda: list(chain.invoke(None).values())


def langgraph() -> Run:
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(_lanes_state())
    for lane in range(SIZE):
        before = START
        for stage in range(SIZE):
            node = f"lane {lane} stage {stage}"
            graph.add_node(node, _graph_node(lane, stage))
            graph.add_edge(before, node)
            before = node
        graph.add_edge(before, END)
    compiled = graph.compile()
    initial = {f"lane{lane}": str(lane) for lane in range(SIZE)}
    return lambda: list(compiled.invoke(initial, {"max_concurrency": 64}).values())


def _lanes_state() -> type:
    from typing_extensions import TypedDict

    return TypedDict("Lanes", {f"lane{lane}": str for lane in range(SIZE)})  # type: ignore[operator]


def _graph_node(lane: int, stage: int) -> Callable[[dict[str, str]], dict[str, str]]:
    key = f"lane{lane}"
    return lambda state: {key: one_stage(state[key], lane, stage)}


def pipefunc() -> Run:
    from pipefunc import PipeFunc, Pipeline

    def stage_of(stage: int) -> PipeFunc:
        before, after = f"value{stage}", f"value{stage + 1}"
        return PipeFunc(
            lambda value, lane: one_stage(value, lane, stage),
            after,
            renames={"value": before},
            mapspec=f"{before}[i], lane[i] -> {after}[i]",
        )

    pipeline = Pipeline([stage_of(stage) for stage in range(SIZE)])
    pool = ThreadPoolExecutor(64)
    inputs = {"lane": list(range(SIZE)), "value0": [str(lane) for lane in range(SIZE)]}
    last = f"value{SIZE}"
    return lambda: list(pipeline.map(inputs, executor=pool, storage="dict", show_progress=False)[last].output)


def hamilton() -> Run:
    from .hamilton_driver import dynamic_driver
    from .hamilton_flows import slow_diagonal

    dataflow = dynamic_driver(slow_diagonal, SIZE)
    return lambda: dataflow.execute(["lanes"])["lanes"]


def prefect() -> Run:
    from prefect import flow, task

    work = task(one_stage)

    @flow
    def workflow() -> list[str]:
        values = [str(lane) for lane in range(SIZE)]
        for stage in range(SIZE):
            values = [work.submit(value, lane, stage) for lane, value in enumerate(values)]
        return [value.result() for value in values]

    return lambda: workflow()


def joblib() -> Run:
    from joblib import Parallel, delayed

    return lambda: Parallel(n_jobs=SIZE, prefer="threads")(delayed(one_lane)(lane) for lane in range(SIZE))


def dspy() -> Run:
    import dspy

    class Lane(dspy.Module):
        """All stages of one lane."""

        def forward(self, lane: int) -> str:
            return one_lane(lane)

    module = Lane()
    parallel = dspy.Parallel(num_threads=SIZE, disable_progress_bar=True)
    return lambda: parallel([(module, {"lane": lane}) for lane in range(SIZE)])
