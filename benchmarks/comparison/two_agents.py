"""Two agents, each thinking and acting in turns until it is done, and a last call that reads both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import xcs

from .model import answer, answer_async, ask, jitter_s
from .workload import Bar

TITLE = "two agents of 5 and 7 turns"
AGENTS = (("researcher", 5), ("critic", 7))
BAR = Bar("asyncio_by_hand", 1.03)
Run = Callable[[], str]


def agent(name: str, patience: int) -> str:
    """One agent of the program."""
    history = name
    while True:
        thought = ask(f"think {history}")
        if len(history) >= len(name) + patience:
            return thought
        seen = ask(f"act {thought}")
        history += "!" if seen else "?"


def program() -> str:
    """The program."""
    found = agent(*AGENTS[0])
    doubts = agent(*AGENTS[1])
    return ask(f"decide {found} {doubts}")


def acting(name: str, patience: int) -> str:
    """One agent, for those who run it as a whole."""
    history = name
    while True:
        thought = answer(f"think {history}")
        if len(history) >= len(name) + patience:
            return thought
        seen = answer(f"act {thought}")
        history += "!" if seen else "?"


def decide(found: str, doubts: str) -> str:
    """The last call."""
    return answer(f"decide {found} {doubts}")


def turns_s(name: str, patience: int) -> float:
    """The time of one agent."""
    thoughts = [f"think {name}{'!' * turn}" for turn in range(patience + 1)]
    return sum(map(jitter_s, thoughts)) + sum(jitter_s(f"act <{thought}>") for thought in thoughts[:-1])


CRITICAL_PATH_S = max(turns_s(*agent) for agent in AGENTS) + jitter_s(
    "decide " + " ".join(f"<think {name}{'!' * patience}>" for name, patience in AGENTS)
)


def plain() -> Run:
    return program


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: jitted()


def asyncio_by_hand() -> Run:
    async def agent_async(name: str, patience: int) -> str:
        history = name
        while True:
            thought = await answer_async(f"think {history}")
            if len(history) >= len(name) + patience:
                return thought
            seen = await answer_async(f"act {thought}")
            history += "!" if seen else "?"

    async def main() -> str:
        found, doubts = await asyncio.gather(*(agent_async(*one) for one in AGENTS))
        return await answer_async(f"decide {found} {doubts}")

    return lambda: asyncio.run(main())


def threads_by_hand() -> Run:
    pool = ThreadPoolExecutor(len(AGENTS))
    return lambda: decide(*pool.map(lambda one: acting(*one), AGENTS))


def dask_delayed() -> Run:
    from dask import delayed

    return lambda: delayed(decide)(*[delayed(acting)(*one) for one in AGENTS]).compute(scheduler="threads")


def ray_tasks() -> Run:
    import ray

    remote, last = ray.remote(acting), ray.remote(decide)
    return lambda: ray.get(last.remote(*[remote.remote(*one) for one in AGENTS]))


def langchain() -> Run:
    from langchain_core.runnables import RunnableLambda, RunnableParallel

    agents = {name: RunnableLambda(lambda _, name=name, patience=n: acting(name, patience)) for name, n in AGENTS}
    chain = RunnableParallel(agents) | RunnableLambda(lambda found: decide(*found.values()))
    return lambda: chain.invoke(None)


def langgraph() -> Run:
    from langgraph.func import entrypoint, task

    work, last = task(acting), task(decide)

    @entrypoint()
    def workflow(question: str) -> str:
        futures = [work(*one) for one in AGENTS]
        return last(*[future.result() for future in futures]).result()

    return lambda: workflow.invoke("", {"max_concurrency": 64})


def pipefunc() -> Run:
    from pipefunc import PipeFunc, Pipeline

    steps = [
        PipeFunc(lambda name, patience: acting(name, patience), "found", mapspec="name[i], patience[i] -> found[i]"),
        PipeFunc(lambda found: decide(*found), "decision"),
    ]
    pipeline = Pipeline(steps)
    pool = ThreadPoolExecutor(len(AGENTS))
    inputs = dict(zip(("name", "patience"), map(list, zip(*AGENTS, strict=True)), strict=True))
    return lambda: pipeline.map(inputs, executor=pool, storage="dict", show_progress=False)["decision"].output


def hamilton() -> Run:
    from .hamilton_driver import threaded_driver
    from .hamilton_flows import two_agents

    dataflow = threaded_driver(two_agents)
    return lambda: dataflow.execute(["decision"])["decision"]


def prefect() -> Run:
    from prefect import flow, task

    work, last = task(acting), task(decide)

    @flow
    def workflow() -> str:
        return last.submit(*[work.submit(*one) for one in AGENTS]).result()

    return lambda: workflow()


def joblib() -> Run:
    from joblib import Parallel, delayed

    return lambda: decide(*Parallel(n_jobs=2, prefer="threads")(delayed(acting)(*one) for one in AGENTS))


def dspy() -> Run:
    import dspy

    class Agent(dspy.Module):
        """One agent."""

        def forward(self, name: str, patience: int) -> str:
            return acting(name, patience)

    module = Agent()
    parallel = dspy.Parallel(num_threads=2, disable_progress_bar=True)
    return lambda: decide(*parallel([(module, {"name": name, "patience": n}) for name, n in AGENTS]))
