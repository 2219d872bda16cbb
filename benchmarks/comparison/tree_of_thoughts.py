"""Tree of thoughts: three levels of three thoughts each, of different lengths; the best of the last ones wins.

Who waits for each level pays for its slowest thought three times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import xcs

from .model import answer, answer_async, ask, jitter_s
from .workload import Bar

TITLE = "tree of thoughts, 3^3, 10 to 50 ms each"
DEPTH = 3
BRANCHES = 3
QUESTION = "how"
BAR = Bar("asyncio_by_hand", 1.03)
Run = Callable[[], str]


def longest_path_s(thought: str, depth: int) -> float:
    """The time of the slowest chain of thoughts below one."""
    if depth == 0:
        return 0.0
    prompts = [f"{thought} {branch}" for branch in range(BRANCHES)]
    return max(jitter_s(prompt) + longest_path_s(f"<{prompt}>", depth - 1) for prompt in prompts)


CRITICAL_PATH_S = longest_path_s(QUESTION, DEPTH)
NOT_WRITTEN = {"hamilton": "`Parallelizable` can't be nested"}


def program(thought: str, depth: int = DEPTH) -> str:
    """The program."""
    if depth == 0:
        return thought
    found = []
    for branch in range(BRANCHES):
        found.append(program(ask(f"{thought} {branch}"), depth - 1))
    return max(found)


def expand(thought: str, branch: int) -> str:
    """One thought further."""
    return answer(f"{thought} {branch}")


def plain() -> Run:
    return lambda: program(QUESTION)


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: jitted(QUESTION)


def asyncio_by_hand() -> Run:
    async def explore(thought: str, depth: int) -> str:
        if depth == 0:
            return thought

        async def follow(branch: int) -> str:
            return await explore(await answer_async(f"{thought} {branch}"), depth - 1)

        return max(await asyncio.gather(*map(follow, range(BRANCHES))))

    return lambda: asyncio.run(explore(QUESTION, DEPTH))


def threads_by_hand() -> Run:
    pool = ThreadPoolExecutor(BRANCHES**DEPTH * 2)

    def explore(thought: str, depth: int) -> str:
        if depth == 0:
            return thought
        return max(pool.map(lambda branch: explore(expand(thought, branch), depth - 1), range(BRANCHES)))

    return lambda: explore(QUESTION, DEPTH)


def dask_delayed() -> Run:
    from dask import delayed

    def explore(thought: str, depth: int) -> str:
        if depth == 0:
            return thought
        found = [explore(delayed(expand)(thought, branch), depth - 1) for branch in range(BRANCHES)]
        return delayed(max)(found)

    return lambda: explore(QUESTION, DEPTH).compute(scheduler="threads", num_workers=64)


def ray_tasks() -> Run:
    import ray

    remote_expand = ray.remote(expand)
    best = ray.remote(lambda *found: max(found))

    def explore(thought: str, depth: int) -> str:
        if depth == 0:
            return thought
        return best.remote(*[explore(remote_expand.remote(thought, branch), depth - 1) for branch in range(BRANCHES)])

    return lambda: ray.get(explore(QUESTION, DEPTH))


def langchain() -> Run:
    from langchain_core.runnables import RunnableLambda

    def follow(place: tuple[str, int, int]) -> str:
        thought, branch, depth = place
        deeper = expand(thought, branch)
        if depth == 1:
            return deeper
        return max(RunnableLambda(follow).batch([(deeper, one, depth - 1) for one in range(BRANCHES)]))

    return lambda: max(RunnableLambda(follow).batch([(QUESTION, branch, DEPTH) for branch in range(BRANCHES)]))


def langgraph() -> Run:
    from langgraph.func import entrypoint, task

    thought_of = task(expand)

    @entrypoint()
    def workflow(question: str) -> str:
        level = [question]
        for _ in range(DEPTH):
            futures = [thought_of(thought, branch) for thought in level for branch in range(BRANCHES)]
            level = [future.result() for future in futures]
        return max(level)

    return lambda: workflow.invoke(QUESTION, {"max_concurrency": 64})


def pipefunc() -> Run:
    from pipefunc import PipeFunc, Pipeline

    steps = [
        PipeFunc(lambda thought, a: expand(thought, a), "first", mapspec="a[i] -> first[i]"),
        PipeFunc(lambda first, b: expand(first, b), "second", mapspec="first[i], b[j] -> second[i, j]"),
        PipeFunc(lambda second, c: expand(second, c), "third", mapspec="second[i, j], c[k] -> third[i, j, k]"),
        PipeFunc(lambda third: max(third.ravel()), "best"),
    ]
    pipeline = Pipeline(steps)
    pool = ThreadPoolExecutor(64)
    branches = list(range(BRANCHES))
    inputs = {"thought": QUESTION, "a": branches, "b": branches, "c": branches}
    return lambda: pipeline.map(inputs, executor=pool, storage="dict", show_progress=False)["best"].output


def prefect() -> Run:
    from prefect import flow, task

    task_expand = task(expand)
    best = task(lambda found: max(found), name="best")

    def explore(thought: str, depth: int) -> str:
        if depth == 0:
            return thought
        found = [explore(task_expand.submit(thought, branch), depth - 1) for branch in range(BRANCHES)]
        return best.submit(found)

    @flow
    def workflow() -> str:
        return explore(QUESTION, DEPTH).result()

    return lambda: workflow()


def joblib() -> Run:
    from joblib import Parallel, delayed

    def run() -> str:
        level = [QUESTION]
        with Parallel(n_jobs=BRANCHES**DEPTH, prefer="threads") as parallel:
            for _ in range(DEPTH):
                level = parallel(delayed(expand)(thought, branch) for thought in level for branch in range(BRANCHES))
        return max(level)

    return run


def dspy() -> Run:
    import dspy

    class Expand(dspy.Module):
        """One thought further."""

        def forward(self, thought: str, branch: int) -> str:
            return expand(thought, branch)

    module = Expand()
    parallel = dspy.Parallel(num_threads=BRANCHES**DEPTH, disable_progress_bar=True)

    def run() -> str:
        level = [QUESTION]
        for _ in range(DEPTH):
            places = [(thought, branch) for thought in level for branch in range(BRANCHES)]
            level = parallel([(module, {"thought": thought, "branch": branch}) for thought, branch in places])
        return max(level)

    return run
