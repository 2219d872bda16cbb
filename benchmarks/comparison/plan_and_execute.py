"""Plan and execute: a plan of steps is made, each is worked out and summed up, and there is a new plan until done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import xcs

from .model import answer, answer_async, ask, jitter_s
from .workload import Bar

TITLE = "plan and execute, 2 rounds of 6 steps"
NUM_STEPS = 6
NUM_ROUNDS = 2
TASK = "find out"
BAR = Bar("asyncio_by_hand", 1.03)
NOT_WRITTEN = {
    "pipefunc": "no loops whose end is a result",
    "hamilton": "no loops whose end is a result",
}
Run = Callable[[], str]


def steps_of(plan: str) -> list[str]:
    """The steps of a plan."""
    return [f"{plan[1:-1]}, step {step}" for step in range(NUM_STEPS)]


def is_done(verdict: str) -> bool:
    """Whether a verdict says that no further round is needed."""
    return f"round {NUM_ROUNDS}" in verdict


def program(task: str) -> str:
    """The program."""
    number = 1
    while True:
        results = []
        plan = ask(f"plan {task} round {number}")
        for step in steps_of(plan):
            found = ask(f"look up {step}")
            results.append(ask(f"sum up {len(found)} of {step}"))
        verdict = ask(f"judge round {number} {len(' '.join(results))}")
        if is_done(verdict):
            return verdict
        number += 1


def work_out(step: str) -> str:
    """One step of a plan."""
    found = answer(f"look up {step}")
    return answer(f"sum up {len(found)} of {step}")


def rounds(work: Callable[[list[str]], list[str]]) -> str:
    """The loop, with a way to work out all steps of one plan."""
    number = 1
    while True:
        plan = answer(f"plan {TASK} round {number}")
        results = work(steps_of(plan))
        verdict = answer(f"judge round {number} {len(' '.join(results))}")
        if is_done(verdict):
            return verdict
        number += 1


def critical_path_s() -> float:
    """Plan, slowest step and verdict, for each round."""
    total_s = 0.0
    for number in range(1, NUM_ROUNDS + 1):
        plan = f"plan {TASK} round {number}"
        steps = steps_of(f"<{plan}>")
        found = [f"<look up {step}>" for step in steps]
        sums = [f"sum up {len(one)} of {step}" for one, step in zip(found, steps, strict=True)]
        slowest_s = max(jitter_s(f"look up {step}") + jitter_s(one) for step, one in zip(steps, sums, strict=True))
        verdict = f"judge round {number} {len(' '.join(f'<{one}>' for one in sums))}"
        total_s += jitter_s(plan) + slowest_s + jitter_s(verdict)
    return total_s


CRITICAL_PATH_S = critical_path_s()


def plain() -> Run:
    return lambda: program(TASK)


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: jitted(TASK)


def asyncio_by_hand() -> Run:
    async def work(step: str) -> str:
        found = await answer_async(f"look up {step}")
        return await answer_async(f"sum up {len(found)} of {step}")

    async def main(task: str) -> str:
        number = 1
        while True:
            plan = await answer_async(f"plan {task} round {number}")
            results = await asyncio.gather(*map(work, steps_of(plan)))
            verdict = await answer_async(f"judge round {number} {len(' '.join(results))}")
            if is_done(verdict):
                return verdict
            number += 1

    return lambda: asyncio.run(main(TASK))


def threads_by_hand() -> Run:
    pool = ThreadPoolExecutor(NUM_STEPS)
    return lambda: rounds(lambda steps: list(pool.map(work_out, steps)))


def dask_delayed() -> Run:
    import dask

    lazy = dask.delayed(work_out)
    return lambda: rounds(lambda steps: list(dask.compute(*map(lazy, steps), scheduler="threads", num_workers=64)))


def ray_tasks() -> Run:
    import ray

    remote = ray.remote(work_out)
    return lambda: rounds(lambda steps: ray.get([remote.remote(step) for step in steps]))


def langchain() -> Run:
    from langchain_core.runnables import RunnableLambda

    chain = RunnableLambda(work_out)
    return lambda: rounds(chain.batch)


def langgraph() -> Run:
    from langgraph.func import entrypoint, task

    work = task(work_out)

    @entrypoint()
    def workflow(question: str) -> str:
        return rounds(lambda steps: [future.result() for future in [work(step) for step in steps]])

    return lambda: workflow.invoke(TASK, {"max_concurrency": 64})


def prefect() -> Run:
    from prefect import flow, task

    work = task(work_out)

    @flow
    def workflow() -> str:
        return rounds(lambda steps: work.map(steps).result())

    return lambda: workflow()


def joblib() -> Run:
    from joblib import Parallel, delayed

    def run() -> str:
        with Parallel(n_jobs=NUM_STEPS, prefer="threads") as parallel:
            return rounds(lambda steps: parallel(delayed(work_out)(step) for step in steps))

    return run


def dspy() -> Run:
    import dspy

    class Work(dspy.Module):
        """One step."""

        def forward(self, step: str) -> str:
            return work_out(step)

    module = Work()
    parallel = dspy.Parallel(num_threads=NUM_STEPS, disable_progress_bar=True)
    return lambda: rounds(lambda steps: parallel([(module, {"step": step}) for step in steps]))
