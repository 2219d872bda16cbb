"""NumPy and JAX arrays in the journal: dtype, shape, layout and bytes.

Neither library is loaded from here: a value of theirs shows that it is, and reading one that isn't is a `FormatError`.

Guarantees: as `format.py`. Arrays of Python objects are not written.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from .format import FormatError, Reader, Unwritable, Writer

ARRAY_TAGS = frozenset({b"A", b"G", b"J"})
_PLAIN_KINDS = frozenset("?biufcSUmMV")


def write_array(writer: Writer, value: Any) -> bool:
    """Appends an array or a NumPy scalar; says whether the value is one."""
    numpy, jax = sys.modules.get("numpy"), sys.modules.get("jax")
    if numpy is not None and type(value) is numpy.ndarray:
        _check_own(writer, value, numpy)
        _write(writer, b"A", value, numpy)
        writer.out.append(bool(value.flags.writeable))
        return True
    if numpy is not None and isinstance(value, numpy.generic):
        _write(writer, b"G", numpy.asarray(value), numpy)
        return True
    if jax is not None and numpy is not None and isinstance(value, jax.Array):
        _check_plain(value, jax)
        _write(writer, b"J", numpy.asarray(value), numpy)
        writer.out.append(bool(value.weak_type))
        return True
    return False


def _check_own(writer: Writer, value: Any, numpy: Any) -> None:
    if value.base is None:
        return
    for other in writer.foreign.values():
        if type(other) is numpy.ndarray and numpy.may_share_memory(value, other):
            raise Unwritable("it shares memory with an array that the call was given")


def _check_plain(value: Any, jax: Any) -> None:
    if isinstance(value, jax.core.Tracer) or not jax.numpy.issubdtype(value.dtype, jax.numpy.generic):
        raise Unwritable(f"a JAX array of `{value.dtype}` has no bytes")
    if value.devices() != {jax.devices()[0]}:
        raise Unwritable("it is a JAX array on other devices than the first")
    if value.weak_type and value.ndim:
        raise Unwritable("it is a JAX array with a weak type")


def _write(writer: Writer, tag: bytes, value: Any, numpy: Any) -> None:
    is_fortran = bool(value.flags.fnc)
    writer.out += tag
    writer.text(b"s", _dtype_name(value.dtype, numpy))
    writer.write(value.shape)
    writer.out.append(is_fortran)
    writer.blob(b"b", value.tobytes("F" if is_fortran else "C"))


def _dtype_name(dtype: Any, numpy: Any) -> str:
    if not dtype.hasobject and dtype.fields is None and dtype.subdtype is None and dtype.metadata is None:
        for name in (dtype.str, dtype.name):
            try:
                if numpy.dtype(name) == dtype:
                    return name
            except TypeError:
                continue
    raise Unwritable(f"an array of `{dtype}` has no plain bytes")


def read_array(reader: Reader, tag: bytes) -> Any:
    """The array or NumPy scalar behind a tag."""
    numpy, jax = sys.modules.get("numpy"), sys.modules.get("jax")
    if numpy is None or (tag == b"J" and jax is None):
        raise FormatError(f"`{'numpy' if numpy is None else 'jax'}` isn't loaded")
    name, shape, is_fortran, data = reader.read(), reader.read(), reader.take(1) == b"\1", reader.read()
    array = _made(numpy, name, shape, data, "F" if is_fortran else "C")
    if tag == b"G":
        return array[()]
    flag = reader.take(1) == b"\1"
    if tag == b"A":
        array.flags.writeable = flag
        return array
    assert jax is not None
    made = jax.numpy.asarray(array.item() if flag else array)
    if made.dtype != array.dtype or made.weak_type != flag:
        raise FormatError(f"JAX makes a `{made.dtype}` of a `{array.dtype}` here")
    return made


def _made(numpy: Any, name: Any, shape: Any, data: Any, order: str) -> Any:
    if type(name) is not str or type(shape) is not tuple or type(data) is not bytes:
        raise FormatError("expected the dtype, shape and bytes of an array")
    dtype = numpy.dtype(name)
    is_plain = not dtype.hasobject and dtype.fields is None and dtype.kind in _PLAIN_KINDS
    if not is_plain or any(type(size) is not int or size < 0 for size in shape):
        raise FormatError(f"expected the dtype and shape of an array, found `{name}` and {shape}")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise FormatError(f"an array of shape {shape} and dtype `{name}` doesn't have {len(data)} bytes")
    return numpy.frombuffer(bytearray(data), dtype).reshape(shape, order=order)
