"""JAX's control flow and decompositions inside of kernels, and kernels whose operands are known when they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs

X = jnp.arange(12.0).reshape(4, 3)
SQUARE = jnp.array([[2.0, 1.0], [1.0, 3.0]])


def factor(x: Any) -> Any:
    u, s, vt = jnp.linalg.svd(x, full_matrices=False)
    return (u * s) @ vt


def fields(x: Any) -> Any:
    found = jnp.linalg.svd(x, full_matrices=False)
    return found.U * found.S, jnp.sin(found[2])


def eigen(x: Any) -> Any:
    values, vectors = jnp.linalg.eigh(x.T @ x)
    q, r = jnp.linalg.qr(vectors)
    sign, logdet = jnp.linalg.slogdet(jnp.eye(3) + q @ r)
    return values.sum() * sign + logdet


def total(x: Any) -> Any:
    def step(carry: Any, row: Any) -> Any:
        return carry + row, carry * row

    carry, rows = jax.lax.scan(step, jnp.zeros(3), x)
    return jnp.tanh(carry) + rows.sum(0)


def without_outputs(x: Any) -> Any:
    def step(carry: Any, row: Any) -> Any:
        return carry + row.sum(), None

    carry, nothing = jax.lax.scan(step, 0.0, x)
    return carry * 2, nothing


def structured(x: Any) -> Any:
    scale = x.mean()

    def step(carry: Any, row: Any) -> Any:
        count, total = carry
        return (count + 1, total + row * scale), {"row": row}

    (count, total), rows = jax.lax.scan(step, (0, jnp.zeros(3)), x)
    return count * 2, total + 1, rows["row"] * 3


def chosen(x: Any) -> Any:
    y = jax.lax.cond(x.sum() > 3, lambda a: a * 2, lambda a: -a, x)
    return jnp.exp(-y)


def halved(x: Any) -> Any:
    y = jax.lax.while_loop(lambda a: a.sum() > 1.0, lambda a: a / 2, x)
    z = jax.lax.fori_loop(0, 3, lambda i, a: a + i, y)
    return y + z * 2


def each(x: Any) -> Any:
    rows = jax.lax.map(lambda row: row * row.sum(), x)
    return jax.lax.associative_scan(jnp.add, rows) + 1


@pytest.mark.parametrize(
    "program", [factor, eigen, total, without_outputs, chosen, halved, each], ids=lambda program: program.__name__
)
def test_they_are_parts_of_one_kernel(program: Callable[..., Any]) -> None:
    jitted = xcs.jit(program)
    for x in (X, X + 1):
        got, wanted = jitted(x), program(x)
        assert jax.tree.structure(got) == jax.tree.structure(wanted)
        for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(wanted), strict=True):
            assert (one.dtype, one.weak_type) == (other.dtype, other.weak_type)
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    stats = xcs.get_jit_stats(jitted)
    assert stats["tensor_ops"] == 1
    assert "<native>" not in jitted.lower().as_text().replace("scan", "").partition("xcs.func")[2]


@pytest.mark.parametrize("program", [fields, structured], ids=lambda program: program.__name__)
def test_parts_of_structures_have_known_types(program: Callable[..., Any]) -> None:
    jitted = xcs.jit(program)
    for one, other in zip(jax.tree.leaves(jitted(X)), jax.tree.leaves(program(X)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert "dynamic" not in jitted.lower().as_text()


def lonely_values(x: Any) -> Any:
    return jnp.linalg.svd(x, compute_uv=False) + 1, jnp.linalg.svd(x, True, False), jnp.linalg.qr(x, "r")


def test_other_forms_of_decompositions_are_what_they_are() -> None:
    for one, other in zip(xcs.jit(lonely_values)(X), lonely_values(X), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_named_tuples_come_out_as_they_are() -> None:
    def program(x: Any) -> Any:
        return jnp.linalg.eigh(x + 0.0), jnp.linalg.svd(x)

    got, wanted = xcs.jit(program)(SQUARE), program(SQUARE)
    assert list(map(type, got)) == list(map(type, wanted))


def wrong_carry(x: Any) -> Any:
    return jax.lax.scan(lambda carry, row: (row, row), 0.0, x)[0] + 1


def wrong_branches(x: Any) -> Any:
    y = jax.lax.cond(x.sum() > 0, lambda a: a, lambda a: a.sum(), x)
    return y + 1


@pytest.mark.parametrize("program", [wrong_carry, wrong_branches])
def test_mistakes_are_those_of_jax(program: Callable[..., Any]) -> None:
    with pytest.raises(TypeError) as wanted:
        program(X)
    with pytest.raises(TypeError) as found:
        xcs.jit(program)(X)
    assert str(found.value) == str(wanted.value)


NUM_TRACES = 0


@jax.jit
def counted(x: Any) -> Any:
    global NUM_TRACES
    NUM_TRACES += 1
    return jnp.cos(x) * 2


ANSWERS: dict[str, Any] = {
    "vector": jnp.arange(3.0),
    "matrix": X,
    "integers": jnp.arange(3),
    "numpy": np.linspace(0.0, 1.0, 3),
    "number": 2.5,
    "list": [1.0, 2.0],
    "text": "none",
    "nothing": None,
}


@xcs.op(effect="unordered")
def fetch(name: str) -> Any:
    return ANSWERS[name]


def scored(name: str, scale: Any) -> Any:
    found = fetch(name)
    hidden = counted(found)
    return jnp.sum(hidden * scale), found


def combined(name: str, scale: Any) -> Any:
    found = fetch(name)
    return found * 2 + jnp.sin(scale), found.sum()


def test_kernels_of_unknown_operands_are_compiled_once_for_each_aval() -> None:
    global NUM_TRACES
    jitted = xcs.jit(scored)
    for names, wanted in ((["vector"] * 3, 1), (["matrix"] * 2, 2), (["integers", "vector", "matrix"], 3)):
        for name in names:
            got, _ = jitted(name, jnp.float32(2.0))
            np.testing.assert_allclose(got, jnp.sum(jnp.cos(ANSWERS[name]) * 2 * 2.0), rtol=1e-5)
        assert wanted == NUM_TRACES
    assert xcs.get_jit_stats(jitted)["traces"] == 1
    NUM_TRACES = 0


def outcome(program: Callable[..., Any], *args: Any) -> Any:
    """What a program gives or raises."""
    try:
        return program(*args)
    except Exception as error:
        return error


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("program", [scored, combined])
def test_what_is_no_array_gives_what_python_gives(program: Callable[..., Any], name: str) -> None:
    jitted, scale = xcs.jit(program), jnp.float32(2.0)
    jitted("vector", scale)
    got, wanted = outcome(jitted, name, scale), outcome(program, name, scale)
    if isinstance(wanted, Exception):
        assert isinstance(got, type(wanted))
        assert str(got) == str(wanted)
        return
    for one, other in zip(got, wanted, strict=True):
        assert type(one) is type(other)
        np.testing.assert_allclose(one, other, rtol=1e-5)
