"""The secrets that a call is given, which no journal may hold: what the call gives may repeat them.

Guarantees: runs no code of the program's. Callable from any thread.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from ...diagnostics.secrets import is_secret
from ..call_shape import Gathered, operands_of
from ..http_messages import MIN_KEY_LENGTH
from ..plan import Call, Literal
from .format import Unwritable


def secrets_given(instruction: Call, called: Gathered) -> tuple[bytes, ...]:
    """Texts among the arguments that are secret in the program's text, or by the names that they are given to."""
    operands = operands_of(instruction.callee, instruction.arguments)
    found = [operand.value for operand in operands if isinstance(operand, Literal) and operand.hidden]
    found += [text for name, value in _named(*called) for text in _secrets_of(name, value)]
    texts = {text if isinstance(text, bytes) else text.encode(errors="surrogatepass") for text in _texts(found)}
    return tuple(text for text in texts if len(text) >= MIN_KEY_LENGTH)


def refuse_secrets(secrets: tuple[bytes, ...], data: bytes) -> None:
    """Raises `Unwritable` for a value in the journal's format that holds one of these."""
    if any(secret in data for secret in secrets):
        raise Unwritable("what it gives has a key in it that it was given")


def _named(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Arguments by name, as far as names are known without asking the callable."""
    code = function.__code__ if type(function) is types.FunctionType else None
    if code is not None:
        yield from zip(code.co_varnames[: code.co_argcount], args, strict=False)
    yield from kwargs.items()


def _secrets_of(name: str, value: Any) -> Iterator[str]:
    if type(value) is str:
        if is_secret(value, name):
            yield value.rpartition(" ")[2]  # `Bearer ...`
    elif type(value) is dict:
        for key, held in value.items():
            if type(key) is str:
                yield from _secrets_of(key, held)


def _texts(values: list[Any]) -> Iterator[str | bytes]:
    for value in values:
        if isinstance(value, str | bytes):
            yield value
        elif isinstance(value, tuple):
            yield from _texts(list(value))
