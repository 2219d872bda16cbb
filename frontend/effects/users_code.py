"""Whether an object of a library holds code of the user's: callbacks, hooks, test doubles, functions, own classes.

A library runs such code from inside of its calls, so these keep their order.

Assumes: nothing. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

from .source import is_library

MAX_DEPTH = 3  # containers inside containers
MAX_LOOKED_AT = 64  # elements of a container; longer ones are data
MAX_REACHED = 4096  # objects; what is made of more isn't looked through
_SHOWS = ("verbose", "_verbose", "streaming", "_streaming")  # prints, or gives a generator
_SCALARS = frozenset({str, int, float, bool, complex, bytes, type(None)})
_CALLBACKS = ("callbacks", "callback_manager", "_callback_manager", "event_hooks", "_event_hooks", "hooks")
_CLIENTS = ("client", "async_client", "root_client", "root_async_client", "_client", "_aclient", "_http_client")
_WAYS = ("_transport", "_mounts", "_auth", "auth", "adapters")
_FOR_TESTS = re.compile(r"(^|[._])(fake|mock|dummy|dummies)", re.IGNORECASE)
_FUNCTIONS = (types.FunctionType, types.MethodType)


def is_of_library(cls: type) -> bool:
    """Whether a class stands in an installed package."""
    return is_library(getattr(sys.modules.get(cls.__module__), "__file__", None) or "")


def is_for_tests(cls: type) -> bool:
    """Whether a class is made for tests: what it answers may depend on the order of calls."""
    return _FOR_TESTS.search(f"{cls.__module__}.{cls.__qualname__}") is not None


def held_by(value: object) -> Mapping[str, Any]:
    """What an instance keeps, pydantic's private attributes too."""
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    try:
        private = object.__getattribute__(value, "__pydantic_private__")
    except AttributeError:
        private = None
    return {**held, **private} if type(private) is dict else held


def holds_users_code(value: object) -> bool:
    """Whether an object of a library holds something that runs code of the user's when it is called."""
    held = held_by(value)
    if held.get("verbose") is True:  # it prints
        return True
    return any(_is_users(name, one, 0) for name, one in tuple(held.items()))


def reaches_users_code(value: object, package: str) -> bool:
    """Whether an object that is made of others of its package calls code of the user's, or gives what isn't data.

    What is not of the package is looked at by itself, lists and dicts of many elements are data.
    """
    pending: list[tuple[str, Any]] = [("", value)]
    seen = {id(value)}
    while pending:
        name, one = pending.pop()
        cls = type(one)
        if isinstance(one, type):
            if _is_own_class(one):
                return True
        elif cls in (list, tuple, set, dict):
            inside = _each(one) if len(one) <= MAX_LOOKED_AT else ()
            pending += [("", each) for each in inside if id(each) not in seen]
            seen.update(map(id, inside))
        elif not f"{cls.__module__}.".startswith(package) or name in (*_CALLBACKS, *_CLIENTS):
            if _is_users(name, one, 0):
                return True
        else:
            held = held_by(one)
            if is_for_tests(cls) or any(held.get(flag) is True for flag in _SHOWS) or len(seen) > MAX_REACHED:
                return True
            pending += [(key, each) for key, each in tuple(held.items()) if id(each) not in seen or key in _CALLBACKS]
            seen.update(map(id, held.values()))
    return False


def is_hooked(client: object) -> bool:
    """Whether an HTTP client, or a client of a service over one, runs code of the user's at its requests."""
    for _ in range(MAX_DEPTH + 1):
        held = held_by(client)
        if any(_has_callbacks(held.get(name)) for name in _CALLBACKS):
            return True
        if any(_is_users_way(one) for name in _WAYS for one in _each(held.get(name))):
            return True
        client = held.get("_client")
        if client is None:
            return False
    return True


def _is_users(name: str, one: Any, depth: int) -> bool:
    cls = type(one)
    if cls in _SCALARS or depth > MAX_DEPTH or isinstance(one, type):
        return False
    if name in _CALLBACKS:
        return _has_callbacks(one)
    if name in _CLIENTS:
        return is_hooked(one)
    if cls in _FUNCTIONS:
        return not is_library(one.__code__.co_filename)
    if cls in (list, tuple, set, dict):
        return len(one) <= MAX_LOOKED_AT and any(_is_users("", each, depth + 1) for each in _each(one))
    return _is_own_class(cls)


def _is_own_class(cls: type) -> bool:
    """Whether a class is neither Python's nor of an installed package."""
    return cls.__module__.partition(".")[0] not in sys.stdlib_module_names and not is_of_library(cls)


def _has_callbacks(one: Any) -> bool:
    """Whether there is anything in a list of callbacks, or in what manages one."""
    if one is None:
        return False
    if type(one) in (list, tuple, set):
        return bool(one)
    if type(one) is dict:
        return any(map(_has_callbacks, one.values()))
    handlers = held_by(one).get("handlers")
    return bool(handlers) if type(handlers) is list else True


def _is_users_way(one: Any) -> bool:
    """Whether a transport or the like is the user's, or takes requests to code in this process."""
    cls = type(one)
    if cls in _SCALARS or cls is tuple:
        return False
    in_process = cls.__name__ in ("WSGITransport", "ASGITransport", "FunctionAuth")
    return in_process or not is_of_library(cls) or is_for_tests(cls)


def _each(one: Any) -> Iterable[Any]:
    if type(one) in (list, tuple, set):
        return tuple(one)
    if isinstance(one, dict):
        return tuple(dict.values(one))
    return () if one is None else (one,)
