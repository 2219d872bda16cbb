"""Jitted functions in the cells of a notebook: one namespace, a loop that runs already, code that no file holds."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

import xcs

pytestmark = pytest.mark.usefixtures("leaves_nothing")
SETUP = """
    import asyncio, threading
    import xcs
    MET = threading.Barrier(3)

    @xcs.op(effect="unordered")
    def ask(text):
        MET.wait(20)
        if "wrong" in text:
            raise ValueError(text)
        return text.upper()

    ARRIVED = []

    @xcs.op(effect="unordered")
    async def wait(text):
        ARRIVED.append(text)
        while len(ARRIVED) < 3:
            await asyncio.sleep(0)
        return text.upper()
"""


class Notebook:
    """Runs cells as a kernel does: each compiled on its own, with `await` at the top, its source in `linecache`."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.loop = asyncio.new_event_loop()
        self.num_cells = 0

    def run(self, cell: str) -> Any:
        """Runs a cell inside of the loop; the value of the name `result`, if the cell binds it."""
        self.num_cells += 1
        text, name = textwrap.dedent(cell), f"<ipython-input-{self.num_cells}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        code = compile(text, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)

        async def kernel() -> None:
            given = eval(code, self.names)
            if inspect.iscoroutine(given):
                await given

        self.loop.run_until_complete(kernel())
        return self.names.pop("result", None)


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    made = Notebook()
    made.run(SETUP)
    yield made
    made.loop.close()
    for name in [name for name in linecache.cache if name.startswith("<ipython-input-")]:
        del linecache.cache[name]


PROGRAM = """
    @xcs.jit
    def ask_all(texts):
        return [mark(ask(text)) for text in texts]
"""


def test_calls_of_a_cell_overlap_and_later_cells_change_what_it_calls(notebook: Notebook) -> None:
    notebook.run("def mark(text):\n    return f'<{text}>'\n")
    notebook.run(PROGRAM)
    assert notebook.run("result = ask_all(['a', 'b', 'c'])") == ["<A>", "<B>", "<C>"]
    notebook.run("def mark(text):\n    return f'{text}!'\n")
    assert notebook.run("result = ask_all(['a', 'b', 'c'])") == ["A!", "B!", "C!"]
    notebook.run(PROGRAM.replace("mark(ask(text))", "ask(text)"))
    assert notebook.run("result = ask_all(['a', 'b', 'c'])") == ["A", "B", "C"]
    assert xcs.get_jit_stats(notebook.names["ask_all"])["fallback"] is None


def test_a_cell_awaits_a_jitted_coroutine_function(notebook: Notebook) -> None:
    notebook.run("""
        @xcs.jit
        async def wait_all(texts):
            return [await wait(text) for text in texts]
    """)
    assert notebook.run("result = await wait_all(['a', 'b', 'c'])") == ["A", "B", "C"]
    assert notebook.run("result = await asyncio.gather(wait_all(['d']), wait_all(['e']))") == [["D"], ["E"]]


def test_a_cell_of_awaits_runs_synchronous_programs_too(notebook: Notebook) -> None:
    notebook.run("def mark(text):\n    return text\n")
    notebook.run(PROGRAM)
    cell = """
        first = ask_all(['a', 'b', 'c'])
        await asyncio.sleep(0)
        result = first + ask_all(['d', 'e', 'f'])
    """
    assert notebook.run(cell) == ["A", "B", "C", "D", "E", "F"]


def test_errors_name_the_cell(notebook: Notebook) -> None:
    notebook.run("def mark(text):\n    return text\n")
    notebook.run(PROGRAM)
    with pytest.raises(ValueError, match="wrong") as caught:
        notebook.run("ask_all(['a', 'wrong', 'c'])")
    assert any("<ipython-input-3>:4" in note for note in caught.value.__notes__)
    assert "return [mark(ask(text)) for text in texts]" in xcs.explain(notebook.names["ask_all"])
