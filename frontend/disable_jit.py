"""Running jitted functions as plain Python: for a block, or with `XCS_DISABLE` for a process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..runtime.asked_runs import usual

DISABLED: ContextVar[bool] = ContextVar("xcs_disabled", default=False)
_DISABLED_BY_ENVIRONMENT = os.environ.get("XCS_DISABLE", "") not in ("", "0")


def is_disabled() -> bool:
    """Whether jitted functions run as plain Python here."""
    return DISABLED.get() or _DISABLED_BY_ENVIRONMENT


@contextmanager
def disable_jit() -> Iterator[None]:
    """Inside, jitted functions run as plain Python: for stepping through them and for coverage."""
    usual.holds = False
    token = DISABLED.set(True)
    try:
        yield
    finally:
        DISABLED.reset(token)
