"""What users and packages say of code that isn't theirs: by object, by path, by class and attribute path, installed."""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

import xcs
from xcs.diagnostics.effect import Effect
from xcs.frontend.effects import known as known_module
from xcs.frontend.effects.abstract_type import DATA, STR, AbstractType
from xcs.frontend.effects.infer import infer_call, summarise
from xcs.frontend.effects.known import TABLE, register
from xcs.frontend.effects.type_of import type_of

SOURCE = """
class Completions:
    def create(self, prompt):
        return eval("prompt")

class Chat:
    def __init__(self):
        self.completions = Completions()

class Client:
    def __init__(self):
        self.chat = Chat()
    def search(self, text):
        return eval("text")
    def append_to(self, items, item):
        eval("items").append(item)
    def delete(self, text):
        return eval("text")

def score(text):
    return eval("text")

def extend(items, more):
    eval("items").extend(more)

def wrap(value):
    return eval("[value]")
"""


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A package whose code can't be looked into."""
    module = types.ModuleType("vendor")
    exec(compile(SOURCE, "<vendor>", "exec"), module.__dict__)
    for one in vars(module).values():
        if isinstance(one, (type, types.FunctionType)):
            one.__module__ = "vendor"
    monkeypatch.setitem(sys.modules, "vendor", module)
    places: list[dict[Any, Any]] = [TABLE._by_identity, TABLE._by_path, TABLE._by_prefix]
    before = [dict(held) for held in places]
    yield module
    for held, kept in zip(places, before, strict=True):
        held.clear()
        held.update(kept)
    TABLE._missing.clear()
    TABLE.version += 1


def result_of(function: Any, *args: Any) -> tuple[Effect, AbstractType]:
    summary = summarise(function, args, {})
    return summary.effect, summary.result


def test_what_nobody_knows_is_ordered(vendor):
    assert result_of(vendor.score, "a")[0] is Effect.ORDERED
    assert result_of(vendor.Client().search, "a")[0] is Effect.ORDERED


def test_a_function_by_itself(vendor):
    register(vendor.score, "pure", result=str)
    assert result_of(vendor.score, "a") == (Effect.PURE, STR)


def test_a_function_by_path(vendor):
    register("vendor.score", "unordered")
    summary = summarise(vendor.score, ("a",), {})
    assert summary.effect is Effect.UNORDERED
    assert summary.external


def test_a_method_by_class_and_name(vendor):
    register("vendor.Client.search", "reads", result="data")
    assert result_of(vendor.Client().search, "a") == (Effect.READS, DATA)
    assert result_of(vendor.Client().delete, "a")[0] is Effect.ORDERED


def test_a_method_by_itself(vendor):
    register(vendor.Client.search, "reads", result="data")
    assert result_of(vendor.Client().search, "a") == (Effect.READS, DATA)


def ask(client, prompt):
    return client.chat.completions.create(prompt)


def test_a_method_by_the_path_that_users_write(vendor):
    register("vendor.Client.chat.completions.create", "unordered", result="data")
    summary = infer_call(ask, (type_of(vendor.Client()), STR), {})
    assert (summary.effect, summary.result) == (Effect.UNORDERED, DATA)


def search_and_delete(client, text):
    return client.search(text), client.delete(text)


def test_a_whole_client_and_an_exception(vendor):
    register("vendor.Client.*", "unordered")
    register("vendor.Client.delete", "ordered")
    client = vendor.Client()
    assert result_of(client.search, "a")[0] is Effect.UNORDERED
    assert result_of(client.delete, "a")[0] is Effect.ORDERED
    assert infer_call(ask, (type_of(client), STR), {}).effect is Effect.UNORDERED
    assert infer_call(search_and_delete, (type_of(client), STR), {}).effect is Effect.ORDERED


def test_a_whole_package(vendor):
    register("vendor.*", "pure")
    assert result_of(vendor.score, "a")[0] is Effect.PURE
    assert result_of(vendor.Client().search, "a")[0] is Effect.PURE


def test_arguments_that_are_written(vendor):
    register("vendor.extend", "pure", mutates=[0])
    summary = summarise(vendor.extend, ([1], [2]), {})
    assert summary.effect is Effect.PURE
    assert summary.mutates == {0}
    assert summary.behaviour().effect is Effect.ORDERED


def test_arguments_of_a_method_that_are_written(vendor):
    register("vendor.Client.append_to", "pure", mutates=[1])
    summary = infer_call(vendor.Client.append_to, (type_of(vendor.Client()), type_of([1]), STR), {})
    assert summary.mutates == {1}


def test_arguments_that_live_on(vendor):
    register("vendor.wrap", "pure", retains=[0])
    assert summarise(vendor.wrap, ([1],), {}).retains == {0}


def scored(text):
    import vendor

    return vendor.score(text)


def test_a_later_registration_counts(vendor):
    assert infer_call(scored, (STR,), {}).effect is Effect.ORDERED
    register("vendor.score", "pure", result=str)
    assert infer_call(scored, (STR,), {}).effect is Effect.PURE


def test_a_program_traced_later_overlaps(vendor):
    register("vendor.score", "unordered", result=str)
    program = xcs.jit(lambda text: [vendor.score(text), vendor.score(text + "b")])
    assert program("a") == ["a", "ab"]
    assert xcs.get_jit_stats(program)["parallel_groups"] == 1


@pytest.mark.parametrize("target", [3, "score", "vendor.", "a b.c", ".x", "*"])
def test_targets_that_name_nothing(target):
    with pytest.raises(xcs.XCSError, match="expected a callable or an import path"):
        register(target, "pure")


@pytest.mark.parametrize("position", [-1, "items", 1.0])
def test_positions_that_are_none(position):
    with pytest.raises(xcs.XCSError, match="expected positions of arguments"):
        register("vendor.score", "pure", mutates=[position])


def tell() -> None:
    """What the entry point of a package does."""
    register("vendor.score", "pure", result=str)


def fail() -> None:
    raise LookupError("no table")


def install(monkeypatch: pytest.MonkeyPatch, **functions: str) -> None:
    points = tuple(EntryPoint(name, value, known_module.ENTRY_POINT_GROUP) for name, value in functions.items())
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
    monkeypatch.setattr(known_module, "_entry_points_loaded", False)


def test_installed_packages_are_asked_once(vendor, monkeypatch):
    install(monkeypatch, vendor=f"{__name__}:tell")
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    assert result_of(vendor.score, "a") == (Effect.PURE, STR)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: pytest.fail("asked again"))
    assert result_of(vendor.score, "a") == (Effect.PURE, STR)


def test_a_broken_package_names_itself_and_the_others_still_count(vendor, monkeypatch):
    install(monkeypatch, missing="not_there:tell", broken=f"{__name__}:fail", vendor=f"{__name__}:tell")
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert result_of(vendor.score, "a") == (Effect.PURE, STR)
    texts = [str(one.message) for one in said]
    assert [one.category for one in said] == [xcs.XCSWarning, xcs.XCSWarning]
    assert texts[0].startswith("entry point `missing` (`not_there:tell`) fails")
    assert texts[1].endswith("what it knows of effects is missing: LookupError: no table")
