"""Jitted functions among other decorators, in classes, and looked at as functions are."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest
from leaves import LOG, ask, flaky, say
from observe import check

import xcs
from xcs.frontend.wrapped import Wrapped

pytestmark = pytest.mark.filterwarnings("ignore::xcs.XCSWarning")


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*args):
        LOG.append(("called", args))
        return "logged", function(*args)

    return inner


@logged
@xcs.jit
def decorated_above(x):
    return ask(x)


def calls_what_is_decorated_above(x):
    return [decorated_above(x), ask(x)]


@xcs.op(effect="pure")
def doubled(x):
    return 2 * x


logged_doubled = logged(doubled)


def logs_after_what_fails(x):
    first = ask(x)
    second = flaky(x)
    third = logged_doubled(x)
    return first, second, third


@xcs.op(effect="ordered")
@logged
@xcs.op(effect="pure")
def declared_twice(x):
    return 2 * x


def uses_what_is_declared_twice(x):
    declared_twice(x)
    say("between")
    declared_twice(x)
    return ask(x)


def claims_another_signature(a, b=2):
    return ask(a), b


claims_another_signature.__signature__ = inspect.Signature([inspect.Parameter("q", inspect.Parameter.VAR_POSITIONAL)])


@logged
def wrapped_with_another_signature(a, b):
    return ask(a), b


def reads_its_frame(x):
    frame = sys._getframe()
    answer = ask(x)
    return answer, sorted(frame.f_locals), frame.f_code.co_name, frame.f_globals["__name__"]


def keeps_attributes(x):
    keeps_attributes.stats = [x]
    keeps_attributes._last = keeps_attributes._lock = None
    return ask(x), keeps_attributes.stats, keeps_attributes._last


@pytest.mark.parametrize(
    "program",
    [
        calls_what_is_decorated_above,
        uses_what_is_declared_twice,
        claims_another_signature,
        keeps_attributes,
        reads_its_frame,
    ],
)
def test_decorated(program):
    check(program, (1,))


def test_a_declaration_is_not_that_of_the_wrapper():
    check(logs_after_what_fails, (-1,), raises="ValueError")


def test_a_wrapper_takes_its_own_parameters():
    check(wrapped_with_another_signature, (1, 2))


def test_attributes_on_the_jitted_function_itself():
    global keeps_attributes
    plain = keeps_attributes
    keeps_attributes = xcs.jit(plain)
    try:
        assert keeps_attributes(1) == (ask(1), [1], None)
        assert keeps_attributes(1) == (ask(1), [1], None)
        assert xcs.get_jit_stats(keeps_attributes)["calls"] == 2
        assert keeps_attributes.stats == [1]
    finally:
        keeps_attributes = plain


@xcs.jit
def looked_at(a, b=2, *, c=3):
    """Says what it does."""
    return a, b, c


def test_looks_like_its_function():
    plain = looked_at.__wrapped__
    assert looked_at.__code__ is plain.__code__
    assert looked_at.__globals__ is plain.__globals__
    assert looked_at.__closure__ is None
    assert (looked_at.__defaults__, looked_at.__kwdefaults__) == ((2,), {"c": 3})
    assert (looked_at.__name__, looked_at.__module__) == ("looked_at", __name__)
    assert inspect.signature(looked_at) == inspect.signature(plain)
    assert inspect.getsource(looked_at) == inspect.getsource(plain)
    assert copy.copy(looked_at) is copy.deepcopy(looked_at) is looked_at
    assert pickle.loads(pickle.dumps(looked_at)) is looked_at


def test_what_it_is_made_of_stays_out_of_sight():
    copied = functools.wraps(looked_at)(lambda: None)
    assert not [name for name in vars(copied) if "xcs" in name]


def test_defaults_changed_on_the_jitted_function():
    def program(a, b=1):
        return a, b

    jitted = xcs.jit(program)
    assert jitted(0) == (0, 1)
    jitted.__defaults__ = (7,)
    assert jitted(0) == program(0) == (0, 7)


def test_generators_and_coroutines_are_recognised():
    @xcs.jit
    def generator():
        yield 1

    @xcs.jit
    async def coroutine():
        return 1

    assert inspect.isgeneratorfunction(generator)
    assert not inspect.isgeneratorfunction(looked_at)
    assert inspect.iscoroutinefunction(coroutine)
    assert not inspect.iscoroutinefunction(looked_at)


def test_a_function_that_reads_its_callers_frame():
    with pytest.warns(xcs.XCSWarning, match="`_getframe` looks at the running frame"):

        @xcs.jit
        def caller():
            return sys._getframe(1).f_code.co_name, sys._getframe(1).f_globals["__name__"]

    class Case:
        ask = caller

    def calls_it():
        return caller()

    with pytest.raises(TypeError):
        Case().ask()
    assert calls_it() == ("calls_it", __name__)
    assert xcs.jit(calls_it)() == ("calls_it", __name__)
    assert xcs.get_jit_stats(caller)["fallback"] == "`_getframe` looks at the running frame"
    assert caller.__name__ == "caller"
    with pytest.raises(xcs.XCSError, match="looks at the running frame"):
        caller.trace()


def test_implicit_static_and_class_methods():
    made = []

    class Base:
        @xcs.jit
        def __new__(cls, x):
            made.append(("new", cls.__name__, x))
            return super().__new__(cls)

        @xcs.jit
        def __init_subclass__(cls):
            made.append(("subclass", cls.__name__))

        @xcs.jit
        def __class_getitem__(cls, item):
            return cls, item

    class Derived(Base):
        pass

    assert type(Derived(1)) is Derived
    assert Derived[int] == (Derived, int)
    assert made == [("subclass", "Derived"), ("new", "Derived", 1)]


def test_static_and_class_methods_as_targets():
    class Case:
        @xcs.jit
        @staticmethod
        def static(x):
            return x

        @xcs.jit
        @classmethod
        def of_class(cls, x):
            return cls, x

    assert isinstance(vars(Case)["static"].__func__, Wrapped)
    assert Case.static(1) == Case().static(1) == 1
    assert Case.of_class(1) == Case().of_class(1) == (Case, 1)
