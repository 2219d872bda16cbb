"""What leaves a staged program when user code raises: the same exception, which also says where it happened.

In: the exception as the user's code raised it, and the failing instruction. Out: an exception that is an instance of
both its own type and `XCSExecutionError`, or the exception itself where no faithful copy can be made.

Guarantees: callable from any thread. User code runs only where Python's own copying would run it (`__reduce_ex__`); an
`__init__` written in Python and a class registry in `__init_subclass__` are not run a second time.
"""

from __future__ import annotations

import contextlib
import functools
import types
import weakref
from typing import Any

from ..diagnostics.errors import XCSExecutionError
from ..diagnostics.location import UNKNOWN, Location


class _Silent:
    """Stands first among the bases, so that making the mixed class does not call the user's hook."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        pass


_mixed_types: weakref.WeakKeyDictionary[type[Exception], weakref.ref[type[Exception]]] = weakref.WeakKeyDictionary()


def remake(exc: BaseException, node: str, location: Location = UNKNOWN) -> BaseException:
    """The exception to raise at the outermost border for `exc`, which instruction `node` at `location` raised.

    The result has the same `str`, `repr`, arguments, attributes and traceback, keeps the notes and gets one more.
    Its `__cause__` is the user's own where one was set (also `None` by `from None`), else `exc`. Exceptions that left
    an inner staged program come back as they are. A `BaseException` that is no `Exception`, and one that cannot be
    copied faithfully, come back themselves, with the note.
    """
    if isinstance(exc, XCSExecutionError):
        return exc
    note = f"raised by `{node}`" + ("" if location is UNKNOWN else f" at {location}")
    copied = _copy(exc) if isinstance(exc, Exception) else None
    if copied is None:
        exc.add_note(note)
        return exc
    copied.node = node
    copied.original_error = exc
    if hasattr(exc, "__notes__"):
        copied.__notes__ = list(exc.__notes__)
    copied.add_note(note)
    copied.__context__ = exc.__context__
    copied.__cause__ = exc.__cause__ if exc.__suppress_context__ else exc
    return copied.with_traceback(exc.__traceback__)


def _copy(exc: Exception) -> Any:
    """A faithful copy of another class, or `None`."""
    try:
        copied = _instance(_mixed_type(type(exc)), exc)
        if str(copied) == str(exc) and repr(copied) == repr(exc):
            return copied
    except Exception:
        # Whatever the user's class does not allow: the exception itself is then what leaves the program.
        return None
    return None


def _mixed_type(original: type[Exception]) -> type[Exception]:
    reference = _mixed_types.get(original)
    mixed = None if reference is None else reference()
    if mixed is None:
        mixed = types.new_class(
            original.__name__, (_Silent, original, XCSExecutionError), exec_body=functools.partial(_fill, original)
        )
        _mixed_types[original] = weakref.ref(mixed)
    return mixed


def _fill(original: type[Exception], namespace: dict[str, Any]) -> None:
    namespace["__module__"] = original.__module__
    namespace["__qualname__"] = original.__qualname__
    namespace["__doc__"] = original.__doc__
    namespace["__reduce_ex__"] = _reduce_as_original


def _reduce_as_original(self: XCSExecutionError, protocol: Any) -> Any:
    # A class made here cannot be found by name, so a pickle holds the exception of the user's own type.
    return self.original_error.__reduce_ex__(protocol)


def _instance(mixed: type[Exception], exc: Exception) -> Exception:
    function, arguments, *_ = exc.__reduce_ex__(4)
    if function is not type(exc):
        # The class is rebuilt by a function of its own, which knows nothing of the mixed class.
        raise TypeError(f"`{type(exc).__name__}` is rebuilt by `{function!r}`")
    copied = mixed.__new__(mixed, *arguments)
    _native_init(mixed)(copied, *arguments)
    copied.args = exc.args
    _copy_members(exc, copied)
    copied.__dict__.update(exc.__dict__)
    return copied


def _native_init(mixed: type[Exception]) -> Any:
    """The first `__init__` not written in Python: an exception's own has had its effect when the original was made."""
    for base in mixed.__mro__:
        init = base.__dict__.get("__init__")
        if init is not None and not isinstance(init, types.FunctionType):
            return init
    return Exception.__init__


def _copy_members(exc: Exception, copied: Exception) -> None:
    """Copies the fields that live outside `__dict__`: those of built-in exceptions and of `__slots__`."""
    for base in type(exc).__mro__:
        if base is BaseException:
            break
        for name, member in base.__dict__.items():
            if not isinstance(member, types.MemberDescriptorType):
                continue
            # Unset fields of built-in exceptions read as `None`, but setting them to `None` shows; read-only ones have
            # been set by the constructor.
            value = getattr(exc, name, None)
            if getattr(copied, name, None) is not value:
                with contextlib.suppress(AttributeError, TypeError):
                    setattr(copied, name, value)
