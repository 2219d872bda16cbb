"""Parameters, recursion, higher-order functions, generators, async functions, decorators."""

from __future__ import annotations

import asyncio
import functools
import itertools
import operator
from collections.abc import Callable
from typing import Any

import pytest
from leaves import Model, ask, echo, flaky, many, note, num, rate
from observe import Keywords, case

import xcs


def every_kind(a, /, b, c=3, *rest, d, e=5, **more):
    return ask(a), b, c, rest, d, e, more, num(len(rest)), list(more)


def varargs_and_kwargs(*args, **kwargs):
    return [ask(a) for a in args], {k: ask(v) for k, v in kwargs.items()}


def kwargs_is_fresh(**kwargs):
    kwargs["new"] = ask(kwargs.get("old"))
    return kwargs


def forwards_everything(*args, **kwargs):
    return ask(*args, **kwargs), every_kind(*args, d=num(1), **kwargs)


def keyword_named_like_ours(self, function, args, kwargs):
    return ask(self), num(function), args, kwargs


def keyword_only_with_default(*, x=2, y):
    return num(x) + num(y)


def default_is_a_call(x, y=num(4)):  # noqa: B008
    return num(x) + y


def default_is_a_model(x, model=Model("default")):  # noqa: B008
    return model(x)


def missing_argument(x, y):
    return ask(x)


def tree_sum(tree):
    if isinstance(tree, int):
        return num(tree)
    return sum(tree_sum(child) for child in tree)


def static_recursion(n):
    if n == 0:
        return ask("leaf")
    return static_recursion_helper(n) + ask(n)


def static_recursion_helper(n):
    return "" if n <= 0 else ask(f"h{n}") + static_recursion_helper(n - 1)


def literal_recursion(x):
    return _countdown(5, x)


def _countdown(n, x):
    if n == 0:
        return []
    return [ask(f"{n}{x}"), *_countdown(n - 1, x)]


def divide_and_conquer(xs):
    if len(xs) <= 1:
        return rate(str(xs))
    mid = len(xs) // 2
    return divide_and_conquer(xs[:mid]) + divide_and_conquer(xs[mid:])


def mutual(n):
    return _even(n), _odd(n)


def _even(n):
    return ask("even") if n == 0 else _odd(num(n) // 10 - 1)


def _odd(n):
    return ask("odd") if n == 0 else _even(num(n) // 10 - 1)


def search_tree(depth, path):
    if depth == 0:
        return [ask(path)]
    if rate(path) > 0.9:
        return [path]
    return search_tree(depth - 1, path + "l") + search_tree(depth - 1, path + "r")


def fork_join_with_accumulator(n, out):
    if n > 0:
        out.append(ask(n))
        fork_join_with_accumulator(n - 1, out)
        fork_join_with_accumulator(n - 2, out)
    return out


def hanoi(n, a, b, c):
    if n:
        hanoi(n - 1, a, c, b)
        note(f"{a}->{c} {num(n)}")
        hanoi(n - 1, b, a, c)


def partials(x):
    shout = functools.partial(ask, "shout", flag=True)
    return shout(x), functools.partial(num)(x), functools.partial(shout, 1)(2)


def map_filter_reduce(xs):
    mapped = map(ask, xs)
    first = next(mapped)
    kept = list(filter(lambda x: num(x) > 10, xs))
    folded = functools.reduce(lambda a, b: num(a + b), xs, 0)
    return first, list(mapped), kept, folded


def map_is_lazy(xs):
    lazy = map(ask, xs)
    note("nothing asked yet")
    return list(lazy)


def starmap_and_chain(xs):
    pairs = itertools.starmap(ask, [(x, x + 1) for x in xs])
    return list(itertools.chain(pairs, map(num, xs))), list(itertools.accumulate(xs, lambda a, b: num(a) + b))


def zip_of_calls(xs):
    return list(zip(map(num, xs), [ask(x) for x in xs], strict=False)), dict(zip(xs, map(ask, xs), strict=True))


def functions_in_a_list(x):
    return [f(x) for f in (ask, num, echo, str, lambda v: v * 2, functools.partial(ask, "p"))]


def function_as_argument(f, x):
    return f(x), [f(i) for i in range(2)]


def function_chosen_by_answer(x):
    f = ask if num(x) > 10 else num
    return f(x)


def operators_as_functions(xs):
    get = operator.itemgetter(0)
    method = operator.methodcaller("strip", "<>")
    return get(many(2)), method(ask(xs[0])), operator.add(num(1), num(2)), operator.attrgetter("real")(num(3))


def compose(x):
    def composed(*functions):
        def run(v):
            for f in functions:
                v = f(v)
            return v

        return run

    return composed(num, ask, len)(x), composed()(x)


def generator(n):
    for i in range(n):
        yield ask(i)


def uses_generator(n):
    out = []
    for y in generator(n):
        note(y)
        out.append(y)
    return out


def generator_partly_consumed(n):
    gen = generator(n)
    first = next(gen)
    note(first)
    gen.close()
    return first, list(gen)


def local_generator(xs):
    def produce():
        for x in xs:
            got = yield num(x)
            note(got)
        return "end"

    gen = produce()
    out = [next(gen)]
    out.append(gen.send("sent"))
    try:
        next(gen)
    except StopIteration as stop:
        out.append(stop.value)
    return out


def yield_from(xs):
    def inner():
        yield from (ask(x) for x in xs)
        return len(xs)

    def outer():
        count = yield from inner()
        yield count

    return list(outer())


async def async_leaf(x):
    await asyncio.sleep(0)
    return ask(x)


def runs_a_loop(xs):
    async def main():
        return await asyncio.gather(*(async_leaf(x) for x in xs))

    return asyncio.run(main())


def decorated_helper(x):
    return _traced(x), _traced(x + 1), _counted(x), _counted.calls


def trace_calls(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        note(f"call {f.__name__}")
        result = f(*args, **kwargs)
        note(f"return {result}")
        return result

    return wrapper


def count_calls(f):
    def wrapper(*args):
        wrapper.calls += 1
        return f(*args)

    wrapper.calls = 0
    return wrapper


@trace_calls
def _traced(x):
    return ask(x)


@count_calls
def _counted(x):
    return ask(f"counted{x}")


def reset_counted() -> None:
    _counted.calls = 0
    _remembered.cache_clear()


@functools.lru_cache
def _remembered(x):
    return ask(x)


def memoised_helper(xs):
    return [_remembered(x) for x in xs], _remembered.cache_info().hits


@functools.singledispatch
def dispatched(x):
    return ask(x)


@dispatched.register
def _(x: int):
    return num(x)


def single_dispatch(xs):
    return [dispatched(x) for x in xs]


def retry_decorator(x):
    return _steady(x)


def retry(times):
    def decorate(f):
        @functools.wraps(f)
        def wrapper(*args):
            for attempt in range(times):
                try:
                    return f(*args, attempt)
                except ValueError:
                    note(f"retry {attempt}")
            raise RuntimeError("exhausted")

        return wrapper

    return decorate


@retry(3)
def _steady(x, attempt):
    return flaky(x + attempt)


@trace_calls
def jitted_itself_decorated(x):
    """The decorator is under jit: `xcs.jit` sees the wrapper."""
    return ask(x) + ask(x + 1)


@xcs.jit
def inner_jitted(x):
    return [ask(x), ask(x + 1)]


def calls_jitted(x):
    a = inner_jitted(x)
    b = inner_jitted(x + 10)
    a.append("mine")
    return a, b


@xcs.jit
def jitted_recursion(n):
    if n <= 0:
        return [ask("end")]
    return [ask(n), *jitted_recursion(n - 1)]


def calls_jitted_recursion(n):
    return jitted_recursion(n)


@xcs.jit(strategy="sequential")
def sequential_inner(x):
    note(f"in {x}")
    return ask(x)


def calls_sequential_jitted(xs):
    return [sequential_inner(x) for x in xs]


@xcs.op(effect="unordered")
def leaf_that_enters_a_jitted_function(x):
    return inner_jitted(x)


def leaves_that_enter(xs):
    return [leaf_that_enters_a_jitted_function(x) for x in xs]


def jitted_as_data(f, x):
    return f(x), list(map(f, [x]))


def jit_inside(x):
    inner = xcs.jit(lambda v: ask(v))
    return inner(x)


def immediately_called_lambda(x):
    return (lambda a, b=2: ask(a) + str(num(b)))(x)


two_lambdas = (lambda x: ask(x), lambda x: num(x))


def annotations_and_types(x: int, y: list[str] | None = None) -> str:
    z: str = ask(x)
    w: int
    if y is None:
        w = num(1)
    else:
        w = 0
    return f"{z}{w}"


def long_chain(x):
    for f in [ask, len, num, str, ask]:
        x = f(x)
    return x


def builtins_on_answers(x):
    y = num(x)
    return (
        abs(-y),
        divmod(y, 3),
        pow(y, 2, 7),
        round(y / 3, 2),
        hex(y),
        chr(y + 60),
        bin(y),
        isinstance(y, int),
        [*range(y)][-1],
    )


def getattr_setattr(thing, name):
    setattr(thing, name, ask(name))
    return getattr(thing, name), hasattr(thing, "nothing"), getattr(thing, "nothing", num(1)), vars(thing)


class Plain:
    pass


def many_locals(x):
    a0 = num(x)
    a1 = num(a0)
    a2, a3 = num(a1), num(x + 1)
    a4 = [a0, a1, a2, a3]
    a5 = {"a": a4, "b": a4}
    a6 = (a5, a4)
    a4.append(num(x + 2))
    return a6, a5["a"] is a4


def wide_fan_out(xs):
    a, b, c, d = num(xs[0]), num(xs[1]), num(xs[2]), num(xs[3])
    return a + b, ask(c), ask(d), a


PROGRAMS = [
    case(every_kind, (1, 2, Keywords(d=4)), (1, 2, 3, 4, 5, Keywords(d=4, e=6, z=7))),
    case(varargs_and_kwargs, (1, 2, Keywords(a=3, b=4)), ()),
    case(kwargs_is_fresh, (Keywords(old=1),)),
    case(forwards_everything, (1, 2, Keywords(flag=3))),
    case(keyword_named_like_ours, (Keywords(self=1, function=2, args=3, kwargs=4),)),
    case(keyword_only_with_default, (Keywords(y=1),), (Keywords(y=1, x=5),)),
    case(default_is_a_call, (1,), (1, 2)),
    case(default_is_a_model, (1,), lambda: (1, Model("other"))),
    case(missing_argument, (1,), raises="TypeError"),
    case(tree_sum, ([1, [2, [3, 4]], []],)),
    case(static_recursion, (2,), (0,)),
    case(literal_recursion, (1,)),
    case(divide_and_conquer, ([1, 2, 3, 4],), overlap=4),
    case(mutual, (3,)),
    case(search_tree, (2, "")),
    case(fork_join_with_accumulator, (3, [])),
    case(hanoi, (2, "a", "b", "c")),
    case(partials, (1,)),
    case(map_filter_reduce, ([1, 2],)),
    case(map_is_lazy, ([1, 2],)),
    case(starmap_and_chain, ([1, 2],)),
    case(zip_of_calls, ([1, 2],)),
    case(functions_in_a_list, (1,)),
    case(function_as_argument, (ask, 1), (num, 1), (str, 1), (inner_jitted, 1)),
    case(function_chosen_by_answer, (1,), (2,)),
    case(operators_as_functions, ([1],)),
    case(compose, (1,)),
    case(uses_generator, (2,)),
    case(generator_partly_consumed, (3,)),
    case(local_generator, ([1, 2],)),
    case(yield_from, ([1, 2],)),
    case(runs_a_loop, ([1, 2],)),
    case(decorated_helper, (1,), setup=reset_counted),
    case(memoised_helper, ([1, 2, 1],), setup=reset_counted),
    case(single_dispatch, ([1, "a", 2.5],)),
    case(retry_decorator, (1,), (2,)),
    case(jitted_itself_decorated, (1,)),
    case(calls_jitted, (1,)),
    case(calls_jitted_recursion, (2,)),
    case(calls_sequential_jitted, ([1, 2],)),
    case(leaves_that_enter, ([1, 2, 3],)),
    case(jitted_as_data, lambda: (inner_jitted, 1)),
    case(jit_inside, (1,)),
    case(immediately_called_lambda, (1,)),
    case(two_lambdas[0], (1,), name="first_lambda_on_the_line"),
    case(two_lambdas[1], (1,), name="second_lambda_on_the_line"),
    case(annotations_and_types, (1,), (1, ["a"])),
    case(long_chain, (1,)),
    case(builtins_on_answers, (1,)),
    case(getattr_setattr, lambda: (Plain(), "name")),
    case(many_locals, (1,)),
    case(wide_fan_out, ([1, 2, 3, 4],), overlap=4),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()


def test_a_generator_function_stays_one() -> None:
    jitted: Any = xcs.jit(generator)
    with pytest.warns(xcs.XCSWarning, match="generator"):
        made = jitted(2)
    assert next(made) == "<0>"
    assert list(made) == ["<1>"]


def test_an_async_function_stays_one() -> None:
    async def gather(xs):
        return [await async_leaf(x) for x in xs]

    jitted: Any = xcs.jit(gather)
    assert asyncio.run(jitted([1, 2])) == ["<1>", "<2>"]
    assert xcs.get_jit_stats(jitted)["fallback"] is None
