"""The types of actual values, the order of the lattice, and the search for a function's source."""

from __future__ import annotations

import ast
import functools
import linecache
import types
from collections import OrderedDict, deque
from dataclasses import dataclass

import numpy
import pytest

from xcs.frontend.effects.abstract_type import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NONE,
    PLAIN,
    STR,
    ArrayType,
    CollectionType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from xcs.frontend.effects.lattice import covers, join
from xcs.frontend.effects.source import SourceUnavailable, function_ast, function_source, library_folders
from xcs.frontend.effects.type_of import type_of


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return self.x


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


class Guarded:
    def __init__(self):
        self.secret = 1

    def __getattr__(self, name):
        raise AssertionError("user code ran")

    def __eq__(self, other):
        raise AssertionError("user code ran")

    __hash__ = None  # type: ignore[assignment]


class Hostile:
    def __getattribute__(self, name):
        raise AssertionError("user code ran")


@dataclass(frozen=True)
class Frozen:
    name: str


VALUES = [
    (1, INT),
    (True, BOOL),
    ("a", STR),
    (None, NONE),
    (2.5, FLOAT),
    (..., ExactType(type(...))),
    ([], ListType(NEVER)),
    ([1, 2], ListType(INT)),
    ([1, "a"], ListType(UnionType(frozenset((INT, STR))))),
    ([[], [1]], ListType(ListType(INT))),
    ((1, "a"), TupleType((INT, STR))),
    (tuple(range(100)), TupleOfType(INT)),
    ({1, 2}, SetType(INT)),
    (frozenset("a"), SetType(STR, frozen=True)),
    ({"a": [1.0]}, DictType(STR, ListType(FLOAT))),
    (Point(1, "a"), InstanceType(Point, (("x", INT), ("y", STR)))),
    (Slotted(1), InstanceType(Slotted, (("a", INT),))),
    (Frozen("a"), InstanceType(Frozen, (("name", STR),))),
    (Guarded(), InstanceType(Guarded)),
    (Hostile(), InstanceType(Hostile)),
    (deque([1]), CollectionType(deque, NEVER, INT, NEVER)),
    (OrderedDict(a=1), CollectionType(OrderedDict, STR, INT, NEVER)),
    (len, StaticType(len)),
    (Point, StaticType(Point)),
    (ast, StaticType(ast)),
    (object(), ExactType(object)),
    (numpy.zeros((2, 3), "float32"), ArrayType(numpy.ndarray, "float32", (2, 3))),
    (numpy.float64(1), ExactType(numpy.float64)),
]


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=lambda one: type(one).__name__)
def test_type_of(value, expected):
    assert type_of(value) == expected


def test_long_lists_of_scalars_are_proven_whole():
    xs = [1] * 10_000
    assert type_of(xs) == ListType(INT)
    xs[7_777] = "odd one out"  # type: ignore[call-overload]
    assert type_of(xs) == ListType(UnionType(frozenset((INT, STR))))


def test_long_lists_of_objects_are_not_looked_into():
    assert type_of([Point(1, 2)] * 10_000) == ListType(ANY)


def test_cycles_end():
    xs: list[object] = [1]
    xs.append(xs)
    assert type_of(xs) == ListType(ANY)
    point = Point(1, None)
    point.y = point
    assert type_of(point) == InstanceType(Point, (("x", INT), ("y", InstanceType(Point))))


def test_an_attribute_that_hides_a_method_is_always_told():
    point = Point(1, 2)
    point.norm = len  # type: ignore[method-assign]
    for budget in (1, 2, 64):
        assert "norm" in dict(type_of(point, budget).attributes)  # type: ignore[attr-defined]


def test_joining_keeps_what_hides_a_method():
    hiding = InstanceType(Point, (("norm", StaticType(len)), ("x", INT)))
    joined = join(hiding, InstanceType(Point, (("x", INT),)))
    assert joined == InstanceType(Point, (("norm", ANY), ("x", INT)))


TYPES = [
    INT,
    STR,
    NONE,
    NEVER,
    ANY,
    PLAIN,
    ListType(INT),
    ListType(NEVER),
    DictType(STR, INT),
    TupleType((INT, STR)),
    TupleOfType(INT),
    InstanceType(Point, (("x", INT),)),
    StaticType(3),
    StaticType(len),
    SetType(STR),
]


@pytest.mark.parametrize("left", TYPES, ids=str)
@pytest.mark.parametrize("right", TYPES, ids=str)
def test_a_join_covers_both(left, right):
    both = join(left, right)
    assert covers(both, left)
    assert covers(both, right)
    assert both == join(right, left)


@pytest.mark.parametrize(
    ("general", "special", "expected"),
    [
        (PLAIN, DictType(STR, ListType(INT)), True),
        (PLAIN, DictType(INT, INT), False),
        (ListType(PLAIN), ListType(STR), True),
        (ListType(STR), ListType(PLAIN), False),
        (INT, BOOL, False),
        (STR, ANY, False),
        (NEVER, STR, False),
        (STR, NEVER, True),
        (INT, StaticType(3), True),
        (TupleOfType(INT), TupleType((INT, INT)), True),
        (TupleType((INT, INT)), TupleOfType(INT), False),
    ],
)
def test_covers(general, special, expected):
    assert covers(general, special) is expected


def outer():
    def inner():
        return 1

    return inner


def decorate(function):
    @functools.wraps(function)
    def wrapper():
        return function()

    return wrapper


@decorate
def decorated():
    return 2


FIRST, SECOND = (lambda x: x + 1), (lambda x: x + 2)


def test_functions_are_found():
    assert function_ast(outer).name == "outer"  # type: ignore[union-attr]
    assert function_ast(outer()).name == "inner"  # type: ignore[union-attr]
    assert function_source(Point.norm).class_name == "Point"
    assert function_source(Point(1, 2).norm).class_name == "Point"


def test_a_wrapper_is_itself():
    assert function_ast(decorated).name == "wrapper"  # type: ignore[union-attr]


def test_lambdas_on_one_line_are_told_apart():
    assert ast.unparse(function_ast(FIRST)) == "lambda x: x + 1"
    assert ast.unparse(function_ast(SECOND)) == "lambda x: x + 2"


def made_in(text: str, filename: str) -> types.FunctionType:
    namespace: dict[str, types.FunctionType] = {}
    exec(compile(text, filename, "exec"), namespace)
    return namespace["made"]


def test_an_edited_file_is_refused(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("def made(x):\n    return x + 1\n")
    function = made_in(path.read_text(), str(path))
    assert function_ast(function).name == "made"  # type: ignore[union-attr]
    other = made_in("def made(x):\n    return x + 2\n", str(path))
    with pytest.raises(SourceUnavailable, match="doesn't hold this code"):
        function_ast(other)


def test_source_from_a_notebook_is_found():
    text = "def made(x):\n    return x * 3\n"
    linecache.cache["<cell>"] = (len(text), None, text.splitlines(keepends=True), "<cell>")
    assert function_ast(made_in(text, "<cell>")).name == "made"  # type: ignore[union-attr]


@pytest.mark.parametrize("function", [len, Point, 3, made_in("def made(): pass", "<nowhere>"), Frozen.__init__])
def test_what_has_no_source_is_refused(function):
    with pytest.raises(SourceUnavailable):
        function_ast(function)


def test_packages_of_an_environment_below_are_libraries() -> None:
    below = ["/opt/python/lib/python3.11/site-packages", "/usr/lib/python3/dist-packages", "/home/me/project", ""]
    found = library_folders(below)
    assert set(found) >= {"/opt/python/lib/python3.11/site-packages/", "/usr/lib/python3/dist-packages/"}
    assert not any("/home/me/project/lib.py".startswith(folder) for folder in found)


def nested(depth: int) -> dict[str, object]:
    found: dict[str, object] = {"n": 1, "text": "a"}
    for level in range(depth):
        found = {"inner": found, "n": level, "all": [found]}
    return found


def test_dicts_in_dicts_are_described_once_each():
    assert type_of(nested(2)) != type_of(nested(1))
    assert len(repr(type_of(nested(60)))) < 40 * len(repr(type_of(nested(6))))  # and not two to the power of levels
    first = type_of(nested(60))
    assert covers(first, type_of(nested(60)))
    assert isinstance(first, DictType)
    assert first.item("n") == INT
