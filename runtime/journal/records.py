"""Enums, named tuples, dataclasses and pydantic models in the journal, by the name of their class.

A class is looked up among the modules that are loaded, and only at its own place in one: reading a journal imports
nothing. It must be of the kind that the bytes say, and have exactly the fields that they hold. Dataclasses are
filled without calling their `__init__`.

Guarantees: as `format.py`.
"""

from __future__ import annotations

import dataclasses
import enum
import sys
from typing import Any

from .arrays import ARRAY_TAGS, read_array, write_array
from .format import FormatError, Reader, Unwritable, Writer


def write_record(writer: Writer, value: Any) -> None:
    """Appends a value that is of no built-in type."""
    cls = type(value)
    if hasattr(cls, "__xcs_journal_key__"):
        raise Unwritable(f"a `{cls.__name__}` counts by its key, it is not written")
    if isinstance(value, enum.Enum):
        write_class(writer, b"E", cls)
        writer.text(b"s", _member_name(value))
    elif isinstance(value, tuple) and hasattr(cls, "_fields"):
        write_class(writer, b"P", cls)
        if getattr(value, "__dict__", None):
            raise Unwritable(f"a `{cls.__name__}` has attributes beside its fields")
        writer.write(tuple(value))
    elif dataclasses.is_dataclass(value):
        _write_fields(writer, b"D", value, _dataclass_state(value))
    elif isinstance(value, base_model()):
        _write_model(writer, value)
    elif not write_array(writer, value):
        raise Unwritable(f"the journal has no form for a `{_name_of(cls)}`")


def read_record(reader: Reader, tag: bytes) -> Any:
    """The value behind a tag that is of no built-in type."""
    if tag in ARRAY_TAGS:
        return read_array(reader, tag)
    if tag not in (b"E", b"P", b"D", b"M"):
        raise FormatError(f"expected the tag of a type, found {tag!r}")
    cls = read_class(reader)
    match tag:
        case b"E":
            return _read_member(cls, reader.read())
        case b"P":
            return _read_named_tuple(cls, reader.read())
        case b"D":
            return _read_dataclass(cls, reader.read())
        case _:
            return _read_model(cls, reader.read())


def write_class(writer: Writer, tag: bytes, cls: type) -> None:
    """Appends a tag and the name of a class."""
    if _find_class(cls.__module__, cls.__qualname__) is not cls:
        raise Unwritable(f"`{_name_of(cls)}` isn't found by its name")
    writer.out += tag
    writer.text(b"s", cls.__module__)
    writer.text(b"s", cls.__qualname__)


def _write_fields(writer: Writer, tag: bytes, value: Any, state: dict[str, Any]) -> None:
    write_class(writer, tag, type(value))
    writer.write(state)


def read_class(reader: Reader) -> type:
    """The class of a name, if it is loaded."""
    module, name = reader.read(), reader.read()
    cls = _find_class(module, name)
    if cls is None:
        raise FormatError(f"class `{module}.{name}` isn't loaded")
    return cls


def _find_class(module: Any, name: Any) -> type | None:
    if type(module) is not str or type(name) is not str:
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, "__dict__", {}).get(part)  # no `__getattr__` of anybody's runs
    is_itself = isinstance(found, type) and found.__module__ == module and found.__qualname__ == name
    return found if is_itself else None


def _name_of(cls: type) -> str:
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _member_name(value: enum.Enum) -> str:
    if type(value).__members__.get(value.name) is not value:
        raise Unwritable(f"`{value!r}` is no single member of its enum")
    return value.name


def _read_member(cls: type, name: Any) -> Any:
    if not issubclass(cls, enum.Enum) or name not in cls.__members__:
        raise FormatError(f"`{cls.__name__}` is no enum with a member `{name}`")
    return cls.__members__[name]


def _read_named_tuple(cls: Any, values: Any) -> Any:
    if not issubclass(cls, tuple) or type(values) is not tuple or len(values) != len(getattr(cls, "_fields", ())):
        raise FormatError(f"`{cls.__name__}` is no named tuple of {len(values)} fields")
    return tuple.__new__(cls, values)


def _dataclass_state(value: Any) -> dict[str, Any]:
    cls = type(value)
    state = {}
    for field in dataclasses.fields(value):
        try:
            state[field.name] = getattr(value, field.name)
        except AttributeError:
            raise Unwritable(f"field `{field.name}` of a `{cls.__name__}` isn't set") from None
    if not set(getattr(value, "__dict__", ())) <= state.keys() or cls.__basicsize__ < 0 or isinstance(value, _NATIVE):
        raise Unwritable(f"a `{cls.__name__}` holds more than its fields")
    return state


def _read_dataclass(cls: type, state: Any) -> Any:
    if not dataclasses.is_dataclass(cls) or type(state) is not dict or issubclass(cls, _NATIVE):
        raise FormatError(f"`{cls.__name__}` is no dataclass")
    names = [field.name for field in dataclasses.fields(cls)]
    if list(state) != names:
        raise FormatError(f"dataclass `{cls.__name__}` has the fields {names}, found {list(state)}")
    made = object.__new__(cls)
    for name, value in state.items():
        object.__setattr__(made, name, value)
    return made


def base_model() -> tuple[type, ...]:
    """The class of pydantic's models, if that is loaded."""
    base = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    return () if base is None else (base,)


def _write_model(writer: Writer, value: Any) -> None:
    """A pydantic model by its own JSON, if that gives an equal one."""
    cls = type(value)
    try:
        text = value.model_dump_json()
        is_same = cls.model_validate_json(text) == value and not value.__pydantic_private__
    except Exception as error:
        raise Unwritable(f"a `{cls.__name__}` has no JSON: {error}") from None
    if not is_same:
        raise Unwritable(f"the JSON of a `{cls.__name__}` doesn't give an equal one")
    write_class(writer, b"M", cls)
    writer.text(b"s", text)


def _read_model(cls: Any, text: Any) -> Any:
    if not issubclass(cls, base_model()) or type(text) is not str:
        raise FormatError(f"`{cls.__name__}` is no pydantic model")
    return cls.model_validate_json(text)


_NATIVE = (int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, BaseException)
"""Types whose content lies outside of `__dict__` and fields."""
