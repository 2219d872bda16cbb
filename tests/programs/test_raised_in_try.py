"""What a `try` raises itself, and what its handlers see, waits for nothing but what comes before it in that `try`.

Beside each that must overlap stand those in which something earlier in the body may fail first, or is to be seen first.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import ask, flaky, note, num, rate, say, tardy
from observe import case


class UnsureError(Exception):
    def __init__(self, answer):
        super().__init__(f"unsure of {answer}")
        self.answer = answer


class NotedError(ValueError):
    def __init__(self):
        note("made")
        super().__init__("noted")


def checked(question):
    if len(question) % 2:
        raise UnsureError(question)
    return ask(question)


# ---------------------------------------------------------------- handlers overlap
def fallback_for_each(questions):
    answers = []
    for question in questions:
        try:
            if len(question) > 1:
                raise ValueError(question)
            answer = ask(question)
        except ValueError:
            answer = ask("other " + question)
        answers.append(answer)
    return answers


def fallback_behind_a_helper(questions):
    answers, num_unsure = [], 0
    for question in questions:
        try:
            answer = checked(question)
        except UnsureError:
            num_unsure += 1
            answer = ask("other " + question)
        else:
            answer = answer.upper()
        finally:
            num_unsure += 10
        answers.append(answer)
    return answers, num_unsure


def raised_again(questions):
    def attempt(question):
        try:
            try:
                raise KeyError(question)
            except ValueError:
                return ask("never")
        except KeyError as error:
            return ask(f"second {error}")

    return [attempt(question) for question in questions]


def name_seen_by_the_handler(questions):
    answers = []
    for question in questions:
        draft = "none"
        try:
            draft = question + "!"
            if question != "b":
                raise ValueError(question)
            draft = "too late"
        except ValueError:
            answers.append(ask(draft))
    return answers


def name_bound_by_each_iteration(questions):
    answers = []
    for question in questions:
        try:
            answer = ask(question)
            answer = answer.upper()
        except ValueError:
            answer = "failed"
        answers.append(answer)
    return answers


def scored_then_replaced(questions):
    answers = []
    for question in questions:
        try:
            answer = question.upper()
            if rate(answer) < 2:
                raise ValueError(answer)
        except ValueError:
            answer = ask(question)
        answers.append(answer)
    return answers


# ---------------------------------------------------------------- and what must stay in order
def earlier_call_fails_first(xs):
    found = []
    for x in xs:
        try:
            y = tardy(x)
            if x > 3:
                raise KeyError(x)
            found.append(y)
        except ValueError as error:
            found.append(f"{error} {ask(x)}")
        except KeyError as error:
            found.append(ask(error.args[0]))
    return found


def earlier_iteration_fails_first(xs):
    last = None
    try:
        for x in xs:
            last = x
            y = tardy(x)
            last = y
            if x > 4:
                raise KeyError(x)
    except (ValueError, KeyError) as error:
        return last, type(error).__name__, ask("handler")
    return last


def outer_name_behind_a_failure(x):
    last = "start"
    try:
        y = tardy(x)
        try:
            last = "inner"
            if x:
                raise KeyError(x)
        except KeyError:
            last = "handled"
            ask("inner handler")
    except ValueError:
        return last, ask("outer handler")
    return last, y


def said_in_order(xs):
    for x in xs:
        try:
            say("begin", x)
            if x % 2:
                raise ValueError(x)
            say("end", x)
        except ValueError:
            say("handled", ask(x))
        finally:
            say("finally", x)


def class_that_is_seen(xs):
    found = []
    for x in xs:
        try:
            note(f"before {x}")
            found.append(num(x))
            raise NotedError
        except NotedError as error:
            note(f"after {x}")
            found.append(f"{error} {ask(x)}")
    return found


def raised_with_a_cause(xs):
    found = []
    for x in xs:
        try:
            try:
                found.append(flaky(x))
            except ValueError as error:
                raise RuntimeError(f"no {x}") from error
        except RuntimeError as error:
            found.append((str(error), str(error.__cause__), ask(x)))
    return found


def leaves_the_function(xs):
    for x in xs:
        try:
            if x == 3:
                raise KeyError(x)
            say(num(x))
        except KeyError:
            raise LookupError(f"at {x}") from None
    return say("never")


QUESTIONS = (["aaa", "bb", "ccccc", "dd", "eee"],)
LETTERS = (["a", "c", "d"],)

PROGRAMS = [
    case(fallback_for_each, QUESTIONS, overlap=5, more_calls=True),
    case(fallback_behind_a_helper, QUESTIONS, overlap=5, more_calls=True),
    case(raised_again, QUESTIONS, overlap=5, more_calls=True),
    case(name_seen_by_the_handler, LETTERS, (["b", "a", "b"],), overlap=1, more_calls=True),
    case(name_seen_by_the_handler, LETTERS, overlap=3, more_calls=True, name="names_seen_at_once"),
    case(name_bound_by_each_iteration, QUESTIONS, overlap=5, more_calls=True),
    case(scored_then_replaced, LETTERS, overlap=3, more_calls=True),
    case(earlier_call_fails_first, ([1, 2, 4, 5, 6],), ([5, 4],), more_calls=True),
    case(earlier_iteration_fails_first, ([1, 2, 6],), ([1, 6, 2],), ([3, 1],), more_calls=True),
    case(outer_name_behind_a_failure, (2,), (1,), (0,), more_calls=True),
    case(said_in_order, ([1, 2, 3, 4],), more_calls=True),
    case(class_that_is_seen, ([1, 2],), more_calls=True),
    case(raised_with_a_cause, ([1, 2, 4, 5],), more_calls=True),
    case(leaves_the_function, ([1, 2, 3, 4],), raises="LookupError", more_calls=True),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
