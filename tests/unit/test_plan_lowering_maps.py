"""Batched and vectorised maps: fewer calls, the same values as element by element."""

from __future__ import annotations

import threading
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from xcs.diagnostics.errors import XCSError
from xcs.dialect.parsing import parse_module
from xcs.lowering.jax_rows import MAX_LENGTHS
from xcs.lowering.plan_lowering import lower_to_plan
from xcs.lowering.run import run
from xcs.lowering.vectorized_map import VectorizedKernel
from xcs.runtime.executor import Executor, SequentialExecutor, ThreadsExecutor
from xcs.runtime.plan import Call, Literal, Plan


@pytest.fixture(params=[SequentialExecutor, ThreadsExecutor], ids=["sequential", "threads"])
def executor(request: pytest.FixtureRequest) -> Executor:
    return request.param()


BATCHED = """
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all"}
xcs.func @f(%xs : !xcs.obj, %model : !xcs.obj) -> (!xcs.obj) {
  %ys = xcs.map %x in %xs snapshot batch 3 {
    %y = xcs.call unordered external @embed(%x, model = %model)
    xcs.yield %y
  }
  xcs.return %ys
}
"""


class Embedding:
    """Counts the sizes of the calls it gets."""

    def __init__(self, surplus: int = 0) -> None:
        self.sizes: list[int] = []
        self.surplus = surplus
        self._lock = threading.Lock()

    def one(self, text: str, model: str) -> str:
        with self._lock:
            self.sizes.append(1)
        return f"{model}:{text}"

    def many(self, texts: list[str], model: str) -> list[str]:
        with self._lock:
            self.sizes.append(len(texts))
        return [f"{model}:{text}" for text in texts] + ["?"] * self.surplus


@pytest.mark.parametrize("text", ["", "a", "abc", "abcdefgh"])
def test_elements_go_out_together(executor: Executor, text: str) -> None:
    embedding = Embedding()
    callables = {"embed": embedding.one, "app:embed_all": embedding.many}
    assert run(BATCHED, text, "m", callables=callables, executor=executor) == [f"m:{letter}" for letter in text]
    size = 1 if isinstance(executor, SequentialExecutor) else 3
    assert sorted(embedding.sizes, reverse=True) == [len(text[i : i + size]) for i in range(0, len(text), size)]


def test_the_batch_form_may_be_on_the_callable() -> None:
    embedding = Embedding()

    def embed(text: str, model: str) -> str:
        return embedding.one(text, model)

    embed.__xcs_batch__ = embedding.many  # type: ignore[attr-defined]
    assert run(BATCHED, "abcd", "m", callables={"embed": embed}) == ["m:a", "m:b", "m:c", "m:d"]
    assert sorted(embedding.sizes) == [1, 3]


@pytest.mark.parametrize(
    ("before", "after", "sizes"),
    [
        ("snapshot batch", "batch", [1, 3]),
        ("xcs.yield %y", "%z = xcs.make_tuple(%y) xcs.yield %z", [1, 3]),
        ("snapshot batch 3", "snapshot", [1, 1, 1, 1]),
        ("@embed(%x, model = %model)", "@embed(%x, model = %x)", [1, 1, 1, 1]),
        ("@embed(%x, model = %model)", "@embed(model = %model, text = %x)", [1, 1, 1, 1]),
        ("@embed(%x, model = %model)\n", "@embed(%x, model = %model) batch 2\n", [2, 2]),
        (', batch = "app:embed_all"', "", [1, 1, 1, 1]),
        ('batch = "app:embed_all"', 'batch = "app:embed_all", max_batch = 2 : i64', [2, 2]),
    ],
)
def test_which_calls_of_a_map_go_out_together(before: str, after: str, sizes: list[int]) -> None:
    assert before in BATCHED
    embedding = Embedding()
    callables = {"embed": embedding.one, "app:embed_all": embedding.many}
    assert len(run(BATCHED.replace(before, after), "abcd", "m", callables=callables)) == 4
    assert sorted(embedding.sizes) == sizes


def test_a_batch_form_that_loses_count_is_reported() -> None:
    embedding = Embedding(surplus=1)
    callables = {"embed": embedding.one, "app:embed_all": embedding.many}
    with pytest.raises(XCSError, match="expected the batch form of `@embed` to give 2 results, found 3"):
        run(BATCHED, "ab", "m", callables=callables)


VECTORIZED = """
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>}
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>}
xcs.func @f(%xs : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %ys, %zs = xcs.map %x in %xs snapshot vectorized {
    %y, %z = xcs.tensor jax pure (%a = %w, %b = %x) {
      %h = xcs.call pure @dot(%a, %b)
      %t = xcs.call pure @tanh(%h)
      xcs.yield %h, %t
    }
    xcs.yield %y, %z
  }
  xcs.return %ys, %zs
}
"""


def vectorized(runs: list[int]) -> Plan:
    """The plan of the module above; `runs` grows when Python runs `dot`."""

    def dot(a: Any, b: Any) -> Any:
        runs.append(1)
        return jnp.dot(a, b)

    dot.__module__ = "jax.counted"
    callables = {"dot": dot, "tanh": jnp.tanh}
    return lower_to_plan(parse_module(VECTORIZED), callables, lambda *_: pytest.fail("resolved"))


def kernel_of(plan: Plan) -> VectorizedKernel:
    """The kernel that a plan has instead of a map."""
    (call,) = [found for found in plan.functions["f"].instructions if found.name == "xcs.map vectorized"]
    assert isinstance(call, Call)
    assert isinstance(call.callee, Literal)
    assert isinstance(call.callee.value, VectorizedKernel)
    return call.callee.value


def assert_rows(plan: Plan, xs: Any, w: Any) -> None:
    hs, ts = SequentialExecutor().run(plan, (xs, w)).unwrap()
    assert type(hs) is type(ts) is list
    assert len(hs) == len(ts) == len(xs)
    for x, h, t in zip(xs, hs, ts, strict=True):
        assert h.dtype == jnp.float32
        np.testing.assert_allclose(h, jnp.dot(w, x), rtol=1e-5)
        np.testing.assert_allclose(t, jnp.tanh(jnp.dot(w, x)), rtol=1e-5)


def test_arrays_of_one_shape_are_one_kernel() -> None:
    runs: list[int] = []
    plan = vectorized(runs)
    assert kernel_of(plan).num_lengths == 0
    w = jnp.arange(6.0).reshape(2, 3)
    for _ in range(3):
        assert_rows(plan, [jnp.ones(3) * index for index in range(5)], w)
    assert len(runs) == 2  # for its size, and for the kernel
    assert kernel_of(plan).num_lengths == 1


@pytest.mark.parametrize(
    "xs",
    [
        [],
        [jnp.ones(3)],
        [jnp.ones(3), jnp.ones((3, 2))],
        [jnp.ones(3), np.ones(3, np.float32)],
        [jnp.ones(3), jnp.ones(3, jnp.int32)],
        jnp.ones((4, 3)),
    ],
    ids=["none", "one", "shapes", "numpy", "dtypes", "rows of an array"],
)
def test_other_elements_give_the_same(xs: Any) -> None:
    assert_rows(vectorized([]), xs, jnp.arange(6.0).reshape(2, 3))


def test_many_lengths_end_compiling() -> None:
    plan, w = vectorized([]), jnp.ones((2, 3))
    kernel = kernel_of(plan)
    for length in range(2, MAX_LENGTHS + 4):
        assert_rows(plan, [jnp.ones(3)] * length, w)
        assert kernel.num_lengths == min(length - 1, MAX_LENGTHS + 1)  # then those up to 16 are filled up to 16


def test_errors_are_those_of_the_elements() -> None:
    with pytest.raises(TypeError, match="contracting dimensions"):
        SequentialExecutor().run(vectorized([]), ([jnp.ones(2)] * 3, jnp.ones((2, 3)))).unwrap()
