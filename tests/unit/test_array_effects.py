"""Effects and result types of array code: known where the operands are, and exact about what is mutable."""

from __future__ import annotations

import ast
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np
import pytest

from xcs.diagnostics.effect import Effect
from xcs.frontend.effects.abstract_type import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    PLAIN,
    STR,
    AbstractType,
    ArrayType,
    ListType,
    TupleOfType,
    UnionType,
)
from xcs.frontend.effects.array_results import array_kind, jax_array, numpy_value
from xcs.frontend.effects.infer import infer_call, infer_code
from xcs.frontend.effects.scope import CodeScope
from xcs.frontend.effects.summary import Summary
from xcs.frontend.effects.type_of import type_of


@jax.jit
def doubled(x):
    return x * 2, {"total": x.sum()}


class Meddler:
    """A class that has a say in what operators do."""

    def __radd__(self, other: object) -> object:
        print("noticed")
        return other


NAMES = {"jnp": jnp, "np": np, "jax": jax, "doubled": doubled, "W": jnp.ones(3), "__name__": "probe"}


def summary_of(text: str, **types: AbstractType) -> Summary:
    known: dict[str, AbstractType] = {"i": INT, "f": FLOAT, "u": ANY, **types}
    return infer_code(ast.parse(text, mode="eval").body, known, CodeScope(NAMES)).summary


ARRAYS = """
x[0] | x[-16:] | x[i, :] | x[x > 0] | x[None] | x[..., 0] | x[i:i + 2] | x.T | x.sum() | x.mean(axis=0)
x.reshape(3, -1)
x.reshape((2, 2)) | x.astype(np.float32) | x > y | x + y | x + 1 | 1 - x | -x | abs(x) | x @ y | x ** 2 | x == y
(x == y).all() | x.copy() | x.flatten() | x.dot(y) | x.max() | x.argmax() | x and y
""".replace("\n", "|")
OF_JAX = """
x.at[0].set(1) | x.at[i, :].add(y) | jnp.stack([x, y]) | jnp.sum(x, axis=1) | jnp.where(x > 0, x, 0) | jnp.exp(u)
jnp.concatenate([x, y]) | jnp.std(u) | jnp.linalg.norm(x, axis=1) | jnp.argmax(x) | jnp.array([1, 2]) | jnp.asarray(u)
jnp.zeros((3, 4)) | jnp.linspace(x[0], x[-1], x.shape[0]) | jax.nn.softmax(x) | jax.nn.relu(x) | jax.lax.dot(x, y)
jax.random.normal(jax.random.PRNGKey(0), (3,)) | jax.scipy.special.logsumexp(x) | doubled(x)[0] | doubled(x)[1]["total"]
x.block_until_ready() | jnp.float32(f) | jnp.einsum("ij,ij->i", x, y) | jax.device_put(x) | W * x | jnp.allclose(x, y)
""".replace("\n", "|")
OF_NUMPY = """
np.stack([x, y]) | np.sum(x, axis=1) | np.where(x > 0, x, 0) | np.concatenate([x, y]) | np.linalg.norm(x) | np.argmax(x)
np.argsort(x)[::-1] | np.zeros((3, 4)) | np.eye(3, dtype=np.float32)[int(i)] | np.dot(x, y) | np.float32(i)
np.mean([f, f]) | np.clip(x, 0, 1) | np.sqrt(f) | np.exp(x).sum(axis=0)
""".replace("\n", "|")
PYTHON: dict[str, AbstractType] = {
    "x.shape": TupleOfType(INT),
    "x.shape[0]": INT,
    "x.ndim": INT,
    "x.size": INT,
    "x.tolist()": PLAIN,
    "x.sum().item()": UnionType(frozenset((INT, FLOAT, BOOL, type_of(1j)))),
    "float(x)": FLOAT,
    "int(x)": INT,
    "bool(x)": BOOL,
    "len(x)": INT,
    "not x": BOOL,
    "f'{x:.2f}'": STR,
    "float(x @ y + f)": FLOAT,
    "isinstance(x, jnp.ndarray)": BOOL,
}
JAX, NUMPY = ArrayType(type(jnp.ones(1))), ArrayType(np.ndarray)


def split(texts: str) -> list[str]:
    return [text.strip() for text in texts.split("|") if text.strip()]


@pytest.mark.parametrize("text", split(ARRAYS) + split(OF_JAX))
def test_jax_arrays_give_jax_arrays_without_effect(text: str) -> None:
    found = summary_of(text, x=JAX, y=JAX)
    assert (found.effect, found.unknown_types, array_kind(found.result)) == (Effect.PURE, False, "jax")
    assert found.has_array_work or "abs" in text
    assert not found.mutates
    assert not found.retains


@pytest.mark.parametrize("text", split(ARRAYS) + split(OF_NUMPY))
def test_numpy_arrays_give_numpy_arrays_and_are_looked_at(text: str) -> None:
    found = summary_of(text, x=NUMPY, y=NUMPY)
    assert (found.effect, found.unknown_types, array_kind(found.result)) == (Effect.PURE, False, "numpy")
    assert found.sees_writes or "x" not in text.replace("exp", "")
    assert not found.mutates


@pytest.mark.parametrize("text", PYTHON)
@pytest.mark.parametrize("array", [JAX, NUMPY], ids=["jax", "numpy"])
def test_what_python_makes_of_an_array_has_a_python_type(text: str, array: ArrayType) -> None:
    found = summary_of(text, x=array, y=array)
    assert (found.effect, found.unknown_types, found.result) == (Effect.PURE, False, PYTHON[text])


def test_known_shapes_and_dtypes_make_exact_lists_and_shapes() -> None:
    x = type_of(jnp.ones((2, 3)))
    assert summary_of("x.tolist()", x=x).result == ListType(ListType(FLOAT))
    assert str(summary_of("x.shape", x=x).result) == "tuple<int, int>"
    assert summary_of("x.item()", x=type_of(np.ones(1, bool))).result == BOOL


@pytest.mark.parametrize("text", ["[e for e in x]", "list(x)", "sorted(x)"])
def test_iterating_gives_arrays(text: str) -> None:
    assert summary_of(text, x=JAX).result == ListType(jax_array())
    assert summary_of(text, x=NUMPY).result == ListType(numpy_value())


@pytest.mark.parametrize(
    "text", ["x[0]", "x.T", "x.reshape(2)", "np.asarray(x)", "np.ravel(x)", "np.split(x, 2)", "x[1:]"]
)
def test_views_of_numpy_arrays_share_their_memory(text: str) -> None:
    assert "x" in summary_of(text, x=NUMPY).retains


@pytest.mark.parametrize("text", ["x.copy()", "x + 1", "np.exp(x)", "np.stack([x, x])", "x.sum()", "x.astype(np.int8)"])
def test_fresh_numpy_arrays_share_nothing(text: str) -> None:
    found = summary_of(text, x=NUMPY)
    assert found.fresh
    assert not found.retains


@pytest.mark.parametrize(
    "text", ["np.exp(x, out=y)", "np.add(x, x, y)", "x.sum(0, None, y)", "np.dot(x, x, y)", "y.sort()"]
)
def test_what_numpy_writes_in_place_counts_as_written(text: str) -> None:
    assert "y" in summary_of(text, x=NUMPY, y=NUMPY).mutates


@pytest.mark.parametrize("text", ["np.random.rand(3)", "np.copyto(x, y)", "np.save('f', x)", "np.array(x, copy=False)"])
def test_what_numpy_draws_or_stores_is_ordered(text: str) -> None:
    assert summary_of(text, x=NUMPY, y=NUMPY).effect is Effect.ORDERED


def in_place(x):
    x += 1
    return x


def through_a_view(x):
    row = x[0]
    row[0] = 1
    return x


def fresh_in_place(x):
    y = np.zeros(3)
    y += x
    y[0] = 7
    return y


def test_augmented_assignment_writes_numpy_arrays_and_rebinds_jax_arrays() -> None:
    assert infer_call(in_place, [NUMPY], {}).mutates == {0}
    assert not infer_call(in_place, [JAX], {}).mutates


def test_writes_through_views_and_into_fresh_arrays() -> None:
    assert infer_call(through_a_view, [NUMPY], {}).mutates == {0}
    fresh = infer_call(fresh_in_place, [NUMPY], {})
    assert not fresh.mutates
    assert fresh.effect is Effect.PURE


@pytest.mark.parametrize("text", ["x + u", "u + x", "x[u]", "np.exp(u)", "x == u"])
def test_unknown_operands_that_may_have_a_say_are_resolved_when_they_are_there(text: str) -> None:
    assert summary_of(text, x=NUMPY).unknown_types


def test_operands_with_code_of_their_own_keep_their_effect() -> None:
    assert summary_of("x + m", x=JAX, m=type_of(Meddler())).effect is Effect.ORDERED
    assert type_of(np.array([Meddler()])) != NUMPY
    assert summary_of("x + x", x=type_of(np.array([Meddler()]))).unknown_types


def test_random_keys_split_into_keys() -> None:
    found = summary_of("jax.random.split(x)[0]", x=type_of(jax.random.key(0)))
    assert array_kind(found.result) == "jax"
    assert found.effect is Effect.PURE


def test_the_class_of_a_namespace_is_no_array() -> None:
    assert array_kind(type_of(SimpleNamespace())) is None
