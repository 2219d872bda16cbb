"""docs/language.md lists each reason why a piece of Python isn't staged, in the words of the code."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import xcs

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
RAISED = {"Unstageable", "SourceUnavailable"}


def texts(node: ast.expr) -> Iterator[str]:
    """What an argument can say, with `…` for each value in it; nothing for an expression that passes a reason on."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join("…" if isinstance(part, ast.FormattedValue) else part.value for part in values)  # type: ignore[attr-defined]
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body)
            yield from texts(orelse)


def reasons_in_code() -> set[str]:
    found: set[str] = set()
    for folder in ("frontend/staging", "frontend/effects"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
                    found.update(texts(node.args[0]))
    return found


def reasons_in_guide() -> list[str]:
    cells = re.findall(r"^\| (.*?) \| ", GUIDE.partition("## Reasons")[2], re.MULTILINE)
    return [cell for cell in cells if cell not in ("reason", "---")]


def test_the_guide_lists_each_reason_once() -> None:
    listed = reasons_in_guide()
    assert len(listed) == len(set(listed))
    assert sorted(set(listed) - reasons_in_code()) == []
    assert sorted(reasons_in_code() - set(listed)) == []


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    return f"<{question}>"


def staged(question: str) -> list[str]:
    first, *others = [ask(f"{question} {number}") for number in (1, 2, 3)]
    found = {other: ask(other) for other in others}
    if not first:
        return []
    while len(found) < 3:
        found[str(len(found))] = ask(question) if first and found else "none"
    try:
        last = ask(question)
    except ValueError:
        last = "refused"
    return [last, *found.values()]


def leaves_a_loop(questions: list[str]) -> str:
    first = ask("first")
    for question in questions:
        if ask(question) == first:
            break
    return first


def uses_a_lock(question: str) -> str:
    answer = "none"
    with threading.Lock():
        answer = ask(question)
    return ask(answer)


def is_a_generator(question: str):  # type: ignore[no-untyped-def]
    yield ask(question)


def inspects(question: str) -> str:
    return ask(question + str(locals()))


def test_what_the_guide_calls_staged_has_no_opaque_piece() -> None:
    assert xcs.trace_function(staged, "why").opaque == ()
    assert xcs.trace_function(leaves_a_loop, ["why"]).opaque == ()


@pytest.mark.parametrize(("program", "argument", "num_asks"), [(uses_a_lock, "why", 1)])
def test_what_the_guide_calls_native_leaves_the_rest_staged(program, argument, num_asks: int) -> None:  # type: ignore[no-untyped-def]
    text = xcs.trace_function(program, argument).as_text()
    assert len(re.findall(r"xcs\.call .*@ask\(", text)) == num_asks


@pytest.mark.parametrize(
    ("program", "reason"), [(is_a_generator, "a generator"), (inspects, "`locals` looks at the running frame")]
)
def test_what_the_guide_calls_refused_warns_and_gives_pythons_result(program, reason: str) -> None:  # type: ignore[no-untyped-def]
    jitted = xcs.jit(program)
    with pytest.warns(xcs.XCSWarning, match=re.escape(reason)):
        result = jitted("why")
    expected = program("why")
    assert (list(result), reason) == (list(expected), xcs.get_jit_stats(jitted)["fallback"])
    with pytest.raises(xcs.XCSError, match="can't be staged"):
        jitted.trace("why")
