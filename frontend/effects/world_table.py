"""What of the standard library looks at the world or changes it: clocks, random numbers, logs, files, processes.

By import path; paths that end in `.*` stand for everything below.
Arguments that `uses` doesn't name must be builtin data.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import types
import uuid
from collections.abc import Mapping
from typing import Any

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    BOOL,
    DATA,
    FLOAT,
    INT,
    NONE,
    STR,
    AbstractType,
    ExactType,
    InstanceType,
    ListType,
    TupleType,
    UnionType,
)
from .builtin_table import Named, Types, ordered, pure
from .known import TABLE, KnownCallable
from .lattice import is_plain

FENCE = KnownCallable(Effect.FENCE, result=FLOAT, reason="reads the clock", writes="clock")

NOW = KnownCallable(
    Effect.FENCE, result=ExactType(datetime.datetime), reason="reads the clock", writes="clock", uses=("any *",)
)

SLEEP = KnownCallable(Effect.FENCE, external=True, result=NONE, reason="sleeps", waits=True, writes="clock")


def _given_after_sleep(args: Types, kwargs: Named) -> AbstractType:
    return args[1] if len(args) > 1 else kwargs.get("result", NONE)


ASYNC_SLEEP = dataclasses.replace(
    SLEEP, result=_given_after_sleep, uses=("any 1", "any result"), retains=frozenset((1, "result")), is_async=True
)

RANDOM = ordered("draws from a random generator", writes="random")


def _reads(result: AbstractType, *uses: str, **changes: Any) -> KnownCallable:
    return KnownCallable(Effect.READS, True, True, result, uses or ("str *",), writes="world", **changes)


def _urlopen(args: Types, kwargs: Named) -> Effect:
    """A GET reads; with data it is a POST."""
    is_get = len(args) == 1 and args[0] not in (ANY,) and "data" not in kwargs
    return Effect.READS if is_get and (is_plain(args[0]) or getattr(args[0], "cls", None) is str) else Effect.ORDERED


WORLD: Mapping[str, KnownCallable] = {
    "time.sleep": SLEEP,
    "asyncio.tasks.sleep": ASYNC_SLEEP,
    **{f"time.{name}": FENCE for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")},
    **{
        f"time.{name}": KnownCallable(Effect.FENCE, result=INT, reason="reads the clock", writes="clock")
        for name in ("time_ns", "perf_counter_ns", "monotonic_ns", "process_time_ns")
    },
    **{
        f"time.{name}": KnownCallable(Effect.FENCE, result=ANY, reason="reads the clock", writes="clock")
        for name in ("localtime", "gmtime", "ctime", "strftime")
    },
    **{f"datetime.datetime.{name}": NOW for name in ("now", "utcnow", "today")},
    "datetime.date.today": KnownCallable(
        Effect.FENCE, result=ANY, reason="reads the clock", writes="clock", uses=("any *",)
    ),
    "datetime.datetime.timestamp": pure(FLOAT),
    "datetime.timedelta.total_seconds": pure(FLOAT),
    "random.*": RANDOM,
    "secrets.*": RANDOM,
    **{f"uuid.uuid{n}": ordered("makes a random id", writes="random", result=ExactType(uuid.UUID)) for n in (1, 4)},
    **{f"uuid.uuid{n}": pure(ExactType(uuid.UUID)) for n in (3, 5)},
    "os.urandom": RANDOM,
    "logging.*": KnownCallable(Effect.ORDERED, result=ANY, uses=("any *",), reason="writes the log", fresh=False),
    **{
        f"logging.{name}": KnownCallable(
            Effect.ORDERED, result=NONE, uses=("str *",), writes="log", reason="writes the log"
        )
        for name in ("debug", "info", "warning", "error", "critical", "exception", "log")
    },
    **{
        f"logging.Logger.{name}": KnownCallable(
            Effect.ORDERED, result=NONE, uses=("any 0", "str *"), writes="log", reason="writes the log"
        )
        for name in ("debug", "info", "warning", "error", "critical", "exception", "log")
    },
    "warnings.warn": ordered("warns", writes="log", result=NONE),
    "os.getenv": _reads(UnionType(frozenset((STR, NONE)))),
    "os._Environ.get": _reads(UnionType(frozenset((STR, NONE))), "any *"),
    "os.path.exists": _reads(BOOL),
    "genericpath.exists": _reads(BOOL),
    "genericpath.isfile": _reads(BOOL),
    "genericpath.isdir": _reads(BOOL),
    "genericpath.getsize": _reads(INT),
    **{f"posixpath.{name}": pure(STR, "deep *") for name in ("join", "basename", "dirname", "normpath", "commonpath")},
    "genericpath.commonprefix": pure(STR, "deep 0"),
    "posixpath.isabs": pure(BOOL),
    **{f"posixpath.{name}": _reads(STR) for name in ("abspath", "expanduser", "expandvars", "realpath", "relpath")},
    "posix.stat": _reads(DATA),
    "glob.glob": _reads(ListType(STR)),
    "posixpath.splitext": pure(TupleType((STR, STR))),
    "posixpath.split": pure(TupleType((STR, STR))),
    "posix.listdir": _reads(ListType(STR)),
    "posix.getcwd": _reads(STR),
    **{
        f"pathlib.Path.{name}": ordered("writes a file", writes="world")
        for name in ("write_text", "write_bytes", "mkdir", "unlink", "touch", "rename", "replace", "rmdir")
    },
    "urllib.request.urlopen": KnownCallable(_urlopen, True, True, writes="world", reason="opens a URL"),
    "sqlite3.*": ordered("talks to a database", writes="world"),
    "subprocess.*": ordered("starts a process", writes="world"),
    "shutil.*": ordered("writes files", writes="world"),
    "_contextvars.ContextVar.get": KnownCallable(Effect.PURE, True, uses=("any *",), fresh=False, writes="context"),
    # Every later call gets a copy of the context, so none may be issued before.
    "_contextvars.ContextVar.set": KnownCallable(
        Effect.FENCE, uses=("any *",), retains=frozenset((1,)), writes="context", reason="writes a context variable"
    ),
    "_contextvars.ContextVar.reset": KnownCallable(
        Effect.FENCE, uses=("any *",), writes="context", reason="writes a context variable"
    ),
    "sys._getframe": ordered("inspects frames"),
    "importlib.import_module": ordered("imports a module", result=InstanceType(types.ModuleType)),
    "inspect.*": ordered("inspects frames or code"),
    "gc.*": ordered("runs the garbage collector"),
    "threading.*": ordered("works with threads"),
    "_thread.*": ordered("works with threads"),
    "asyncio.*": ordered("works with an event loop"),
}


TABLE.add_all(WORLD)
TABLE.add(type(os.environ).__getitem__, _reads(STR, "any 0", "str 1"))
