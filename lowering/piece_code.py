"""What native pieces of a program do with arrays, told by their code: nothing but to move them, or to hand them to JAX.

In: the function of a piece, which effects say is pure. Out: whether its result is the same, or an error, where tracers
of JAX's, or stand-ins, take the place of arrays. Assumes: guards hold the functions and modules that its names mean.
Ensures: it makes no text of an array, asks for no identity or class, and reads no name outside that may be bound anew.
"""

from __future__ import annotations

import builtins
import dis
import functools
import math
import operator
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

MAX_DEPTH = 8  # functions that call functions

_MOVERS = (
    *(getattr(operator, name) for name in "abs add and_ concat contains eq floordiv ge getitem gt index inv".split()),
    *(getattr(operator, name) for name in "invert le lshift lt matmul mul ne neg not_ or_ pos pow rshift".split()),
    *(operator.sub, operator.truediv, operator.truth, operator.xor),
    *(
        abs,
        all,
        any,
        bool,
        dict,
        enumerate,
        float,
        int,
        len,
        list,
        max,
        min,
        range,
        reversed,
        slice,
        sorted,
        sum,
        tuple,
    ),
    zip,
)
"""None of them writes what it is given; `%` of a text does write what that is."""
_NAMES = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE")
_NONE = (("LOAD_CONST", None), ("RETURN_CONST", None))
_WRITING = ("STORE_ATTR", "STORE_GLOBAL", "STORE_NAME", "DELETE_", "IMPORT", "RAISE", "LOAD_SUPER", "SETUP_WITH")
"""How opcodes begin that do more than to find something; items are only stored in containers of the program's own."""
_TELLING = ("FORMAT", "BUILD_STRING", "CONVERT_VALUE")
_TELLING_NAMES = frozenset(("format", "__class__", "__name__", "__qualname__", "__module__", "device", "devices"))
_COROUTINE = 0x80 | 0x100 | 0x200
_GENERATOR = 0x20


def is_mover(function: object) -> bool:
    """Whether a function of Python's can only move what it is given, or compute with it, or fails."""
    return any(function is one for one in (*_MOVERS, isinstance, str))


@dataclass(frozen=True, slots=True)
class PieceCode:
    """A reading of some code.

    Attributes:
        meaning: of a name around it; None where that may change while the guards hold.
        attributes: names of attributes that it reads are added.
        takes_tracers: it is to run on tracers of JAX's, and may call JAX's functions.
        own: names that are its own.
        depth: functions around it.
    """

    meaning: Callable[[str], Any]
    attributes: set[str]
    takes_tracers: bool
    own: frozenset[str] = frozenset()
    depth: int = 0
    modules: set[str] = field(default_factory=set)

    def is_harmless(self, code: types.CodeType) -> bool:
        """Whether code does nothing with arrays that it shouldn't."""
        is_generator = bool(code.co_flags & _GENERATOR)
        if (code.co_exceptiontable and not is_generator) or code.co_flags & _COROUTINE or self.depth > MAX_DEPTH:
            return False
        inside = replace(self, own=self.own | {*code.co_varnames, *code.co_cellvars})
        before: tuple[str, Any] = ("", None)
        for one in dis.get_instructions(code):
            if not inside._is_harmless_step(one, before):
                return False
            before = one.opname, one.argval
        return True

    def _is_harmless_step(self, one: dis.Instruction, before: tuple[str, Any]) -> bool:
        name, value = one.opname, one.argval
        if name.startswith(_WRITING) or (name == "IS_OP" and before not in _NONE):
            return False
        if self.takes_tracers and (name.startswith(_TELLING) or (name == "BINARY_OP" and one.argrepr in ("%", "%="))):
            return False
        if name in _NAMES or name == "STORE_DEREF":
            return value in self.own or (name != "STORE_DEREF" and self._is_known(self.meaning(value)))
        if name.startswith(("LOAD_ATTR", "LOAD_METHOD")):
            self.attributes.add(value)
            return not (self.takes_tracers and value in _TELLING_NAMES)
        return not isinstance(value, types.CodeType) or self.is_harmless(value)

    def _is_known(self, value: Any) -> bool:
        """Whether what a name means is nothing that changes, and can do no harm."""
        if value is math or any(value is one for one in _MOVERS):
            return True
        if not self.takes_tracers:
            return value is isinstance or value is str
        if isinstance(value, types.ModuleType):
            self.modules.add(value.__name__.partition(".")[0])
            return value.__name__.partition(".")[0] in ("jax", "functools")
        from .staged_region import is_array_function

        if is_array_function(value):
            self.modules.add("jax")
            return True
        if type(value) is not types.FunctionType or value.__closure__ or not value.__code__.co_filename:
            return value is functools.partial
        inner = replace(self, meaning=_globals_of(value), own=frozenset(), depth=self.depth + 1)
        return inner.is_harmless(value.__code__)


def only_moves(function: types.FunctionType, attributes: set[str]) -> bool:
    """Whether a piece only moves arrays; adds the names of attributes it reads."""
    return PieceCode(_names_of(function), attributes, takes_tracers=False).is_harmless(function.__code__)


def calls_jax(function: types.FunctionType, attributes: set[str]) -> bool:
    """Whether a piece calls functions of JAX's, and does the same under its transformations; adds likewise."""
    reading = PieceCode(_names_of(function), attributes, takes_tracers=True)
    return reading.is_harmless(function.__code__) and "jax" in reading.modules


def _globals_of(function: types.FunctionType) -> Callable[[str], Any]:
    return lambda name: function.__globals__.get(name, getattr(builtins, name, None))


def _names_of(function: types.FunctionType) -> Callable[[str], Any]:
    statics, around = function.__xcs_segment__.statics, _globals_of(function)  # type: ignore[attr-defined]

    def meaning(name: str) -> Any:
        if name in statics:
            value = statics[name]
            return len if type(value) in (bool, int, float, str, type(None)) else value  # as harmless as that
        return None if name in function.__code__.co_freevars else around(name)

    return meaning
