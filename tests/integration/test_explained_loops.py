"""`explain` says of each loop that is no parallel map what its iterations wait for, and what helps."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xcs
from xcs.frontend.explained_loops import REMEDIES

ROOT = Path(__file__).parents[2]


@xcs.op(effect="unordered")
def ask(x: Any) -> str:
    return str(x)


class Chatty:
    def __iter__(self):
        return iter([1, 2])


def tell(xs):
    out = []
    for x in xs:
        print(x)
        out.append(ask(x))
    return out


def refine(xs):
    text = ""
    for x in xs:
        text = ask(text + str(x))
    return text


def stop_early(xs):
    out = []
    for x in xs:
        if ask(x) == "2":
            break
        out.append(ask(x))
    return out


def until_long(x):
    while len(x) < 4:
        x = ask(x) + "a"
    return x


def each(xs):
    return [ask(x) for x in xs]


def choose(xs):
    out = []
    for x in xs:
        if ask(x) != "2":
            out.append(ask(x))
    return out


EXPLAINED = [
    (tell, [1, 2], "in its body is ordered; help: move it behind the loop, or declare it"),
    (refine, [1, 2], "of the one before; help: leave it as it is"),
    (stop_early, [1, 2], "`break` or `return` may end the loop in any iteration; help: where calls made in vain"),
    (until_long, "a", "a `while` loop decides after each round whether there is another; help: where the number"),
    (each, Chatty(), "may run code of its own at each step; help: iterate over a list"),
    (choose, [1, 2], "under a condition; help: collect from every iteration"),
]


@pytest.mark.parametrize(("program", "argument", "text"), EXPLAINED, ids=lambda one: getattr(one, "__name__", ""))
def test_a_loop_that_is_stepped(program: Callable[..., Any], argument: Any, text: str) -> None:
    jitted = xcs.jit(program)
    jitted(argument)
    explained = xcs.explain(jitted)
    assert "the loop overlaps only where data and effects allow: " in explained
    assert text in explained


@pytest.mark.parametrize("argument", [[1, 2], (1, 2), range(1, 3), "12", b"12"], ids=lambda one: type(one).__name__)
def test_a_map_needs_no_word(argument: Any) -> None:
    jitted = xcs.jit(each)
    assert jitted(argument) == each(argument)
    assert "the loop" not in xcs.explain(jitted)


def counted(xs):
    total = 0

    def add(amount):
        nonlocal total
        total += amount

    for x in xs:
        add(len(ask(x)))
        print(total)
    return total


def test_code_is_shown_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    jitted = xcs.jit(counted)
    assert jitted([1, 22]) == 3
    assert capsys.readouterr().out == "1\n3\n"
    explained = xcs.explain(jitted)
    assert "_xcs_" not in explained
    assert "`add(len(…))`: " in explained
    assert "`print(total)`: ordered" in explained
    assert "allow: `add(len(…))` in its body" in explained


def obstacles() -> list[str]:
    """The texts of `passes/loop_shape.py`, with a name for each value in them."""
    tree = ast.parse((ROOT / "passes" / "loop_shape.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Obstacle"]
    texts = []
    for call in calls:
        match call.args[0]:
            case ast.Constant(value=str(text)):
                texts.append(text)
            case ast.JoinedStr(values=values):
                texts.append("".join("is ordered" if isinstance(v, ast.FormattedValue) else v.value for v in values))  # type: ignore[attr-defined]
    return texts


WITHOUT = ("it only accumulates", "what it appends may be", "joining ", "is ordered is joined with")
"""Obstacles of which there is nothing to say that would help."""


@pytest.mark.parametrize("text", obstacles())
def test_each_obstacle_has_a_remedy(text: str) -> None:
    has_remedy = any(re.match(start, text) for start, _ in REMEDIES)
    assert has_remedy != text.startswith(WITHOUT)
