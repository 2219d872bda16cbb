"""A program called often is one flat function, and nothing that can be seen of its calls is different for it."""

from __future__ import annotations

import contextvars
import json
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.frontend.guard_check import MANY
from xcs.runtime.latency import FAST_NS

WEIGHTS = jnp.ones(4)
seen: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="nothing")


class Clock:
    """What the runtime takes for the time: it goes on by a nanosecond each time one looks."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        self.now += 1
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("time.perf_counter_ns", found)
    return found


@xcs.op(effect="unordered")
def rating(text):
    return float(len(text))


@xcs.op(effect="unordered")
def refused(text):
    if text == "bad":
        raise ValueError("a bad text")
    return 1.0


def hybrid(weights, x, text):
    encoded = jnp.tanh(x @ weights)
    return (encoded * rating(text)).sum()


def failing(x, text):
    return jnp.tanh(x) * refused(text)


ARGUMENTS = (jnp.ones((4, 4)) / 4, jnp.ones((4, 4)), "a text")


def num_straight(jitted: Any) -> int:
    """How many calls went straight."""
    return jitted._xcs_counters.straight["calls"].cell_contents


def is_straight(jitted: Any, *args: Any, **kwargs: Any) -> bool:
    """Whether a call goes straight."""
    before = num_straight(jitted)
    jitted(*args, **kwargs)
    return num_straight(jitted) == before + 1


def often(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The jitted function after as many calls as it takes."""
    jitted = xcs.jit(function, **options)
    for _ in range(MANY + 40):
        jitted(*args)
    assert is_straight(jitted, *args)
    return jitted


def test_calls_alike_go_straight_and_are_counted_like_others() -> None:
    jitted = often(hybrid, *ARGUMENTS)
    before = xcs.get_jit_stats(jitted)
    np.testing.assert_allclose(jitted(*ARGUMENTS), hybrid(*ARGUMENTS), rtol=1e-6)
    assert is_straight(jitted, ARGUMENTS[0], text="a", x=ARGUMENTS[1])
    after = xcs.get_jit_stats(jitted)
    assert after["calls"] == before["calls"] + 2
    assert after["leaf_calls"] == before["leaf_calls"] + 2 * 3
    assert after["wall_time_s"] > before["wall_time_s"]
    assert after["external_time_s"] > before["external_time_s"]


@pytest.mark.parametrize(
    "args",
    [
        (jnp.ones((3, 3)), jnp.ones((3, 3)), "a text"),
        (*ARGUMENTS[:2], ["a", "list"]),
        (np.ones((4, 4)), *ARGUMENTS[1:]),
        (ARGUMENTS[0].astype(jnp.int32), *ARGUMENTS[1:]),
    ],
)
def test_other_arguments_go_the_other_way(args: tuple[Any, ...]) -> None:
    jitted = often(hybrid, *ARGUMENTS)
    assert not is_straight(jitted, *args)
    found, wanted = jitted(*args), hybrid(*args)
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert is_straight(jitted, *ARGUMENTS) or is_straight(jitted, *ARGUMENTS)


def test_arguments_that_do_not_fit_are_pythons_own_error() -> None:
    jitted = often(hybrid, *ARGUMENTS)
    with pytest.raises(TypeError, match=r"hybrid\(\) missing 1 required positional argument: 'text'"):
        jitted(*ARGUMENTS[:2])
    with pytest.raises(TypeError, match=r"hybrid\(\) takes 3 positional arguments but 4 were given"):
        jitted(*ARGUMENTS, 1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        jitted(*ARGUMENTS, other=1)


def with_default(x, text="four"):
    return jnp.tanh(x) * rating(text)


def test_arguments_left_out_have_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted = often(with_default, WEIGHTS, "two")
    np.testing.assert_array_equal(jitted(WEIGHTS), jnp.tanh(WEIGHTS) * 4.0)
    monkeypatch.setattr(with_default, "__defaults__", ("seven--",))
    np.testing.assert_array_equal(jitted(WEIGHTS), jnp.tanh(WEIGHTS) * 7.0)


def test_what_takes_the_place_of_something_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def program(x, text):
        return jnp.tanh(x) * refused(text)

    jitted = often(program, WEIGHTS, "good")
    monkeypatch.setitem(globals(), "refused", lambda text: 5.0)
    np.testing.assert_array_equal(jitted(WEIGHTS, "good"), jnp.tanh(WEIGHTS) * 5.0)
    monkeypatch.undo()
    monkeypatch.setattr(jnp, "tanh", jnp.cos)
    np.testing.assert_array_equal(jitted(WEIGHTS, "good"), jnp.cos(WEIGHTS))
    monkeypatch.undo()
    monkeypatch.delitem(globals(), "refused")
    with pytest.raises(NameError, match="refused"):
        jitted(WEIGHTS, "good")
    monkeypatch.undo()
    jitted.__code__ = (lambda x, text: jnp.sin(x)).__code__
    np.testing.assert_array_equal(jitted(WEIGHTS, "good"), jnp.sin(WEIGHTS))


def test_exceptions_leave_as_they_do_in_general() -> None:
    jitted, general = often(failing, WEIGHTS, "good"), xcs.jit(failing)
    errors = []
    for function in (general, jitted):
        with pytest.raises(ValueError, match="a bad text") as caught:
            function(WEIGHTS, "bad")
        errors.append(caught.value)
    first, second = errors
    assert isinstance(second, xcs.XCSExecutionError)
    assert (first.node, first.__notes__) == (second.node, second.__notes__)
    assert isinstance(second.__cause__, ValueError)
    assert first.__context__ is second.__context__ is None
    assert [one.name for one in traceback.extract_tb(second.__traceback__)][-1] == "refused"
    stats = xcs.get_jit_stats(jitted)
    assert stats["calls"] == MANY + 42
    assert is_straight(jitted, WEIGHTS, "good")


def test_inside_of_another_program_an_exception_is_itself() -> None:
    inner = often(failing, WEIGHTS, "good")
    errors: list[BaseException] = []

    @xcs.op(effect="unordered")
    def leaf(text):
        try:
            return inner(WEIGHTS, text)
        except ValueError as error:
            errors.append(error)
            return WEIGHTS

    @xcs.jit
    def outer(text):
        return leaf(text)

    for _ in range(MANY + 40):
        outer("good")
    assert is_straight(outer, "good")
    outer("bad")
    assert type(errors[0]) is ValueError
    with pytest.raises(xcs.XCSExecutionError):
        inner(WEIGHTS, "bad")


def test_context_variables_set_by_a_call_stay_set() -> None:
    @xcs.op(effect="unordered")
    def noting(text):
        seen.set(text)
        return 1.0

    def program(x, text):
        return jnp.tanh(x) * noting(text)

    jitted = often(program, WEIGHTS, "first")
    assert is_straight(jitted, WEIGHTS, "second")
    assert seen.get() == "second"


def test_calls_that_become_slow_leave_the_code_and_are_made_once(clock: Clock) -> None:
    made = []
    duration_ns = FAST_NS // 10

    @xcs.op(effect="unordered")
    def first(text):
        made.append("first")
        clock.now += duration_ns
        return 1.0

    @xcs.op(effect="unordered")
    def second(text):
        made.append("second")
        clock.now += duration_ns
        if text == "bad":
            raise ValueError("a bad text")
        return 2.0

    def program(x, text):
        try:
            found = jnp.tanh(x) * first(text) + second(text)
        except BaseException as error:
            found = type(error).__name__
        return found

    jitted = often(program, WEIGHTS, "good")
    num_left = 0
    for text in ("good", "bad"):
        made.clear()
        duration_ns = 9_000 * FAST_NS
        before = num_straight(jitted)
        found = jitted(WEIGHTS, text)
        num_left += num_straight(jitted) == before
        assert sorted(made) == ["first", "second"]
        if text == "bad":
            assert found == "ValueError"
        else:
            np.testing.assert_array_equal(found, jnp.tanh(WEIGHTS) + 2.0)
    assert num_left == 2


def test_calls_that_the_machine_holds_up_now_and_then_stay_fast(clock: Clock) -> None:
    held_up = [0]

    @xcs.op(effect="unordered")
    def leaf(text):
        clock.now += held_up.pop() if held_up else 0
        return text

    def program(text):
        return leaf(text) + leaf(leaf(text))

    jitted = often(program, "text")
    for _ in range(4):
        held_up.append(20 * FAST_NS)
        for _ in range(60):
            assert is_straight(jitted, "text")


def test_runs_that_are_watched_are_not_straight(tmp_path: Path) -> None:
    jitted = often(hybrid, *ARGUMENTS)
    with xcs.timeline(tmp_path / "trace.json"):
        assert not is_straight(jitted, *ARGUMENTS)
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert any("rating" in event["name"] for event in events)
    with xcs.journal(tmp_path / "journal.db"):
        assert not is_straight(jitted, *ARGUMENTS)
    with xcs.check_effects():
        assert not is_straight(jitted, *ARGUMENTS)
    with xcs.disable_jit():
        assert not is_straight(jitted, *ARGUMENTS)
    assert is_straight(jitted, *ARGUMENTS)


@pytest.mark.parametrize("options", [{"timeout_s": 60.0}, {"strategy": "sequential"}, {"strategy": "hybrid"}])
def test_programs_that_run_in_another_way_are_not_straight(options: dict[str, Any]) -> None:
    jitted = xcs.jit(hybrid, **options)
    for _ in range(MANY + 40):
        jitted(*ARGUMENTS)
    assert not is_straight(jitted, *ARGUMENTS)


def names_of_ours(t0, n, w, v1, t, d, xcs_result, k0x):
    return jnp.tanh(t0) * rating(n) + w + v1 + t + d + xcs_result + k0x


def global_names_of_ours(k0, now, type, leave):
    return jnp.tanh(k0) * rating(now) + type + leave


def test_parameters_may_have_any_names() -> None:
    args = WEIGHTS, "text", 1, 2, 3, 4, 5, 6
    np.testing.assert_allclose(often(names_of_ours, *args)(*args), names_of_ours(*args), rtol=1e-6)
    jitted, args = xcs.jit(global_names_of_ours), (WEIGHTS, "text", 1, 2)
    for _ in range(MANY + 40):
        np.testing.assert_allclose(jitted(*args), global_names_of_ours(*args), rtol=1e-6)


def test_methods_and_two_kinds_of_arguments_in_turns() -> None:
    jitted = often(hybrid, *ARGUMENTS)
    larger = (jnp.ones((5, 5)), jnp.ones((5, 5)), "text")
    for _ in range(MANY + 40):
        np.testing.assert_allclose(jitted(*larger), hybrid(*larger), rtol=1e-6)
        np.testing.assert_allclose(jitted(*ARGUMENTS), hybrid(*ARGUMENTS), rtol=1e-6)
    assert xcs.get_jit_stats(jitted)["traces"] == 2


def test_a_kernel_that_meets_other_types_decides_itself() -> None:
    factors = 2.0, 3, jnp.full(4, 2.0), np.full(4, 2.0, np.float32), "text", None

    @xcs.op(effect="unordered")
    def drawn(index):
        return factors[index]

    def program(x, index):
        return jnp.tanh(x) * drawn(index)

    jitted = often(program, WEIGHTS, 0)
    for index in range(4):
        found, wanted = jitted(WEIGHTS, index), program(WEIGHTS, index)
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
    for index in (4, 5):
        with pytest.raises(TypeError) as wanted_error:
            program(WEIGHTS, index)
        with pytest.raises(TypeError) as found_error:
            jitted(WEIGHTS, index)
        assert str(found_error.value) == str(wanted_error.value)


def test_interrupts_pass_and_leave_nothing_behind() -> None:
    @xcs.op(effect="unordered")
    def interrupted(text):
        if text == "stop":
            raise KeyboardInterrupt
        return 1.0

    def program(x, text):
        return jnp.tanh(x) * interrupted(text)

    other = often(failing, WEIGHTS, "good")
    jitted = often(program, WEIGHTS, "go")
    with pytest.raises(KeyboardInterrupt):
        jitted(WEIGHTS, "stop")
    with pytest.raises(xcs.XCSExecutionError):  # outside of any program again
        other(WEIGHTS, "bad")
    assert is_straight(jitted, WEIGHTS, "go")


def test_threads_call_one_function() -> None:
    jitted = often(hybrid, *ARGUMENTS)
    before, wanted, found = num_straight(jitted), float(jitted(*ARGUMENTS)), []

    def work() -> None:
        found.extend(float(jitted(*ARGUMENTS)) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 200
    assert num_straight(jitted) - before <= 201


def test_a_jitted_function_under_a_trace_of_jax_is_part_of_it() -> None:
    jitted = often(failing, WEIGHTS, "good")
    np.testing.assert_array_equal(jax.jit(lambda x: jitted(x, "good"))(WEIGHTS), jitted(WEIGHTS, "good"))
