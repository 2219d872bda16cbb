"""`try`, `raise`, `match` and `with` in all their forms: what plain Python does, with the calls inside overlapping."""

# ruff: noqa: B007, B012, E722, SIM107 - the programs are written as people write them

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import tempfile
import threading

import pytest
from leaves import ask, flaky, note, num, raising
from observe import case

import xcs


# ---------------------------------------------------------------- names and containers as of the failing step
def three_steps(x):
    try:
        a = num(x)
        b = num(x + 1)
        out = a + b
    except ValueError:
        out = None
    finally:
        note("finally")
    return out


def sees_the_last_value(xs):
    stage = "start"
    try:
        stage = "first"
        a = flaky(xs[0])
        stage = "second"
        b = flaky(xs[1])
        stage = "third"
        c = flaky(xs[2])
        stage = "done"
    except ValueError as error:
        return stage, str(error)
    return stage, a + b + c


def maybe_unbound_in_handler(x):
    try:
        text = flaky(x)
        data = flaky(text + x)
    except ValueError:
        try:
            return ("text", text)
        except UnboundLocalError as missing:
            return str(missing)
    return data


def unbound_in_handler_raises(x):
    try:
        text = flaky(x)
        note(text)
    except ValueError:
        note("handler")
        return ask(text)
    return text


def early_names_after_the_try(x):
    size = 0
    tail = "none"
    try:
        size = num(x)
        tail = ask(size)
        flaky(x)
        tail = ask(tail)
    except ValueError:
        pass
    return size, tail


def appends_in_the_middle(xs):
    done = []
    try:
        done.append(flaky(xs[0]))
        done.append(flaky(xs[1]))
        done.append(flaky(xs[2]))
    except ValueError as error:
        done.append(str(error))
    return done


def dict_in_the_middle(xs):
    found = {}
    try:
        for x in xs:
            found[x] = flaky(x)
            found["last"] = x
    except ValueError:
        found["failed"] = True
    return found


def loop_variable_after_failure(xs):
    i = -1
    total = 0
    try:
        for i, x in enumerate(xs):
            total += flaky(x)
    except ValueError:
        return "failed at", i, total
    return i, total


def native_loop_binds_halfway(xs, limit):
    last = None
    try:
        ask("before")
        for x in xs:
            last = x
            if x > limit:
                raise ValueError(x)
        ask("after")
    except ValueError:
        return last
    return "fine"


def branch_binds_in_body(x):
    kind = "none"
    count = 0
    try:
        if num(x) > 10:
            kind = "big"
            count += 1
            flaky(x)
            count += 1
        else:
            kind = "small"
        count += 10
        flaky(x + 1)
    except ValueError:
        return kind, count, "failed"
    return kind, count


def unpacking_in_body(pair):
    a = b = 0
    try:
        a, b = pair
        flaky(a)
        a, (b, c) = b, pair
        note(c)
        a, (b, c) = 7, flaky(5)
    except (ValueError, TypeError) as error:
        return a, b, type(error).__name__
    return a, b


def augmented_in_body(xs):
    total = 0
    words = []
    try:
        for x in xs:
            total += x
            words += [flaky(x)]
    except ValueError:
        return total, words
    return total, words


def comprehension_target_is_not_the_name(xs):
    x = "outer"
    try:
        y = [flaky(x) for x in xs]
        x = "later"
        flaky(2)
    except ValueError:
        return x
    return x, y


def list_rebound_in_body(xs):
    out = ["old"]
    try:
        out = [num(x) for x in xs]
        out.append("kept")
        flaky(xs[0])
        out.append("never")
    except ValueError:
        out.append("handler")
    return out


def alias_changed_in_body(x):
    a = [1]
    b = a
    try:
        a.append(2)
        flaky(x)
        a.append(3)
    except ValueError:
        b.append(4)
    return a, b, a is b


def changed_in_a_branch_that_raises(x):
    errors = []
    try:
        if num(x) > 5:
            errors.append(x)
            raise ValueError("big")
        ask(x)
    except ValueError:
        return errors
    return "fine", errors


def append_before_a_failing_call(x):
    seen = []
    try:
        y = flaky(x)
        seen.append(y)
        seen.append(flaky(y + 1))
    except ValueError:
        return seen
    return seen


def deleted_in_body(x):
    y = num(x)
    try:
        del y
        flaky(x)
        y = 1
    except ValueError:
        try:
            return y
        except UnboundLocalError:
            return "unbound"
    return y


CASES = [
    case(three_steps, (1,), overlap=2),
    case(sees_the_last_value, (([0, 1, 3]),), name="sees_the_last_value_3", overlap=3),
    *(
        case(sees_the_last_value, (xs,), name=f"sees_the_last_value{xs}", more_calls=True, staged=True)
        for xs in ([2, 0, 0], [0, 2, 0], [0, 0, 2], [2, 2, 2])
    ),
    *(case(maybe_unbound_in_handler, (x,), name=f"maybe_unbound_{x}", staged=True) for x in (0, 1, 2)),
    case(unbound_in_handler_raises, (0,), name="unbound_in_handler_0"),
    case(unbound_in_handler_raises, (2,), raises="UnboundLocalError", staged=True),
    case(early_names_after_the_try, (0,), staged=True),
    case(early_names_after_the_try, (2,), name="early_names_2", more_calls=True, staged=True),
    *(
        case(appends_in_the_middle, (xs,), name=f"appends{xs}", more_calls=True, staged=True)
        for xs in ([0, 1, 3], [2, 0, 0], [0, 2, 0], [0, 0, 2])
    ),
    case(dict_in_the_middle, ([0, 1, 3],)),
    case(dict_in_the_middle, ([0, 1, 2, 3],), name="dict_fails", more_calls=True),
    case(loop_variable_after_failure, ([0, 1, 3],), overlap=3),
    case(loop_variable_after_failure, ([0, 1, 2, 3],), name="loop_variable_fails", more_calls=True),
    case(loop_variable_after_failure, ([],), name="loop_variable_empty"),
    case(native_loop_binds_halfway, ([1, 2, 3], 1)),
    case(native_loop_binds_halfway, ([1, 2, 3], 9), name="native_loop_9"),
    *(
        case(branch_binds_in_body, (x,), name=f"branch_binds_{x}", more_calls=True, staged=True)
        for x in (0, 1, 2, 3, 5)
    ),
    *(
        case(unpacking_in_body, (pair,), name=f"unpacking{pair}", more_calls=True)
        for pair in ((1, 2), (2, 1), (1, 2, 3), 5)
    ),
    case(augmented_in_body, ([0, 1],)),
    case(augmented_in_body, ([0, 1, 2, 3],), name="augmented_fails", more_calls=True),
    case(comprehension_target_is_not_the_name, ([0, 1],), staged=True),
    case(comprehension_target_is_not_the_name, ([0, 2],), name="comprehension_fails", more_calls=True, staged=True),
    case(list_rebound_in_body, ([0, 1],), overlap=2),
    case(list_rebound_in_body, ([2, 1],), name="list_rebound_fails", more_calls=True, staged=True),
    case(alias_changed_in_body, (0,), staged=True),
    case(alias_changed_in_body, (2,), name="alias_changed_fails", staged=True),
    case(changed_in_a_branch_that_raises, (0,), staged=True),
    case(changed_in_a_branch_that_raises, (1,), name="changed_in_a_branch_1", more_calls=True, staged=True),
    *(case(append_before_a_failing_call, (x,), name=f"append_before_{x}", staged=True) for x in (0, 1, 2)),
    *(case(deleted_in_body, (x,), name=f"deleted_{x}") for x in (0, 2)),
]


@pytest.mark.parametrize("run", CASES)
def test_names_as_of_the_failing_step(run) -> None:
    run()


# ---------------------------------------------------------------- else, finally, and ways out
def retry(x):
    for attempt in range(3):
        try:
            return ask(flaky(x + attempt))
        except ValueError as error:
            note(str(error))
    return "gave up"


def retry_with_else(xs):
    found = None
    for x in xs:
        try:
            y = flaky(x)
        except ValueError:
            continue
        else:
            found = y
            break
    return found


def results_and_errors(xs):
    results, errors = [], []
    for x in xs:
        try:
            results.append(flaky(x))
        except ValueError as e:
            errors.append(str(e))
    return results, errors


def else_runs_outside_the_handler(x):
    try:
        y = flaky(x)
    except ValueError:
        note("handler")
        y = -1
    else:
        note(("else", y))
        y = flaky(y + 2)
    return y


def else_returns(x):
    try:
        y = flaky(x)
    except ValueError:
        note("failed")
    else:
        return ask(y)
    return ask("after")


def finally_on_every_way(x):
    out = []
    for i in range(4):
        try:
            if num(i) == 10:
                continue
            if num(i) == 20 * x:
                break
            out.append(flaky(i))
        except ValueError:
            out.append("failed")
        finally:
            note(("finally", i, len(out)))
    else:
        out.append("else")
    return out


def return_through_finally(x):
    step = "a"
    try:
        step = "b"
        if num(x) > 5:
            step = "c"
            return flaky(x)
        step = "d"
    finally:
        note(step)
    return "end"


def finally_returns(x):
    try:
        return flaky(x)
    finally:
        return "swallowed"


def nested_finally(x):
    log = []
    try:
        try:
            log.append(flaky(x))
        finally:
            log.append("inner")
            flaky(x + 1)
    except ValueError as error:
        log.append(str(error))
    finally:
        log.append("outer")
    return log


def finally_in_loop_in_finally(xs):
    n = None
    try:
        for x in xs:
            n = x
            try:
                if flaky(x) == 3:
                    return "three"
            finally:
                note(("inner", n))
    finally:
        note(("outer", n))
    return "none"


def bare_except(x):
    try:
        raising(KeyboardInterrupt("stop")) if x else raising(ValueError("v"))
    except:
        return "caught", type(sys.exc_info()[1]).__name__
    return "not reached"


def base_exception(x):
    try:
        ask(x)
        raising(SystemExit(3))
    except Exception:
        return "wrong"
    except BaseException as error:
        return type(error).__name__, error.code


def exit_passes_through(x):
    try:
        raising(SystemExit(3))
    except Exception:
        return "wrong"
    finally:
        note("cleaned up")


def bare_raise(x):
    try:
        return flaky(x)
    except ValueError as error:
        note(str(error))
        raise


def bare_raise_in_branch(x):
    try:
        return flaky(x)
    except ValueError as error:
        if "2" in ask(error):
            raise
        return "handled"


def bare_raise_after_inner_try(x):
    try:
        flaky(x)
    except ValueError:
        try:
            raising(KeyError("inner"))
        except KeyError:
            ask("inner")
        raise
    return "fine"


def bare_raise_without_exception(x):
    ask(x)
    raise


def reraise_helper():
    raise


def bare_raise_in_a_helper(x):
    try:
        return flaky(x)
    except ValueError:
        note("helper")
        reraise_helper()


def chained(x):
    try:
        flaky(x)
    except ValueError as error:
        raise KeyError(ask(x)) from error


def chained_from_none(x):
    try:
        flaky(x)
    except ValueError:
        raise KeyError(ask(x)) from None


def contexts(x):
    try:
        try:
            flaky(x)
        except ValueError:
            raising(KeyError("second"))
    except KeyError as error:
        context = error.__context__
        return type(context).__name__, str(context), error.__cause__, error.__suppress_context__, ask(error)


def context_in_finally(x):
    try:
        try:
            flaky(x)
        finally:
            note(type(sys.exc_info()[1]).__name__)
            raising(KeyError("cleanup"))
    except KeyError as error:
        return repr(error.__context__)


def causes(x):
    caught = None
    try:
        try:
            flaky(x)
        except ValueError as first:
            caught = first
            raise KeyError("k") from first
    except KeyError as error:
        return error.__cause__ is caught, error.__context__ is caught, error.__suppress_context__


def exception_as_value(xs):
    found = []
    for x in xs:
        try:
            found.append(flaky(x))
        except ValueError as error:
            found.append(error)
    return [str(one) if isinstance(one, Exception) else one for one in found]


def handler_name_is_unbound(x):
    e = "outer"
    try:
        flaky(x)
    except ValueError as e:
        note(str(e))
    try:
        return e
    except UnboundLocalError as missing:
        return str(missing)


def handlers_in_order(x):
    class Odd(ValueError):
        pass

    try:
        if x == 1:
            raise Odd("odd")
        if x == 2:
            raising(KeyError("k"))
        flaky(x - 1)
    except Odd:
        return "odd"
    except (KeyError, IndexError) as error:
        return repr(error)
    except ValueError:
        return "value"
    else:
        return ask(x)
    finally:
        note("end")


def try_star(x):
    try:
        ask(x)
        raising(ExceptionGroup("g", [ValueError(1), KeyError(2)]))
    except* ValueError as group:
        note(len(group.exceptions))
    except* KeyError:
        note("key")
    return "end"


def fallback_chain(prompt):
    for model in (1, 2, 3):
        try:
            answer = flaky(prompt + model)
            if answer > 3:
                return answer
        except ValueError:
            note(("failed", model))
        except KeyError:
            break
    else:
        return "exhausted"
    return "broken"


def convert_or_skip(xs):
    out = []
    for x in xs:
        try:
            value = int(x)
        except ValueError:
            continue
        out.append(num(value))
    return out


def nested_handlers_share_a_name(x):
    log = []
    try:
        try:
            flaky(x)
        except ValueError as e:
            log.append(str(e))
            raise KeyError("again") from e
    except KeyError as e:
        log.append(str(e))
    return log, ask("end")


def raise_a_class(x):
    try:
        ask(x)
        raise ValueError
    except ValueError as error:
        return repr(error), ask("x")


def raise_in_else(x):
    try:
        try:
            y = num(x)
        except ValueError:
            return "wrong"
        else:
            raise ValueError(y)
    except ValueError as error:
        return str(error)


WAYS = [
    *(case(retry, (x,), name=f"retry_{x}", staged=True) for x in (0, 1, 2)),
    *(case(retry_with_else, (xs,), name=f"retry_with_else{xs}", staged=True) for xs in ([], [2], [2, 5, 1, 0], [1])),
    case(results_and_errors, ([0, 1, 3],), overlap=3),
    case(results_and_errors, ([0, 2, 1, 5],), name="results_and_errors_mixed", staged=True, overlap=4),
    *(case(else_runs_outside_the_handler, (x,), name=f"else_{x}", staged=True) for x in (1, 2)),
    case(else_runs_outside_the_handler, (0,), name="else_0", raises="ValueError", staged=True),
    *(case(else_returns, (x,), name=f"else_returns_{x}", staged=True) for x in (0, 2)),
    *(
        case(finally_on_every_way, (x,), name=f"finally_on_every_way_{x}", more_calls=True, staged=True)
        for x in (0, 1, 9)
    ),
    *(case(return_through_finally, (x,), name=f"return_through_finally_{x}", staged=True) for x in (0, 1)),
    case(return_through_finally, (2,), name="return_through_finally_2", raises="ValueError", staged=True),
    *(case(finally_returns, (x,), name=f"finally_returns_{x}") for x in (0, 2)),
    *(case(nested_finally, (x,), name=f"nested_finally_{x}", more_calls=True, staged=True) for x in (0, 1, 2)),
    *(
        case(finally_in_loop_in_finally, (xs,), name=f"finally_in_loop{xs}", staged=True)
        for xs in ([], [0, 1], [0, 3, 4])
    ),
    case(finally_in_loop_in_finally, ([0, 2],), name="finally_in_loop_fails", raises="ValueError", staged=True),
    *(case(bare_except, (x,), name=f"bare_except_{x}") for x in (0, 1)),
    case(base_exception, (1,), staged=True),
    case(exit_passes_through, (1,), raises="SystemExit"),
    case(bare_raise, (0,)),
    case(bare_raise, (2,), name="bare_raise_2", raises="ValueError", staged=True),
    *(
        case(bare_raise_in_branch, (x,), name=f"bare_raise_in_branch_{x}", raises=r, staged=True)
        for x, r in ((0, None), (2, "ValueError"), (5, None))
    ),
    case(bare_raise_after_inner_try, (2,), raises="ValueError", staged=True),
    case(bare_raise_without_exception, (2,), raises="RuntimeError", staged=True),
    case(bare_raise_in_a_helper, (2,), raises="ValueError", staged=True),
    case(chained, (2,), raises="KeyError", staged=True),
    case(chained_from_none, (2,), raises="KeyError", staged=True),
    case(contexts, (2,), staged=True),
    case(context_in_finally, (2,), staged=True),
    case(causes, (2,), staged=True),
    case(exception_as_value, ([0, 2, 1],), overlap=3),
    *(case(handler_name_is_unbound, (x,), name=f"handler_name_{x}") for x in (0, 2)),
    *(case(handlers_in_order, (x,), name=f"handlers_in_order_{x}", more_calls=True) for x in (0, 1, 2, 3)),
    case(try_star, (1,)),
    *(case(fallback_chain, (x,), name=f"fallback_chain_{x}", staged=True) for x in (0, 1, 2)),
    case(convert_or_skip, (["1", "x", "3", ""],), overlap=2),
    case(nested_handlers_share_a_name, (2,), staged=True),
    case(raise_a_class, (1,), staged=True),
    case(raise_in_else, (1,), staged=True),
]


@pytest.mark.parametrize("run", WAYS)
def test_ways_through_a_try(run) -> None:
    run()


# ---------------------------------------------------------------- match
class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Loud:
    """An object whose comparison others notice."""

    def __eq__(self, other):
        note(("compared", other))
        return other == 2

    __hash__ = None


def match_literals(x):
    match num(x):
        case 0:
            return ask("zero")
        case 10 | 20:
            answer = ask("some")
        case -10:
            answer = "negative"
        case None | True:
            answer = "odd"
        case _:
            answer = ask("many")
    return answer


def match_without_default(x):
    answer = "none"
    match ask(x):
        case "<1>":
            answer = ask("one")
        case "<2>":
            answer = ask("two")
    return answer


def match_in_loop(xs):
    out = []
    for x in xs:
        match x:
            case {"kind": "ask", "text": text, **rest}:
                out.append((ask(text), rest))
            case {"kind": kind}:
                out.append(ask(kind))
            case [first, *others]:
                out.append((ask(first), others))
            case str(text) | bytes(text):
                out.append(ask(text))
            case (int() | float()) as number if number > 1:
                out.append(num(number))
            case int(number):
                continue
            case None:
                break
            case Point(x=0, y=y) | Point(y, 0):
                out.append(ask(y))
            case Point(a, y=b):
                out.append(ask(a, b))
            case other:
                out.append(ask(type(other).__name__))
    return out


def match_guards(x):
    seen = []

    def check(value, limit):
        seen.append(limit)
        note(("guard", limit))
        return value > limit

    match num(x):
        case a if check(a, 100):
            result = ask("huge")
        case b if check(b, 10):
            result = ask("big")
        case 10:
            result = ask("ten")
        case c if c and num(c) > 0:
            result = ask("small", c)
        case _:
            result = "nothing"
    return result


def guard_leaves_the_name_bound(x):
    y = "outer"
    match num(x):
        case y if y > 50:
            return ask("big")
        case 10:
            return y, ask("ten")
    return y


def match_runs_user_code_in_order(x):
    match Loud():
        case 1:
            answer = ask("one")
        case 2:
            note("two")
            answer = ask("two")
        case 3:
            answer = "three"
    return answer, num(x)


def match_many_subjects(x, y):
    match num(x), ask(y):
        case 0, text:
            return text
        case 10, "<b>":
            return "b"
        case (number, text) if ask(number) == "<20>":
            return text, number
    return "none"


def match_may_leave_names_unbound(x):
    match num(x):
        case 0:
            found = ask("zero")
        case 10:
            found = ask("ten")
    return found


def match_in_try(x):
    state = "start"
    try:
        match flaky(x):
            case 0:
                state = "zero"
                flaky(2)
            case n:
                state = "other"
                flaky(n + 1)
        state = "end"
    except ValueError:
        return state
    return state


def match_raises_in_pattern(x):
    class Bad:
        @property
        def value(self):
            raise KeyError("bad")

    note("before")
    y = num(x)
    match Bad():
        case Bad(value=1):
            return ask("one")
    return y


def match_sequence_shapes(xs):
    out = []
    for x in xs:
        match x:
            case []:
                out.append(ask("empty"))
            case [one]:
                out.append(ask(one))
            case [1, *_, last]:
                out.append(ask(last))
            case [[inner], _]:
                out.append(ask(inner))
            case "text":
                out.append("no sequence")
            case _:
                out.append(ask("else"))
    return out


DOCUMENTS = [
    {"kind": "ask", "text": "t", "more": 1},
    {"kind": "k"},
    ["f", "o"],
    "text",
    3,
    1,
    2.5,
    Point(0, 4),
    Point(5, 0),
    Point(6, 7),
    {},
]

MATCHES = [
    *(case(match_literals, (x,), name=f"match_literals_{x}", staged=True) for x in (0, 1, 2, -1, 3)),
    *(case(match_without_default, (x,), name=f"match_without_default_{x}", staged=True) for x in (1, 2, 3)),
    case(match_in_loop, (DOCUMENTS,), staged=True),
    case(match_in_loop, ([*DOCUMENTS[:3], None, "never"],), name="match_in_loop_break", staged=True),
    *(case(match_guards, (x,), name=f"match_guards_{x}", staged=True) for x in (0, 1, 2, 11, -1)),
    *(case(guard_leaves_the_name_bound, (x,), name=f"guard_{x}", staged=True) for x in (0, 1, 6)),
    case(match_runs_user_code_in_order, (1,), staged=True),
    *(case(match_many_subjects, (x, "b"), name=f"match_many_{x}", overlap=2) for x in (0, 1, 2, 3)),
    *(case(match_may_leave_names_unbound, (x,), name=f"match_unbound_{x}", staged=True) for x in (0, 1)),
    case(match_may_leave_names_unbound, (2,), name="match_unbound", raises="UnboundLocalError", staged=True),
    *(case(match_in_try, (x,), name=f"match_in_try_{x}", staged=True) for x in (0, 1, 2, 3)),
    case(match_raises_in_pattern, (1,), raises="KeyError"),
    case(match_sequence_shapes, ([[], [1], [1, 2], [[3], 4], "text", (5, 6), {}],), staged=True),
]


@pytest.mark.parametrize("run", MATCHES)
def test_match(run) -> None:
    run()


# ---------------------------------------------------------------- with
class Span:
    """Says when it is entered and left; swallows what it is told to."""

    def __init__(self, name, swallows=()):
        self.name = name
        self.swallows = swallows

    def __enter__(self):
        note(("enter", self.name))
        return self

    def __exit__(self, kind, error, traceback):
        note(("exit", self.name, kind and kind.__name__, str(error), traceback is not None))
        return kind is not None and issubclass(kind, self.swallows)


class Quiet:
    """Leaves no say over exceptions."""

    def __enter__(self):
        note("in")

    def __exit__(self, *args):
        note("out")


class Lock:
    """Unknown to inference."""

    __enter__ = staticmethod(len)
    __exit__ = staticmethod(len)


@contextlib.contextmanager
def section(name):
    note(("begin", name))
    try:
        yield name
    finally:
        note(("end", name))


def with_file(path, questions):
    with open(path, "w") as out:
        for question in questions:
            out.write(ask(question))
    with open(path) as file:
        text = file.read()
    return text, ask(text)


def with_file_in_order(path, x):
    with open(path, "w") as out:
        a = ask(x)
        b = ask(x, x)
        out.write(a + b)
    return a + b, out.closed


def with_span(x):
    with Span("outer") as span:
        a = num(x)
        b = num(x + 1)
        note(span.name)
    return a + b


def with_span_that_swallows(x):
    state = "before"
    with Span("s", ValueError):
        state = "in"
        y = flaky(x)
        state = "done"
        return state, y
    return state


def with_span_that_fails(x):
    with Span("s", KeyError):
        flaky(x)
        note("inside")
    return "end"


def with_two(x):
    with Span("a", ValueError) as a, Span("b") as b:
        y = flaky(x)
        note((a.name, b.name))
    try:
        return y
    except UnboundLocalError:
        return "unbound"


def with_in_loop(xs):
    out = []
    for x in xs:
        with Span(x, ValueError):
            if x == 1:
                continue
            if x == 4:
                break
            out.append(flaky(x))
    return out


def with_return(x):
    with Quiet():
        if num(x) > 5:
            return ask("big")
        note("small")
    return ask("after")


def with_suppress(xs):
    total = 0
    for x in xs:
        with contextlib.suppress(ValueError):
            total += flaky(x)
    with contextlib.suppress(KeyError), contextlib.nullcontext(5) as five:
        total += five
        raising(KeyError("k"))
    return total


def with_closing(x):
    class Thing:
        def close(self):
            note("closed")

    thing = Thing()
    with contextlib.closing(thing) as held:
        same = held is thing
        answer = ask(x)
    return same, answer


def with_contextmanager(x):
    first = ask(x)
    with section("s") as name:
        note(name)
        second = ask(name)
    return first, second, ask("third")


def with_contextmanager_fails(x):
    try:
        with section("s"):
            flaky(x)
            note("inside")
    except ValueError as error:
        return str(error)
    return "fine"


def with_no_manager(x):
    ask(x)
    with x:
        return ask(x)


def with_in_try(x):
    log = []
    try:
        with Span("s"):
            log.append("in")
            flaky(x)
            log.append("through")
    except ValueError as error:
        log.append(str(error))
        raise KeyError("again") from error
    finally:
        note(log)
    return log


def with_error_in_exit(x):
    class Bad:
        def __enter__(self):
            return self

        def __exit__(self, kind, error, traceback):
            raise KeyError("exit")

    try:
        with Bad():
            flaky(x)
    except KeyError as error:
        return repr(error.__context__), ask("end")


def with_lock(x):
    lock = threading.Lock()
    with lock:
        a = ask(x)
        held = lock.locked()
    return a, held, lock.locked()


PATH = tempfile.mkdtemp() + "/file"
WITHS = [
    case(with_file, (PATH, ("a", "b", "c")), overlap=3),
    case(with_file_in_order, (PATH, 1), overlap=2),
    case(with_span, (1,), overlap=2),
    *(case(with_span_that_swallows, (x,), name=f"with_span_swallows_{x}", staged=True) for x in (0, 2)),
    case(with_span_that_fails, (0,), staged=True),
    case(with_span_that_fails, (2,), name="with_span_fails", raises="ValueError", staged=True),
    *(case(with_two, (x,), name=f"with_two_{x}", staged=True) for x in (0, 2)),
    *(case(with_in_loop, (xs,), name=f"with_in_loop{xs}", staged=True) for xs in ([0, 1, 2, 3], [0, 4, 3], [])),
    *(case(with_return, (x,), name=f"with_return_{x}", staged=True) for x in (0, 1)),
    case(with_suppress, ([0, 2, 1],), staged=True),
    case(with_closing, (1,), staged=True),
    case(with_contextmanager, (1,), staged=True),
    *(case(with_contextmanager_fails, (x,), name=f"with_contextmanager_{x}") for x in (0, 2)),
    case(with_no_manager, (1,), raises="TypeError"),
    case(with_in_try, (0,), staged=True),
    case(with_in_try, (2,), name="with_in_try_fails", raises="KeyError", staged=True),
    *(case(with_error_in_exit, (x,), name=f"with_error_in_exit_{x}") for x in (0, 2)),
    case(with_lock, (1,), staged=True),
]


@pytest.mark.parametrize("run", WITHS)
def test_with(run) -> None:
    run()


def test_a_manager_that_is_not_looked_into_is_explained() -> None:
    found = xcs.trace_function(with_lock, 1).opaque
    assert [one.reason for one in found] == ["a context manager that is not looked into"]


class Switch:
    """Swallows only what it is told to while it is entered; gives an object that is no bool."""

    def __init__(self):
        self.answer = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        return self.answer


def with_answer_changed_inside(x):
    with Switch() as switch:
        switch.answer = [1]
        note("inside")
        flaky(x)
    return ask("after")


@pytest.mark.parametrize(
    "run", [case(with_answer_changed_inside, (x,), name=f"with_answer_changed_{x}", staged=True) for x in (0, 2)]
)
def test_leaving_asks_the_manager_as_it_is_then(run) -> None:
    run()


# ---------------------------------------------------------------- what patterns do is known
def match_answers(xs):
    out = []
    for x in xs:
        match json.loads(x):
            case {"ask": str(question)}:
                out.append(ask(question))
            case [first, *_] | {"num": first}:
                out.append(num(first))
            case int(number) | float(number):
                out.append(num(number))
            case None:
                out.append(ask("nothing"))
    return out


@dataclasses.dataclass
class Order:
    item: str
    amount: int = 1


def match_dataclasses(orders):
    out = []
    for order in orders:
        match order:
            case Order("nothing"):
                out.append(None)
            case Order(item, amount=1):
                out.append(ask(item))
            case Order(item, amount):
                out.append(ask(item, amount))
    return out


class Watched:
    """Says which of its attributes is looked at."""

    __match_args__ = ("kind",)

    @property
    def kind(self):
        note("kind")
        return "watched"


def match_properties(things):
    out = []
    for thing in things:
        match thing:
            case Watched("other"):
                out.append(ask("other"))
            case Watched(kind):
                out.append(ask(kind))
            case Order(item=kind):
                out.append(ask(kind))
    return out


KNOWN = [
    case(match_answers, (('{"ask": "a"}', '{"num": 2}', "[3]", "4", "null", '"x"'),), overlap=3),
    case(match_dataclasses, ((Order("a"), Order("nothing"), Order("b", 2), Order("c")),), staged=True),
    case(match_properties, ([Watched(), Order("o"), Watched()],), staged=True),
]


@pytest.mark.parametrize("run", KNOWN)
def test_what_patterns_look_at(run) -> None:
    run()


# ---------------------------------------------------------------- local functions behind a branch
def local_function_behind_a_branch(x):
    seen = []

    def check(value):
        seen.append(value)
        note(value)
        return value

    if num(x) > 5:
        a = ask(1)
        check(a)
    else:
        a = ask(2)
    try:
        a = check(flaky(x))
    except ValueError:
        check(ask(a))
    return check(ask(a))


@pytest.mark.parametrize(
    "run", [case(local_function_behind_a_branch, (x,), name=f"local_function_{x}", staged=True) for x in (0, 1, 2)]
)
def test_what_local_functions_capture_stays(run) -> None:
    run()
