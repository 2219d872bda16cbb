"""Outlines: each version of a container says what is in it, and a value that is missing interrupts who looks at it."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from xcs.frontend.effects.scope import CodeScope
from xcs.frontend.staging.source.outlines import outline_shape
from xcs.runtime.frame import EMPTY
from xcs.runtime.outline import (
    MAX_COPIED,
    Cell,
    DictOutline,
    ListOutline,
    Missing,
    ObjectOutline,
    is_plain,
    known_attribute,
    outline_of,
    with_attribute,
)
from xcs.runtime.outline_shape import Adds, AttributeOf, Changes, ItemOf, Looks, Puts, Sets, Target
from xcs.runtime.plan import Literal
from xcs.runtime.stored_attributes import MAX_REACHED

SCOPE = CodeScope({})


def shape(text: str, *inputs: str) -> object:
    [statement] = ast.parse(text).body
    body = statement.value if isinstance(statement, ast.Expr) and not text.endswith(")!") else [statement]
    return outline_shape(body, inputs, SCOPE)


def test_a_dict_has_versions() -> None:
    first = DictOutline.of({"a": 1})
    assert first is not None
    second = first.with_item("b", 2)
    third = second.with_item("a", 3)
    assert (len(first), list(first), first["a"], "b" in first) == (1, ["a"], 1, False)
    assert (len(second), list(second), second["a"], second["b"]) == (2, ["a", "b"], 1, 2)
    assert (len(third), list(third), third["a"], third.get("c", 0)) == (2, ["a", "b"], 3, 0)
    with pytest.raises(KeyError):
        first["b"]


def test_two_versions_may_follow_one() -> None:
    first = DictOutline.of({})
    assert first is not None
    left, right = first.with_item("a", 1), first.with_item("b", 2)
    assert (list(left), list(right), list(first)) == (["a"], ["b"], [])
    assert list(right.with_item("c", 3)) == ["b", "c"]


def test_a_missing_value_interrupts() -> None:
    cell = Cell()
    outline = DictOutline.of({}).with_item("a", cell)  # type: ignore[union-attr]
    assert "a" in outline
    assert len(outline) == 1
    with pytest.raises(Missing) as raised:
        outline["a"]
    assert raised.value.cell is cell
    assert not isinstance(raised.value, Exception)  # no handler of the program's takes it
    cell.value = None
    assert outline["a"] is None


def test_lists_have_versions() -> None:
    first = ListOutline.of([1, 2])
    assert first is not None
    cell = Cell()
    second, other = first.with_element(cell), first.with_element(4)
    assert (len(first), first[-1], first[:], list(first)) == (2, 2, [1, 2], [1, 2])
    assert (len(second), second[:2], second[-3]) == (3, [1, 2], 1)
    assert (other[-1], other[1:], 4 in other, 4 in first) == (4, [2, 4], True, False)
    for look in (lambda: second[-1], lambda: second[1:], lambda: list(second), lambda: 9 in second):
        with pytest.raises(Missing):
            look()
    with pytest.raises(IndexError):
        first[2]


class Kept:
    """Its attributes are called as those of outlines might be."""

    total = 7

    def __init__(self) -> None:
        self.held = {"a": 1}
        self._stored = "mine"
        self._whole = [1]

    @property
    def size(self) -> int:
        return len(self.held)


def test_objects_keep_their_attributes() -> None:
    first = outline_of(Kept())
    assert isinstance(first, ObjectOutline)
    assert (first._stored, first._whole, first.total) == ("mine", [1], 7)
    held = known_attribute(first, "held")
    assert isinstance(held, DictOutline)
    second: Any = with_attribute(first, "held", held.with_item("b", 2))
    assert (len(second.held), len(first.held), second._stored) == (2, 1, "mine")
    for name in ("size", "nothing", "__init__"):
        with pytest.raises(AttributeError):
            getattr(second, name)
        assert known_attribute(second, name) is None
    assert with_attribute(first, "size", 3) is None  # a property: it may store elsewhere
    assert with_attribute(first, "fresh", 3) is not None


class Sharing:
    """Holds one list in several places, and another one in one place."""

    __slots__ = ("__dict__", "listed", "never")

    def __init__(self) -> None:
        self.listed: list[int] = []
        self.alone: list[int] = []
        self.rows = {"a": (self.listed,)}


def test_what_another_attribute_leads_to_has_no_outline() -> None:
    sharing = Sharing()
    outline = outline_of(sharing)
    assert isinstance(outline, ObjectOutline)
    assert known_attribute(outline, "listed") is None
    assert isinstance(known_attribute(outline, "alone"), ListOutline)
    sharing.rows = {"a": ([],), "b": sharing}  # type: ignore[dict-item]
    assert known_attribute(outline, "listed") is None
    sharing.rows = {"a": ([],)}
    assert isinstance(known_attribute(outline, "listed"), ListOutline)
    sharing.rows = {str(number): ([],) for number in range(MAX_REACHED)}
    assert known_attribute(outline, "listed") is None  # looking through all of it takes too long


def test_truth_is_that_of_the_object() -> None:
    assert bool(outline_of(Sharing()))
    for owner in ("", Kept().size):
        with pytest.raises(TypeError):
            bool(ObjectOutline(owner, {}))


def test_only_plain_keys() -> None:
    assert is_plain(("a", 1, (None, 2.0)))
    assert not is_plain(Kept())
    assert not is_plain(("a", Kept()))
    assert outline_of({Kept(): 1}) is None
    assert outline_of(list(range(MAX_COPIED + 1))) is None
    assert EMPTY not in (1, 2)


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("d[k] = v", ("v", "d", "k"), Puts(Target(1), 0, 2)),
        ("d['a'] = v", ("v", "d"), Puts(Target(1), 0, Literal("a"))),
        ("d[k, 1] = v", ("v", "d", "k"), Puts(Target(1), 0, (2, Literal(1)))),
        ("d[r['id']] = v", ("v", "d", "r"), Puts(Target(1), 0, ItemOf(2, Literal("id")))),
        ("o.d[r.id] = v", ("v", "o", "r"), Puts(Target(1, "d"), 0, AttributeOf(2, "id"))),
        ("o.last = v", ("v", "o"), Sets(Target(1, "last"), 0)),
        ("o.n += 1", ("o",), Changes(Target(0, "n"), Literal(None), Literal(1))),
        ("xs.append(v)", ("xs", "v"), Adds(Target(0), 1)),
        ("o.log.append(v)", ("o", "v"), Adds(Target(0, "log"), 1)),
        ("d[k] = f(v)", ("v", "d", "k", "f"), None),
        ("o.__d[k] = v", ("v", "o", "k"), None),
        ("d[k] += v", ("v", "d", "k"), None),
        ("k in d", ("k", "d"), Looks((Target(1),))),
        ("len(d) > 3", ("d",), Looks((Target(0),))),
        ("d[k] if k in d else None", ("d", "k"), Looks((Target(0),))),
        ("[d[k] for k in ks]", ("d", "ks"), Looks((Target(0),))),
        ("', '.join(d[k] for k in ks)", ("d", "ks"), Looks((Target(0),))),
        ("o.d.get(k, o.n)", ("o", "k"), Looks((Target(0, "d"),), (Target(0, "n"),))),
        ("not d", ("d",), Looks((Target(0),))),
        ("d", ("d",), None),
        ("str(d)", ("d",), None),
        ("[d, d[0]]", ("d",), None),
        ("d or d[0]", ("d",), None),
        ("d.pop(k)", ("d", "k"), None),
        ("o.add(o.d[k])", ("o", "k"), None),
        ("lambda: d[k]", ("d", "k"), None),
        ("(d[k] for k in ks)", ("d", "ks"), None),
        ("o.__d[k]", ("o", "k"), None),
    ],
)
def test_shapes(text: str, inputs: tuple[str, ...], expected: object) -> None:
    found = shape(text, *inputs)
    assert found == expected
    assert type(found) is type(expected)


def test_appending_is_a_shape() -> None:
    [statement] = ast.parse("xs.append(v)").body
    assert outline_shape([statement], ("xs", "v"), SCOPE) == Adds(Target(0), 1)
    assert outline_shape([statement, statement], ("xs", "v"), SCOPE) is None


def test_a_name_for_len_that_is_no_len() -> None:
    scope = CodeScope({"len": print})
    body = ast.parse("len(d)", mode="eval").body
    assert outline_shape(body, ("d",), scope) is None
