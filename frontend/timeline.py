"""`xcs.timeline(path)`: records the leaf calls of the jitted programs run inside it, for Perfetto."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from ..diagnostics.errors import XCSError
from ..runtime.asked_runs import usual
from ..runtime.instrument import Instrument
from ..runtime.timeline import write_timeline

_instrument: ContextVar[Instrument | None] = ContextVar("xcs_instrument", default=None)
current_instrument: Callable[[], Instrument | None] = _instrument.get
"""The instrument that records here, if any."""


@contextmanager
def timeline(path: str | os.PathLike[str]) -> Iterator[Instrument]:
    """Record every leaf call made inside, and write the trace when the block ends, also when it raises.

    Args:
        path: where the JSON goes; ui.perfetto.dev and chrome://tracing open it.

    Raises:
        XCSError: there is no folder for the file, which is said before anything runs.
    """
    folder = Path(path).parent
    if not folder.is_dir():
        raise XCSError(f"expected a folder for the timeline, found no `{folder}`")
    instrument = Instrument()
    usual.holds = False
    token = _instrument.set(instrument)
    try:
        yield instrument
    finally:
        _instrument.reset(token)
        write_timeline(instrument, path)
