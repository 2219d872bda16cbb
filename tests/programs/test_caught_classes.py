"""Handlers that count by the class of what they caught, and keep its arguments, beside ones whose attributes act."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from leaves import ask, flaky, note, raising
from observe import case


def counted(numbers):
    errors: Counter[str] = Counter()
    for number in numbers:
        try:
            flaky(number)
        except Exception as error:
            errors[type(error).__name__] += 1
    return errors


def grouped(numbers):
    errors = defaultdict(list)
    for number in numbers:
        try:
            flaky(number)
        except ValueError as error:
            errors[error.__class__.__qualname__].append(str(error))
    return errors


def described(numbers):
    rows = []
    for number in numbers:
        try:
            rows.append({"number": number, "reply": flaky(number), "error": None})
        except ValueError as error:
            kind = type(error)
            rows.append({"number": number, "error": f"{kind.__module__}.{kind.__name__}: {error}"})
    return rows


def arguments_kept(numbers):
    failed = {}
    for number in numbers:
        try:
            flaky(number)
        except ValueError as error:
            failed[number] = error.args[0]
            print(f"{number} failed: {error}")
    return failed


class Acting(Exception):
    """An exception that others see being looked at."""

    @property
    def reason(self):
        note("reason")
        return "acts"

    def again(self):
        note("again")
        return ask(self.args[0])


def of_its_own_class(numbers):
    replies = []
    for number in numbers:
        try:
            replies.append(raising(Acting(number)))
        except Acting as error:
            replies.append((error.reason, error.again(), type(error)(3).reason))
    return replies


def raised_again(numbers):
    for number in numbers:
        try:
            flaky(number)
        except ValueError as error:
            raise type(error)(f"again: {error.args[0]}") from error


NUMBERS = [0, 1, 2, 3, 5]

PROGRAMS = [
    case(counted, (NUMBERS,), overlap=5),
    case(grouped, (NUMBERS,), overlap=5),
    case(described, (NUMBERS,), overlap=5),
    case(arguments_kept, (NUMBERS,), overlap=5),
    case(of_its_own_class, (NUMBERS,)),
    case(raised_again, (NUMBERS,), raises="ValueError", more_calls=True),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
