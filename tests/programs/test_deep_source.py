"""Source nested more deeply than people write it: right, staged or plain Python with a reason, never a crash."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

import pytest

import xcs

HEADER = 'import xcs\n\n\n@xcs.op(effect="unordered")\ndef ask(x):\n    return x\n\n\n'


def nested(opening: str, inside: str, closing: str, depth: int) -> str:
    return opening * depth + inside + closing * depth


def indented(line: str, last: str, depth: int) -> str:
    lines = [" " * number + line.format(number) for number in range(1, depth + 1)]
    return "\n".join(["def f(x):", *lines, " " * (depth + 1) + last, " return x"])


def returning(expression: str) -> str:
    return f"def f(x):\n    return {expression}"


SHALLOW = {
    "parentheses": returning(nested("(", "ask(x)", ")", 90)),
    "calls": returning(nested("ask(", "x", ")", 80)),
    "lists": returning(nested("[", "ask(x)", "]", 80)),
    "lambdas": returning(nested("(lambda: ", "ask(x)", ")()", 40)),
    "ifs": indented("if ask(x) == 3:", "return 7", 60),
    "loops": indented("for i{} in range(ask(1)):", "x += ask(1)", 15),
    "statements": "def f(x):\n" + "    x = ask(x) + 1\n" * 300 + "    return x",
    "parts of a string": returning("f'" + "{x}" * 500 + "{ask(x)}'"),
    "comparisons": returning(" <= ".join(["ask(x)"] * 60)),
    "elif": "def f(x):\n    if x == -1:\n        y = 0\n"
    + "".join(f"    elif ask(x) == {i}:\n        y = ask({i})\n" for i in range(10, 40))
    + "    return x",
    "early returns": "def f(x):\n"
    + "".join(f"    if ask(x) == {i}:\n        return {i}\n" for i in range(10, 40))
    + "    return x",
    "helpers": "".join(f"def h{i}(x):\n    return ask(x) + ask(x) + h{i + 1}(x)\n" for i in range(40))
    + "def h40(x):\n    return x\ndef f(x):\n    return h0(x)",
}

DEEP = {
    "a sum": returning(" + ".join(["ask(x)"] + ["x"] * 2500)),
    "a sum of calls": returning(" + ".join(["ask(x)"] * 2000)),
    "not": returning("not " * 900 + "ask(x)"),
    "minus": returning("-" * 900 + "ask(x)"),
    "subscripts": "def f(x):\n    d = {0: None}\n    d[0] = d\n    return ask(d" + "[0]" * 900 + " is d)",
    "elif": "def f(x):\n    if x == -1:\n        y = 0\n"
    + "".join(f"    elif ask(x) == {i}:\n        y = ask({i})\n" for i in range(10, 510))
    + "    return x",
    "early returns": "def f(x):\n"
    + "".join(f"    if ask(x) == {i}:\n        return {i}\n" for i in range(10, 310))
    + "    return x",
}


def function_of(source: str, folder: Path) -> Any:
    path = folder / "module.py"
    path.write_text(HEADER + source + "\n")
    spec = importlib.util.spec_from_file_location("module", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except RecursionError:
        pytest.skip("this Python doesn't compile it")
    return module.f


@pytest.mark.parametrize("name", SHALLOW)
@pytest.mark.parametrize("stage", ["gains", "all"])
def test_deep_source_is_staged(name, stage, tmp_path):
    function = function_of(SHALLOW[name], tmp_path)
    jitted = xcs.jit(stage=stage)(function)
    assert jitted(3) == function(3)
    assert xcs.get_jit_stats(jitted)["fallback"] is None


@pytest.mark.parametrize("name", DEEP)
def test_what_is_too_deep_runs_as_plain_python_and_says_so(name, tmp_path):
    function = function_of(DEEP[name], tmp_path)
    jitted = xcs.jit(function)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert jitted(3) == function(3)
    reason = xcs.get_jit_stats(jitted)["fallback"]
    assert reason in ("nested too deeply", "its file is nested too deeply")
    assert [str(one.message) for one in said] == [f"`f` runs as plain Python: {reason}"]
    with pytest.raises(xcs.XCSError, match="nested too deeply"):
        jitted.trace(3)


def test_only_the_deep_helper_is_one_call(tmp_path):
    helper = DEEP["elif"].replace("def f(x)", "def g(x)")
    function = function_of(helper + "\n\n\ndef f(x):\n    return g(x), ask(x), ask(x + 1)", tmp_path)
    jitted = xcs.jit(function)
    assert jitted(3) == function(3)
    assert xcs.get_jit_stats(jitted)["fallback"] is None
    assert "g is too large to infer" in xcs.explain(jitted)
