"""An ensemble: five models answer one question, 0.1 s each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import xcs

from .model import answer, answer_async, ask
from .workload import Bar

TITLE = "ensemble of 5 x 0.1 s"
CALL_S = 0.1
NUM_MODELS = 5
CRITICAL_PATH_S = CALL_S
BAR = Bar(None, 1.02, slack_s=0.003, unit=CALL_S)
QUESTION = "why"
Run = Callable[[], list[str]]


def program(question: str) -> list[str]:
    """The program."""
    answers = []
    for model in range(NUM_MODELS):
        answers.append(ask(f"{model}: {question}", CALL_S))
    return answers


def asked(model: int) -> str:
    """One model's answer."""
    return answer(f"{model}: {QUESTION}", CALL_S)


def plain() -> Run:
    return lambda: program(QUESTION)


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: jitted(QUESTION)


def asyncio_by_hand() -> Run:
    async def main() -> list[str]:
        return await asyncio.gather(*(answer_async(f"{i}: {QUESTION}", CALL_S) for i in range(NUM_MODELS)))

    return lambda: asyncio.run(main())


def threads_by_hand() -> Run:
    pool = ThreadPoolExecutor(NUM_MODELS)
    return lambda: list(pool.map(asked, range(NUM_MODELS)))


def dask_delayed() -> Run:
    import dask

    lazy = dask.delayed(asked)
    return lambda: list(dask.compute(*[lazy(i) for i in range(NUM_MODELS)], scheduler="threads", num_workers=64))


def ray_tasks() -> Run:
    import ray

    remote = ray.remote(asked)
    return lambda: ray.get([remote.remote(i) for i in range(NUM_MODELS)])


def langchain() -> Run:
    from langchain_core.runnables import RunnableLambda, RunnableParallel

    def model(index: int) -> RunnableLambda:
        return RunnableLambda(lambda question: answer(f"{index}: {question}", CALL_S))

    models = {str(index): model(index) for index in range(NUM_MODELS)}
    chain = RunnableParallel(models)
    return lambda: list(chain.invoke(QUESTION).values())


def langgraph() -> Run:
    from langgraph.func import entrypoint, task

    model = task(asked)

    @entrypoint()
    def workflow(question: str) -> list[str]:
        futures = [model(i) for i in range(NUM_MODELS)]
        return [future.result() for future in futures]

    return lambda: workflow.invoke(QUESTION, {"max_concurrency": 64})


def pipefunc() -> Run:
    from pipefunc import Pipeline
    from pipefunc import pipefunc as node

    pipeline = Pipeline([node(output_name="answer", mapspec="model[i] -> answer[i]")(asked)])
    pool = ThreadPoolExecutor(NUM_MODELS)
    inputs = {"model": list(range(NUM_MODELS))}
    return lambda: list(pipeline.map(inputs, executor=pool, storage="dict", show_progress=False)["answer"].output)


def hamilton() -> Run:
    from .hamilton_driver import dynamic_driver
    from .hamilton_flows import ensemble

    dataflow = dynamic_driver(ensemble, NUM_MODELS)
    return lambda: dataflow.execute(["answers"])["answers"]


def prefect() -> Run:
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    model = task(asked)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=NUM_MODELS))
    def workflow() -> list[str]:
        return model.map(list(range(NUM_MODELS))).result()

    return lambda: workflow()


def joblib() -> Run:
    from joblib import Parallel, delayed

    return lambda: Parallel(n_jobs=NUM_MODELS, prefer="threads")(delayed(asked)(i) for i in range(NUM_MODELS))


def dspy() -> Run:
    import dspy

    class Model(dspy.Module):
        """One model."""

        def forward(self, model: int) -> str:
            return asked(model)

    parallel = dspy.Parallel(num_threads=NUM_MODELS, disable_progress_bar=True)
    module = Model()
    return lambda: parallel([(module, {"model": i}) for i in range(NUM_MODELS)])
