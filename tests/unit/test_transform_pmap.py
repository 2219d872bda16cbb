"""`pmap` on eight devices, beside `jax.pmap` and `jax.vmap`, and on workers, beside plain loops."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import xcs

NUM_DEVICES = 8
on_devices = pytest.mark.skipif(jax.device_count() < NUM_DEVICES, reason="runs in a process with eight devices")
ROWS = jnp.arange(24.0).reshape(8, 3)
WEIGHTS = jnp.linspace(-1.0, 1.0, 6).reshape(3, 2)


@xcs.op(effect="unordered")
def score(text: str) -> float:
    return float(len(text))


def layer(x: Any, weights: Any) -> Any:
    return {"hidden": jnp.sin(x) @ weights, "sums": (x.sum(), x * 2)}


def same(got: Any, wanted: Any) -> None:
    assert jax.tree.structure(got) == jax.tree.structure(wanted)
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(wanted), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def devices_of(result: Any) -> set[int]:
    return {len(leaf.devices()) for leaf in jax.tree.leaves(result)}


@pytest.mark.timeout(600)  # eight devices compile eight times as much, on however few cores
def test_these_tests_pass_on_eight_devices() -> None:
    if jax.device_count() >= NUM_DEVICES:
        pytest.skip("this is that process")
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={NUM_DEVICES}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(
        command,
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 skipped" in done.stdout


@on_devices
def test_array_code_is_as_jax_maps_it() -> None:
    got = xcs.pmap(layer, in_axes=(0, None))(ROWS, WEIGHTS)
    same(got, jax.pmap(layer, in_axes=(0, None))(ROWS, WEIGHTS))
    assert devices_of(got) == {NUM_DEVICES}


@on_devices
@pytest.mark.parametrize(("size", "used"), [(1, 1), (3, 3), (8, 8), (16, 8), (24, 8)])
def test_elements_are_spread_evenly(size: int, used: int) -> None:
    mapped = xcs.pmap(layer, in_axes=(0, None))
    for _ in range(2):
        x = jnp.arange(size * 3.0).reshape(size, 3)
        got = mapped(x, WEIGHTS)
        same(got, jax.vmap(layer, (0, None))(x, WEIGHTS))
        assert devices_of(got) == {used}
    pieces = {shard.data.shape for shard in got["hidden"].addressable_shards}
    assert pieces == {(max(size // NUM_DEVICES, 1), 2)}


@on_devices
def test_one_compiled_form_for_each_number_of_devices() -> None:
    num_traces = 0

    def counted(x: Any) -> Any:
        nonlocal num_traces
        num_traces += 1
        return jnp.cos(x)

    compiled = jax.jit(counted)
    mapped = xcs.pmap(lambda x: compiled(x) * 2)
    for size in (8, 16, 8, 16):
        same(mapped(jnp.ones((size, 2))), jnp.cos(jnp.ones((size, 2))) * 2)
    assert num_traces == 1


@on_devices
@pytest.mark.parametrize("in_axes", [1, -1])
def test_other_axes_are_cut(in_axes: int) -> None:
    axes = (in_axes, None)
    mapped = xcs.pmap(layer, in_axes=axes, out_axes={"hidden": 1, "sums": (0, -1)})
    same(mapped(ROWS.T, WEIGHTS), jax.vmap(layer, axes, {"hidden": 1, "sums": (0, -1)})(ROWS.T, WEIGHTS))


@on_devices
def test_collectives_see_all_elements() -> None:
    def share(x: Any) -> Any:
        return x / jax.lax.psum(x, "i"), jax.lax.axis_index("i")

    same(xcs.pmap(share, "i")(ROWS), jax.pmap(share, "i")(ROWS))
    same(xcs.pmap(share, "i")(ROWS[:5]), jax.pmap(share, "i")(ROWS[:5]))


@on_devices
def test_equal_results_are_given_once() -> None:
    def total(x: Any) -> Any:
        return {"all": jax.lax.pmean(x, "i"), "own": x}

    got = xcs.pmap(total, "i", out_axes={"all": None, "own": 0})(ROWS)
    same(got, {"all": ROWS.mean(0), "own": ROWS})


@on_devices
def test_devices_can_be_chosen() -> None:
    chosen = jax.devices()[2:6]
    got = xcs.pmap(lambda x: x + 1, devices=chosen)(ROWS)
    same(got, ROWS + 1)
    assert got.devices() == set(chosen)
    assert xcs.pmap(lambda x: x + 1, devices=2)(ROWS).devices() == set(jax.devices()[:2])


@on_devices
def test_arrays_of_one_device_and_of_numpy_are_moved() -> None:
    there = jax.device_put(ROWS, jax.devices()[3])
    same(xcs.pmap(layer, in_axes=(0, None))(there, np.asarray(WEIGHTS)), jax.vmap(layer, (0, None))(ROWS, WEIGHTS))
    sharded = xcs.pmap(lambda x: x * 2)(ROWS)
    same(xcs.pmap(lambda x: x + 1)(sharded), ROWS * 2 + 1)


@on_devices
def test_it_composes() -> None:
    def loss(weights: Any, x: Any) -> Any:
        return (jnp.tanh(x @ weights) ** 2).sum()

    wanted = jax.vmap(jax.grad(loss), (None, 0))(WEIGHTS, ROWS)
    same(xcs.pmap(xcs.grad(loss), in_axes=(None, 0))(WEIGHTS, ROWS), wanted)
    mapped = xcs.pmap(loss, in_axes=(None, 0))
    gradient = jax.grad(lambda w: jax.vmap(loss, (None, 0))(w, ROWS).sum())(WEIGHTS)
    same(jax.grad(lambda w: mapped(w, ROWS).sum())(WEIGHTS), gradient)
    same(xcs.grad(lambda w: mapped(w, ROWS).sum())(WEIGHTS), gradient)
    same(jax.jit(mapped)(WEIGHTS, ROWS), jax.vmap(loss, (None, 0))(WEIGHTS, ROWS))
    same(xcs.jit(mapped)(WEIGHTS, ROWS), jax.vmap(loss, (None, 0))(WEIGHTS, ROWS))
    same(xcs.pmap(xcs.vmap(lambda x: x * 2))(ROWS), ROWS * 2)
    same(xcs.vmap(xcs.pmap(lambda x: x * 2))(jnp.stack([ROWS, -ROWS])), jnp.stack([ROWS, -ROWS]) * 2)


@on_devices
def test_scans_are_mapped() -> None:
    def step(carry: Any, x: Any) -> Any:
        return carry + x, carry * x

    def sums(x: Any) -> Any:
        return xcs.scan(step, 0.0 * x[0], x)

    same(xcs.pmap(sums)(ROWS), jax.vmap(lambda x: jax.lax.scan(step, 0.0 * x[0], x))(ROWS))


@on_devices
@pytest.mark.parametrize(
    ("size", "options", "message"),
    [
        (9, {}, "divisible by the number of devices, found 9 elements on 8 devices; help: give the `devices`"),
        (3, {"devices": 2}, "divisible by the number of devices, found 3 elements on 2 devices"),
        (16, {"axis_name": "i"}, "at most one element for each device where `axis_name` is given, found 16 elements"),
        (8, {"devices": 9}, "expected at most 8 devices, which is what JAX has, found `9`"),
        (8, {"axis_size": 4}, "argument 0 has 8, `axis_size` is 4"),
    ],
)
def test_what_does_not_fit_is_refused(size: int, options: dict[str, Any], message: str) -> None:
    with pytest.raises(xcs.XCSError, match=message):
        xcs.pmap(lambda x: x * 2, **options)(jnp.ones((size, 2)))


@pytest.mark.parametrize("devices", [0, -1, True, ()])
def test_devices_are_one_or_more(devices: Any) -> None:
    with pytest.raises(xcs.XCSError, match="expected `devices` to be one device or more"):
        xcs.pmap(layer, devices=devices)


def test_axes_are_keywords_as_in_jax() -> None:
    with pytest.raises(xcs.XCSError, match="help: axes go to `in_axes=`"):
        xcs.pmap(layer, (0, None))  # type: ignore[arg-type]


def test_calls_overlap_on_workers_whatever_their_number() -> None:
    barrier = threading.Barrier(5, timeout=20)

    @xcs.op(effect="unordered")
    def meet(text: str) -> str:
        barrier.wait()
        return text * 2

    assert xcs.pmap(lambda text: meet(text))(list("abcde")) == ["aa", "bb", "cc", "dd", "ee"]


def test_a_number_of_devices_bounds_the_calls_in_flight() -> None:
    lock, inside, most = threading.Lock(), 0, 0
    pair = threading.Barrier(2, timeout=20)

    def count(change: int) -> None:
        nonlocal inside, most
        with lock:
            inside += change
            most = max(most, inside)

    def call(text: str) -> str:
        count(1)
        pair.wait()
        count(-1)
        return text

    ask = xcs.op(effect="unordered")(call)
    texts = [str(number) for number in range(8)]
    assert xcs.pmap(lambda text: ask(text), devices=2)(texts) == texts
    assert most == 2


def test_calls_and_arrays_are_as_a_loop_gives_them() -> None:
    def mixed(x: Any, text: str) -> Any:
        return jnp.dot(x, x) * score(text), text

    texts = ["a", "bb", "", "dddd", "e"]
    got, names = xcs.pmap(mixed)(ROWS[:5], texts)
    same(got, jnp.stack([mixed(row, text)[0] for row, text in zip(ROWS, texts, strict=False)]))
    assert names == texts
    assert xcs.pmap(mixed, out_axes=(0, None))(ROWS[:5], texts)[1] == "a"


def test_models_are_mapped_themselves() -> None:
    ask = xcs.embedded()
    prompts = ["what is a compiler?", "what is a kernel?"]
    assert xcs.pmap(ask)(prompts) == [ask(prompt) for prompt in prompts]
