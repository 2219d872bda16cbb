"""Array code around structure is one kernel for each structure, and gives what Python gives of any other arguments."""

from __future__ import annotations

import dataclasses
import enum
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.frontend import tree_kernels
from xcs.frontend.wrapped import Gated

X, W, B = jnp.arange(6.0).reshape(2, 3), jnp.eye(3) * 0.5, jnp.arange(3.0)
SCALE = 2.0
OFFSET = 0
TABLE = jnp.ones(3)


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any
    power: int = 1
    gain = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Head:
    w: Any
    name: str = "head"


@dataclasses.dataclass
class Net:
    layers: list[Layer]
    head: Head
    activation: Any = jnp.tanh


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A structure has a kernel by its second call."""
    monkeypatch.setattr(tree_kernels, "OFTEN", 2)


Pair = namedtuple("Pair", "left right")


class Mode(enum.Enum):
    UP = 1


def net(size: int = 3) -> Any:
    return Net([Layer(W * (1 + k), B) for k in range(size)], Head(W))


def run_net(net, x):
    for layer in net.layers:
        x = net.activation(x @ layer.w + layer.b)
    return x @ net.head.w


def in_order(weights, x):
    for name in weights:
        x = x * weights[name] + 1
    return x


def by_number(weights, x):
    for k in range(len(weights) // 2):
        x = jnp.tanh(x @ weights[f"w{k}"] + weights[f"b{k}"])
    return x


def of_layers(layers, x):
    for w, b in layers:
        x = x @ w + b
    return x


def step(params, grads, rate):
    return {name: params[name] - rate * grads[name] for name in params}


def with_settings(settings, layers, x):
    for w in layers:
        x = x * w * settings["scale"]
        if settings["twice"]:
            x = x + w
    return x


def same(found: Any, wanted: Any) -> None:
    """Check that two results are alike in structure, classes, dtypes and values."""
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for name in wanted:
            same(found[name], wanted[name])
    elif isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            same(one, other)
    elif isinstance(wanted, jax.Array):
        assert (found.dtype, found.shape, found.weak_type) == (wanted.dtype, wanted.shape, wanted.weak_type)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    else:
        assert found == wanted


def checked(function, *all_args: tuple[Any, ...], times: int = 4) -> Any:
    """The function jitted, after calls with each of these arguments, all as in Python."""
    jitted = xcs.jit(function)
    for args in all_args:
        for _ in range(times):
            same(jitted(*args), function(*args))
    return jitted


def gate_of(jitted: Any) -> Any:
    """The gate of the program used last."""
    return jitted._xcs_dispatched.direct.gate


def hits(jitted: Any, *args: Any) -> bool:
    """Whether a call runs no Python of ours but the gate."""
    if not isinstance(jitted, Gated):
        return False
    gate = gate_of(jitted)
    asked: list[object] = []
    finder = gate._finder
    gate._finder = type("Asked", (), {"find": lambda self, values: asked.append(values)})()
    jitted(*args)
    gate._finder = finder
    return not asked


@pytest.mark.parametrize(
    ("function", "tree"),
    [
        (in_order, {f"w{k}": B + k for k in range(20)}),
        (by_number, {**{f"w{k}": W for k in range(30)}, **{f"b{k}": B for k in range(30)}}),
        (of_layers, [(W, B)] * 40),
        (of_layers, tuple([W, B] for _ in range(40))),
        (run_net, net(50)),
    ],
)
def test_parameters_of_any_number_are_one_kernel(function, tree) -> None:
    jitted = checked(function, (tree, X))
    assert hits(jitted, tree, X)
    finder = jitted._xcs_dispatched.direct.gate._finder
    assert len(finder._kernels) == 1


def test_calls_are_counted_once() -> None:
    jitted = checked(of_layers, ([(W, B)] * 3, X), times=5)
    assert xcs.get_jit_stats(jitted)["calls"] == 5
    assert xcs.get_jit_stats(jitted)["traces"] == 1


def test_the_order_of_a_dict_is_pythons() -> None:
    up = {"a": B, "b": B + 1, "c": 2 * B}
    down = {name: up[name] for name in reversed(up)}
    jitted = checked(in_order, (up, X), (down, X), (up, X))
    assert hits(jitted, up, X)
    assert hits(jitted, down, X)


def test_other_structures_are_other_programs() -> None:
    jitted = checked(
        in_order, ({"a": B, "b": B}, X), ({"a": B}, X), ({"a": B, "b": jnp.ones((2, 3))}, X), ({}, X), ({"a": 2.0}, X)
    )
    same(jitted({"b": B, "a": np.ones(3)}, X), in_order({"b": B, "a": np.ones(3)}, X))
    checked(of_layers, ([(W, B)], X), ([(W, B), (W, B)], X), ([[W, B]], X), ([(W, 1.0)], X), ([], X))


def test_settings_are_told_apart_by_class_and_value() -> None:
    layers = [B, B + 1]
    settings = [
        {"scale": scale, "twice": twice} for scale in (1, 1.0, -0.0, 0.0, 2) for twice in (True, False, 1, None)
    ]
    jitted = xcs.jit(with_settings)
    for _ in range(3):
        for one in settings:
            same(jitted(one, layers, X), with_settings(one, layers, X))
            assert np.array_equal(np.signbit(jitted(one, layers, X)), np.signbit(with_settings(one, layers, X)))


def test_a_number_that_changes_each_time_is_data() -> None:
    params, grads = {"a": B, "b": W}, {"a": B, "b": W}
    jitted = xcs.jit(step)
    for k in range(40):
        same(jitted(params, grads, 0.1 * k), step(params, grads, 0.1 * k))
    assert not isinstance(jitted, Gated)


def test_attributes_of_classes_may_be_bound_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def gained(layers, x):
        for layer in layers:
            x = x @ layer.w * layer.gain
        return x

    layers = [Layer(W, B), Layer(W, B)]
    jitted = checked(gained, (layers, X))
    monkeypatch.setattr(Layer, "gain", 3.0)
    same(jitted(layers, X), gained(layers, X))
    layers[1].gain = 5.0
    same(jitted(layers, X), gained(layers, X))


def test_what_an_object_holds_may_be_bound_anew() -> None:
    one = net()
    jitted = checked(run_net, (one, X))
    assert hits(jitted, one, X)
    one.activation = jnp.sin
    same(jitted(one, X), run_net(one, X))
    one.layers.append(Layer(W, B + 1))
    same(jitted(one, X), run_net(one, X))
    one.layers[0].b = 2.0
    same(jitted(one, X), run_net(one, X))
    one.layers[0] = Head(W)
    with pytest.raises(AttributeError, match="'b'"):
        jitted(one, X)


def test_globals_may_be_bound_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def scaled(layers, x):
        for k in range(len(layers)):
            x = x @ layers[OFFSET + k] * SCALE + TABLE
        return x

    layers = [W, W + 1]
    jitted = checked(scaled, (layers, X))
    for name, value in (("SCALE", 3.0), ("TABLE", B), ("OFFSET", -2), ("SCALE", 3)):
        monkeypatch.setitem(globals(), name, value)
        for _ in range(3):
            same(jitted(layers, X), scaled(layers, X))


def test_functions_may_be_written_anew() -> None:
    def act(x):
        return jnp.tanh(x)

    def acting(layers, x):
        for w, b in layers:
            x = act(x @ w + b)
        return x

    layers = [(W, B), (W, B)]
    jitted = checked(acting, (layers, X))
    act.__code__ = (lambda x: jnp.sin(x)).__code__
    same(jitted(layers, X), acting(layers, X))


def test_results_that_are_arguments_are_the_same_objects() -> None:
    def kept(params, x):
        for w in params["layers"]:
            x = x @ w
        return {"x": x, "layers": params["layers"], "head": params["head"]}

    params = {"layers": [W, W], "head": B}
    jitted = xcs.jit(kept)
    for _ in range(4):
        found = jitted(params, X)
        assert found["layers"] is params["layers"]
        assert found["head"] is params["head"]


def test_a_result_in_two_places_is_one_object() -> None:
    def twice(layers, x):
        for w in layers:
            x = x @ w
        made = [x]
        return made, made

    jitted = xcs.jit(twice)
    for _ in range(4):
        found = jitted([W, W], X)
        assert found[0] is found[1]


def test_arguments_that_are_written_are_written() -> None:
    def grown(params, x):
        for name in list(params):
            params[name] = params[name] + 1
            x = x + params[name]
        return x

    params, others = {"a": B, "b": B}, {"a": B, "b": B}
    jitted = xcs.jit(grown)
    for _ in range(4):
        same(jitted(params, X), grown(others, X))
        same(params, others)


def test_an_item_that_is_written_is_written() -> None:
    def counted(params, x):
        params["seen"] = params["seen"] + 1
        return x @ params["w"]

    def longer(layers, x):
        layers += [x]
        for w in layers:
            x = x * w
        return x

    params, others = {"w": W, "seen": B}, {"w": W, "seen": B}
    layers, copies = [B], [B]
    first, second = xcs.jit(counted), xcs.jit(longer)
    for _ in range(4):
        same(first(params, X), counted(others, X))
        same(params, others)
        same(second(layers, X), longer(copies, X))
        same(layers, copies)


def test_other_sizes_are_the_same_program() -> None:
    small, large = [(W, B)] * 2, [(jnp.eye(5), jnp.ones(5))] * 2
    x = jnp.ones((7, 5))
    jitted = checked(of_layers, (small, X), (large, x), (small, X))
    assert hits(jitted, small, X)
    assert hits(jitted, large, x)
    same(jitted([(W, jnp.float32(2))] * 2, X), of_layers([(W, jnp.float32(2))] * 2, X))


def test_identity_of_arrays_is_seen() -> None:
    def tied(params, x):
        for w in params["layers"]:
            x = x @ w
        return x if params["in"] is params["out"] else x + 1

    jitted = xcs.jit(tied)
    for _ in range(4):
        for args in (({"layers": [W, W], "in": B, "out": B}, X), ({"layers": [W, W], "in": B, "out": B + 0}, X)):
            same(jitted(*args), tied(*args))


def test_text_numbers_and_classes_of_arrays_are_those_of_arrays() -> None:
    def told(params, x):
        for w in params["layers"]:
            x = x @ w
        scale = params["scale"]
        return x, f"{scale}", type(scale).__name__, isinstance(scale, jax.Array), float(scale)

    checked(told, ({"layers": [W, W], "scale": jnp.float32(2)}, X))


def test_branches_on_values_of_arrays() -> None:
    def gated(params, x):
        for w in params:
            x = x @ w if x.sum() > 0 else x - w.sum()
        return x

    jitted = checked(gated, ([W, W, -W], X), ([W, W, -W], -X))
    assert not isinstance(jitted, Gated)


def test_pythons_errors() -> None:
    missing = {"w0": W, "b0": B, "w1": W, "c1": B}
    jitted = checked(by_number, ({"w0": W, "b0": B, "w1": W, "b1": B}, X))
    for _ in range(3):
        with pytest.raises(KeyError, match="b1"):
            jitted(missing, X)
        with pytest.raises(ValueError, match="Incompatible shapes"):
            jitted({"w0": W, "b0": B, "w1": W, "b1": jnp.ones(5)}, X)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        jitted(missing)


def test_transformations_of_jax() -> None:
    layers = [(W, B), (W, B)]
    jitted = checked(of_layers, (layers, X))
    same(
        jax.grad(lambda layers: jitted(layers, X).sum())(layers),
        jax.grad(lambda layers: of_layers(layers, X).sum())(layers),
    )
    same(jax.vmap(lambda x: jitted(layers, x))(X), jax.vmap(lambda x: of_layers(layers, x))(X))
    jitted(layers, X)
    assert isinstance(jitted, Gated)
    assert hits(jitted, layers, X)


def test_arrays_that_are_gone() -> None:
    layers = [(W + 0, B + 0), (W + 0, B + 0)]
    jitted = checked(of_layers, (layers, X))
    layers[1][0].delete()
    with pytest.raises(xcs.XCSExecutionError, match="deleted"):
        jitted(layers, X)


def test_names_of_parameters() -> None:
    layers = [(W, B), (W, B)]
    jitted = checked(of_layers, (layers, X))
    for _ in range(3):
        same(jitted(layers, x=X), of_layers(layers, X))
        same(jitted(layers=layers, x=X), of_layers(layers, X))
        same(jitted(x=X, layers=layers), of_layers(layers, X))


def powered(layers, x, power=2, shift=None):
    for w in layers:
        x = (x @ w) ** power
    return x if shift is None else x + shift


def test_defaults_are_part_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted = checked(powered, ([W, W], X), times=5)
    assert hits(jitted, [W, W], X)
    same(jitted([W, W], X, 3), powered([W, W], X, 3))
    same(jitted([W, W], X, shift=B), powered([W, W], X, shift=B))
    same(jitted([W, W], X), powered([W, W], X))
    monkeypatch.setattr(powered, "__defaults__", (3, 1.0))
    for _ in range(3):
        same(jitted([W, W], X), powered([W, W], X))


def trained(params, x, y):
    def loss(params):
        return ((jnp.tanh(x @ params["w"] + params["b"]) - y) ** 2).mean() * SCALE

    value, grads = jax.value_and_grad(loss)(params)
    return value, {name: params[name] - 0.1 * grads[name] for name in params}


def scanned(params, xs):
    def one(carry, x):
        carry = squashed(carry @ params["w"] + x)
        return carry, carry.sum()

    return jax.lax.scan(one, jnp.zeros(3), xs)


def squashed(x):
    return jnp.tanh(x)


def labelled(params, xs):
    def one(carry, x):
        return carry + x, f"{params['b']}"

    return jax.lax.scan(lambda carry, x: (one(carry, x)[0], None), jnp.zeros(3), xs)[0], one(xs, xs)[1]


def test_jax_with_functions_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"w": W, "b": B}
    jitted = checked(scanned, (params, X), times=5)
    assert hits(jitted, params, X)
    monkeypatch.setitem(globals(), "squashed", jnp.sin)
    same(jitted(params, X), scanned(params, X))
    jitted = checked(trained, (params, X, X))
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    same(jitted(params, X, X), trained(params, X, X))
    checked(labelled, (params, X))


def test_results_of_all_kinds() -> None:
    def described(net, x):
        for layer in net.layers:
            x = x @ layer.w
        return {"x": x, "a": [x.shape[0], None, "text", net.head.name], "n": len(net.layers), 3: (x.sum(), 2.5)}

    jitted = checked(described, (net(), X))
    assert hits(jitted, net(), X)
    first, second = jitted(net(), X), jitted(net(), X)
    assert first["a"] is not second["a"]


class Holder:
    def __init__(self, held: list[Any]) -> None:
        self.held = held

    def __getitem__(self, index: int) -> Any:
        return self.held[OFFSET + index]

    def __len__(self) -> int:
        return len(self.held)


def test_classes_with_code_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def held(holder, x):
        for k in range(len(holder)):
            x = x @ holder[k]
        return x

    holder = Holder([W, W + 1])
    jitted = checked(held, (holder, X))
    monkeypatch.setitem(globals(), "OFFSET", -1)
    same(jitted(holder, X), held(holder, X))
    assert not tree_kernels.is_tree_class(Holder)
    assert not tree_kernels.is_tree_class(Mode)
    assert not tree_kernels.is_tree_class(type("Own", (dict,), {}))
    assert tree_kernels.is_tree_class(Layer)
    assert tree_kernels.is_tree_class(Head)


def test_results_keep_the_order_of_their_keys() -> None:
    def split(x):
        return {"z": x + 1, 3: x * 2, "a": [{"y": x - 1, "b": (x.sum(),)}]}

    jitted = checked(split, (X,))
    assert hits(jitted, X)


def test_what_runs_a_few_times_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_kernels, "OFTEN", 8)
    layers = [(W, B), (W, B)]
    jitted = checked(of_layers, (layers, X), times=7)
    assert not gate_of(jitted)._finder._kernels
    jitted(layers, X)
    assert len(gate_of(jitted)._finder._kernels) == 1
    assert hits(jitted, layers, X)


class Node:
    def __init__(self, w: Any) -> None:
        self.w = w
        self.up: Any = None
        self.more: dict[str, Any] = {}


def test_objects_that_are_in_themselves() -> None:
    def run(nodes, x):
        for node in nodes:
            x = x @ node.w
        return x

    nodes = [Node(W), Node(W)]
    jitted = checked(run, (nodes, X))
    assert hits(jitted, nodes, X)
    nodes[0].up = nodes
    same(jitted(nodes, X), run(nodes, X))
    again, keyed = xcs.jit(run), [Node(W), Node(W)]
    for _ in range(3):
        same(again(keyed, X), run(keyed, X))
    keyed[1].more["self"] = keyed[1].more
    same(again(keyed, X), run(keyed, X))
    same(jitted([Node(W)] * 300, X * 0), run([Node(W)] * 300, X * 0))
    large = [Node(W * 0.5) for _ in range(400)]
    same(jitted(large, X), run(large, X))


def test_threads_share_the_kernels() -> None:
    jitted = xcs.jit(run_net)
    nets = [net(size) for size in (2, 3, 2, 3)] * 6
    with ThreadPoolExecutor(4) as threads:
        for found, one in zip(threads.map(lambda one: jitted(one, X), nets), nets, strict=True):
            same(found, run_net(one, X))


def test_long_loops_stay_loops() -> None:
    def long(params, x):
        for _ in range(params["steps"]):
            x = jnp.sin(x) + params["b"]
        return x

    jitted = checked(long, ({"steps": 2_000, "b": B}, X), times=3)
    assert len(jitted._xcs_programs.last.direct.gate._finder._kernels) <= 1
    assert not isinstance(jitted, Gated)


def test_nothing_is_seen_of_a_journal_or_of_plain_python() -> None:
    layers = [(W, B), (W, B)]
    jitted = checked(of_layers, (layers, X))
    before = jitted._xcs_counters.direct_calls
    with xcs.disable_jit():
        same(jitted(layers, X), of_layers(layers, X))
    assert jitted._xcs_counters.direct_calls == before
