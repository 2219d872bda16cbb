"""Equinox and Flax modules, and registered pytrees, as arguments of jitted programs and of transforms."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs

X = jnp.linspace(-1.0, 1.0, 4)
ROWS = jnp.stack([X, X + 1, -X])


@xcs.op(effect="unordered")
def rate(text: str) -> float:
    return float(len(text))


@jax.tree_util.register_pytree_node_class
class Scaled:
    """A class of the user's, registered by hand."""

    def __init__(self, weights: Any, name: str) -> None:
        self.weights, self.name = weights, name

    def __call__(self, x: Any) -> Any:
        return jnp.tanh(self.weights @ x)

    def tree_flatten(self) -> Any:
        return (self.weights,), self.name

    @classmethod
    def tree_unflatten(cls, name: str, parts: Any) -> Scaled:
        return cls(*parts, name)


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Dense:
    kernel: Any
    bias: Any

    def __call__(self, x: Any) -> Any:
        return jnp.tanh(self.kernel @ x + self.bias)


@xcs.module
class Own:
    kernel: Any
    name: str = xcs.field(static=True, default="own")

    def __call__(self, x: Any) -> Any:
        return jnp.tanh(self.kernel @ x)


class Pair(NamedTuple):
    kernel: Any
    bias: Any

    def __call__(self, x: Any) -> Any:
        return jnp.tanh(self.kernel @ x + self.bias)


def equinox_module() -> Any:
    equinox = pytest.importorskip("equinox")
    return equinox.nn.MLP(4, 4, 8, 2, key=jax.random.key(0))


def equinox_class() -> Any:
    equinox = pytest.importorskip("equinox")

    class Layer(equinox.Module):
        kernel: Any
        activation: Any = equinox.field(static=True)

        def __call__(self, x: Any) -> Any:
            return self.activation(self.kernel @ x)

    return Layer(jnp.eye(4) * 0.5, jnp.tanh)


def flax_module() -> Any:
    nnx = pytest.importorskip("flax.nnx")

    class Model(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.first, self.second = nnx.Linear(4, 8, rngs=rngs), nnx.Linear(8, 4, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            return self.second(nnx.relu(self.first(x)))

    return Model(nnx.Rngs(0))


def registered() -> Any:
    return Scaled(jnp.eye(4) * 0.5, "scaled")


def dataclass() -> Any:
    return Dense(jnp.eye(4) * 0.5, jnp.ones(4))


def own() -> Any:
    return Own(jnp.eye(4) * 0.5)


def named_tuple() -> Any:
    return Pair(jnp.eye(4) * 0.5, jnp.ones(4))


MODELS = [equinox_module, equinox_class, flax_module, registered, dataclass, own, named_tuple]
PYTREES = [equinox_class, registered, dataclass, own, named_tuple]


def apply(model: Any, x: Any) -> Any:
    return model(x) * 2 + x.sum()


def hybrid(model: Any, x: Any, text: str) -> Any:
    hidden = model(x)
    return (hidden * rate(text)).sum(), model


def loss(model: Any, x: Any, text: str) -> Any:
    return (model(x) ** 2).sum() * rate(text)


def close(got: Any, wanted: Any) -> None:
    assert jax.tree.structure(got) == jax.tree.structure(wanted)
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", MODELS)
def test_array_code(make: Any) -> None:
    model, jitted = make(), xcs.jit(apply)
    for x in (X, X * 2):
        close(jitted(model, x), apply(model, x))
    assert xcs.get_jit_stats(jitted)["fallback"] is None
    assert xcs.get_jit_stats(jitted)["traces"] == 1


@pytest.mark.parametrize("make", MODELS)
def test_beside_calls(make: Any) -> None:
    model, jitted = make(), xcs.jit(hybrid)
    got, same = jitted(model, X, "abc")
    close(got, hybrid(model, X, "abc")[0])
    assert same is model
    assert xcs.get_jit_stats(jitted)["fallback"] is None


@pytest.mark.parametrize("make", MODELS)
def test_many_elements(make: Any) -> None:
    model = make()
    jitted = xcs.jit(lambda model, rows: [model(row) for row in rows])
    close(jitted(model, list(ROWS)), [model(row) for row in ROWS])
    close(xcs.vmap(apply, in_axes=(None, 0))(model, ROWS), jnp.stack([apply(model, row) for row in ROWS]))


@pytest.mark.parametrize("make", PYTREES)
def test_gradients_have_the_structure_of_the_model(make: Any) -> None:
    model = make()
    got = xcs.grad(loss)(model, X, "abc")
    assert type(got) is type(model)
    close(got, jax.grad(lambda model: (model(X) ** 2).sum() * 3.0)(model))


@pytest.mark.parametrize("make", PYTREES)
def test_models_are_mapped_part_by_part(make: Any) -> None:
    model = make()
    many = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf * 2]), model)
    wanted = jnp.stack([apply(model, X), apply(jax.tree.map(lambda leaf: leaf * 2, model), X)])
    close(xcs.vmap(apply, in_axes=(0, None))(many, X), wanted)


@pytest.mark.parametrize("make", PYTREES)
def test_jax_takes_jitted_functions_of_them(make: Any) -> None:
    model, jitted = make(), xcs.jit(apply)
    close(jax.jit(jitted)(model, X), apply(model, X))


def test_fields_of_named_tuples_have_known_types() -> None:
    def program(pair: Pair, x: Any) -> Any:
        return jnp.tanh(pair.kernel @ x + pair.bias) * 2

    jitted, pair = xcs.jit(program), named_tuple()
    close(jitted(pair, X), program(pair, X))
    text = jitted.lower().as_text()
    assert "dynamic" not in text
    assert "-> (tensor<4x4xf32>)" in text


def test_another_class_with_the_same_fields_is_another_program() -> None:
    class Other(NamedTuple):
        kernel: Any
        bias: Any

        @property
        def twice(self) -> Any:
            return self.kernel * 2

    def program(pair: Any) -> Any:
        return pair.kernel.sum() + getattr(pair, "twice", pair.bias).sum()

    jitted = xcs.jit(program)
    for pair in (named_tuple(), Other(jnp.eye(4), jnp.ones(4)), Pair(2.0, jnp.ones(2))):
        if isinstance(pair.kernel, float):
            with pytest.raises(AttributeError, match="sum"):
                jitted(pair)
        else:
            close(jitted(pair), program(pair))
