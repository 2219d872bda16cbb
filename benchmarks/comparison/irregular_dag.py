"""An irregular graph: two chains out of step, so that waiting for each level costs a third more than there is to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import xcs

from .model import answer, answer_async, ask
from .workload import Bar

TITLE = "irregular graph of 8 calls"
SHORT_S, LONG_S = 0.02, 0.1
CRITICAL_PATH_S = 2 * LONG_S + 2 * SHORT_S
BAR = Bar("asyncio_by_hand", 1.03)
TOPIC = "tea"
Run = Callable[[], str]


def program(topic: str) -> str:
    """The program."""
    page = ask(f"fetch {topic}", SHORT_S)
    hits = ask(f"search {topic}", LONG_S)
    outline = ask(f"outline {page}", LONG_S)
    facts = ask(f"facts {hits}", SHORT_S)
    title = ask(f"title {page}", SHORT_S)
    draft = ask(f"draft {outline}", SHORT_S)
    checked = ask(f"check {facts}", LONG_S)
    return ask(f"report {title} {draft} {checked}", SHORT_S)


def fetch(topic: str) -> str:
    """As in the program, for those who need a function for each step; the others likewise."""
    return answer(f"fetch {topic}", SHORT_S)


def search(topic: str) -> str:
    return answer(f"search {topic}", LONG_S)


def write_outline(page: str) -> str:
    return answer(f"outline {page}", LONG_S)


def find_facts(hits: str) -> str:
    return answer(f"facts {hits}", SHORT_S)


def find_title(page: str) -> str:
    return answer(f"title {page}", SHORT_S)


def write_draft(outline: str) -> str:
    return answer(f"draft {outline}", SHORT_S)


def check(facts: str) -> str:
    return answer(f"check {facts}", LONG_S)


def report(title: str, draft: str, checked: str) -> str:
    return answer(f"report {title} {draft} {checked}", SHORT_S)


def plain() -> Run:
    return lambda: program(TOPIC)


def xcs_jit() -> Run:
    jitted = xcs.jit(program)
    return lambda: jitted(TOPIC)


def asyncio_by_hand() -> Run:
    async def written(topic: str) -> tuple[str, str]:
        page = await answer_async(f"fetch {topic}", SHORT_S)

        async def drafted() -> str:
            outline = await answer_async(f"outline {page}", LONG_S)
            return await answer_async(f"draft {outline}", SHORT_S)

        title, draft = await asyncio.gather(answer_async(f"title {page}", SHORT_S), drafted())
        return title, draft

    async def verified(topic: str) -> str:
        hits = await answer_async(f"search {topic}", LONG_S)
        facts = await answer_async(f"facts {hits}", SHORT_S)
        return await answer_async(f"check {facts}", LONG_S)

    async def main(topic: str) -> str:
        (title, draft), checked = await asyncio.gather(written(topic), verified(topic))
        return await answer_async(f"report {title} {draft} {checked}", SHORT_S)

    return lambda: asyncio.run(main(TOPIC))


def threads_by_hand() -> Run:
    pool = ThreadPoolExecutor(8)

    def run() -> str:
        verified = pool.submit(lambda: check(find_facts(search(TOPIC))))
        page = fetch(TOPIC)
        title = pool.submit(find_title, page)
        draft = write_draft(write_outline(page))
        return report(title.result(), draft, verified.result())

    return run


def dask_delayed() -> Run:
    from dask import delayed

    def run() -> str:
        page = delayed(fetch)(TOPIC)
        checked = delayed(check)(delayed(find_facts)(delayed(search)(TOPIC)))
        draft = delayed(write_draft)(delayed(write_outline)(page))
        return delayed(report)(delayed(find_title)(page), draft, checked).compute(scheduler="threads", num_workers=64)

    return run


def ray_tasks() -> Run:
    import ray

    steps = (fetch, search, write_outline, find_facts, find_title, write_draft, check, report)
    remote = {step.__name__: ray.remote(step) for step in steps}

    def run() -> str:
        page = remote["fetch"].remote(TOPIC)
        checked = remote["check"].remote(remote["find_facts"].remote(remote["search"].remote(TOPIC)))
        draft = remote["write_draft"].remote(remote["write_outline"].remote(page))
        return ray.get(remote["report"].remote(remote["find_title"].remote(page), draft, checked))

    return run


def langchain() -> Run:
    from langchain_core.runnables import RunnableLambda, RunnableParallel

    step = RunnableLambda
    written = step(fetch) | RunnableParallel(title=step(find_title), draft=step(write_outline) | step(write_draft))
    verified = step(search) | step(find_facts) | step(check)
    chain = RunnableParallel(written=written, checked=verified) | step(
        lambda found: report(found["written"]["title"], found["written"]["draft"], found["checked"])
    )
    return lambda: chain.invoke(TOPIC)


def langgraph() -> Run:
    from langgraph.graph import END, START, StateGraph
    from typing_extensions import TypedDict

    class State(TypedDict, total=False):
        """What the nodes know."""

        topic: str
        page: str
        hits: str
        outline: str
        facts: str
        title: str
        draft: str
        checked: str
        report: str

    nodes = {
        "fetch": lambda state: {"page": fetch(state["topic"])},
        "search": lambda state: {"hits": search(state["topic"])},
        "write_outline": lambda state: {"outline": write_outline(state["page"])},
        "find_facts": lambda state: {"facts": find_facts(state["hits"])},
        "find_title": lambda state: {"title": find_title(state["page"])},
        "write_draft": lambda state: {"draft": write_draft(state["outline"])},
        "check": lambda state: {"checked": check(state["facts"])},
        "write_report": lambda state: {"report": report(state["title"], state["draft"], state["checked"])},
    }
    graph = StateGraph(State)
    for name, node in nodes.items():
        graph.add_node(name, node)
    for before, after in (
        (START, "fetch"),
        (START, "search"),
        ("fetch", "write_outline"),
        ("fetch", "find_title"),
        ("search", "find_facts"),
        ("write_outline", "write_draft"),
        ("find_facts", "check"),
        ("write_report", END),
    ):
        graph.add_edge(before, after)
    graph.add_edge(["find_title", "write_draft", "check"], "write_report")
    compiled = graph.compile()
    return lambda: compiled.invoke({"topic": TOPIC})["report"]


def pipefunc() -> Run:
    from pipefunc import PipeFunc, Pipeline

    outputs = {
        "page": fetch,
        "hits": search,
        "outline": write_outline,
        "facts": find_facts,
        "title": find_title,
        "draft": write_draft,
        "checked": check,
        "finished": report,
    }
    pipeline = Pipeline([PipeFunc(step, name) for name, step in outputs.items()])
    run = partial(pipeline.map, {"topic": TOPIC}, executor=ThreadPoolExecutor(8), storage="dict", show_progress=False)
    return lambda: run()["finished"].output


def hamilton() -> Run:
    from .hamilton_driver import threaded_driver
    from .hamilton_flows import irregular_dag

    dataflow = threaded_driver(irregular_dag)
    return lambda: dataflow.execute(["finished"], inputs={"topic": TOPIC})["finished"]


def prefect() -> Run:
    from prefect import flow, task

    steps = (fetch, search, write_outline, find_facts, find_title, write_draft, check, report)
    tasks = {step.__name__: task(step) for step in steps}

    @flow
    def workflow(topic: str) -> str:
        page = tasks["fetch"].submit(topic)
        checked = tasks["check"].submit(tasks["find_facts"].submit(tasks["search"].submit(topic)))
        draft = tasks["write_draft"].submit(tasks["write_outline"].submit(page))
        return tasks["report"].submit(tasks["find_title"].submit(page), draft, checked).result()

    return lambda: workflow(TOPIC)


def joblib() -> Run:
    from joblib import Parallel, delayed

    def run() -> str:
        with Parallel(n_jobs=8, prefer="threads") as parallel:
            page, hits = parallel([delayed(fetch)(TOPIC), delayed(search)(TOPIC)])
            level = [delayed(write_outline)(page), delayed(find_facts)(hits), delayed(find_title)(page)]
            outline, facts, title = parallel(level)
            draft, checked = parallel([delayed(write_draft)(outline), delayed(check)(facts)])
        return report(title, draft, checked)

    return run


def dspy() -> Run:
    import dspy

    class Step(dspy.Module):
        """One step."""

        def __init__(self, step: Callable[[str], str]) -> None:
            super().__init__()
            self.step = step

        def forward(self, text: str) -> str:
            return self.step(text)

    parallel = dspy.Parallel(num_threads=8, disable_progress_bar=True)

    def level(*pairs: tuple[Callable[[str], str], str]) -> list[str]:
        return parallel([(Step(step), {"text": text}) for step, text in pairs])

    def run() -> str:
        page, hits = level((fetch, TOPIC), (search, TOPIC))
        outline, facts, title = level((write_outline, page), (find_facts, hits), (find_title, page))
        draft, checked = level((write_draft, outline), (check, facts))
        return report(title, draft, checked)

    return run
