"""Values as bytes and back, without pickle: what the journal writes, and all that it ever reads.

In: a value made of the types that `docs/journal.md` lists. Out: bytes that give an equal value of the same types, or
`Unwritable` with the reason. Reading runs no code that the bytes name: the classes of
`records.py` are those that are loaded already, and bytes that mean nothing are a `FormatError`.

One byte says the type, then come lengths as variable-length integers and the content. Containers are numbered as they
are met; one that is met again is written as its number, so that what was one object is one object again.

Guarantees: a `Writer` or `Reader` belongs to one value and one thread; nothing here is shared.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any

FORMAT_VERSION = 2
"""Counts up whenever bytes written before would be read as something else."""
MAX_DEPTH = 100
"""Containers in containers; deeper ones are not written, and bytes that claim so are malformed."""
MAX_BYTES = 1 << 28
"""Bytes of one value: SQLite takes 1 GB at most, and more than this is better kept in a file of its own."""


class Unwritable(Exception):
    """A value has no form in the journal; the message says why."""


class FormatError(Exception):
    """Bytes are no value, or need a class that is not loaded."""


Write = Callable[["Writer", Any], None]
Read = Callable[["Reader"], Any]


class Writer:
    """Turns one value into bytes.

    Attributes:
        out: what is written so far.
        foreign: objects that may not be part of the value, by `id`, since others hold them.
    """

    def __init__(self, foreign: dict[int, Any] | None = None) -> None:
        self.out = bytearray()
        self.foreign = foreign or {}
        self._numbers: dict[int, int] = {}
        self._open: set[int] = set()
        self._kept: list[Any] = []

    def write(self, value: Any) -> None:
        """Appends a value.

        Raises:
            Unwritable: it, or something in it, has no form.
        """
        scalar = _SCALARS.get(type(value))
        if scalar is not None:
            scalar(self, value)
            return
        if self.meet(value):
            return
        write = _CONTAINERS.get(type(value))
        if write is not None:
            write(self, value)
        else:
            self.other(value)
        self._open.discard(id(value))
        if len(self.out) > MAX_BYTES:
            raise Unwritable(f"it is larger than {MAX_BYTES >> 20} MiB")

    def meet(self, value: Any) -> bool:
        """Numbers a container; says whether it was met before, and is written by its number."""
        key = id(value)
        if key in self._open:
            raise Unwritable(f"a `{type(value).__name__}` in it holds itself")
        if key in self.foreign:
            raise Unwritable(f"it holds a `{type(value).__name__}` that the call was given")
        if len(self._open) >= MAX_DEPTH:
            raise Unwritable(f"it is nested more than {MAX_DEPTH} deep")
        number = self._numbers.get(key)
        if number is not None:
            self.out += b"R"
            self.length(number)
            return True
        self._numbers[key] = len(self._numbers)
        self._kept.append(value)  # an `id` stays that of this object
        self._open.add(key)
        return False

    def other(self, value: Any) -> None:
        """Appends a value of a type that is not built in."""
        raise Unwritable(f"the journal has no form for a `{type(value).__name__}`")

    def length(self, number: int) -> None:
        """Appends a number of 0 or more."""
        while number > 0x7F:
            self.out.append(number & 0x7F | 0x80)
            number >>= 7
        self.out.append(number)

    def blob(self, tag: bytes, content: bytes) -> None:
        """Appends a tag and a run of bytes."""
        self.out += tag
        self.length(len(content))
        self.out += content

    def text(self, tag: bytes, content: str) -> None:
        """Appends a tag and a text, lone surrogates included."""
        self.blob(tag, content.encode("utf-8", "surrogatepass"))

    def items(self, tag: bytes, values: Iterable[Any], number: int) -> None:
        """Appends a tag and `number` values."""
        self.out += tag
        self.length(number)
        for value in values:
            self.write(value)


class Reader:
    """Turns bytes into one value."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._depth = 0
        self._met: list[Any] = []

    def read(self) -> Any:
        """The next value; raises `FormatError` or what malformed content makes Python raise."""
        tag = self.take(1)
        scalar = _SCALAR_READS.get(tag)
        if scalar is not None:
            return scalar(self)
        if tag == b"R":
            number = self.length()
            if number >= len(self._met) or self._met[number] is _UNFINISHED:
                raise FormatError("it refers to something that isn't there")
            return self._met[number]
        if self._depth >= MAX_DEPTH:
            raise FormatError("it is nested too deep")
        self._depth += 1
        number = len(self._met)
        self._met.append(_UNFINISHED)
        value = self._met[number] = self._container(tag)
        self._depth -= 1
        return value

    def _container(self, tag: bytes) -> Any:
        read = _CONTAINER_READS.get(tag)
        return self.other(tag) if read is None else read(self)

    def other(self, tag: bytes) -> Any:
        """The value behind a tag of no built-in type."""
        raise FormatError(f"expected the tag of a type, found {tag!r}")

    def take(self, number: int) -> bytes:
        """The next `number` bytes."""
        end = self._at + number
        if end > len(self._data):
            raise FormatError("it ends too early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def length(self) -> int:
        """The next number."""
        number = shift = 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7
            if shift > 63:
                raise FormatError("a length is too large")

    def blob(self) -> bytes:
        """The next run of bytes."""
        return self.take(self.length())

    def text(self) -> str:
        """The next text."""
        return self.blob().decode("utf-8", "surrogatepass")

    def items(self) -> list[Any]:
        """The next counted values."""
        number = self.length()
        if number > len(self._data) - self._at:  # each takes a byte or more
            raise FormatError("it ends too early")
        return [self.read() for _ in range(number)]

    def finish(self) -> None:
        """Checks that nothing is left."""
        if self._at != len(self._data):
            raise FormatError("there is more than one value")


_UNFINISHED = object()
_NUMBER = struct.Struct(">d")
_PAIR = struct.Struct(">dd")


def _write_int(writer: Writer, value: int) -> None:
    writer.blob(b"i", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _write_dict(writer: Writer, value: dict[Any, Any]) -> None:
    writer.items(b"d", (part for pair in value.items() for part in pair), 2 * len(value))


def _read_dict(reader: Reader) -> dict[Any, Any]:
    parts = reader.items()
    read = dict(zip(parts[::2], parts[1::2], strict=True))
    if 2 * len(read) != len(parts):
        raise FormatError("a key is there twice")
    return read


def _read_set(reader: Reader) -> set[Any]:
    parts = reader.items()
    read = set(parts)
    if len(read) != len(parts):
        raise FormatError("an element is there twice")
    return read


def _read_complex(reader: Reader) -> complex:
    return complex(*_PAIR.unpack(reader.take(16)))


_SCALARS: dict[type, Write] = {
    type(None): lambda writer, value: writer.out.extend(b"N"),
    bool: lambda writer, value: writer.out.extend(b"T" if value else b"F"),
    int: _write_int,
    float: lambda writer, value: writer.out.extend(b"f" + _NUMBER.pack(value)),
    complex: lambda writer, value: writer.out.extend(b"c" + _PAIR.pack(value.real, value.imag)),
    str: lambda writer, value: writer.text(b"s", value),
    bytes: lambda writer, value: writer.blob(b"b", value),
    type(...): lambda writer, value: writer.out.extend(b"."),
}
_SCALAR_READS: dict[bytes, Read] = {
    b"N": lambda reader: None,
    b"T": lambda reader: True,
    b"F": lambda reader: False,
    b"i": lambda reader: int.from_bytes(reader.blob(), "big", signed=True),
    b"f": lambda reader: _NUMBER.unpack(reader.take(8))[0],
    b"c": _read_complex,
    b"s": lambda reader: reader.text(),
    b"b": lambda reader: reader.blob(),
    b".": lambda reader: ...,
}
_CONTAINERS: dict[type, Write] = {
    bytearray: lambda writer, value: writer.blob(b"a", bytes(value)),
    list: lambda writer, value: writer.items(b"l", value, len(value)),
    tuple: lambda writer, value: writer.items(b"t", value, len(value)),
    dict: _write_dict,
    set: lambda writer, value: writer.items(b"S", value, len(value)),
    frozenset: lambda writer, value: writer.items(b"Z", value, len(value)),
}
_CONTAINER_READS: dict[bytes, Read] = {
    b"a": lambda reader: bytearray(reader.blob()),
    b"l": lambda reader: reader.items(),
    b"t": lambda reader: tuple(reader.items()),
    b"d": _read_dict,
    b"S": _read_set,
    b"Z": lambda reader: frozenset(_read_set(reader)),
}
