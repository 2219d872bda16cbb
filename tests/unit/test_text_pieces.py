"""Text put together of text and numbers is staged by a look at its syntax, without inference, and stays what it is."""

from __future__ import annotations

import types
from collections.abc import Callable

import pytest

import xcs
from xcs.frontend.signature import signature_of
from xcs.frontend.staging.source.segment import Segment
from xcs.frontend.tracing import trace


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    return question


class Loud(str):
    """Text that has a say in how it is formatted."""

    def __format__(self, spec: str) -> str:
        raise ValueError("loud")


def prompt(x: str, n: int, share: float) -> str:
    return ask(f"{n:>3} of {x!r}: {share:.1f}" + " and " + x)


def sum_first(x: str, n: int, share: float) -> str:
    text = x + "!" + x
    return ask(text)


def literals(x: str, n: int, share: float) -> str:
    kind, number = "kind", 3
    return ask(f"{kind} {number} {x}")


def nested(x: str, n: int, share: float) -> str:
    width = n + 2
    return ask(f"{x:>{width}}")


def inside_calls(x: str, n: int, share: float) -> str:
    first = ask(x)
    return ask(f"{ask(first + x)} and {first}")


def joined(x: str, n: int, share: float) -> str:
    answers = [ask(one) for one in (x, x + "!")]
    lines = "\n".join(answers)
    answers.append("more")
    return ask(lines + x.join(answers))


def asked(x: str, n: int, share: float) -> str:
    answer = ask(x)
    if answer.strip().lower() == "some" and "o" in answer:
        answer = ask(answer.replace("s", "S"))
    if len(answer) > 3 and answer.startswith("S"):
        answer = ask(answer + "?")
    return ask("yes" if answer < x else "no")


def compared_numbers(x: str, n: int, share: float) -> str:
    return ask("many" if n > 3 or share <= 0.5 or len(x) < n else "few")


def own_length(x: str, n: int, share: float) -> str:
    def len(text: str) -> int:
        return 100

    return ask("long" if len(x) > 50 else "short")


def raising(x: str, n: int, share: float) -> str:
    first = ask(x)
    return ask(f"{x:d} {first}")


PROGRAMS: list[Callable[[str, int, float], str]] = [
    prompt,
    sum_first,
    literals,
    nested,
    inside_calls,
    joined,
    asked,
    compared_numbers,
    own_length,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_text_is_what_python_makes_of_it(program: Callable[[str, int, float], str]) -> None:
    assert xcs.jit(program)("some", 7, 0.25) == program("some", 7, 0.25)


def test_what_can_not_be_formatted_raises_where_it_stands() -> None:
    with pytest.raises(ValueError, match="format code 'd'"):
        xcs.jit(raising)("some", 7, 0.25)


def test_text_with_a_say_of_its_own_is_asked() -> None:
    def program(x: str, n: int, share: float) -> str:
        return ask(f"{x}")

    assert xcs.jit(program)("some", 1, 0.5) == "some"
    with pytest.raises(ValueError, match="loud"):
        xcs.jit(program)(Loud("some"), 1, 0.5)


def test_lists_of_others_are_read_in_their_place() -> None:
    def program(parts: list[str]) -> str:
        parts.append(ask("b"))
        text = "".join(parts)
        parts.append("c")
        return ask(text)

    assert xcs.jit(program)(["a"]) == "ab"


def test_what_is_no_text_is_not_joined() -> None:
    def program(x: str) -> str:
        parts: list[object] = [x, len(x)]
        return ask("".join(parts))  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="expected str instance, int found"):
        xcs.jit(program)("a")


def inferred(program: types.FunctionType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text of the pieces of a program that effect inference was asked about."""
    asked: list[str] = []
    infer = Segment.infer

    def noted(segment: Segment, *args: object, **options: object) -> object:
        asked.append(segment.name)
        return infer(segment, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Segment, "infer", noted)
    trace(program, ("x", "n", "share"), signature_of(("some", 7, 0.25), frozenset()))
    return asked


@pytest.mark.parametrize("program", [prompt, sum_first, literals, joined, asked], ids=lambda program: program.__name__)
def test_text_needs_no_inference(program: types.FunctionType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert inferred(program, monkeypatch) == []


def test_arithmetic_and_calls_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def program(x: str, n: int, share: float) -> str:
        number = n * 2
        return ask(x.upper() + str(number))

    assert inferred(program, monkeypatch)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_staging_everything_takes_text_apart(program: types.FunctionType) -> None:
    assert xcs.jit(program, stage="all")("some", 7, 0.25) == program("some", 7, 0.25)
