"""The programs of the second table with each library, as its documentation writes them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .semantics import BOUND, INDICES, WIDTH, Programs, echo, index_of


class Dask(Programs):
    """`dask.delayed` on threads."""

    @staticmethod
    def with_pending(use: Callable[[Any], Any], text: str) -> Any:
        import dask

        return use(dask.delayed(echo)(text))

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        import dask

        lazy = dask.delayed(call)
        return list(dask.compute(*map(lazy, range(size)), scheduler="threads", num_workers=bound))

    def nested(self, leaf: Callable[[int], int]) -> Any:
        import dask

        lazy = dask.delayed(leaf)
        cube = [[[lazy(index_of(i, j, k)) for k in INDICES] for j in INDICES] for i in INDICES]
        return dask.compute(cube, scheduler="threads", num_workers=BOUND)


class Ray(Programs):
    """Ray tasks; the bound is what a task takes of the cluster's processors."""

    @staticmethod
    def with_pending(use: Callable[[Any], Any], text: str) -> Any:
        import ray

        return use(ray.remote(echo).remote(text))

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        import ray

        remote = ray.remote(num_cpus=_cpus() / bound)(lambda index: call(index))
        return ray.get([remote.remote(index) for index in range(size)])

    def nested(self, leaf: Callable[[int], int]) -> Any:
        import ray

        remote = ray.remote(num_cpus=_cpus() / BOUND)(lambda index: leaf(index))

        @ray.remote(num_cpus=0)
        def row(i: int, j: int) -> list[int]:
            return ray.get([remote.remote(index_of(i, j, k)) for k in INDICES])

        @ray.remote(num_cpus=0)
        def plane(i: int) -> list[list[int]]:
            return ray.get([row.remote(i, j) for j in INDICES])

        return ray.get([plane.remote(i) for i in INDICES])


def _cpus() -> float:
    import ray

    return ray.cluster_resources()["CPU"]


class LangChain(Programs):
    """`RunnableLambda` and its `batch`."""

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        from langchain_core.runnables import RunnableLambda

        return RunnableLambda(lambda index: call(index)).batch(list(range(size)), {"max_concurrency": bound})

    def nested(self, leaf: Callable[[int], int]) -> Any:
        from langchain_core.runnables import RunnableLambda

        at_once = {"max_concurrency": BOUND}

        def row(place: tuple[int, int]) -> list[int]:
            calls = RunnableLambda(lambda k: leaf(index_of(*place, k)))
            return calls.batch(list(INDICES), at_once)

        def plane(i: int) -> list[list[int]]:
            return RunnableLambda(row).batch([(i, j) for j in INDICES], at_once)

        return RunnableLambda(plane).batch(list(INDICES), at_once)


class LangGraph(Programs):
    """Tasks of the functional API."""

    @staticmethod
    def with_pending(use: Callable[[Any], Any], text: str) -> Any:
        from langgraph.func import entrypoint, task

        call = task(echo)

        @entrypoint()
        def workflow(given: str) -> Any:
            return use(call(given))

        return workflow.invoke(text)

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        from langgraph.func import entrypoint, task

        @task
        def work(index: int) -> Any:
            return call(index)

        @entrypoint()
        def workflow(num_calls: int) -> list[Any]:
            return [future.result() for future in [work(index) for index in range(num_calls)]]

        return workflow.invoke(size, {"max_concurrency": bound + 1})  # the workflow itself takes one

    def nested(self, leaf: Callable[[int], int]) -> Any:
        from langgraph.func import entrypoint, task

        work = task(lambda index: leaf(index), name="leaf")

        @task
        def row(i: int, j: int) -> list[int]:
            return [future.result() for future in [work(index_of(i, j, k)) for k in INDICES]]

        @task
        def plane(i: int) -> list[list[int]]:
            return [future.result() for future in [row(i, j) for j in INDICES]]

        @entrypoint()
        def workflow(size: int) -> list[Any]:
            return [future.result() for future in [plane(i) for i in range(size)]]

        return workflow.invoke(WIDTH, {"max_concurrency": BOUND + 1})


class PipeFunc(Programs):
    """A pipeline mapped over threads."""

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        from pipefunc import PipeFunc as Node
        from pipefunc import Pipeline

        pipeline = Pipeline([Node(lambda index: call(index), "answer", mapspec="index[i] -> answer[i]")])
        pool = ThreadPoolExecutor(bound)
        found = pipeline.map({"index": list(range(size))}, executor=pool, storage="dict", show_progress=False)
        return list(found["answer"].output)

    def nested(self, leaf: Callable[[int], int]) -> Any:
        from pipefunc import PipeFunc as Node
        from pipefunc import Pipeline

        node = Node(lambda i, j, k: leaf(index_of(i, j, k)), "answer", mapspec="i[a], j[b], k[c] -> answer[a, b, c]")
        pool = ThreadPoolExecutor(BOUND)
        inputs = {name: list(INDICES) for name in "ijk"}
        return Pipeline([node]).map(inputs, executor=pool, storage="dict", show_progress=False)


class Hamilton(Programs):
    """A `Parallelizable` node; those don't nest."""

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        from .hamilton_driver import dynamic_driver
        from .hamilton_flows import semantics

        inputs = {"call": call, "size": size}
        return dynamic_driver(semantics, bound).execute(["answers"], inputs=inputs)["answers"]


class Prefect(Programs):
    """Tasks of a flow."""

    @staticmethod
    def with_pending(use: Callable[[Any], Any], text: str) -> Any:
        from prefect import flow, task

        call = task(echo)

        @flow
        def workflow() -> Any:
            pending = call.submit(text)
            found = use(pending)
            pending.wait()
            return found

        return workflow()

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        from prefect import flow, task
        from prefect.task_runners import ThreadPoolTaskRunner

        @task
        def work(index: int) -> Any:
            return call(index)

        @flow(task_runner=ThreadPoolTaskRunner(max_workers=bound))
        def workflow() -> list[Any]:
            return work.map(list(range(size))).result()

        return workflow()

    def nested(self, leaf: Callable[[int], int]) -> Any:
        from prefect import flow, task
        from prefect.task_runners import ThreadPoolTaskRunner

        @task
        def work(index: int) -> int:
            return leaf(index)

        @task
        def row(i: int, j: int) -> list[int]:
            return work.map([index_of(i, j, k) for k in INDICES]).result()

        @task
        def plane(i: int) -> list[list[int]]:
            return [future.result() for future in [row.submit(i, j) for j in INDICES]]

        @flow(task_runner=ThreadPoolTaskRunner(max_workers=BOUND))
        def workflow() -> list[Any]:
            return plane.map(list(INDICES)).result()

        return workflow()


class Joblib(Programs):
    """`Parallel` on threads."""

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        from joblib import Parallel, delayed

        return Parallel(n_jobs=bound, prefer="threads")(delayed(call)(index) for index in range(size))

    def nested(self, leaf: Callable[[int], int]) -> Any:
        from joblib import Parallel, delayed

        def at_once(function: Callable[[int], Any]) -> list[Any]:
            return Parallel(n_jobs=BOUND, prefer="threads")(delayed(function)(index) for index in INDICES)

        def row(i: int, j: int) -> list[int]:
            return at_once(lambda k: leaf(index_of(i, j, k)))

        return at_once(lambda i: at_once(lambda j: row(i, j)))


class Dspy(Programs):
    """`dspy.Parallel`."""

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        return _dspy_parallel(call, size, bound)

    def nested(self, leaf: Callable[[int], int]) -> Any:
        def row(i: int, j: int) -> list[int]:
            return _dspy_parallel(lambda k: leaf(index_of(i, j, k)), WIDTH, BOUND)

        return _dspy_parallel(lambda i: _dspy_parallel(lambda j: row(i, j), WIDTH, BOUND), WIDTH, BOUND)


def _dspy_parallel(call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
    import dspy

    class Call(dspy.Module):
        """One call."""

        def forward(self, index: int) -> Any:
            return call(index)

    parallel = dspy.Parallel(num_threads=bound, max_errors=1, disable_progress_bar=True)
    module = Call()
    return parallel([(module, {"index": index}) for index in range(size)])
