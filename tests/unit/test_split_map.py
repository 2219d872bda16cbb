"""Maps of external calls with array code behind them: the calls overlap, the array code is one kernel."""

from __future__ import annotations

import threading

import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.lowering.split_map import KernelBehind
from xcs.lowering.vectorized_map import VectorizedKernel

WEIGHTS = jnp.arange(4.0)
made: list[str] = []  # calls, in the order they were made


def embedding(text: str) -> np.ndarray:
    """f32[4], or of another length for texts in capitals."""
    return np.arange(3 if text.isupper() else 4, dtype=np.float32) + len(text)


@xcs.op(effect="unordered")
def embed(text):
    made.append(text)
    if text == "broken":
        raise LookupError(text)
    return jnp.asarray(embedding(text))


@xcs.op(effect="unordered")
def embed_with_numpy(text):
    return embedding(text)


@xcs.op(effect="unordered")
def rating(text):
    return float(len(text))


@xcs.op(effect="ordered")
def note(text):
    made.append(text)
    return jnp.asarray(embedding(text))


def scores(texts):
    found = []
    for text in texts:
        embedded = embed(text)
        found.append(jnp.tanh(embedded * WEIGHTS))
    return found


def labelled_scores(texts, weights):
    found = []
    for text in texts:
        embedded = embed(text)
        rated = rating(text)
        score = jnp.tanh(embedded @ weights)
        found.append((text, rated, float(score)))
    return found


def numpy_scores(texts, weights):
    return [float(np.sum(embed_with_numpy(text) * weights)) for text in texts]


def ragged_scores(texts):
    return [jnp.sum(embed(text) ** 2) for text in texts]


def noted_scores(texts):
    return [jnp.tanh(note(text)) for text in texts]


def asked_by_scores(texts):
    found = []
    for text in texts:
        score = jnp.tanh(embed(text)).sum()
        found.append(rating(str(score)))
    return found


@pytest.fixture(autouse=True)
def _no_calls_yet():
    made.clear()


def kernels_behind(jitted) -> list[KernelBehind]:
    """The kernels of the program used last that come behind the calls of a map."""
    plan = jitted.compile().plan
    callees = [getattr(one, "callee", None) for one in plan.functions[plan.entry].instructions]
    return [one.value for one in callees if one is not None and isinstance(getattr(one, "value", None), KernelBehind)]


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return type(error).__name__, str(error)


TEXTS = ["a", "bb", "ccc", "dddd", "e"]


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (scores, (TEXTS,)),
        (labelled_scores, (TEXTS, jnp.arange(4.0))),
        (numpy_scores, (TEXTS, np.arange(4, dtype=np.float32))),
        (ragged_scores, (["a", "BB", "cc", "DDD", "e"],)),
    ],
)
def test_the_elements_are_one_kernel_with_the_results_of_the_loop(function, args) -> None:
    jitted = xcs.jit(function)
    wanted = function(*args)
    for _ in range(2):
        found = jitted(*args)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            if isinstance(other, tuple):
                assert one[:2] == other[:2]
                assert type(one[2]) is float
                assert one[2] == pytest.approx(other[2], rel=1e-6)
            else:
                assert type(one) is type(other)
                np.testing.assert_allclose(one, other, rtol=1e-6)
    (behind,) = kernels_behind(jitted)
    assert behind.kernel.num_lengths > 0 or behind.kernel.parts.kind == "numpy"


def test_weights_that_each_element_loads_are_shared_by_the_batch() -> None:
    kernels: list[VectorizedKernel] = []
    jitted = xcs.jit(scores)
    jitted(TEXTS)
    kernels += [behind.kernel for behind in kernels_behind(jitted)]
    (kernel,) = kernels
    assert [rows._num_columns for same, rows in kernel._rows_by_shared.items() if same] == [1]


def test_all_calls_are_in_flight_before_the_kernel() -> None:
    everyone = threading.Barrier(len(TEXTS), timeout=30)

    @xcs.op(effect="unordered")
    def meet(text):
        everyone.wait()
        return jnp.asarray(embedding(text))

    @xcs.jit
    def met(texts):
        return [jnp.tanh(meet(text)).sum() for text in texts]

    assert len(met(TEXTS)) == len(TEXTS)
    assert kernels_behind(met)


@pytest.mark.parametrize("strategy", ["adaptive", "sequential"])
@pytest.mark.parametrize(
    "texts",
    [
        ["a", "broken", "b"],
        ["a", "BB", "broken"],  # the kernel fails for the second element, before the call for the third one
        ["broken", "BB"],
        ["a", "BB"],
        ["a", "bb", "CC", "dd", "broken", "EE"],
    ],
)
def test_the_first_exception_is_that_of_the_loop(texts, strategy) -> None:
    wanted = outcome(scores, texts)
    assert outcome(xcs.jit(strategy=strategy)(scores), texts) == wanted
    made.clear()
    in_try = outcome(xcs.jit(_with_handler), texts)
    assert in_try == wanted


def _with_handler(texts):
    try:
        return scores(texts)
    except LookupError as error:
        raise LookupError(str(error.args[0])) from None


@pytest.mark.parametrize("function", [noted_scores, asked_by_scores])
def test_ordered_calls_and_array_code_that_calls_need_stay_in_the_loop(function) -> None:
    jitted = xcs.jit(function)
    assert len(jitted(TEXTS)) == len(TEXTS)
    assert not kernels_behind(jitted)


def test_a_gradient_sees_the_calls_of_each_element() -> None:
    def loss(weights, texts):
        total = 0.0
        for text in texts:
            total = total + jnp.sum(embed(text) * weights)
        return total

    found = xcs.grad(loss)(jnp.ones(4), TEXTS)
    np.testing.assert_allclose(found, sum(embedding(text) for text in TEXTS))


def test_calls_that_are_known_to_be_fast_change_no_exception() -> None:
    jitted = xcs.jit(scores)
    for _ in range(60):  # from then on they are
        jitted(TEXTS)
    for texts in (["a", "BB", "broken"], ["a", "broken", "BB"], ["broken"], ["BB", "a"]):
        assert outcome(jitted, texts) == outcome(scores, texts)
