"""What audit events and calls mean: how a person says it, and the weakest effect that allows it."""

from __future__ import annotations

import _thread
import builtins
import contextvars
import datetime
import io
import logging
import os
import random
import sys
import time
import types
import warnings
from collections.abc import Mapping
from typing import Any, TypeAlias

from ...diagnostics.effect import Effect

Seen: TypeAlias = tuple[str, Effect] | tuple[str, Effect, Effect]
"""What was seen, what it needs, and what it needs where a library does it for purposes of its own."""

CLOCK: Seen = ("read the clock", Effect.FENCE, Effect.READS)
RANDOM: Seen = ("drew from the global random generator", Effect.ORDERED)
ENTROPY: Seen = ("drew random bytes", Effect.UNORDERED)
CONTEXT: Seen = ("wrote a context variable", Effect.ORDERED)
THREAD: Seen = ("started a thread", Effect.ORDERED)
FILE: Seen = ("looked at a file or folder", Effect.READS)

_CLOCKS = "time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns thread_time"
_RANDOM = "random getrandbits seed setstate"

_THREAD_STARTS = "start_new_thread start_joinable_thread"

_C_CALLS: Mapping[Any, Seen] = {
    **{getattr(_thread, name): THREAD for name in _THREAD_STARTS.split() if hasattr(_thread, name)},
    **{getattr(time, name): CLOCK for name in _CLOCKS.split()},
    datetime.datetime.now: CLOCK,
    datetime.datetime.utcnow: CLOCK,
    datetime.date.today: CLOCK,
    **{
        getattr(random, name): RANDOM for name in _RANDOM.split() if type(getattr(random, name)) is not types.MethodType
    },
    time.sleep: ("slept", Effect.UNORDERED),
    os.urandom: ENTROPY,
    os.stat: FILE,
    os.lstat: FILE,
    os.access: FILE,
    os.getcwd: FILE,
    builtins.print: ("printed", Effect.ORDERED),
    builtins.input: ("asked for input", Effect.ORDERED),
    warnings.warn: ("warned", Effect.ORDERED),
}
_METHODS_OF_FILES = {
    **dict.fromkeys(("write", "writelines", "truncate"), ("wrote to a file", Effect.ORDERED)),
    **dict.fromkeys(("read", "readline", "readlines", "readinto"), ("read from a file", Effect.READS)),
}
_PYTHON_CALLS: Mapping[types.CodeType, Seen] = {
    type(os.environ).__getitem__.__code__: ("read the environment", Effect.READS),
    logging.Logger.handle.__code__: ("logged", Effect.ORDERED),
}

_AUDITED: Mapping[str, tuple[str, Effect]] = {
    **dict.fromkeys(("os.listdir", "os.scandir", "glob.glob"), ("listed `{0}`", Effect.READS)),
    **dict.fromkeys(("os.remove", "os.rmdir", "shutil.rmtree"), ("deleted `{0}`", Effect.ORDERED)),
    **dict.fromkeys(("os.rename", "shutil.move"), ("renamed `{0}`", Effect.ORDERED)),
    **dict.fromkeys(("os.mkdir", "os.link", "os.symlink", "tempfile.mkstemp"), ("made `{0}`", Effect.ORDERED)),
    **dict.fromkeys(("os.chmod", "os.chown", "os.truncate", "os.utime"), ("changed `{0}`", Effect.ORDERED)),
    **dict.fromkeys(("os.putenv", "os.unsetenv"), ("set environment variable `{0}`", Effect.ORDERED)),
    "os.chdir": ("changed the working directory", Effect.ORDERED),
    "subprocess.Popen": ("started `{0}`", Effect.ORDERED),
    **dict.fromkeys(
        ("os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn"), ("started a process", Effect.ORDERED)
    ),
    "sqlite3.connect": ("opened database `{0}`", Effect.ORDERED),
    "socket.connect": ("connected to {1}", Effect.READS),
    "socket.sendto": ("sent to {1}", Effect.READS),
    "socket.bind": ("listened on {1}", Effect.ORDERED),
}


def seen_in_audit(event: str, arguments: tuple[Any, ...]) -> Seen | None:
    """What an audit event says."""
    if event == "open":
        return _opened(*arguments[:3])
    found = _AUDITED.get(event)
    if found is None:
        return None
    shown = [_text(one) for one in arguments]
    return found[0].format(*shown, "", "", ""), found[1]


def _text(value: object) -> str:
    return value if isinstance(value, str) else os.fsdecode(value) if isinstance(value, bytes) else repr(value)


def _opened(path: object, mode: object, flags: object) -> Seen | None:
    if isinstance(path, int):
        return None  # a descriptor that is open already
    is_writing = (
        bool(set(mode) & set("wax+")) if isinstance(mode, str) else bool(int(flags) & (os.O_WRONLY | os.O_RDWR))  # type: ignore[call-overload]
    )
    if is_writing:
        return f"opened `{_text(path)}` for writing", Effect.ORDERED
    return f"opened `{_text(path)}` for reading", Effect.READS


def seen_in_c_call(function: Any) -> Seen | None:
    """What a call of a C function says."""
    if type(function) is not types.BuiltinFunctionType:
        return None
    found = _C_CALLS.get(function)
    if found is not None:
        return found
    holder = function.__self__
    if isinstance(holder, io.IOBase) and not isinstance(holder, (io.StringIO, io.BytesIO)):
        if holder in (sys.stdout, sys.stderr):
            return ("printed", Effect.ORDERED) if function.__name__ == "write" else None
        return _METHODS_OF_FILES.get(function.__name__)
    if type(holder) is contextvars.ContextVar and function.__name__ in ("set", "reset"):
        return None if holder.name in _OF_NUMPY else CONTEXT
    return None


_OF_NUMPY = frozenset(("numpy.ufunc.extobj", "format_options"))
"""Context variables that NumPy sets while it computes or prints, and sets back; the user's `np.errstate` is known."""


def seen_in_python_call(code: types.CodeType) -> Seen | None:
    """What a call of a Python function says."""
    return _PYTHON_CALLS.get(code)


def random_state_of_numpy() -> object:
    """The state of NumPy's global random generator, once NumPy is loaded."""
    module = sys.modules.get("numpy.random")
    if module is None:
        return None
    state = module.get_state(legacy=False)
    return state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"]
