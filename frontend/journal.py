"""`xcs.journal(path)`: results of external calls are recorded as they complete, so that a run started again has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

from ..diagnostics.errors import XCSError

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
        XCSError: the file is no journal, of another version, damaged, locked, or can't be read or written.
    """
    opened = _opened(path, mode, on_mismatch, exceptions)
    from ..runtime.journal.session import close_journal

    token = _current.set(opened)
    try:
        yield
    finally:
        _current.reset(token)
        close_journal(opened)


def kept_journal(path: JournalPath) -> Journal:
    """The journal of a jitted function, open as long as the process runs."""
    return _opened(path, "record", "refuse", False)


def current_journal() -> Journal | None:
    """The journal that records here, if any."""
    return _current.get()


def begin(journal: Journal, function: Any, compiled: Compiled, values: tuple[Any, ...]) -> RunRecording:
    """The recording of a run that is about to start."""
    return journal.begin(function, compiled.plan, values)


def refuse_plain(journal: Journal, name: str, reason: str | None) -> None:
    """A program runs as plain Python, where nothing is recorded.

    Raises:
        XCSError: the journal is replayed.
    """
    if journal.options.mode == "replay":
        raise XCSError(f"expected `{name}` to be replayed, but it runs as plain Python: {reason or 'nothing overlaps'}")


def _opened(path: JournalPath, mode: str, on_mismatch: str, exceptions: bool) -> Journal:
    from ..runtime.journal.session import JournalOptions, open_journal  # loads SQLite

    return open_journal(path, JournalOptions(mode, on_mismatch, exceptions))
