"""Slots read what functions are made of without asking audit hooks, and only where that can't be anything else."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from xcs.frontend.effects.scope import FunctionView
from xcs.frontend.effects.summary import Guard
from xcs.frontend.function_slot import HAS_SLOTS, slot_of
from xcs.frontend.guard_check import guard_source

pytestmark = pytest.mark.skipif(not HAS_SLOTS, reason="no CPython with a GIL")


def some_function(x, y=2, *, z=3):
    return x + y + z


def fresh_function():
    def fresh(x, y=2, *, z=3):
        return x + y + z

    return fresh


@pytest.mark.parametrize("name", ["__code__", "__defaults__", "__kwdefaults__"])
def test_a_slot_is_the_attribute_as_it_is_now(name: str) -> None:
    function, other = fresh_function(), lambda x: x
    other.__defaults__, other.__kwdefaults__ = (5,), {"z": 7}
    slot = slot_of(function, name, getattr(function, name))
    assert slot.value is getattr(function, name)
    setattr(function, name, getattr(other, name))
    assert slot.value is getattr(other, name)


def test_a_slot_that_is_empty_holds_no_longer() -> None:
    function = fresh_function()
    slot = slot_of(function, "__defaults__", function.__defaults__)
    function.__defaults__ = None
    with pytest.raises(ValueError, match="NULL"):
        _ = slot.value


def test_no_slot_for_what_may_stand_in_two_places_or_none() -> None:
    function = fresh_function()
    function.__module__ = function.__defaults__  # type: ignore[assignment]  # two words point to it
    assert slot_of(function, "__defaults__", function.__defaults__) is None
    assert slot_of(function, "__code__", some_function.__code__) is None
    assert slot_of(fresh_function, "__defaults__", None) is None
    assert slot_of(print, "__code__", None) is None  # type: ignore[arg-type]


def test_a_slot_keeps_its_function() -> None:
    function = fresh_function()
    slot, gone = slot_of(function, "__code__", function.__code__), weakref.ref(function)
    code = function.__code__
    del function
    gc.collect()
    assert gone() is not None
    assert slot.value is code
    del slot
    gc.collect()
    assert gone() is None


def test_guards_of_functions_see_their_code_and_defaults_change() -> None:
    function = fresh_function()
    view = FunctionView(function)
    guards = [Guard(view, name, getattr(function, name)) for name in ("__code__", "__defaults__")]
    source, names = guard_source(guards, "g")
    assert eval(source, names)
    code, function.__code__ = function.__code__, (lambda x, y=2, *, z=3: 0).__code__
    assert not eval(source, names)
    function.__code__ = code
    assert eval(source, names)
    function.__defaults__ = (2.0,)
    assert not eval(source, names)


ASKED = """
import sys
import jax.numpy as jnp
import xcs

def doubled(x):
    return x * 2.0

jitted, x = xcs.jit(doubled), jnp.ones(3)
jitted(x), jitted(x)
read = []
sys.addaudithook(lambda event, args: read.append(args[1]) if event == "object.__getattr__" else None)
doubled.__code__
assert read == ["__code__"], read
found = jitted(x)
assert read == ["__code__"], read
assert (found == 2.0).all()
assert jitted.stats["calls"] == 3
doubled.__code__ = (lambda x: x * 3.0).__code__
assert (jitted(x) == 3.0).all()
"""


def test_direct_calls_ask_no_audit_hook(tmp_path: Path) -> None:
    """In a process of its own: no hook is ever taken away."""
    program = tmp_path / "asked.py"
    program.write_text(ASKED, encoding="utf-8")
    result = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
