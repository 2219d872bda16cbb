"""Exceptions at the outermost border: of both types, faithful, and themselves where that cannot be."""

from __future__ import annotations

import copy
import json
import os
import pickle
import traceback
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from xcs.diagnostics.errors import XCSExecutionError
from xcs.diagnostics.location import Location
from xcs.runtime.errors import remake

LOCATION = Location("program.py", 12)


class Plain(Exception):
    pass


class WithAttributes(Plain):
    def __init__(self, code: int, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class KeywordOnly(Exception):
    def __init__(self, *, status: int) -> None:
        super().__init__("failed")
        self.status = status


class OwnText(Exception):
    def __str__(self) -> str:
        return f"<{self.args[0]}>"

    def __repr__(self) -> str:
        return "OwnText!"


class Slotted(Exception):
    __slots__ = ("extra",)

    def __init__(self, extra: int) -> None:
        super().__init__(extra)
        self.extra = extra


class Reduced(Exception):
    def __init__(self, left: int, right: int) -> None:
        super().__init__(left + right)
        self.left = left
        self.right = right

    def __reduce__(self) -> Any:
        return (Reduced, (self.left, self.right))


class OwnFields(OSError):
    def __init__(self, path: str) -> None:
        super().__init__(2, "gone", path)
        self.path = path


def caught(function: Callable[[], Any]) -> Exception:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def raising(error: BaseException) -> Callable[[], Any]:
    def function() -> None:
        raise error

    return function


ERRORS: list[Exception] = [
    ValueError("bad"),
    ValueError(),
    KeyError("key"),
    Plain(1, 2),
    WithAttributes(404, "not there"),
    KeywordOnly(status=500),
    OwnText("text"),
    Slotted(3),
    Reduced(1, 2),
    OwnFields("/nowhere"),
    StopIteration(4),
    ExceptionGroup("several", [ValueError(1), KeyError(2)]),
    TimeoutError("late"),
    caught(lambda: os.stat("/does/not/exist")),
    caught(lambda: b"\xff".decode()),
    caught(lambda: json.loads("{")),
    caught(lambda: object().missing),  # type: ignore[attr-defined]
    caught(lambda: compile("1 +", "file", "eval")),
    caught(lambda: __import__("no_such_module_anywhere")),
    caught(lambda: 1 / 0),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_remade_exception_is_of_both_types_and_looks_the_same(error: Exception) -> None:
    error = caught(raising(error))
    remade = remake(error, "model", LOCATION)
    assert remade is not error
    assert isinstance(remade, type(error))
    assert isinstance(remade, XCSExecutionError)
    assert type(remade).__name__ == type(error).__name__
    assert type(remade).__qualname__ == type(error).__qualname__
    assert type(remade).__module__ == type(error).__module__
    assert (str(remade), repr(remade), remade.args) == (str(error), repr(error), error.args)
    assert (remade.node, remade.original_error) == ("model", error)
    assert remade.__traceback__ is error.__traceback__
    assert remade.__notes__ == ["raised by `model` at program.py:12"]
    assert not hasattr(error, "__notes__")
    assert remade.__cause__ is error
    names = {"errno", "filename", "start", "end", "object", "name", "value", "lineno", "pos", "code", "status", "extra"}
    for name in names | {"exceptions", "left", "path", "detail", "doc", "msg"}:
        assert getattr(remade, name, None) == getattr(error, name, None)
    shown = "".join(traceback.format_exception_only(remade))
    assert shown.startswith("".join(traceback.format_exception_only(error)).rstrip("\n"))


def test_one_class_for_one_type() -> None:
    assert type(remake(Plain(1), "a")) is type(remake(Plain(2), "b"))


def test_notes_are_kept() -> None:
    error = Plain("x")
    error.add_note("of the user")
    remade = remake(error, "model")
    assert remade.__notes__ == ["of the user", "raised by `model`"]
    assert error.__notes__ == ["of the user"]


def test_a_cause_of_the_user_is_kept() -> None:
    def chained() -> None:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise Plain("outer") from inner

    def suppressed() -> None:
        try:
            raise KeyError("inner")
        except KeyError:
            raise Plain("outer") from None

    def implicit() -> None:
        try:
            raise KeyError("inner")
        except KeyError:
            raise Plain("outer")  # noqa: B904 - the implicit context is what is tested

    error = caught(chained)
    assert remake(error, "model").__cause__ is error.__cause__
    remade = remake(caught(suppressed), "model")
    assert remade.__cause__ is None
    assert remade.__suppress_context__
    error = caught(implicit)
    remade = remake(error, "model")
    assert remade.__cause__ is error
    assert remade.__context__ is error.__context__


def test_pickles_and_copies_are_of_the_users_type() -> None:
    remade = remake(Plain("x", 1), "model")
    for copied in (pickle.loads(pickle.dumps(remade)), copy.copy(remade)):
        assert type(copied) is Plain
        assert copied.args == ("x", 1)


def test_an_exception_of_an_inner_program_is_not_wrapped_again() -> None:
    remade = remake(Plain("x"), "inner", LOCATION)
    assert remake(remade, "outer") is remade
    assert len(remade.__notes__) == 1


class Final(Exception):
    def __init_subclass__(cls, **keywords: Any) -> None:
        raise TypeError("no subclasses")


class Registered(Exception):
    registry: ClassVar[list[type]] = []

    def __init_subclass__(cls, **keywords: Any) -> None:
        cls.registry.append(cls)


class NeedsNew(Exception):
    def __new__(cls, first: int, second: int) -> NeedsNew:
        return super().__new__(cls, first)

    def __init__(self, first: int, second: int) -> None:
        super().__init__(first)


class Rebuilt(Exception):
    def __reduce__(self) -> Any:
        return (rebuild, (str(self),))


def rebuild(text: str) -> Rebuilt:
    return Rebuilt(text)


class Refused(type):
    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        if len(bases) > 1:
            raise TypeError("one base only")
        return super().__new__(cls, name, bases, namespace)


class Strict(Exception, metaclass=Refused):
    pass


@pytest.mark.parametrize(
    "error", [NeedsNew(1, 2), Rebuilt("x"), Strict("x"), SystemExit(3), KeyboardInterrupt()], ids=repr
)
def test_what_cannot_be_remade_passes_through_with_a_note(error: BaseException) -> None:
    assert remake(error, "model", LOCATION) is error
    assert error.__notes__ == ["raised by `model` at program.py:12"]


def test_hooks_of_the_users_class_are_not_run() -> None:
    assert isinstance(remake(Final("x"), "model"), XCSExecutionError)
    assert isinstance(remake(Registered("x"), "model"), Registered)
    assert Registered.registry == []
