"""Exceptions in the journal: class, arguments, attributes and what they were raised from.

They are filled without calling their `__init__`, which had its effect when the original was made; requests and
responses in them are plain data (`http_messages.py`). Tracebacks are those of the run that an exception was raised in,
and what went wrong inside of a transport stays there.

Guarantees: as `format.py`.
"""

from __future__ import annotations

from typing import Any

from ..http_messages import is_message, message_data, message_of, secrets_in
from .format import FormatError, Reader, Unwritable, Writer
from .records import read_class, write_class

TRANSPORTS = ("httpcore", "httpcore2", "h11", "h2", "socksio")
"""Libraries below a client, loaded by its first request: another run may not have them when it reads."""
MAX_CAUSES = 20


def write_exception(writer: Writer, error: BaseException, depth: int = 0) -> None:
    """Appends an exception."""
    cls = type(error)
    if not isinstance(error, Exception) or depth > MAX_CAUSES:
        raise Unwritable(f"a `{cls.__name__}` is no plain `Exception`, or has too long a line of causes")
    args = error.args
    if isinstance(error, OSError) and error.filename is not None:  # what is printed isn't among its arguments
        args = (error.errno, error.strerror, error.filename, None, error.filename2)
    held = {"args": args, **error.__dict__}
    messages = {name: message_data(value) for name, value in held.items() if is_message(value)}
    state = {name: value for name, value in held.items() if name not in messages}
    made = _filled(cls, state, messages)
    if str(made) != str(error) or repr(made) != repr(error):
        raise Unwritable(f"a `{cls.__name__}` isn't told by its arguments")
    secrets = secrets_in(held.values())
    if secrets and any(secret in repr(state) for secret in secrets):  # some servers repeat what they were sent
        raise Unwritable(f"a `{cls.__name__}` has the key of its request in its text")
    write_class(writer, b"X", cls)
    writer.write(state)
    writer.write(messages)
    writer.write(error.__suppress_context__)
    cause = error.__cause__
    is_told = cause is not None and type(cause).__module__.partition(".")[0] not in TRANSPORTS
    writer.write(is_told)
    if cause is not None and is_told:
        write_exception(writer, cause, depth + 1)


def read_exception(reader: Reader, depth: int = 0) -> Exception:
    """The exception that `write_exception` wrote."""
    if depth > MAX_CAUSES or reader.take(1) != b"X":
        raise FormatError("expected an exception")
    cls, state = read_class(reader), reader.read()
    if not issubclass(cls, Exception) or type(state) is not dict or type(state.get("args")) is not tuple:
        raise FormatError(f"`{cls.__name__}` is no exception with arguments")
    messages = reader.read()
    if type(messages) is not dict:
        raise FormatError("expected requests and responses by name")
    made = _filled(cls, state, messages)
    suppresses = reader.read() is True
    if reader.read() is True:
        made.__cause__ = read_exception(reader, depth + 1)
    made.__suppress_context__ = suppresses
    return made


def _filled(cls: type[Any], state: dict[str, Any], messages: dict[str, Any]) -> Exception:
    native = next(base for base in cls.__mro__ if base.__module__ == "builtins")
    made: Any = native.__new__(cls, *state["args"])
    native.__init__(made, *state["args"])  # an `__init__` in Python had its effect when the original was made
    made.__dict__.update((name, value) for name, value in state.items() if name != "args")
    made.__dict__.update((name, message_of(data)) for name, data in messages.items())
    response, request = made.__dict__.get("response"), made.__dict__.get("request")
    if is_message(response) and is_message(request):
        response.request = request  # one object, as in the original
    return made
