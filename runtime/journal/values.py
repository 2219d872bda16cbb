"""Results of calls as bytes and back: the format with everything that it has a form for.

Guarantees: as `format.py`; callable from any thread.
"""

from __future__ import annotations

from typing import Any

from .exceptions import read_exception, write_exception
from .format import FormatError, Reader, Unwritable, Writer
from .records import read_record, write_record


class ValueWriter(Writer):
    """Writes classes and arrays, too."""

    def other(self, value: Any) -> None:
        """Appends an instance of a class or an array."""
        write_record(self, value)


class ValueReader(Reader):
    """Reads classes and arrays, too."""

    def other(self, tag: bytes) -> Any:
        """The instance or array behind a tag."""
        return read_record(self, tag)


def encode(value: Any, foreign: dict[int, Any] | None = None) -> bytes:
    """The bytes of a value.

    Args:
        value: what to write.
        foreign: objects, by `id`, that may not be part of it.

    Raises:
        Unwritable: it has no form; the message says why.
    """
    writer = ValueWriter(foreign)
    try:
        writer.write(value)
    except (RecursionError, RuntimeError) as error:  # too deep, or changed meanwhile
        raise Unwritable(str(error)) from None
    return bytes(writer.out)


def decode(data: bytes) -> Any:
    """The value of bytes that `encode` gave.

    Raises:
        FormatError: they are malformed, or need a class that is not loaded.
    """
    return _decoded(data, ValueReader.read)


def encode_exception(error: BaseException) -> bytes:
    """The bytes of an exception.

    Raises:
        Unwritable: it has no form; the message says why.
    """
    writer = ValueWriter()
    try:
        write_exception(writer, error)
    except Unwritable:
        raise
    except Exception as refusal:  # of the class itself
        raise Unwritable(f"a `{type(error).__name__}` can't be made again: {refusal}") from None
    return bytes(writer.out)


def decode_exception(data: bytes) -> Exception:
    """The exception that `encode_exception` wrote.

    Raises:
        FormatError: as for `decode`.
    """
    return _decoded(data, read_exception)


def _decoded(data: bytes, read: Any) -> Any:
    reader = ValueReader(data)
    try:
        value = read(reader)
        reader.finish()
    except FormatError:
        raise
    except Exception as error:  # whatever malformed content makes a constructor say
        raise FormatError(f"{type(error).__name__}: {error}") from None
    return value
