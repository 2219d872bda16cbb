"""`grad` and `value_and_grad` beside `jax.grad` of the same array code and beside finite differences."""

from __future__ import annotations

import threading
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs

X = jnp.array([0.5, -1.5, 2.0])
WEIGHTS = jnp.linspace(-1.0, 1.0, 9).reshape(3, 3)


@xcs.op(effect="unordered")
def score(text: str) -> float:
    return float(len(text))


@xcs.op(effect="unordered")
def embed(text: str) -> Any:
    return jnp.array([len(text), 1.0, 0.5])


@xcs.op(effect="unordered")
def judge(value: Any) -> float:
    return float(value) * 3.0


def close(got: Any, wanted: Any) -> None:
    assert jax.tree.structure(got) == jax.tree.structure(wanted)
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def differences(function: Any, x: Any, step: float = 1e-2) -> Any:
    """Central finite differences of a program."""
    found = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        above, below = x.at[index].add(step), x.at[index].add(-step)
        found[index] = (float(function(above)) - float(function(below))) / (2 * step)
    return found


def panel(x: Any) -> Any:
    total = 0.0
    for text in ["a", "bb", "ccc"]:
        total = total + score(text) * jnp.dot(x, x)
    return total


def structures(x: Any) -> Any:
    parts = {"sines": [jnp.sin(one) for one in x], "first": (x[0], score("aa"))}
    a, b, c = x
    return sum(parts["sines"]) * parts["first"][0] + parts["first"][1] * a * b + c


def branches(x: Any) -> Any:
    if x.sum() > 0 and score("a") > 0:
        y = jnp.exp(x)
    else:
        y = x * 10
    best = max(y)
    return best * y[1] + (y.mean() if best > 1 else 0.0)


def helper(x: Any, text: str) -> Any:
    return jnp.tanh(embed(text) @ x)


def helpers(x: Any) -> Any:
    return sum([helper(x * i, text) for i, text in enumerate(["a", "bb"])]) * helper(x, "c")


def while_loop(x: Any) -> Any:
    y, steps = x, 0
    while jnp.abs(y).max() < 20.0:
        y = y * 1.5 + score("")
        steps += 1
    return (y * y).sum() / steps


def mutation(x: Any) -> Any:
    class Box:
        pass

    box = Box()
    box.rows = []
    for row in x:
        box.rows.append(row * score("ab"))
    box.rows[0] = box.rows[1] * box.rows[2]
    return sum(box.rows)


def python_numbers(x: Any) -> Any:
    total = 0.0
    for one in x:
        total += float(one) * 2.0
    return total * x[0] + score("a")


def star(x: Any) -> Any:
    return jnp.hypot(*x[:2]) * score("ab") + sum(a * b for a, b in zip(x, x[::-1]))  # noqa: B905


def comprehensions(x: Any) -> Any:
    rows = [jnp.outer(x, x)[i] for i in range(3)]
    named = {str(i): row.sum() * score("a" * i) for i, row in enumerate(rows)}
    return sum(named.values()) + jnp.stack(rows).sum()


def caught(x: Any) -> Any:
    try:
        y = x * score("abc")
        if score("a") == 1.0:
            raise ValueError(y)
    except ValueError as error:
        y = error.args[0] * 2
    return y.sum()


def library(x: Any) -> Any:
    return jax.nn.softmax(WEIGHTS @ x)[0] * score("ab") + jnp.linalg.norm(x) + jax.scipy.special.logsumexp(x)


PROGRAMS = [panel, structures, branches, helpers, while_loop, mutation, star, comprehensions, caught, library]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.__name__)
def test_the_gradient_is_that_of_jax_and_of_differences(program: Any) -> None:
    value, gradient = xcs.value_and_grad(program)(X)
    close(gradient, jax.grad(program)(X))  # JAX runs the calls while it traces: they see nothing of `x`
    close(value, program(X))
    np.testing.assert_allclose(gradient, differences(program, X), rtol=0.05, atol=0.05)


def test_pythons_own_numbers_are_differentiated() -> None:
    close(xcs.grad(python_numbers)(X), jax.grad(lambda x: x.sum() * 2.0 * x[0])(X))


def test_each_call_is_made_once_and_they_overlap() -> None:
    barrier, calls = threading.Barrier(3, timeout=20), []

    @xcs.op(effect="unordered")
    def meet(text: str) -> float:
        barrier.wait()
        calls.append(text)
        return 2.0

    def loss(x: Any) -> Any:
        return sum([meet(text) * x.sum() for text in ("a", "b", "c")])

    close(xcs.grad(loss)(X), jnp.full(3, 6.0))
    assert sorted(calls) == ["a", "b", "c"]


def test_arguments_are_structures_and_several() -> None:
    def loss(weights: dict[str, Any], x: Any, text: str) -> Any:
        return ((weights["w"] @ x + weights["b"]) ** 2).sum() * score(text)

    weights = {"w": WEIGHTS, "b": X}
    got = xcs.grad(loss, (0, 1))(weights, X, "ab")
    wanted = jax.grad(lambda w, x: ((w["w"] @ x + w["b"]) ** 2).sum() * 2.0, (0, 1))(weights, X)
    close(got, wanted)


def test_a_module_is_an_argument() -> None:
    @xcs.module
    class Affine:
        weight: Any
        name: str = xcs.field(static=True)

        def __call__(self, x: Any) -> Any:
            return self.weight @ x * score(self.name)

    def loss(affine: Any) -> Any:
        return affine(X).sum()

    got = xcs.grad(loss)(Affine(WEIGHTS, "ab"))
    assert got.name == "ab"
    close(got.weight, jnp.broadcast_to(2 * X, (3, 3)))


def test_one_array_in_two_places_has_two_gradients() -> None:
    def loss(pair: Any, again: Any) -> Any:
        return (pair[0] * 2 + pair[1] * 3 + again * 5 + X * 7).sum() * score("a")

    close(xcs.grad(loss)((X, X), X), (jnp.full(3, 2.0), jnp.full(3, 3.0)))


def test_aux_is_handed_on() -> None:
    def loss(x: Any) -> Any:
        return (x * x).sum() * score("a"), {"text": "told", "x": x}

    (value, aux), gradient = xcs.value_and_grad(loss, has_aux=True)(X)
    close((value, gradient, aux["x"]), ((X * X).sum(), 2 * X, X))
    assert aux["text"] == "told"
    gradient, aux = xcs.grad(loss, has_aux=True)(X)
    assert aux["text"] == "told"


def test_what_the_loss_does_not_depend_on_has_a_gradient_of_zeros() -> None:
    close(xcs.grad(lambda x: score("a"))(X), jnp.zeros(3))
    close(xcs.grad(lambda x, y: y.sum() * score("a"))(X, X), jnp.zeros(3))


def test_a_python_float_is_an_argument() -> None:
    value, gradient = xcs.value_and_grad(lambda x: x * x * score("abc"))(2.0)
    assert (float(value), float(gradient)) == (12.0, 12.0)


def test_a_gradient_through_a_call_is_refused_by_name() -> None:
    with pytest.raises(xcs.XCSError, match=r"`judge` at .*test_transform_grad.py:\d+: .*vjp"):
        xcs.grad(lambda x: judge(x[0]) * x[1])(X)


def test_a_call_is_no_constant_behind_structure_and_objects() -> None:
    class Holder:
        def __init__(self, x: Any) -> None:
            self.x = x

    @xcs.op(effect="unordered")
    def look(holder: Any) -> dict[str, Any]:
        return {"value": [float(holder.x[0])]}

    with pytest.raises(xcs.XCSError, match="`.*look`"):
        xcs.grad(lambda x: look(Holder(x))["value"][0] * x[1])(X)


def test_a_call_that_writes_what_it_saw_is_no_constant() -> None:
    @xcs.op(effect="ordered")
    def note(book: list[Any], x: Any) -> None:
        book.append(float(x[0]))

    def loss(x: Any) -> Any:
        book: list[Any] = []
        note(book, x)
        return book[0] * x[1]

    with pytest.raises(xcs.XCSError, match="`.*note`"):
        xcs.grad(loss)(X)


def test_numpy_is_refused_rather_than_constant() -> None:
    with pytest.raises(xcs.XCSError, match="`.*exp"):
        xcs.grad(lambda x: np.exp(x).sum() * score("a"))(X)


def test_a_stopped_gradient_passes() -> None:
    def loss(x: Any) -> Any:
        return jax.lax.stop_gradient(judge(x[0])) * x[1]

    close(xcs.grad(loss)(X), jnp.array([0.0, 1.5, 0.0]))


def test_text_and_branches_pass_nothing_on() -> None:
    def loss(x: Any) -> Any:
        text = f"{float(x[0]):.1f}"
        return score(text) * x.sum() if judge(x[1]) < 0 else x.sum()

    close(xcs.grad(loss)(X), jnp.full(3, 3.0))


def test_a_declared_derivative_is_used() -> None:
    calls = []

    def vjp(cotangent: Any, result: Any, x: Any, power: int) -> Any:
        return cotangent * power * x ** (power - 1), None

    @xcs.op(effect="unordered", vjp=vjp)
    def remote_power(x: Any, power: int) -> Any:
        calls.append(power)
        return jnp.asarray(np.asarray(x) ** power)

    def loss(x: Any) -> Any:
        return (remote_power(x * 2, 3) * remote_power(x, 2)).sum() + remote_power(x, 1).sum()

    close(xcs.grad(loss)(X), jax.grad(lambda x: ((x * 2) ** 3 * x**2).sum() + x.sum())(X))
    assert sorted(calls) == [1, 2, 3]


def test_a_declared_derivative_of_a_python_number() -> None:
    @xcs.op(effect="unordered", vjp=lambda cotangent, result, x: cotangent * 0.0 + 4.0 * cotangent)
    def constant(x: Any) -> float:
        return 0.5

    def loss(x: Any) -> Any:
        return constant(x[0]) * x[1] + constant(x[2]) * 3.0

    close(xcs.grad(loss)(X), jnp.array([4.0 * -1.5, 0.5, 12.0]))


def test_pure_array_code_is_as_jax_differentiates_it() -> None:
    def loss(weights: Any, x: Any) -> Any:
        return jnp.tanh(weights @ x).sum()

    close(xcs.grad(loss)(WEIGHTS, X), jax.grad(loss)(WEIGHTS, X))
    close(xcs.value_and_grad(xcs.jit(loss), 1)(WEIGHTS, X), jax.value_and_grad(loss, 1)(WEIGHTS, X))


def test_maps_of_gradients_compose() -> None:
    def loss(weights: Any, x: Any) -> Any:
        return jnp.tanh(weights @ x).sum()

    batch = jnp.stack([X, 2 * X])
    got = xcs.jit(xcs.vmap(xcs.grad(loss), (None, 0)))(WEIGHTS, batch)
    close(got, jax.jit(jax.vmap(jax.grad(loss), (None, 0)))(WEIGHTS, batch))


def test_a_map_of_hybrid_gradients_overlaps() -> None:
    barrier = threading.Barrier(3, timeout=20)

    @xcs.op(effect="unordered")
    def meet(text: str) -> float:
        barrier.wait()
        return float(len(text))

    def loss(x: Any, text: str) -> Any:
        return (x * x).sum() * meet(text)

    got = xcs.vmap(xcs.grad(loss), (None, 0))(X, ["a", "bb", "ccc"])
    close(got, jnp.stack([2 * X, 4 * X, 6 * X]))


def wave(a: Any, b: Any) -> Any:
    return jnp.sin(a) * b


def test_a_gradient_through_a_map_of_array_code() -> None:
    def loss(x: Any) -> Any:
        return xcs.vmap(wave)(x, x).sum() * score("ab")

    close(xcs.grad(loss)(X), jax.grad(lambda x: (jnp.sin(x) * x).sum() * 2.0)(X))


def test_the_second_derivative_of_array_code() -> None:
    def cube(x: Any) -> Any:
        return (x**3).sum()

    close(xcs.grad(lambda x: xcs.grad(cube)(x).sum())(X), 6 * X)


def test_jax_differentiates_jitted_functions() -> None:
    @xcs.jit
    def loss(weights: Any, x: Any) -> Any:
        return jnp.tanh(weights @ x).sum()

    plain = loss.__xcs_wrapped__
    close(jax.grad(loss)(WEIGHTS, X), jax.grad(plain)(WEIGHTS, X))
    close(jax.jit(loss)(WEIGHTS, X), plain(WEIGHTS, X))
    close(jax.vmap(loss, (None, 0))(WEIGHTS, WEIGHTS), jax.vmap(plain, (None, 0))(WEIGHTS, WEIGHTS))


def test_many_threads_may_differentiate_at_once() -> None:
    gradient, found = xcs.grad(panel), {}

    def work(index: int) -> None:
        found[index] = gradient(X * index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in range(4):
        close(found[index], 12 * X * index)
