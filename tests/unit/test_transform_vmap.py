"""`vmap` and `scan` beside Python loops and JAX's own."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs

ROWS = jnp.arange(12.0).reshape(4, 3)
WEIGHTS = jnp.linspace(-1.0, 1.0, 9).reshape(3, 3)


def score(text: str) -> float:
    return float(len(text))


score = xcs.op(effect="unordered")(score)


def same(got: Any, wanted: Any) -> None:
    assert jax.tree.structure(got) == jax.tree.structure(wanted)
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(wanted), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-6)


def layer(weights: Any, x: Any) -> Any:
    return {"hidden": jnp.tanh(weights @ x), "sums": (x.sum(), x * 2)}


def branching(x: Any) -> Any:
    if x.sum() > 10:
        return x * 2
    return -x


def mixed(x: Any, text: str) -> Any:
    return jnp.dot(x, x) * score(text)


@pytest.mark.parametrize("in_axes", [(None, 0), (None, 1), [None, -1]])
def test_array_code_is_as_jax_maps_it(in_axes: Any) -> None:
    square = ROWS[:3]
    axes = tuple(in_axes)
    same(xcs.vmap(layer, in_axes)(WEIGHTS, square), jax.vmap(layer, axes)(WEIGHTS, square))
    same(xcs.vmap(layer, in_axes, 1 - 1)(WEIGHTS, square), jax.vmap(layer, axes)(WEIGHTS, square))


def test_out_axes_are_those_of_jax() -> None:
    axes = {"hidden": 1, "sums": (0, 1)}
    same(xcs.vmap(layer, (None, 0), axes)(WEIGHTS, ROWS), jax.vmap(layer, (None, 0), axes)(WEIGHTS, ROWS))


def test_branches_on_the_element_run_element_by_element() -> None:
    same(xcs.vmap(branching)(ROWS), jnp.stack([branching(row) for row in ROWS]))


def test_calls_and_arrays_are_as_a_loop_gives_them() -> None:
    texts = ["a", "bb", "", "dddd"]
    same(xcs.vmap(mixed)(ROWS, texts), jnp.stack([mixed(row, text) for row, text in zip(ROWS, texts, strict=True)]))


def test_calls_of_all_elements_overlap() -> None:
    barrier = threading.Barrier(5, timeout=20)

    def meet(text: str) -> str:
        barrier.wait()
        return text * 2

    meet = xcs.op(effect="unordered")(meet)
    assert xcs.vmap(lambda text: meet(text))(list("abcde")) == ["aa", "bb", "cc", "dd", "ee"]


def test_methods_are_mapped_and_overlap() -> None:
    barrier = threading.Barrier(3, timeout=20)

    @xcs.op(effect="unordered")
    def meet(text: str) -> str:
        barrier.wait()
        return text

    class Agent:
        suffix = "!"

        def answer(self, text: str) -> str:
            return meet(text) + self.suffix

    assert xcs.vmap(Agent().answer)(["a", "b", "c"]) == ["a!", "b!", "c!"]


def test_nested_lists_map_twice() -> None:
    nested = xcs.vmap(xcs.vmap(lambda text: score(text)))
    assert nested([["a", "bb"], ["ccc"], []]) == [[1.0, 2.0], [3.0], []]


def test_nested_maps_of_arrays_and_calls() -> None:
    both = xcs.vmap(xcs.vmap(mixed))
    x, texts = jnp.ones((2, 2, 3)), [["a", "bb"], ["ccc", "dddd"]]
    same(both(x, texts), jnp.array([[3.0, 6.0], [9.0, 12.0]]))


def test_nested_maps_of_arrays_are_as_jax_maps_them() -> None:
    def product(a: Any, b: Any) -> Any:
        return a * b

    same(
        xcs.vmap(xcs.vmap(product, (0, None)), (None, 0))(ROWS, ROWS),
        jax.vmap(jax.vmap(product, (0, None)), (None, 0))(ROWS, ROWS),
    )


class Pair(NamedTuple):
    text: Any
    value: Any


def test_structures_are_mapped_part_by_part() -> None:
    def one(pair: Pair, extra: dict[str, Any]) -> Any:
        return {"text": pair.text + extra["suffix"], "value": (pair.value * 2, pair.text)}

    got = xcs.vmap(one)(Pair(["a", "b"], ROWS[:2]), {"suffix": ("!", "?")})
    assert got["text"] == ["a!", "b?"]
    assert got["value"][1] == ["a", "b"]
    same(got["value"][0], ROWS[:2] * 2)


def test_a_module_maps_over_its_arrays() -> None:
    @xcs.module
    class Affine:
        weight: Any
        name: str = xcs.field(static=True)

    def apply(affine: Any, x: Any) -> Any:
        return affine.weight @ x

    stacked = Affine(jnp.stack([WEIGHTS, -WEIGHTS]), "a")
    wanted = jnp.stack([WEIGHTS @ ROWS[0], -WEIGHTS @ ROWS[0]])
    same(xcs.vmap(apply, (0, None))(stacked, ROWS[0]), wanted)


def test_an_axis_size_repeats_a_function_of_nothing() -> None:
    calls: list[int] = []

    @xcs.op(effect="unordered")
    def draw(seed: int) -> int:
        calls.append(seed)
        return seed + 1

    assert xcs.vmap(lambda seed: draw(seed), None, axis_size=3)(5) == [6, 6, 6]
    assert calls == [5, 5, 5]


def test_keyword_arguments_are_mapped() -> None:
    assert xcs.vmap(lambda text, times: score(text) * times)(["a", "bb"], times=[2, 3]) == [2.0, 6.0]
    same(xcs.vmap(lambda x, y: x + y)(ROWS, y=ROWS), ROWS + ROWS)


def test_numpy_stays_numpy() -> None:
    got = xcs.vmap(lambda x: np.cumsum(x) * 2)(np.arange(6.0).reshape(2, 3))
    assert type(got) is np.ndarray
    assert got.tolist() == [[0.0, 2.0, 6.0], [6.0, 14.0, 24.0]]


def test_text_made_of_an_element_is_its_value() -> None:
    got = xcs.vmap(lambda x: x * len(f"{float(x.sum()):.0f}"))(jnp.array([[1.0], [100.0]]))
    assert got.tolist() == [[1.0], [300.0]]


def test_globals_are_those_of_the_call() -> None:
    space: dict[str, Any] = {"weights": WEIGHTS}

    def apply(x: Any) -> Any:
        return space["weights"] @ x

    mapped = xcs.vmap(apply)
    same(mapped(ROWS), ROWS @ WEIGHTS.T)
    space["weights"] = WEIGHTS * 2
    same(mapped(ROWS), ROWS @ WEIGHTS.T * 2)


def test_the_first_error_in_order_is_raised() -> None:
    @xcs.op(effect="unordered")
    def fragile(text: str) -> str:
        if text != "ok":
            raise ValueError(text)
        return text

    with pytest.raises(ValueError, match="first"):
        xcs.vmap(lambda text: fragile(text))(["ok", "first", "second"])


def test_under_jax_it_is_jax_vmap() -> None:
    same(jax.jit(xcs.vmap(jnp.sin))(ROWS), jnp.sin(ROWS))
    same(jax.vmap(xcs.vmap(lambda x: x * 2))(ROWS), ROWS * 2)
    same(jax.grad(lambda x: xcs.vmap(lambda row: (row * row).sum())(x).sum())(ROWS), ROWS * 2)


def test_jit_of_it_is_itself() -> None:
    mapped = xcs.vmap(mixed)
    assert xcs.jit(mapped) is mapped


def cumulative(carry: Any, x: Any) -> Any:
    return carry + x.sum(), (carry * 2, x)


@pytest.mark.parametrize("reverse", [False, True])
def test_array_steps_are_as_jax_scans(reverse: bool) -> None:
    start = jnp.float32(1.0)
    same(
        xcs.scan(cumulative, start, ROWS, reverse=reverse),
        jax.lax.scan(cumulative, start, ROWS, reverse=reverse),
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_steps_with_calls_are_as_a_loop(reverse: bool) -> None:
    def step(carry: Any, element: Any) -> Any:
        x, text = element["x"], element["text"]
        return carry + x * score(text), (carry, text.upper())

    texts = ["a", "bb", "", "dddd"]
    carry, outputs = jnp.zeros(3), []
    order = range(4)[::-1] if reverse else range(4)
    for index in order:
        carry, output = step(carry, {"x": ROWS[index], "text": texts[index]})
        outputs.append(output)
    outputs = outputs[::-1] if reverse else outputs
    got_carry, (carries, got_texts) = xcs.scan(step, jnp.zeros(3), {"x": ROWS, "text": texts}, reverse=reverse)
    same(got_carry, carry)
    same(carries, jnp.stack([one for one, _ in outputs]))
    assert got_texts == [text for _, text in outputs]


def test_each_call_of_a_scan_is_made_once_in_order() -> None:
    seen: list[str] = []

    def step(carry: str, text: str) -> tuple[str, None]:
        seen.append(carry + text)
        return carry + text, None

    assert xcs.scan(step, "", ["a", "b", "c"]) == ("abc", None)
    assert seen == ["a", "ab", "abc"]


def test_a_length_without_elements() -> None:
    assert xcs.scan(lambda carry, _: (carry + 1, carry), 0, length=3) == (3, [0, 1, 2])
    carry, _ = xcs.scan(lambda carry, _: (carry * 2.0, None), jnp.ones(2), length=3)
    assert carry.tolist() == [8.0, 8.0]


def test_python_numbers_stay_python_numbers() -> None:
    carry, outputs = xcs.scan(lambda total, x: (total + x, total), 0.0, [0.5, 0.25])
    assert (carry, outputs) == (0.75, [0.0, 0.5])
    assert type(carry) is float


def test_a_map_of_scans() -> None:
    def total(start: Any) -> Any:
        def step(carry: Any, x: Any) -> Any:
            return carry + x, carry

        return xcs.scan(step, start, ROWS[:, 0])[0]

    same(xcs.vmap(total)(jnp.arange(2.0)), jnp.arange(2.0) + ROWS[:, 0].sum())


def test_scan_under_jax_is_jax_scan() -> None:
    def loss(x: Any) -> Any:
        return xcs.scan(lambda carry, row: (carry * row.sum(), None), 1.0, x)[0]

    def plain(x: Any) -> Any:
        return jax.lax.scan(lambda carry, row: (carry * row.sum(), None), 1.0, x)[0]

    same(jax.grad(loss)(ROWS), jax.grad(plain)(ROWS))


def test_batches_of_another_size_are_one_kernel_too() -> None:
    num_runs = 0

    def counted(x: Any) -> Any:
        nonlocal num_runs
        num_runs += 1
        return jnp.cos(x)

    compiled = jax.jit(counted)
    mapped = xcs.vmap(lambda x: compiled(x) * 2)
    for size in (4, 8, 4):
        same(mapped(jnp.ones((size, 2))), jnp.cos(jnp.ones((size, 2))) * 2)
    assert num_runs == 1  # one element's shape: `jax.vmap` batches what it traced


def test_a_mapped_scan_is_as_jax_maps_it() -> None:
    def step(carry: Any, x: Any) -> Any:
        return carry * 0.5 + x, carry * x

    ours = xcs.vmap(lambda init, xs: xcs.scan(step, init, xs))
    theirs = jax.vmap(lambda init, xs: jax.lax.scan(step, init, xs))
    same(ours(ROWS[:, 0], ROWS), theirs(ROWS[:, 0], ROWS))
    same(jax.jit(ours)(ROWS[:, 0], ROWS), theirs(ROWS[:, 0], ROWS))


def test_a_jitted_mapped_gradient_is_that_of_jax() -> None:
    def loss(weights: Any, x: Any) -> Any:
        return (jnp.tanh(weights @ x) ** 2).sum()

    ours = xcs.jit(xcs.vmap(xcs.grad(loss), in_axes=(None, 0)))
    same(ours(WEIGHTS, ROWS), jax.jit(jax.vmap(jax.grad(loss), (None, 0)))(WEIGHTS, ROWS))


def test_jax_takes_jitted_array_functions() -> None:
    def loss(weights: Any, x: Any) -> Any:
        hidden = jnp.tanh(weights @ x)
        return (hidden**2).sum()

    ours = xcs.jit(loss)
    ours(WEIGHTS, ROWS[0])
    same(jax.jit(ours)(WEIGHTS, ROWS[0]), jax.jit(loss)(WEIGHTS, ROWS[0]))
    same(jax.grad(ours)(WEIGHTS, ROWS[0]), jax.grad(loss)(WEIGHTS, ROWS[0]))
    same(jax.vmap(ours, (None, 0))(WEIGHTS, ROWS), jax.vmap(loss, (None, 0))(WEIGHTS, ROWS))
    same(
        jax.jit(jax.vmap(jax.grad(ours), (None, 0)))(WEIGHTS, ROWS),
        jax.jit(jax.vmap(jax.grad(loss), (None, 0)))(WEIGHTS, ROWS),
    )


def test_the_same_function_of_other_dtypes_and_shapes() -> None:
    mapped = xcs.vmap(lambda x: (x * 2, x.sum()))
    batches = [ROWS, ROWS.astype(jnp.int32), ROWS.T, ROWS[:, 0], ROWS > 3, ROWS]
    for batch in batches:
        got, wanted = mapped(batch), [(row * 2, row.sum()) for row in batch]
        for index, one in enumerate(got):
            assert one.dtype == wanted[0][index].dtype
            np.testing.assert_allclose(one, np.stack([row[index] for row in wanted]), rtol=1e-6)
