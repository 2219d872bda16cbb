"""`xcs.journal(path)`: results of external calls are recorded as they complete, for a run started again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

from ..diagnostics.errors import XCSError
from ..runtime.asked_runs import usual

if TYPE_CHECKING:
    from ..runtime.journal.recording import RunRecording
    from ..runtime.journal.session import Journal
    from .stages import Compiled

JournalPath: TypeAlias = str | os.PathLike[str]
_current: ContextVar[Journal | None] = ContextVar("xcs_journal", default=None)


@contextmanager
def journal(
    path: JournalPath, *, mode: str = "record", on_mismatch: str = "refuse", exceptions: bool = False
) -> Iterator[None]:
    """Inside, jitted programs record the results of their external calls, and make none again that is recorded.

    Args:
        path: an SQLite file, made where there is none. Threads that name one file share it.
        mode: `record`, or `replay`: a call that isn't recorded is refused, and nothing is written.
        on_mismatch: what to do where the program's code has changed since: `refuse` (an `XCSError` that says what has
            changed) or `discard` what is recorded of it.
        exceptions: record exceptions of calls, too; otherwise calls that failed are made again.

    Raises:
        XCSError: it is no path, or the file is no journal, of another version, damaged, locked, or can't be read or
            written.
    """
    opened = _opened(path, mode, on_mismatch, exceptions)
    from ..runtime.journal.session import close_journal

    usual.holds = False
    token = _current.set(opened)
    try:
        yield
    finally:
        _current.reset(token)
        close_journal(opened)


def checked_path(path: object) -> JournalPath:
    """Where a journal is to be.

    Raises:
        XCSError: it is no path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise XCSError(f"expected the path of a journal, found `{path!r}`")
    return path


def recording_of(
    function: Any, path: JournalPath | None, compiled: Compiled, arguments: tuple[Any, ...]
) -> RunRecording | None:
    """The recording of a run that is about to start, if there is a journal: the function's own, or the one around."""
    journal = _current.get() if path is None else _kept(path)
    return None if journal is None else journal.begin(function, compiled.plan, arguments)


def is_in_journal() -> bool:
    """Whether there is a journal around."""
    return _current.get() is not None


def refuse_plain(function: Any, path: JournalPath | None, reason: str | None) -> None:
    """A function is about to run as plain Python, of which nothing is recorded.

    Raises:
        XCSError: the journal is replayed.
    """
    journal = _current.get() if path is None else None
    if journal is not None and journal.options.mode == "replay":
        reason = reason or "none of its calls are external"
        raise XCSError(
            f"expected `{function.__qualname__}` to be replayed, found that it runs as plain Python: {reason}"
        )


def _kept(path: JournalPath) -> Journal:
    """The journal of a jitted function, open as long as the process runs."""
    key = (os.fspath(path), os.getpid())
    opened = _kept_open.get(key)
    if opened is None:
        opened = _kept_open[key] = _opened(path, "record", "refuse", False)
    return opened


def _opened(path: JournalPath, mode: str, on_mismatch: str, exceptions: bool) -> Journal:
    from ..runtime.journal.session import JournalOptions, open_journal  # loads SQLite

    return open_journal(checked_path(path), JournalOptions(mode, on_mismatch, exceptions))


_kept_open: dict[tuple[str, int], Journal] = {}
