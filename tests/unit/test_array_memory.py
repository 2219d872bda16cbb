"""Arrays that nobody needs any more go while the program runs: a long pipeline takes the memory of two stages."""

from __future__ import annotations

import dataclasses
import gc
import weakref

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.runtime.executor import SequentialExecutor, ThreadsExecutor

NUM_STAGES = 100
SIZE = 4096  # numbers in the array of a stage

peaks: list[int] = []  # bytes of the large arrays alive, at each call


def large_bytes() -> int:
    return sum(array.nbytes for array in jax.live_arrays() if array.size >= SIZE)


@xcs.op(effect="unordered")
def rate(array):
    """A call between two stages, which waits for the array of the one before."""
    peaks.append(large_bytes())
    return float(array[0])


def stages(x):
    """As many as `NUM_STAGES`, written out: nothing here is rebound, so plain Python would keep them all."""
    lines = ["def staged(x0):"]
    for index in range(NUM_STAGES):
        lines.append(f"    r{index} = rate(x{index})")
        lines.append(f"    x{index + 1} = jnp.tanh(x{index} * 0.5) + r{index}")
    return lines


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    path = tmp_path_factory.mktemp("pipeline") / "pipeline.py"
    path.write_text("\n".join([*stages(None), f"    return x{NUM_STAGES}.sum()"]))
    names = {"jnp": jnp, "rate": rate}
    exec(compile(path.read_text(), str(path), "exec"), names)
    jitted = xcs.jit(names["staged"])
    jitted(jnp.linspace(0.0, 1.0, SIZE))  # compiles once for all tests
    return jitted


def test_the_pipeline_would_keep_all_stages_otherwise(pipeline) -> None:
    x = jnp.linspace(0.0, 1.0, SIZE)
    plan = dataclasses.replace(pipeline.compile().plan, holds_arrays=False)
    peaks.clear()
    ThreadsExecutor().run(plan, (x,)).unwrap()
    assert max(peaks) >= (NUM_STAGES - 1) * x.nbytes


@pytest.mark.parametrize("executor", [SequentialExecutor(), ThreadsExecutor()], ids=["sequential", "threads"])
def test_a_pipeline_of_100_stages_takes_the_memory_of_two(pipeline, executor) -> None:
    x = jnp.linspace(0.0, 1.0, SIZE)
    compiled = pipeline.compile()
    executor.run(compiled.plan, (x,)).unwrap()
    gc.collect()
    peaks.clear()
    before = large_bytes()
    executor.run(compiled.plan, (x,)).unwrap()
    assert len(peaks) == NUM_STAGES
    assert max(peaks) - before <= 2 * x.nbytes
    assert x.sum() == pytest.approx(SIZE / 2, rel=1e-3)  # the argument is the user's


def test_calls_that_are_known_to_be_fast_keep_no_more(pipeline) -> None:
    x = jnp.linspace(0.0, 1.0, SIZE)
    for _ in range(30):  # from then on they are
        pipeline(x)
    gc.collect()
    peaks.clear()
    before = large_bytes()
    pipeline(x)
    assert max(peaks) - before <= 2 * x.nbytes


def carried(x, texts):
    for text in texts:
        rated = rate(x)
        y = jnp.tanh(x * 0.5)
        x = y + rated * len(text)
    return x.sum()


@pytest.mark.parametrize("executor", [SequentialExecutor(), ThreadsExecutor()], ids=["sequential", "threads"])
def test_a_loop_keeps_the_arrays_of_the_iterations_that_run(executor) -> None:
    x, texts = jnp.linspace(0.0, 1.0, SIZE), ["a"] * 50
    plan = xcs.jit(carried).compile(x, texts).plan
    executor.run(plan, (x, texts)).unwrap()
    gc.collect()
    peaks.clear()
    before = large_bytes()
    executor.run(plan, (x, texts)).unwrap()
    assert max(peaks) - before <= 3 * x.nbytes


def test_an_array_that_is_used_again_is_kept_until_then() -> None:
    @xcs.jit
    def both(x, text):
        y = jnp.tanh(x)
        first = rate(y) + len(text)
        z = jnp.tanh(y * first)
        second = rate(z)
        return y * second + z, [y, z]

    x = jnp.linspace(0.0, 1.0, SIZE)
    result, (y, z) = both(x, "ab")
    np.testing.assert_allclose(y, jnp.tanh(x), rtol=1e-6)
    np.testing.assert_allclose(result, y * float(z[0]) + z, rtol=1e-6)


class Held:
    """Something whose end can be seen."""


def test_other_objects_live_as_long_as_in_python() -> None:
    seen: list[bool] = []
    refs: list[weakref.ref[Held]] = []

    @xcs.op(effect="unordered")
    def make(text):
        held = Held()
        refs.append(weakref.ref(held))
        return held

    @xcs.op(effect="unordered")
    def look(held, array):
        return float(array[0])

    @xcs.op(effect="ordered")
    def check(number):
        seen.append(refs[-1]() is not None)
        return number

    @xcs.jit
    def program(x, text):
        held = make(text)
        y = jnp.tanh(x)
        number = look(held, y)
        return check(number)

    program(jnp.ones(SIZE), "a")
    assert seen == [True]


def test_a_while_loop_keeps_what_its_condition_has_seen() -> None:
    @xcs.jit
    def doubled(x, text):
        while jnp.abs(x).max() < 20.0:
            x = x * 1.5 + rate(x)
        return x

    def plain(x):
        while jnp.abs(x).max() < 20.0:
            x = x * 1.5 + float(x[0])
        return x

    x = jnp.linspace(1.0, 2.0, SIZE)
    np.testing.assert_allclose(doubled(x, "a"), plain(x), rtol=1e-5)
    plan = doubled.compile().plan
    np.testing.assert_allclose(SequentialExecutor().run(plan, (x, "a")).unwrap()[0], plain(x), rtol=1e-5)
