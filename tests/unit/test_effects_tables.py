"""Each entry of the tables of builtins against what Python really does: result types, and what is written."""

from __future__ import annotations

import copy
import itertools
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from xcs.diagnostics.effect import Effect
from xcs.diagnostics.identity import identity
from xcs.frontend.effects.abstract_type import ANY, AbstractType
from xcs.frontend.effects.builtin_table import FUNCTIONS
from xcs.frontend.effects.infer import summarise
from xcs.frontend.effects.iteration_table import HEAPS, ITERATION, OBJECTS
from xcs.frontend.effects.known import TABLE, KnownCallable
from xcs.frontend.effects.lattice import covers
from xcs.frontend.effects.method_table import METHODS
from xcs.frontend.effects.number_table import MATH, OPERATORS, STATISTICS
from xcs.frontend.effects.text_table import HASHES, TEXT
from xcs.frontend.effects.type_of import type_of

RECEIVERS: dict[type, tuple[Any, ...]] = {
    str: ("Ab1 cd", ""),
    bytes: (b"Ab1 cd", b""),
    list: ([3, 1, 2], [1.5, 0.5], ["b", "a"]),
    dict: ({"a": 1, "b": 2}, {1: "x"}),
    set: ({1, 2, 3}, {"a", "b"}),
    frozenset: (frozenset({1, 2}), frozenset({"a"})),
    tuple: ((1, "a", 1), (2.5,)),
    int: (5, 0, -3),
    float: (1.5, 2.0),
    complex: (1 + 2j,),
    range: (range(5),),
}

ARGUMENTS: tuple[tuple[Any, ...], ...] = (
    (),
    (1,),
    (0,),
    ("a",),
    (b"a",),
    ("b",),
    (b"b",),
    (bytes(range(256)),),
    ("b", "x"),
    (b"b", b"x"),
    (b"a", b"x"),
    (10,),
    (10, "z"),
    ("a", 5),
    ("zz", None),
    ([7, 8],),
    (["x", "y"],),
    ([b"x"],),
    ({1, 9},),
    ({"a", "q"},),
    ({"k": 9},),
    (0, 99),
    ("new", []),
    (2, "little"),
    (b"\x01\x02", "big"),
    ("0x1.8p0",),
    ({65: "z"},),
    (3.7,),
    (2, 3),
    (1.5, 2),
    (-2, 2),
    ([1, 2, 3], 2),
    ([0.5, 1.5],),
    ([2.5, 1],),
    ([("a", 1), ("b", 2)],),
    ("abc", [1, 2, 3]),
    (str, [1, 2]),
    (None, [0, 1]),
    (int, (int, str)),
    ("7",),
    ([[1], [2]], []),
    ((1, 2),),
    (1, 7, 2),
    (True,),
)

METHOD_CASES = [(cls, name) for cls, methods in METHODS.items() for name in methods if hasattr(cls, name)]
SKIPPED = {"maketrans", "fromkeys", "fromhex", "from_bytes"}  # class methods: their receiver is the class


def attempts(receivers: tuple[Any, ...]) -> list[tuple[Any, tuple[Any, ...]]]:
    return [(receiver, arguments) for receiver in receivers for arguments in ARGUMENTS]


def forced(result: Any) -> Any:
    """The elements of an iterator, so that what it gives can be looked at."""
    return (
        list(itertools.islice(result, 50))
        if hasattr(result, "__next__") or type(result).__name__.startswith("dict_")
        else result
    )


def element_of(declared: AbstractType) -> AbstractType:
    return getattr(declared, "element", declared)


def agrees(declared: AbstractType, result: Any) -> bool:
    """Whether the declared type is true of the result (of an iterator: of each element)."""
    if hasattr(result, "__next__") or type(result).__name__.startswith("dict_"):
        return declared == ANY or all(
            covers(element_of(declared), type_of(one)) for one in itertools.islice(result, 50)
        )
    return covers(declared, type_of(result))


@pytest.mark.parametrize(("cls", "name"), METHOD_CASES, ids=lambda one: getattr(one, "__name__", one))
def test_method_entry_agrees_with_python(cls, name):
    if name in SKIPPED:
        pytest.skip("a class method")
    descriptor = cls.__dict__[name]
    entry = TABLE.of(descriptor)
    assert entry is not None
    ran = changed = 0
    for receiver, arguments in attempts(RECEIVERS[cls]):
        mine, arguments = copy.deepcopy(receiver), copy.deepcopy(arguments)
        summary = summarise(descriptor, (mine, *arguments), {})
        before = copy.deepcopy(arguments)
        try:
            result = descriptor(mine, *arguments)
        except Exception:  # arguments that this method refuses
            continue
        ran += 1
        assert agrees(summary.result, result), (mine, arguments, summary.result, result)
        assert arguments == before, "no entry writes its arguments"
        if mine != receiver:
            changed += 1
            assert 0 in summary.mutates, (receiver, mine, arguments)
        assert summary.effect is Effect.PURE, summary.reason
    assert ran, "no attempt fits this method"
    assert bool(changed) == bool(entry.mutates), "marked as writing its receiver, but nothing changed"


PURE_FUNCTIONS = [f for f, entry in FUNCTIONS.items() if entry.effect is Effect.PURE and f not in (id, slice, object)]


def runs(function: Callable[..., Any], extra: tuple[tuple[Any, ...], ...] = ()) -> int:
    """Tries a function on all arguments that fit, checking the inferred type of each result."""
    ran = 0
    for arguments in (*ARGUMENTS, *extra):
        mine = copy.deepcopy(arguments)
        summary = summarise(function, mine, {})
        try:
            result = function(*mine)
            value = forced(result)
        except Exception:  # arguments that this function refuses
            continue
        ran += 1
        if summary.effect is not Effect.PURE:
            assert summary.unknown_types, (function, arguments, summary.reason)
            continue
        declared = summary.result
        again = function(*copy.deepcopy(arguments)) if hasattr(result, "__next__") else result
        assert agrees(declared, again), (function, arguments, declared, value)
        if not summary.mutates:
            assert mine == arguments, (function, arguments)
    return ran


@pytest.mark.parametrize("function", PURE_FUNCTIONS, ids=lambda one: one.__name__)
def test_builtin_entry_agrees_with_python(function):
    assert runs(function)


LIBRARY_ARGUMENTS = (
    ("a(b)?", "xab"),
    ("(a)(b)", "-", "xab ab"),
    ("{}",),
    ('{"a": [1, 2.5, null, true]}',),
    ([1.0, 2.0, 3.0],),
    ([[1, 2], [3]],),
    (6, 4),
    (0.25,),
    (16,),
    ([1, 2], [3]),
    ("a b\nc d", 3),
    ("a", ["ab", "a"]),
    ("NFC", "a"),
    (b"YWI=",),
    (b"MFRGG===",),
    (zlib.compress(b"a"),),
    (b"6162",),
    ("http://a/b", "c"),
    ({"a": "b"},),
    ("[1, 2]",),
    ([1, 2, 4, 4], 3),
    ((3.0, 4.0), (0.0, 0.0)),
    ("<I", 3),
    ("<I", b"\0\0\0\0"),
)


def resolved(path: str) -> Any:
    module, _, name = path.rpartition(".")
    parts = module.split(".")
    found: Any = None
    for count in range(len(parts), 0, -1):
        try:
            found = __import__(".".join(parts[:count]), fromlist=["_"])
        except ImportError:
            continue
        for part in (*parts[count:], name):
            found = getattr(found, part, None)
        return found
    return None


LIBRARY = [
    path
    for table in (MATH, STATISTICS, OPERATORS, TEXT, HASHES, ITERATION, HEAPS, OBJECTS)
    for path, entry in table.items()
    if entry.effect is Effect.PURE and not entry.mutates and path.count(".") == (2 if path.startswith("urllib") else 1)
]
UNBOUNDED = {"typing.cast", "_functools.reduce", "urllib.parse.urlparse", "dataclasses.fields"}


@pytest.mark.parametrize("path", LIBRARY)
def test_library_entry_agrees_with_python(path):
    if path in UNBOUNDED:
        pytest.skip("never ends, gives back its argument, or an object that only holds data")
    function = resolved(path)
    assert function is not None, "no such function"
    assert TABLE.of(function) is not None, "the path doesn't lead to an entry"
    if isinstance(function, type) and path.startswith("contextlib"):
        return
    if path == "dataclasses.asdict":
        return
    assert runs(function, LIBRARY_ARGUMENTS)


def test_a_wrong_entry_would_be_noticed(monkeypatch):
    wrong = KnownCallable(result=type_of(1), uses=("any 0",))
    monkeypatch.setitem(TABLE._by_identity, identity(str.upper), (str.upper, wrong))
    with pytest.raises(AssertionError):
        test_method_entry_agrees_with_python(str, "upper")


ORDERED_FUNCTIONS = [print, input, exec, eval, globals, locals, vars, breakpoint, __import__]


@pytest.mark.parametrize("function", ORDERED_FUNCTIONS, ids=lambda one: one.__name__)
def test_builtins_with_effects_are_ordered(function):
    assert summarise(function, ("x",), {}).effect is Effect.ORDERED
