"""What may change between calls (globals, methods, types of arguments), and arguments that are hard to look at."""

# ruff: noqa: RET504 - the programs are written as people write them, mistakes included

from __future__ import annotations

import math
import threading
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import leaves
import numpy as np
import pytest
from leaves import Model, ask, many, note, num, rate
from observe import Keywords, case, jit, observe

import xcs

PREFIX = "a"
HELPER: Any = ask
SETTINGS: dict[str, Any] = {"k": 1}
MODEL: Any = Model("first")


def uses_globals(x):
    return f"{PREFIX}{x}", HELPER(x), ask(SETTINGS["k"]), MODEL(x), helper(x)


def helper(x):
    return [ask(f"helper {x}"), num(x)]


def other_helper(x):
    return [num(x), "other"]


def global_data(value):
    def put():
        global PREFIX
        PREFIX = value

    return put


def test_a_global_rebound_between_calls() -> None:
    global PREFIX, HELPER, MODEL
    jitted = jit(uses_globals)
    saved = PREFIX, HELPER, MODEL, globals()["helper"]
    try:
        assert jitted(1) == uses_globals(1)
        PREFIX = "b"
        assert jitted(1) == uses_globals(1)
        PREFIX = 5
        assert jitted(1) == uses_globals(1)
        HELPER = num
        assert jitted(1) == uses_globals(1)
        HELPER = lambda x: ask(f"lambda {x}")
        assert jitted(1) == uses_globals(1)
        HELPER = MODEL
        assert jitted(1) == uses_globals(1)
        MODEL = Model("second")
        assert jitted(1) == uses_globals(1)
        MODEL.name = "renamed"
        assert jitted(1) == uses_globals(1)
        MODEL = num
        assert jitted(1) == uses_globals(1)
        SETTINGS["k"] = "changed"
        assert jitted(1) == uses_globals(1)
        globals()["helper"] = other_helper
        assert jitted(1) == uses_globals(1)
        del globals()["helper"]
        with pytest.raises(NameError):
            jitted(1)
        globals()["helper"] = saved[3]
        assert jitted(1) == uses_globals(1)
    finally:
        PREFIX, HELPER, MODEL, globals()["helper"] = saved
        SETTINGS["k"] = 1
    assert jitted(1) == uses_globals(1)


def calls_a_helper_twice(x):
    return helper(x), helper(x + 1)


def test_code_of_a_helper_replaced() -> None:
    jitted = jit(calls_a_helper_twice)
    assert jitted(1) == calls_a_helper_twice(1)
    saved = helper.__code__
    try:
        helper.__code__ = other_helper.__code__
        assert jitted(1) == calls_a_helper_twice(1)
    finally:
        helper.__code__ = saved
    assert jitted(1) == calls_a_helper_twice(1)


def with_default(x, y=1):
    return ask(x + y), num(y)


def calls_with_default(x):
    return with_default(x), with_default(x, 5)


def test_defaults_of_functions_replaced() -> None:
    jitted, direct = jit(calls_with_default), jit(with_default)
    assert (jitted(1), direct(1)) == (calls_with_default(1), with_default(1))
    saved = with_default.__defaults__
    try:
        with_default.__defaults__ = (7,)
        assert (jitted(1), direct(1)) == (calls_with_default(1), with_default(1))
    finally:
        with_default.__defaults__ = saved


class Service:
    prefix = "s"

    def reply(self, x: Any) -> Any:
        return [ask(f"{self.prefix}{x}"), num(x)]

    def __call__(self, x: Any) -> Any:
        return self.reply(x)


def uses_service(service, x):
    return service.reply(x), service(x + 1), service.prefix


def test_methods_replaced_between_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted = jit(uses_service)
    service = Service()
    assert jitted(service, 1) == uses_service(service, 1)
    monkeypatch.setattr(Service, "reply", lambda self, x: ["patched", x])
    assert jitted(service, 1) == uses_service(service, 1) == (["patched", 1], ["patched", 2], "s")
    monkeypatch.setattr(Service, "prefix", "t")
    assert jitted(service, 1) == uses_service(service, 1)
    monkeypatch.setattr(Service, "__call__", lambda self, x: "called")
    assert jitted(service, 1) == uses_service(service, 1)
    service.reply = lambda x: ["instance", x]  # type: ignore[method-assign]
    assert jitted(service, 1) == uses_service(service, 1)
    monkeypatch.setattr(Service, "prefix", property(lambda self: ask("property")), raising=True)
    assert jitted(service, 1) == uses_service(service, 1)
    monkeypatch.undo()
    assert jitted(Service(), 1) == uses_service(Service(), 1)


def uses_leaf(x):
    return ask(x), num(x)


def test_leaves_replaced_between_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    jitted = jit(uses_leaf)
    assert jitted(1) == ("<1>", 10)
    monkeypatch.setitem(uses_leaf.__globals__, "ask", lambda x: ["mine", x])
    assert jitted(1) == (["mine", 1], 10)
    monkeypatch.setitem(uses_leaf.__globals__, "num", print)
    assert jitted(1) == (["mine", 1], None)
    monkeypatch.undo()
    assert jitted(1) == ("<1>", 10)


def test_module_attribute_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def through_module(x):
        return leaves.ask(x), leaves.num(x), math.floor(1.5)

    jitted = jit(through_module)
    assert jitted(1) == ("<1>", 10, 1)
    monkeypatch.setattr(leaves, "ask", lambda x: "patched")
    monkeypatch.setattr(math, "floor", lambda x: "floor")
    assert jitted(1) == ("patched", 10, "floor")


def test_builtin_shadowed_between_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    def uses_builtins(xs):
        return len(xs), sorted([num(x) for x in xs]), str(ask(len(xs)))

    jitted = jit(uses_builtins)
    assert jitted([2, 1]) == (2, [10, 20], "<2>")
    monkeypatch.setitem(uses_builtins.__globals__, "len", lambda xs: "shadowed")
    monkeypatch.setitem(uses_builtins.__globals__, "sorted", list)
    assert jitted([2, 1]) == ("shadowed", [20, 10], "<shadowed>")


def test_a_cell_rebound_between_calls() -> None:
    def make():
        f, prefix = ask, "p"

        def program(x):
            return f(x), f"{prefix}{num(x)}"

        def change(new_f, new_prefix):
            nonlocal f, prefix
            f, prefix = new_f, new_prefix

        return program, change

    program, change = make()
    jitted = jit(program)
    assert jitted(1) == ("<1>", "p10")
    change(num, "q")
    assert jitted(1) == (10, "q10")
    change(lambda x: many(x), 5)
    assert jitted(2) == (["item0", "item1"], "520")


def test_one_program_two_closures() -> None:
    def make(prefix):
        def program(x):
            return ask(f"{prefix}{x}"), num(x)

        return program

    first, second = jit(make("a")), jit(make("b"))
    assert (first(1), second(1), first(2)) == (("<a1>", 10), ("<b1>", 10), ("<a2>", 20))


def globals_changed_while_it_runs(x):
    global PREFIX
    a = PREFIX + ask(x)
    PREFIX = "changed" + ask(x)
    b = PREFIX + ask(x + 1)
    return a, b


def helper_rebound_while_it_runs(x):
    global HELPER
    a = HELPER(x)
    HELPER = num
    b = HELPER(x)
    return a, b


def put_globals_back() -> None:
    global PREFIX, HELPER
    PREFIX, HELPER = "a", ask


# ---------------------------------------------------------------- types of arguments
def polymorphic(x, y):
    z = x + x
    if z:
        note(type(z).__name__)
    return z, ask(z), [ask(i) for i in y], x == x


MANY_TYPES = [
    (1, [1, 2]),
    (1.5, (1, 2)),
    ("s", "ab"),
    ([1], {1: 2}),
    ((1, 2), {1}),
    (True, range(2)),
    (1j, []),
    (b"b", b"xy"),
    (np.float64(2.5), np.arange(2)),
    (np.arange(1), [np.int32(1)]),
    (0, frozenset([3])),
    ([], [[1], "a", None]),
]


def lengths(xs):
    return [ask(x) for x in xs]


class Hostile:
    """Whatever is looked at raises."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __len__(self) -> int:
        raise RuntimeError("len")

    def __iter__(self) -> Any:
        raise RuntimeError("iter")

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"getattribute {name}")


HOSTILE: Any = Hostile()


def keeps_hostile(x, y):
    pair = [x, num(y)]
    return len(pair), pair[1], pair[0] is x, ask(y)


def touches_hostile(x, y):
    note("start")
    a = num(y)
    if x:
        note("never")
    return a


def compares_hostile(x, y):
    a = num(y)
    note(a)
    return x == a


class LiesAboutItsClass:
    @property
    def __class__(self) -> type:
        return int


def isinstance_of_liar(x, y):
    return isinstance(x, int), num(y), type(x).__name__


def cyclic() -> list[Any]:
    a: list[Any] = [1]
    a.append(a)
    return a


def deep() -> Any:
    a: Any = 0
    for _ in range(200):
        a = [a]
    return a


def takes_cyclic(x):
    x.append(num(x[0]))
    return x[1] is x, len(x), ask(len(x[1]))


def goes_deep(x):
    while isinstance(x, list):
        x = x[0]
    return ask(x)


def sums_huge(xs):
    return sum(xs), ask(len(xs)), xs[-1]


def nan_behaviour(x):
    nans = [x, num(1)]
    return x == x, x in nans, nans.index(x), min(x, 1.0), ask(x), {x: 1}[x], sorted([2.0, x])[0]


def minus_zero(x):
    return x, -x, num(1) * x, f"{x}", x == 0, math.copysign(1, x)


def big_and_small(n):
    return n**50, num(n) << 70, -n // 3, n % -3, ask(str(n)[:5])


def true_or_one(x):
    return x, num(x), f"{x}", {x: "v"}[1], x is True


def int_cache(x):
    a = num(x)
    return a == 300, [a][0] is a, ask(a)


def numpy_work(x, y):
    a = x * 2 + y
    b = a.sum()
    if b > 3:
        note("big")
    a[0] = 9
    return a, b, x, ask(float(b)), [num(float(v)) for v in y]


def numpy_view_is_shared(x):
    row = x[0]
    row[0] = num(1)
    x[1, :] = row
    return x, row, np.shares_memory(row, x)


def numpy_errors(x, y):
    note("before")
    a = num(1)
    b = x @ y
    note("after")
    return a, b


def numpy_truth_is_ambiguous(x):
    a = ask(1)
    if x > 1:
        return a
    return None


def numpy_loops(x):
    return [num(int(v)) for v in x], [ask(row.tolist()) for row in x.reshape(2, -1)]


def numpy_scalars(x):
    y = x + 1
    return y, y.dtype.name, num(int(y)), x == y, np.int8(100) if num(1) else 0


def jax_work(x, y):
    import jax.numpy as jnp

    a = jnp.dot(x, y) + 1
    return jnp.tanh(a).sum() > 0, ask(1), a


def jax_in_and_out(x):
    y = x * 2
    z = float(y.sum())
    return ask(z), y + z


def embeddings(texts):
    vectors = [np.array([float(len(t)), rate(t)]) for t in texts]
    sims = [float(v @ vectors[0]) for v in vectors]
    return max(range(len(texts)), key=lambda i: sims[i]), np.stack(vectors).shape


def dict_views_as_arguments(d, keys):
    out = []
    for k in keys:
        out.append(ask(k))
    d["new"] = 1
    return out, list(keys)


def dict_and_its_view() -> tuple[Any, Any]:
    d = {"a": 1, "b": 2}
    return d, d.keys()


def iterator_argument(it):
    return [ask(x) for x in it], next(it, "empty")


def generator_argument(gen):
    first = next(gen)
    return first, [ask(x) for x in gen]


def file_like_argument(lines):
    return [ask(line.strip()) for line in lines], lines.read()


def function_arguments(f, g):
    return f(1), g(f(2)), [f(i) for i in range(3)]


def none_and_ellipsis(x, y):
    return x is None, y is ..., ask(x), {None: y}


def module_argument(m, x):
    return m.floor(x), ask(m.pi)


def class_argument(cls, x):
    made = cls(x)
    return made, ask(isinstance(made, cls)), cls is type(made)


def exception_argument(error):
    a = ask(str(error))
    if num(1):
        raise error
    return a


def same_object_in_two_arguments(a, b):
    a["x"] = ask(1)
    b["x"] = b["x"] + "!"
    return a is b, a["x"]


def one_dict() -> tuple[Any, Any]:
    d: dict[str, Any] = {}
    return d, d


def argument_reached_through_global(items, x):
    items.append(num(x))
    GLOBAL_LIST.append(num(x + 1))
    return len(items), len(GLOBAL_LIST), items


GLOBAL_LIST: list[Any] = []

PROGRAMS = [
    case(globals_changed_while_it_runs, (1,), setup=put_globals_back, state=lambda: PREFIX),
    case(helper_rebound_while_it_runs, (1,), setup=put_globals_back),
    *(case(polymorphic, lambda a=a: (a[0], list(a[1])), name=f"polymorphic_{i}") for i, a in enumerate(MANY_TYPES)),
    case(polymorphic, *MANY_TYPES, name="polymorphic_in_turn"),
    case(lengths, *(([*range(n)],) for n in (0, 1, 2, 7, 8, 9, 70))),
    case(keeps_hostile, lambda: (HOSTILE, 1)),
    case(touches_hostile, lambda: (HOSTILE, 1), raises="RuntimeError"),
    case(compares_hostile, lambda: (HOSTILE, 1), raises="RuntimeError"),
    case(isinstance_of_liar, lambda: (LiesAboutItsClass(), 1)),
    case(takes_cyclic, lambda: (cyclic(),)),
    case(goes_deep, lambda: (deep(),)),
    case(sums_huge, lambda: (list(range(200_000)),)),
    case(nan_behaviour, (math.nan,)),
    case(minus_zero, (-0.0,), (0.0,), (0,)),
    case(big_and_small, (12345678901234567890,), (-7,)),
    case(true_or_one, (True,), (1,), (1.0,), (True,)),
    case(int_cache, (30,)),
    case(numpy_work, lambda: (np.arange(3.0), np.ones(3))),
    case(numpy_work, lambda: (np.arange(3), np.ones(3, dtype=np.int8)), name="numpy_work_on_ints"),
    case(numpy_view_is_shared, lambda: (np.zeros((2, 2)),)),
    case(numpy_errors, lambda: (np.ones((2, 2)), np.ones(3)), raises="ValueError"),
    case(numpy_truth_is_ambiguous, lambda: (np.arange(3),), raises="ValueError"),
    case(numpy_loops, lambda: (np.arange(4),)),
    case(numpy_scalars, (np.int8(127),), (np.float32(0.1),), (np.bool_(True),)),
    case(embeddings, (["a", "bbb", "cc"],)),
    case(dict_views_as_arguments, dict_and_its_view),
    case(iterator_argument, lambda: (iter([1, 2]),)),
    case(generator_argument, lambda: ((i for i in range(3)),)),
    case(file_like_argument, lambda: (__import__("io").StringIO("a\nb\n"),)),
    case(function_arguments, lambda: (num, ask), lambda: (lambda x: ask(x), lambda x: x)),
    case(none_and_ellipsis, (None, ...)),
    case(module_argument, lambda: (math, 1.5)),
    case(class_argument, lambda: (Model, "n"), lambda: (str, 5), lambda: (list, "ab")),
    case(exception_argument, lambda: (ValueError("given"),), raises="ValueError"),
    case(same_object_in_two_arguments, one_dict),
    case(
        argument_reached_through_global,
        lambda: (GLOBAL_LIST, 1),
        setup=GLOBAL_LIST.clear,
        name="argument_is_a_global",
    ),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()


@pytest.mark.filterwarnings("ignore")
def test_jax_arrays() -> None:
    import jax.numpy as jnp

    for f, args in (
        (jax_work, lambda: (jnp.ones((2, 2)), jnp.ones(2))),
        (jax_in_and_out, lambda: (jnp.arange(3.0),)),
    ):
        want, jitted = observe(f, args), jit(f)
        for _ in range(2):
            got = observe(jitted, args)
            assert (got.outcome, got.after, got.calls) == (want.outcome, want.after, want.calls)


# ---------------------------------------------------------------- many threads, no source
def test_one_jitted_function_called_from_eight_threads() -> None:
    def program(x, y):
        replies = [ask(f"{x}{i}") for i in range(3)]
        table = {r: num(y) for r in replies}
        if y > 3:
            table["big"] = ask(y)
        return table

    jitted = xcs.jit(program)
    start = threading.Barrier(8)

    def call(i: int) -> Any:
        start.wait()
        return [jitted(i if i % 2 else str(i), n) for n in range(6)]

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(call, range(8)))
    assert got == [[program(i if i % 2 else str(i), n) for n in range(6)] for i in range(8)]
    assert xcs.get_jit_stats(jitted)["traces"] == 2


def test_ordered_effects_of_threads_do_not_mix() -> None:
    def program(log, x):
        for i in range(4):
            log.append(("before", i))
            log.append(ask(f"{x}{i}"))
        return log

    jitted = xcs.jit(program)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda x: jitted([], x), range(8)))
    assert got == [program([], x) for x in range(8)]


def test_recursion_through_jit_from_threads() -> None:
    @xcs.jit
    def tree(n: int) -> Any:
        return ask("leaf") if n == 0 else [tree(n - 1), tree(n - 1), num(n)]

    def plain(n: int) -> Any:
        return "<leaf>" if n == 0 else [plain(n - 1), plain(n - 1), n * 10]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(tree, [3] * 8)) == [plain(3)] * 8


def test_functions_without_source_run_plainly() -> None:
    space: dict[str, Any] = {"ask": ask}
    exec("def program(x, *, y=2):\n    return [ask(x), ask(y)]", space)
    jitted: Any = xcs.jit(space["program"])
    with pytest.warns(xcs.XCSWarning, match="program"):
        assert jitted(1) == ["<1>", "<2>"]
    assert jitted(1, y=3) == ["<1>", "<3>"]
    assert xcs.get_jit_stats(jitted)["fallback_calls"] == 2


def test_functions_of_c_stay_what_they_are() -> None:
    for f in (len, math.floor, np.add, str.upper):
        assert xcs.jit(f) is f


def test_wrong_arguments_raise_pythons_own_error() -> None:
    def program(a, /, b, *, c):
        return ask(a), b, c

    jitted = jit(program)
    for args, kwargs in (((), {}), ((1,), {"b": 2}), ((1, 2, 3), {"c": 1}), ((1, 2), {"c": 1, "d": 2}), ((), {"a": 1})):
        with pytest.raises(TypeError) as want:
            program(*args, **kwargs)
        with pytest.raises(TypeError) as got:
            jitted(*args, **kwargs)
        assert str(got.value) == str(want.value)


def test_arguments_need_not_be_hashable_or_comparable() -> None:
    def program(x, **options):
        return ask(len(x)), options

    jitted = jit(program)
    arguments = Keywords(a=[1], b={"c": {2}}, d=types.SimpleNamespace(e=np.zeros(2)))
    assert jitted([[]], **arguments)[1].keys() == arguments.keys()


def test_arguments_are_not_kept_alive() -> None:
    import gc
    import weakref

    def program(model, x):
        replies = [model(x) for _ in range(2)]
        return replies

    jitted = jit(program)
    model = Model("short")
    jitted(model, [1])
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
