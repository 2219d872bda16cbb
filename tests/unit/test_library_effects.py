"""Each use of the standard library in `library_uses`: the effect it is found to have, and what Python really does."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any

import library_uses as uses
import pytest

from xcs.diagnostics.effect import Effect
from xcs.frontend.effects.infer import summarise
from xcs.frontend.effects.lattice import covers
from xcs.frontend.effects.source import function_ast
from xcs.frontend.effects.type_of import type_of
from xcs.frontend.sanitizer.object_states import ObjectStates
from xcs.frontend.sanitizer.watch import Licence, Watch


def name_of(one: Any) -> str:
    """A use as the file spells it."""
    if not callable(one):
        return ""
    function: Any = one
    return (
        ast.unparse(function_ast(function))[:70].replace("lambda ", "")
        if "lambda" in function.__name__
        else function.__name__
    )


def effect_and_result(function: Callable[..., Any], *args: Any) -> tuple[Effect, Any, Any]:
    """What a call counts as, the type that is foretold, and the value; nothing more may happen than it says."""
    summary = summarise(function, args, {})
    states = ObjectStates([function, *args])
    with Watch(Licence(name_of(function), summary.effect, declared=False)) as watch:
        value = function(*args)
    assert [(sight.what, sight.location) for _, sight in watch.excess] == []
    mutated = [args[key] for key in summary.mutates if isinstance(key, int)]
    if summary.effect < Effect.ORDERED:
        assert [one for one in states.changed() if not any(one is written for written in mutated)] == []
    return summary.effect, summary, value


@pytest.mark.parametrize(("function", "args"), uses.PURE, ids=name_of)
def test_pure_uses(function, args):
    effect, summary, value = effect_and_result(function, *copy.deepcopy(args))
    assert effect is Effect.PURE, summary.reason
    assert not summary.mutates
    assert hasattr(value, "__next__") or covers(summary.result, type_of(value)), (summary.result, type_of(value))


@pytest.mark.parametrize(("function", "text"), uses.READS, ids=name_of)
def test_uses_that_look_at_the_world(function, text, tmp_path):
    path = tmp_path / "file.txt"
    path.write_text(text)
    effect, summary, value = effect_and_result(function, str(path))
    assert effect is Effect.READS, summary.reason
    assert covers(summary.result, type_of(value)), (summary.result, type_of(value))


@pytest.mark.parametrize("function", uses.ORDERED, ids=name_of)
def test_uses_that_others_may_notice(function, tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("text")
    effect, summary, _ = effect_and_result(function, str(path))
    assert effect >= Effect.ORDERED, summary.reason


@pytest.mark.parametrize("function", uses.FENCES, ids=name_of)
def test_uses_of_time(function):
    effect, summary, _ = effect_and_result(function, "path")
    assert effect is Effect.FENCE, summary.reason
