"""What calls of declared functions do is remembered, for as long as all that it follows from stays the same."""

from __future__ import annotations

import xcs
from xcs.diagnostics.effect import ORDERED, Effect
from xcs.frontend.effects.abstract_type import FLOAT, INT, STR
from xcs.frontend.effects.infer import infer_call


def shown(x):
    return str(x)


def counted(x):
    return len(x)


def ask(x, scale=1):
    return render(x) * scale


render = shown


def declared(**options):
    """A fresh function of the same code each time."""
    return xcs.op(effect="unordered", **options)(type(ask)(ask.__code__, globals(), "ask", (1,)))


def test_the_second_question_has_the_same_answer() -> None:
    leaf = declared()
    assert infer_call(leaf, (STR,), {}) is infer_call(leaf, (STR,), {})
    assert infer_call(leaf, (STR,), {}).result == STR
    assert infer_call(leaf, (STR, FLOAT), {}) is not infer_call(leaf, (STR,), {})


def test_a_function_that_is_declared_anew_is_asked_again() -> None:
    leaf = declared()
    assert infer_call(leaf, (STR,), {}).effect is Effect.UNORDERED
    leaf.__xcs_behaviour__ = ORDERED
    assert infer_call(leaf, (STR,), {}).effect is Effect.ORDERED
    leaf.__xcs_result__ = float
    assert infer_call(leaf, (STR,), {}).result == FLOAT


def test_what_the_body_calls_may_be_bound_anew(monkeypatch) -> None:
    leaf = declared()
    assert infer_call(leaf, (STR,), {}).result == STR
    monkeypatch.setitem(globals(), "render", counted)
    assert infer_call(leaf, (STR,), {}).result == INT


def test_code_and_defaults_may_change() -> None:
    leaf = declared()
    assert infer_call(leaf, (STR,), {}).result == STR
    leaf.__code__ = counted.__code__
    leaf.__defaults__ = None
    assert infer_call(leaf, (STR,), {}).result == INT


def test_functions_under_a_policy_are_asked_by_the_body_inside() -> None:
    leaf = declared(max_concurrency=2)
    assert infer_call(leaf, (STR,), {}).result == STR
    leaf.__xcs_limited__.__code__ = counted.__code__
    assert infer_call(leaf, (STR,), {}).result == INT
