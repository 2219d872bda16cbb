"""The journal's format: every value of the listed types comes back, and bytes that mean nothing are refused."""

from __future__ import annotations

import contextlib
import enum
import math
import struct
import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xcs.runtime.journal.format import FormatError, Unwritable
from xcs.runtime.journal.values import decode, decode_exception, encode, encode_exception


class Colour(enum.Enum):
    RED = 1
    GREEN = "green"


class Level(enum.IntFlag):
    LOW = 1
    HIGH = 2


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class Frozen:
    name: str
    parts: Any


@dataclass
class Counted:
    count: int
    made: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        raise AssertionError("reading a journal runs no `__init__`")


class Reply(pydantic.BaseModel):
    text: str
    scores: list[float]


class Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(codec=None)),
    st.binary(),
    st.sampled_from([*Colour, *Level, ...]),
)
hashable = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=8
)
values = st.recursive(
    hashable,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.sets(hashable, max_size=4),
        st.dictionaries(hashable, inner, max_size=4),
        st.builds(Pair, inner, inner),
        st.builds(Frozen, st.text(), inner),
        st.binary().map(bytearray),
    ),
    max_leaves=20,
)


def shown(value: Any) -> Any:
    """A value as nested tuples that compare by type and bits."""
    if isinstance(value, float):
        return float, struct.pack(">d", value)
    if isinstance(value, complex):
        return complex, shown(value.real), shown(value.imag)
    if isinstance(value, dict):
        return type(value), tuple((shown(key), shown(held)) for key, held in value.items())
    if isinstance(value, (set, frozenset)):
        return type(value), frozenset(map(shown, value))
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(shown, value))
    if isinstance(value, Frozen):
        return Frozen, value.name, shown(value.parts)
    return type(value), bytes(value) if isinstance(value, bytearray) else value


@given(values)
def test_values_come_back(value: Any) -> None:
    assert shown(decode(encode(value))) == shown(value)


@given(st.binary(max_size=60))
def test_bytes_are_a_value_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        decode(data)


@given(values, st.data())
def test_damaged_values_are_refused_or_other_values(value: Any, data: st.DataObject) -> None:
    damaged = bytearray(encode(value))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(FormatError):
        decode(bytes(damaged))


@given(values, st.data())
def test_cut_values_are_refused(value: Any, data: st.DataObject) -> None:
    written = encode(value)
    with pytest.raises(FormatError):
        decode(written[: data.draw(st.integers(0, len(written) - 1))])
    with pytest.raises(FormatError):
        decode(written + b"N")


ARRAYS = [
    np.arange(6, dtype=np.int16).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([math.nan, -0.0, math.inf]),
    np.zeros((0, 3), dtype=">f4"),
    np.array(5),
    np.array(["a", "bc"]),
    np.array([b"x"]),
    np.array(["2026-01-01"], dtype="M8[D]"),
    np.array([True, False]),
    np.arange(4)[::2],
]


@pytest.mark.parametrize("array", ARRAYS, ids=range(len(ARRAYS)))
def test_numpy_arrays_come_back(array: np.ndarray) -> None:
    read = decode(encode(array))
    assert type(read) is np.ndarray
    assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert read.flags.fnc == array.flags.fnc
    assert read.flags.writeable


def test_read_only_arrays_stay_so() -> None:
    array = np.arange(3)
    array.flags.writeable = False
    assert not decode(encode(array)).flags.writeable


@pytest.mark.parametrize("scalar", [np.float32(1.5), np.int64(-3), np.bool_(True), np.str_("x"), np.complex64(1j)])
def test_numpy_scalars_come_back(scalar: np.generic) -> None:
    read = decode(encode(scalar))
    assert type(read) is type(scalar)
    assert read == scalar


@pytest.mark.parametrize("array", [jnp.ones((2, 3), jnp.bfloat16), jnp.asarray(1.0), jnp.arange(3)], ids=range(3))
def test_jax_arrays_come_back(array: Any) -> None:
    read = decode(encode(array))
    assert type(read) is type(array)
    assert (read.dtype, read.shape, read.weak_type) == (array.dtype, array.shape, array.weak_type)
    assert np.asarray(read).tobytes() == np.asarray(array).tobytes()


def test_what_was_one_object_is_one_again() -> None:
    shared = [1]
    read = decode(encode({"a": shared, "b": [shared], "c": [1]}))
    assert read["a"] is read["b"][0]
    assert read["a"] is not read["c"]


def test_classes_come_back_without_their_init() -> None:
    counted = object.__new__(Counted)
    counted.count, counted.made = 3, [1]
    read = decode(encode(counted))
    assert type(read) is Counted
    assert (read.count, read.made) == (3, [1])
    assert decode(encode(Reply(text="yes", scores=[0.5]))) == Reply(text="yes", scores=[0.5])


def test_exceptions_come_back() -> None:
    read = decode_exception(encode_exception(Refused(429)))
    assert type(read) is Refused
    assert (read.args, read.code, str(read)) == ((429,), 429, "429")
    read = decode_exception(encode_exception(FileNotFoundError(2, "no such file", "x")))
    assert (type(read), str(read)) == (FileNotFoundError, "[Errno 2] no such file: 'x'")


class Secret:
    """Not of a type that is written."""


class Named(str):
    """A subclass that would come back as its base."""


def holding_itself() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def deep() -> list[Any]:
    made: list[Any] = []
    for _ in range(5000):
        made = [made]
    return made


def with_more() -> Counted:
    counted = object.__new__(Counted)
    counted.count, counted.made, counted.more = 1, [], 2  # type: ignore[attr-defined]
    return counted


@dataclass
class InFunction:
    pass


def hidden() -> Any:
    @dataclass
    class Local:
        x: int

    return Local(1)


REFUSED = {
    "no form for a `test_journal_format.Secret`": Secret(),
    "no form for a `test_journal_format.Named`": Named("x"),
    "no form for a `builtin_function_or_method`": len,
    "holds itself": holding_itself(),
    "nested more than 100 deep": deep(),
    "holds more than its fields": with_more(),
    "isn't found by its name": hidden(),
    "has no plain bytes": np.array([object()]),
    "weak type": jnp.asarray(1.0) * jnp.ones(3, jnp.int32) * 1.0,
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_has_no_form_is_refused(reason: str) -> None:
    with pytest.raises(Unwritable, match=reason):
        encode([REFUSED[reason]])


def test_objects_of_others_are_refused() -> None:
    given = [1]
    with pytest.raises(Unwritable, match="that the call was given"):
        encode({"back": given}, {id(given): given})
    array = np.arange(4)
    with pytest.raises(Unwritable, match="shares memory"):
        encode(array[1:], {id(array): array})


def text(content: str) -> bytes:
    return b"s" + bytes([len(content)]) + content.encode()


MALICIOUS = {
    "isn't loaded": b"D" + text("antigravity") + text("Door") + b"d\0",
    "is no dataclass": b"D" + text("subprocess") + text("Popen") + b"d\2" + text("args") + text("ls"),
    "has the fields": b"D" + text(__name__) + text("Frozen") + b"d\2" + text("name") + b"N",
    "is no enum": b"E" + text("os") + text("_Environ") + text("x"),
    "is no pydantic model": b"M" + text("os") + text("_Environ") + text("{}"),
    "is no named tuple": b"P" + text("builtins") + text("tuple") + b"t\1N",
    "expected the dtype": b"A" + text("O") + b"t\1" + encode(1) + b"\0" + b"b\10" + b"\0" * 8,
    "doesn't have 8 bytes": b"A" + text("<i8") + b"t\1" + encode(2**40) + b"\0" + b"b\10" + b"\0" * 8,
    "refers to something": b"l\1R\0",
    "ends too early": b"l\xff\xff\xff\xff\x7f",
    "nested too deep": b"l\1" * 5000 + b"N",
    "there twice": b"d\4NNNN",
    "is too large": b"b" + b"\xff" * 20,
}


@pytest.mark.parametrize("reason", MALICIOUS)
def test_malicious_bytes_are_refused(reason: str) -> None:
    loaded = set(sys.modules)
    with pytest.raises(FormatError, match=reason):
        decode(MALICIOUS[reason])
    assert "antigravity" not in set(sys.modules) - loaded


def test_only_exceptions_are_made_as_exceptions() -> None:
    with pytest.raises(FormatError, match="is no exception"):
        decode_exception(b"X" + text("builtins") + text("SystemExit") + encode({"args": ()}))
    with pytest.raises(Unwritable, match="is no plain `Exception`"):
        encode_exception(KeyboardInterrupt())


def test_objects_met_again_after_records() -> None:
    shared = [np.arange(2), Pair(1, 2), Frozen("x", ()), Colour.RED]
    inner = [3]
    read = decode(encode([*shared, Pair(inner, ()), inner, np.arange(3), inner]))
    assert read[4].first is read[5]
    assert read[5] is read[7]
    assert read[5] == [3]
