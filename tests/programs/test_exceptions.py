"""The first exception in program order, the same exception, with the same effects before it and none after it."""

# ruff: noqa: B030, RUF012 - the programs are written as people write them, mistakes included

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import leaves
import pytest
from leaves import ask, flaky, many, note, num, raising, say, slow, tardy
from observe import case, check, jit

import xcs


def first_in_program_order(x):
    a = tardy(x)
    b = flaky(x)
    return a + b


def first_in_program_order_in_loop(xs):
    return [tardy(x) if x == 2 else flaky(x) for x in xs]


def effects_stop_at_the_failure(xs):
    note("before")
    a = flaky(xs[0])
    note("between")
    b = flaky(xs[1])
    note("after")
    return a + b


def note_each_until_failure(xs):
    for x in xs:
        y = flaky(x)
        note(y)
        say(x)
    return len(xs)


def failure_in_branch(x):
    note("start")
    if num(x) > 10:
        y = flaky(x)
        note("in branch")
    else:
        y = ask(x)
    note("end")
    return y


def failure_in_helper(x):
    def helper(v):
        note("in")
        y = flaky(v)
        note("out")
        return y

    return helper(x - 1) + helper(x)


def failure_in_comprehension(xs):
    note("start")
    ys = [flaky(x) for x in xs if x]
    note("end")
    return ys


def failure_in_nested_comprehension(xss):
    return [[flaky(x) for x in xs] for xs in xss]


def failure_in_condition(x):
    if flaky(x):
        note("yes")
    return ask(x)


def failure_in_while_condition(x):
    while flaky(x):
        note(x)
        x += 1
    return x


def failure_in_iterable(x):
    for y in raising(KeyError("it")):
        note(y)
    return x


def raise_in_loop(xs):
    out = []
    for x in xs:
        y = num(x)
        if y > 20:
            raise ValueError(f"too big: {y}")
        out.append(ask(y))
        note(y)
    return out


def raise_before_later_calls(x):
    y = ask(x)
    if len(y) > 2:
        raise RuntimeError(y)
    z = ask(y)
    note(z)
    return z


def raise_class_and_instance(x):
    note(num(x))
    if x == 1:
        raise KeyError
    if x == 2:
        raise KeyError(ask(x))
    raise LookupError("a", num(3))


def raise_from(x):
    try:
        flaky(x)
    except ValueError as error:
        raise RuntimeError("outer") from error


def raise_from_none(x):
    try:
        flaky(x)
    except ValueError:
        raise RuntimeError(ask("outer")) from None


def raise_without_from(x):
    try:
        flaky(x)
    except ValueError:
        raise RuntimeError("while handling")  # noqa: B904


def bare_raise(x):
    try:
        flaky(x)
    except ValueError:
        note("seen")
        raise


def raise_something_else(x):
    raise num(x)


def raise_from_something_else(x):
    raise ValueError("v") from num(x)


def try_except_else_finally(xs):
    out = []
    for x in xs:
        try:
            note(f"try {x}")
            y = flaky(x)
        except ValueError as error:
            note(str(error))
            out.append("failed")
        else:
            out.append(ask(y))
        finally:
            note(f"finally {x}")
    return out


def try_with_several_calls(x):
    try:
        a = num(x)
        b = flaky(x)
        c = num(x + 5)
        out = [a, b, c]
    except ValueError:
        out = [a]
    return out


def name_assigned_in_try_read_in_handler(x):
    stage = "none"
    try:
        stage = "first"
        a = flaky(x)
        stage = "second"
        b = flaky(x + 1)
        stage = "third"
        return a + b, stage
    except ValueError as error:
        return stage, str(error)


def list_written_in_try(x):
    log = []
    try:
        log.append(flaky(x))
        log.append(flaky(x + 1))
        log.append(flaky(x + 2))
    except ValueError:
        log.append("failed")
    return log


def dict_written_in_try(d, xs):
    try:
        for x in xs:
            d[x] = flaky(x)
    except ValueError:
        d["failed"] = True
    return d


def except_picks_by_type(x):
    errors = [KeyError("k"), IndexError("i"), OSError("o"), TypeError("t")]
    try:
        raising(errors[x])
    except KeyError as e:
        return "key", str(e)
    except (IndexError, OSError) as e:
        return "several", str(e), type(e).__name__
    return "none"


def except_type_is_computed(x):
    try:
        flaky(x)
    except ValueError if num(x) > 10 else KeyError:
        return "caught"


def except_everything(x):
    try:
        return flaky(x)
    except:  # noqa: E722
        return ask("saved")


def nested_try(x):
    try:
        try:
            return flaky(x)
        except KeyError:
            note("inner")
        finally:
            note("inner finally")
    except ValueError:
        note("outer")
    finally:
        note("outer finally")
    return ask("end")


def return_in_finally(x):
    try:
        return flaky(x)
    finally:
        note("finally")
        if num(x) == 20:
            return "from finally"  # noqa: B012


def exception_in_handler(x):
    try:
        flaky(x)
    except ValueError:
        flaky(x + 3)
    return "never"


def exception_in_finally(x):
    try:
        flaky(x)
    finally:
        raising(KeyError("finally"))


def exception_swallowed_by_break(xs):
    for x in xs:
        try:
            flaky(x)
        finally:
            break  # noqa: B012
    return "done"


def continue_in_handler(xs):
    out = []
    for x in xs:
        try:
            y = flaky(x)
        except ValueError:
            continue
        out.append(y)
    return out


def suppress(x):
    with contextlib.suppress(ValueError):
        flaky(x)
        note("after")
    return ask("end")


def exception_object_is_kept(x):
    try:
        flaky(x)
    except ValueError as error:
        kept = error
    return type(kept).__name__, kept.args, isinstance(kept, xcs.XCSExecutionError)


def exceptions_collected(xs):
    errors = []
    for x in xs:
        try:
            flaky(x)
        except ValueError as e:
            errors.append(e)
    if errors:
        raise ExceptionGroup("several", errors)
    return "fine"


def except_star(x):
    try:
        raising(ExceptionGroup("g", [ValueError("a"), KeyError("b")]))
    except* ValueError as group:
        note(str(group.exceptions))
    return "never"


class Odd(Exception):
    """Takes more than its message."""

    def __init__(self, code, *, hint):
        super().__init__(f"code {code}")
        self.code, self.hint = code, hint


class Silent(Exception):
    """Calls no `super().__init__`."""

    def __init__(self, a, b):
        self.pair = (a, b)

    def __str__(self):
        return f"silent {self.pair}"


class Reduced(Exception):
    """Rebuilds itself."""

    def __init__(self, message, extra):
        super().__init__(message)
        self.extra = extra

    def __reduce__(self):
        return Reduced, (self.args[0], self.extra)


class Irreducible(Exception):
    """Refuses to be copied."""

    def __reduce__(self):
        raise TypeError("no copies")


class Slotted(Exception):
    """Keeps a field in a slot."""

    __slots__ = ("field",)

    def __init__(self, field):
        super().__init__("slotted")
        self.field = field


class Quit(BaseException):
    """No `Exception`."""


class Registered(Exception):
    """Subclasses are registered."""

    subclasses: list[str] = []

    def __init_subclass__(cls, **options):
        Registered.subclasses.append(cls.__name__)


def raises_it(make):
    note("before")
    raising(make())
    note("after")


def stop_iteration_from_a_leaf(x):
    note(x)
    raising(StopIteration(7))
    return "never"


def stop_iteration_in_for(x):
    out = []
    for i in range(3):
        out.append(num(i))
        if i == x:
            raising(StopIteration("stop"))
    return out


def stop_iteration_in_generator(x):
    return list(raising(StopIteration("gen")) for _ in range(x))  # noqa: C400


def key_error_text(d):
    note("start")
    value = ask(d["there"])
    return value, d["missing"]


def unicode_error(x):
    return ask(x).encode("ascii") + b"\xff".decode().encode()


def json_error(x):
    note("parse")
    return json.loads(ask(x)), ask("after")


def type_error_between_calls(x):
    a = ask(x)
    b = a + 1
    return ask(b)


def recursion_error(n):
    return _deep(n)


def _deep(n):
    if n == 0:
        return num(0)
    return _deep(n - 1) + 1


def endless_recursion(n):
    return endless_recursion(n + 1) + num(n)


def assertion_rewritten_or_not(x):
    y = num(x)
    assert y > 100, f"{y} is small"
    return y


def assertion_without_message(x):
    assert num(x) == 0


def error_after_wait(x):
    slow(x)
    note("waited")
    y = flaky(x)
    slow(y)
    return y


def keyboard_interrupt(x):
    note("before")
    raising(KeyboardInterrupt("stop"))
    note("never")


def system_exit(x):
    note("before")
    if num(x) > 5:
        raise SystemExit(3)
    return x


def generator_exit(x):
    raising(GeneratorExit("g"))


def not_implemented(x):
    return [num(x), NotImplemented, ask(x)]


def error_in_default_of_get(d, x):
    return d.get("there", flaky(x))


def error_in_sort_key(xs):
    note("sorting")
    return sorted(xs, key=flaky)


def error_in_str_of_answer(x):
    return f"{raising(ValueError('in f-string'))} {ask(x)}"


def error_from_unpacking_answer(n):
    a, b, c = many(n)
    note("never")
    return ask(a), b, c


def note_is_kept(x):
    error = ValueError("noted")
    error.add_note("my note")
    raise error


def same_exception_object_twice(x):
    error = ValueError("shared")
    out = []
    for _ in range(2):
        try:
            raising(error)
        except ValueError as e:
            out.append(e is error)
    return out


def unordered_after_failure_in_same_block(x):
    a = flaky(x)
    b = ask("later")
    c = ask("latest")
    return a, b, c


def no_call_of_the_next_block(x):
    try:
        flaky(x)
        ask("same block")
    except ValueError:
        note("handler")
    ask("next block")
    flaky(x + 3)
    return "never"


def list_changed_in_nested_handler(x, xs):
    out = [num(i) for i in xs]
    try:
        try:
            flaky(x)
        except Exception as e:
            out.append(str(e))
    except ValueError:
        pass
    return out


def loop_in_try_keeps_its_state(xs):
    total, seen, last = 0, [], None
    try:
        for x in xs:
            last = x
            total += flaky(x)
            seen.append(x)
    except ValueError as e:
        seen.append(str(e))
        total = -total
    else:
        total += num(1)
    return total, seen, last


def try_in_loop_carries_state(xs):
    good, bad, streak = [], {}, 0
    for x in xs:
        try:
            y = flaky(x)
            good.append(y)
            streak += 1
        except ValueError as e:
            bad[x] = str(e)
            streak = 0
        note(streak)
    return good, bad, streak


def alias_made_in_try(x):
    a, b = [1], [2]
    c = a
    try:
        c = b
        c.append(flaky(x))
        c = a
    except ValueError:
        c.append("handler")
    c.append("after")
    return a, b, c is a


def rebinding_of_a_list_in_try(x):
    out = ["old"]
    try:
        out = ["new"]
        out.append(flaky(x))
        out = ["newest", num(x)]
    except ValueError:
        out.append("failed")
    return out


def raised_and_caught_here(x):
    try:
        y = num(x)
        if y > 10:
            raise KeyError(y)
        note("no error")
        z = ask(y)
    except KeyError as e:
        z = e.args[0]
        note("caught")
    return z


def fallback_models(prompts, models):
    replies = []
    for p in prompts:
        for m in models:
            try:
                replies.append(m(p))
                break
            except ValueError as e:
                note(str(e))
        else:
            replies.append(None)
    return replies


def retry_with_memory(x):
    errors = []
    while len(errors) < 4:
        try:
            value = flaky(x + len(errors))
            break
        except ValueError as e:
            errors.append(str(e))
    else:
        value = None
    return value, errors


def effect_after_failure_in_try(x):
    try:
        note("a")
        y = tardy(x)
        note("b")
        say(y)
    except ValueError:
        note("handler")
    note("end")


def only_the_block_that_python_runs(x):
    try:
        y = tardy(x)
    except ValueError:
        y = ask("handler")
    ask("after")
    return y


def bound_on_every_path_of_a_try(x):
    """Staged or not, it must not make the whole function plain."""
    try:
        y = flaky(x)
    except ValueError:
        y = ask("handler")
    except KeyError:
        y = None
    else:
        y = ask(y)
    return y, ask("after")


PROGRAMS = [
    case(
        bound_on_every_path_of_a_try,
        (2,),
        (1,),
        staged=True,
    ),
    case(
        list_changed_in_nested_handler,
        (2, [1, 2]),
        (1, [1, 2]),
    ),
    case(loop_in_try_keeps_its_state, ([0, 1, 2, 3],), ([0, 1],), ([],), more_calls=True),
    case(try_in_loop_carries_state, ([0, 2, 1, 5],)),
    case(alias_made_in_try, (2,), (1,)),
    case(rebinding_of_a_list_in_try, (2,), (1,), more_calls=True),
    case(raised_and_caught_here, (2,), (1,)),
    case(fallback_models, lambda: ([2, 1, 5], [flaky, num]), lambda: ([2], [flaky])),
    case(retry_with_memory, (2,), (1,)),
    case(effect_after_failure_in_try, (2,), (1,)),
    case(first_in_program_order, (2,), overlap=2, raises="ValueError"),
    case(first_in_program_order_in_loop, ([1, 2, 5, 8],), overlap=4, raises="ValueError"),
    case(effects_stop_at_the_failure, ([0, 2],), ([2, 2],)),
    case(note_each_until_failure, ([0, 1, 2, 3],), raises="ValueError"),
    case(failure_in_branch, (2,), (1,)),
    case(failure_in_helper, (2,), raises="ValueError"),
    case(failure_in_comprehension, ([0, 1, 2, 3],), raises="ValueError"),
    case(failure_in_nested_comprehension, ([[1], [3, 5], [8]],), raises="ValueError"),
    case(failure_in_condition, (2,), (1,), (0,)),
    case(failure_in_while_condition, (3,), raises="ValueError"),
    case(failure_in_iterable, (1,), raises="KeyError"),
    case(raise_in_loop, ([1, 2, 3, 4],), raises="ValueError"),
    case(raise_before_later_calls, (1,), raises="RuntimeError"),
    case(raise_class_and_instance, (1,), (2,), (3,)),
    case(raise_from, (2,), (1,)),
    case(raise_from_none, (2,), raises="RuntimeError"),
    case(raise_without_from, (2,), raises="RuntimeError"),
    case(bare_raise, (2,), raises="ValueError"),
    case(raise_something_else, (1,), raises="TypeError"),
    case(raise_from_something_else, (1,), raises="TypeError"),
    case(try_except_else_finally, ([0, 2, 1],)),
    case(try_with_several_calls, (2,), (1,), more_calls=True),
    case(name_assigned_in_try_read_in_handler, (2,), (1,), (0,), more_calls=True),
    case(list_written_in_try, (2,), (1,), (0,), more_calls=True),
    case(dict_written_in_try, ({}, [0, 1, 2, 3]), ({}, [1]), more_calls=True),
    case(except_picks_by_type, (0,), (1,), (2,), (3,)),
    case(except_type_is_computed, (2,), (5,), (1,)),
    case(except_everything, (2,)),
    case(nested_try, (2,), (1,)),
    case(return_in_finally, (2,), (1,), (5,)),
    case(exception_in_handler, (2,), raises="ValueError"),
    case(exception_in_finally, (2,), (1,)),
    case(exception_swallowed_by_break, ([2],)),
    case(continue_in_handler, ([0, 2, 1],)),
    case(suppress, (2,), (1,)),
    case(exception_object_is_kept, (2,)),
    case(exceptions_collected, ([2, 1, 5],), ([1],)),
    case(except_star, (1,), raises="ExceptionGroup"),
    case(raises_it, lambda: (lambda: Odd(3, hint="h"),), name="odd_constructor", raises="Odd"),
    case(raises_it, lambda: (lambda: Silent(1, 2),), name="no_super_init", raises="Silent"),
    case(raises_it, lambda: (lambda: Reduced("m", [1]),), name="own_reduce", raises="Reduced"),
    case(raises_it, lambda: (lambda: Irreducible("m"),), name="irreducible", raises="Irreducible"),
    case(raises_it, lambda: (lambda: Slotted(4),), name="slotted", raises="Slotted"),
    case(raises_it, lambda: (lambda: Quit("q"),), name="base_exception", raises="Quit"),
    case(
        raises_it,
        lambda: (lambda: Registered("r"),),
        name="registered",
        raises="Registered",
        state=lambda: Registered.subclasses,
    ),
    case(raises_it, lambda: (lambda: KeyError("it's"),), name="key_error", raises="KeyError"),
    case(raises_it, lambda: (lambda: OSError(2, "no", "file"),), name="os_error", raises="FileNotFoundError"),
    case(
        raises_it,
        lambda: (lambda: UnicodeDecodeError("utf8", b"\xff", 0, 1, "bad"),),
        name="unicode_decode_error",
        raises="UnicodeDecodeError",
    ),
    case(
        raises_it,
        lambda: (lambda: ExceptionGroup("g", [ValueError("a"), ExceptionGroup("h", [KeyError("b")])]),),
        name="exception_group",
        raises="ExceptionGroup",
    ),
    case(stop_iteration_from_a_leaf, (1,), raises="StopIteration"),
    case(stop_iteration_in_for, (1,), raises="StopIteration"),
    case(
        stop_iteration_in_generator,
        (2,),
        raises="RuntimeError",
    ),
    case(key_error_text, ({"there": 1},), raises="KeyError"),
    case(unicode_error, ("\xe9",), ("e",)),
    case(json_error, ("x",), raises="JSONDecodeError"),
    case(type_error_between_calls, (1,), raises="TypeError"),
    case(recursion_error, (50,)),
    case(endless_recursion, (1,), raises="RecursionError"),
    case(assertion_rewritten_or_not, (1,), raises="AssertionError"),
    case(assertion_without_message, (1,), raises="AssertionError"),
    case(error_after_wait, (2,), raises="ValueError"),
    case(keyboard_interrupt, (1,), raises="KeyboardInterrupt"),
    case(system_exit, (1,), raises="SystemExit"),
    case(generator_exit, (1,), raises="GeneratorExit"),
    case(not_implemented, (1,)),
    case(error_in_default_of_get, ({"there": 1}, 2), raises="ValueError"),
    case(error_in_sort_key, ([0, 1, 2, 3],), raises="ValueError"),
    case(error_in_str_of_answer, (1,), raises="ValueError"),
    case(error_from_unpacking_answer, (2,), (3,)),
    case(note_is_kept, (1,), raises="ValueError"),
    case(same_exception_object_twice, (1,)),
    case(unordered_after_failure_in_same_block, (2,), raises="ValueError"),
    case(no_call_of_the_next_block, (2,), raises="ValueError"),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()


def test_no_call_of_a_block_that_python_does_not_run() -> None:
    """The licence is for the block that the exception leaves; a handler is not guessed."""
    check(only_the_block_that_python_runs, (2,), (1,), overlap=2)


def test_the_exception_says_where() -> None:
    jitted = jit(failure_in_comprehension)
    leaves.CURRENT.world = leaves.World()
    with pytest.raises(ValueError) as caught:
        jitted([1, 2])
    error: Any = caught.value
    assert isinstance(error, xcs.XCSExecutionError)
    assert type(error).__name__ == "ValueError"
    assert type(error.original_error) is ValueError
    assert error.__cause__ is error.original_error
    assert any("flaky" in note for note in error.__notes__)
    frames = []
    walker = error.__traceback__
    while walker is not None:
        frames.append((walker.tb_frame.f_code.co_filename, walker.tb_lineno))
        walker = walker.tb_next
    lines = [i for name, i in frames if name == __file__]
    first = failure_in_comprehension.__code__.co_firstlineno
    assert first + 2 in lines or any(f"{__file__}:{first + 2}" in note for note in error.__notes__)


def test_notes_are_kept() -> None:
    jitted = jit(note_is_kept)
    with pytest.raises(ValueError) as caught:
        jitted(1)
    assert caught.value.__notes__[0] == "my note"


def test_pickle_of_the_exception() -> None:
    import pickle

    jitted = jit(raises_it)
    leaves.CURRENT.world = leaves.World()
    with pytest.raises(Reduced) as caught:
        jitted(lambda: Reduced("m", [1]))
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is Reduced
    assert again.extra == [1]


STOP = ValueError("stop")


@xcs.jit
def stops(x):
    if num(x) > 10:
        raise STOP
    return ask(x)


def told_by_identity(x):
    try:
        return [inner(x) for inner in (stops,)]
    except ValueError as error:
        return error is STOP


@xcs.jit
def calls_what_is_jitted(x):
    return list(map(told_by_identity, [x, 1])), ask(x)


def test_inner_programs_raise_the_exception_itself() -> None:
    assert calls_what_is_jitted(2) == ([True, ["<1>"]], "<2>")
    with pytest.raises(xcs.XCSExecutionError) as raised:
        stops(2)
    assert raised.value.original_error is STOP
