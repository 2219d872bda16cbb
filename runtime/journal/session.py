"""A journal in use: one for each file and process, shared by all who name that file.

A run is known by its program, the shape of its plan, what it starts from (arguments and the globals that its code
reads), the call it was started in, and its number among the runs of which all that is equal. The globals count as they
were when the program first ran with this journal: what it changes itself is no input.

Guarantees: any thread may call any method; `_lock` guards the tables of this file and of each journal.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...diagnostics.errors import XCSError
from ..plan import Plan
from .digest import digest_of
from .plan_shape import plan_shape
from .recording import RunRecording, current_scope
from .source import CalleeFacts, ProgramSource, bare, is_own_class, source_of
from .store import Store

MODES = ("record", "replay")
MISMATCHES = ("refuse", "discard")
MAX_CALLEES = 4096
"""Callables whose code is remembered; programs that make more of them look some up again."""
_IMMUTABLE = (type(None), bool, int, float, complex, str, bytes, tuple, frozenset)
_first_seen: dict[str | int, tuple[Any, bytes]] = {}
_open: dict[Path, Journal] = {}
_open_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class JournalOptions:
    """How a journal is used.

    Attributes:
        mode: `record`, or `replay`, which makes no call that isn't recorded.
        on_mismatch: what to do with records of other code: `refuse` or `discard` them.
        exceptions: whether exceptions of calls are recorded.
    """

    mode: str = "record"
    on_mismatch: str = "refuse"
    exceptions: bool = False

    def __post_init__(self) -> None:
        for value, choices in ((self.mode, MODES), (self.on_mismatch, MISMATCHES)):
            if value not in choices:
                raise XCSError(f"expected one of {', '.join(f'`{choice}`' for choice in choices)}, found `{value}`")
        if self.mode == "replay" and self.on_mismatch == "discard":
            raise XCSError("expected `on_mismatch` to be `refuse` in mode `replay`, which writes nothing")


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """A program as this journal knows it: its name there, and the digest of the globals that it reads."""

    function: Any
    name: str
    data: bytes


class Journal:
    """An open journal. Made by `open_journal`."""

    def __init__(self, path: Path, options: JournalOptions) -> None:
        self.options = options
        self.num_users = 0
        self._process = os.getpid()
        self._store = Store(path, "ro" if options.mode == "replay" else "rwc")
        self._lock = threading.RLock()
        self._programs: dict[tuple[int, tuple[type, ...]], ProgramFacts] = {}
        self._codes: dict[str, list[str]] = {}
        self._shapes: dict[int, tuple[Plan, bytes]] = {}
        self._callees: dict[int, CalleeFacts] = {}
        self._numbers: Counter[bytes] = Counter()
        self._told: set[tuple[str, str]] = set()

    def begin(self, function: Any, plan: Plan, arguments: tuple[Any, ...]) -> RunRecording:
        """A run of a program that is about to start.

        Raises:
            XCSError: the journal holds runs of other code under this name, or can't be read or written.
        """
        if os.getpid() != self._process:
            raise XCSError(
                f"expected journal `{self._store.path}` to be used by the process that opened it"
                " (help: open it in the child process)"
            )
        with self._lock:
            program = self._program(function, arguments)
            digest = hashlib.blake2b(digest_size=16)
            for part in (
                program.name.encode(),
                self._shape(plan),
                program.data,
                digest_of(arguments),
                current_scope.get(),
            ):
                digest.update(len(part).to_bytes(4, "big") + part)
            number = self._numbers[digest.digest()]
            self._numbers[digest.digest()] += 1
            digest.update(str(number).encode())
            run = digest.digest()
            is_replay = self.options.mode == "replay"
            if is_replay:
                has_calls = self._store.has_calls(run)
            else:
                has_calls = self._store.begin_run(run, program.name, time.time())
        return RunRecording(
            self._store,
            run,
            has_calls=has_calls,
            is_replay=is_replay,
            exceptions=self.options.exceptions,
            facts_of=self._facts_of,
            told=self._told,
        )

    def close(self) -> None:
        """Closes the file."""
        self._store.close()

    def _program(self, function: Any, arguments: tuple[Any, ...]) -> ProgramFacts:
        key = (id(function), tuple(map(type, arguments)))
        known = self._programs.get(key)
        if known is None:
            source = source_of(function, arguments)
            name = self._checked_name(_program_name(function, arguments), source)
            data = b"".join(at.encode() + _as_first_seen(at, source) for at in sorted(source.data))
            known = self._programs[key] = ProgramFacts(function, name, data)
        return known

    def _checked_name(self, name: str, source: ProgramSource) -> str:
        """The name of a program in the journal, after its code was compared with what is recorded there."""
        code = json.dumps({**_surroundings(), **source.digests}, sort_keys=True)
        codes = self._codes.setdefault(name, [])
        if code in codes:
            number = codes.index(code)
        else:  # also where several functions have one name: they are told apart by the order of their first runs
            number = len(codes)
            codes.append(code)
        if number:
            name = f"{name}#{number + 1}"
        recorded = self._store.program(name)
        if recorded == code:
            return name
        changed = None if recorded is None else _difference(recorded, code)
        if changed is not None and self.options.on_mismatch == "refuse":
            raise XCSError(
                f"expected journal `{self._store.path}` to be of this program `{name}`, found one of another: {changed}"
                ' (help: `on_mismatch="discard"` forgets what is recorded of it)'
            )
        if self.options.mode == "record":
            self._store.set_program(name, code)
        return name

    def _shape(self, plan: Plan) -> bytes:
        known = self._shapes.get(id(plan))
        if known is None:
            known = self._shapes[id(plan)] = (plan, plan_shape(plan))
        return known[1]

    def _facts_of(self, callee: Any) -> CalleeFacts:
        inner = bare(callee)
        known = self._callees.get(id(inner))
        if known is None:
            is_function = hasattr(inner, "__code__")
            source = source_of(inner if is_function else type(inner))
            names = None if source.names is None or not source.digests else frozenset(source.names)
            called = (
                getattr(inner, "__module__", ""),
                getattr(inner, "__qualname__", ""),
                sorted(source.digests.items()),
            )
            code = hashlib.blake2b(repr(called).encode(), digest_size=8).digest()
            if len(self._callees) >= MAX_CALLEES:
                self._callees.clear()
            # kept with the callee, so that its `id` stays its own
            known = self._callees[id(inner)] = CalleeFacts(inner, code, names)
        return known


def open_journal(path: str | os.PathLike[str], options: JournalOptions) -> Journal:
    """The journal in a file, for one more user of it; `close_journal` when done.

    Raises:
        XCSError: it can't be opened, or is in use in this process with other options.
    """
    key = Path(path).absolute().resolve()
    with _open_lock:
        journal = _open.get(key)
        if journal is not None and journal._process != os.getpid():
            journal = None
        if journal is None:
            journal = _open[key] = Journal(key, options)
        elif journal.options != options:
            raise XCSError(f"expected journal `{key}` to be used with the options it is open with, found others")
        journal.num_users += 1
        return journal


def close_journal(journal: Journal) -> None:
    """One user of a journal is done; the last one closes it."""
    with _open_lock:
        journal.num_users -= 1
        if journal.num_users == 0:
            for key in [key for key, held in _open.items() if held is journal]:
                del _open[key]
            journal.close()


def _as_first_seen(name: str, source: ProgramSource) -> bytes:
    """The digest of a global: what programs may change counts as it was when a journal first saw it in this process."""
    value = source.data[name]
    is_fixed = isinstance(value, _IMMUTABLE) and name.rpartition(".")[2] not in source.rebound
    if is_fixed:
        return digest_of([value])
    key = name if isinstance(value, _IMMUTABLE) else id(value)
    if key not in _first_seen:
        _first_seen[key] = (value, digest_of([value]))
    return _first_seen[key][1]


def _program_name(function: Any, arguments: tuple[Any, ...]) -> str:
    """Module and qualified name, with the program's own classes that it is given."""
    classes = ", ".join(type(held).__qualname__ for held in arguments if is_own_class(type(held)))
    name = f"{function.__module__}.{function.__qualname__}"
    return f"{name}({classes})" if classes else name


@lru_cache(maxsize=1)
def _surroundings() -> dict[str, str]:
    try:
        xcs = version("xcs")
    except PackageNotFoundError:  # run from a clone
        xcs = "unknown"
    return {"(Python)": f"{sys.version_info.major}.{sys.version_info.minor}", "(XCS)": xcs}


def _difference(recorded: str, code: str) -> str:
    """What has changed between two states of a program, in words."""
    try:
        old, new = dict(json.loads(recorded)), dict(json.loads(code))
    except (ValueError, TypeError):
        return "what it says of its program can't be read"
    for name in sorted(old.keys() | new.keys()):
        if name.startswith("(") and old.get(name) != new.get(name):
            return f"recorded with {name.strip('()')} {old.get(name)}, this is {new.get(name)}"
    changed = [name for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
    if changed:
        return f"the code of `{changed[0]}` has changed"
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    return f"it calls `{come[0]}` now" if come else f"it doesn't call `{gone[0]}` any more"
