"""Compiling costs in proportion to the program: the calls of Python functions that it makes are counted, not timed."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from xcs.frontend.signature import signature_of
from xcs.frontend.stages import Compiled
from xcs.frontend.staging.state.state import State
from xcs.frontend.tracing import trace
from xcs.runtime.garbage import without_garbage_collection

Lines = Callable[[int], list[str]]
HEAD = """
import xcs

@xcs.op(effect="unordered")
def ask(question: str) -> str:
    return question

def program(x):
"""


def straight(size: int) -> list[str]:
    return [*["x = ask(x)"] * size, "return x"]


def names(size: int) -> list[str]:
    return [*(f"v{i} = ask(x)" for i in range(size)), f"return [{', '.join(f'v{i}' for i in range(size))}]"]


def layers(size: int) -> list[str]:
    """Each call of a layer takes three results of the layer before."""
    width = 10
    lines = [f"a{i} = x" for i in range(width)]
    for _ in range(size // width):
        lines += [f"b{i} = ask(a{i}, a{(i + 1) % width}, a{(i + 2) % width})" for i in range(width)]
        lines += [f"a{i} = b{i}" for i in range(width)]
    return [*lines, "return a0"]


def appends(size: int) -> list[str]:
    return ["found = []", *["found.append(ask(x))"] * size, "return found"]


def map_body(size: int) -> list[str]:
    return ["found = []", "for y in [x, x + x]:", *["    y = ask(y)"] * size, "    found.append(y)", "return found"]


def branches(size: int) -> list[str]:
    """Each binds a name of its own, and all are read at the end."""
    lines = [line for i in range(size) for line in (f"if x == '{i}':", f"    v{i} = ask(x)", "else:", f"    v{i} = x")]
    return [*lines, f"return [{', '.join(f'v{i}' for i in range(size))}]"]


def nested_branches(size: int) -> list[str]:
    """Towers of ten branches, one inside the other."""
    lines: list[str] = []
    for tower in range(size // 10):
        for depth in range(10):
            lines += [f"{'    ' * depth}if x == '{tower}{depth}':", f"{'    ' * (depth + 1)}x = ask(x)"]
    return [*lines, "return x"]


def prompts(size: int) -> list[str]:
    return [*(f"x = ask(f'{{x}} and {i}')" for i in range(size)), "return x"]


def tries(size: int) -> list[str]:
    return [*["try:", "    x = ask(x)", "except ValueError:", "    x = 'none'"] * size, "return x"]


CASES: list[tuple[Lines, int]] = [
    (straight, 2_500),
    (names, 1_000),
    (layers, 1_000),
    (appends, 1_000),
    (map_body, 1_000),
    (branches, 100),
    (nested_branches, 100),
    (prompts, 300),
    (tries, 100),
]


@pytest.mark.parametrize(("lines", "size"), CASES, ids=[lines.__name__ for lines, _ in CASES])
def test_twice_the_program_is_twice_the_work(lines: Lines, size: int, tmp_path: Path) -> None:
    compile_program(made(straight(10), tmp_path / "first.py"))  # what a process does once
    half, whole = (made(lines(n), tmp_path / f"of_{n}.py") for n in (size, 2 * size))
    assert calls_in(lambda: compile_program(whole)) < 2.1 * calls_in(lambda: compile_program(half))


def pairs(size: int) -> list[str]:
    """Two calls of one statement."""
    return ["y = x", *["x, y = ask(y), ask(x)"] * (size // 2), "return x"]


MOST_CALLS = [(straight, 140), (names, 175), (pairs, 150), (prompts, 450)]
"""For each op, or for a prompt and its call: a few more than there are."""


@pytest.mark.parametrize(("lines", "at_most"), MOST_CALLS, ids=[lines.__name__ for lines, _ in MOST_CALLS])
def test_an_op_costs_so_many_calls(lines: Lines, at_most: int, tmp_path: Path) -> None:
    compile_program(made(lines(10), tmp_path / "first.py"))
    program = made(lines(1_000), tmp_path / "thousand.py")
    compile_program(program)  # its file has been read
    assert calls_in(lambda: compile_program(program)) < 1_000 * at_most


def test_audit_hooks_hear_nothing_of_single_ops(tmp_path: Path) -> None:
    program = made(straight(1_000), tmp_path / "thousand.py")
    compile_program(program)
    with counted(id) as number:
        compile_program(program)
    assert number[0] < 100


@pytest.mark.parametrize("lines", [straight, names, layers, appends, prompts], ids=lambda lines: lines.__name__)
def test_statements_in_a_row_copy_no_names(lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[int] = []
    copy = State.copy
    monkeypatch.setattr(State, "copy", lambda state: copied.append(len(state.names)) or copy(state))
    compile_program(made(lines(100), tmp_path / "row.py"))
    assert copied == []


def test_fifty_thousand_calls_compile_and_run(tmp_path: Path) -> None:
    compiled = compile_program(made(straight(50_000), tmp_path / "long.py"))
    assert len(compiled.plan.functions[compiled.plan.entry].instructions) == 50_000
    assert compiled("q") == "q"


def made(lines: list[str], path: Path) -> types.FunctionType:
    path.write_text(HEAD + "".join(f"    {line}\n" for line in lines), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.program


def compile_program(function: types.FunctionType) -> Compiled:
    with without_garbage_collection():
        traced = trace(function, ("x",), signature_of(("q",), frozenset()))
        return traced.lower_in_place().compile()


def calls_in(action: Callable[[], Any]) -> int:
    """How many calls of functions, Python's and C's, an action makes."""
    with counted() as number:
        action()
    return number[0]


@contextmanager
def counted(function: object = None) -> Iterator[list[int]]:
    """Counts the calls of one C function, or all calls."""
    number = [0]

    def count(frame: types.FrameType, event: str, arg: object) -> None:
        if (event == "call" and function is None) or (event == "c_call" and function in (None, arg)):
            number[0] += 1

    outer = sys.getprofile()
    sys.setprofile(count)
    try:
        yield number
    finally:
        sys.setprofile(outer)
