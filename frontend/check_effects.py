"""`xcs.check_effects`: runs programs in order and says where a call does more than its effect."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..runtime.asked_runs import usual
from ..runtime.executor import Executor

VARIABLE = "XCS_CHECK_EFFECTS"
_checker: ContextVar[Executor | None] = ContextVar("xcs_checker", default=None)


def current_checker() -> Executor | None:
    """The executor that checks effects here, if any."""
    found = _checker.get()
    return _new_checker() if found is None and _ALWAYS else found


@contextmanager
def check_effects() -> Iterator[None]:
    """Inside, jitted programs run one call after the other, and each call is watched.

    What is seen: files, folders, processes, sockets, databases, the environment, standard output, logging, the clock,
    random state, context variables, and writes of objects that others can see (arguments, globals, cells, attributes).
    Slow: for finding out why a declared effect isn't true. `XCS_CHECK_EFFECTS=1` does the same for a whole process.

    Raises:
        XCSError: when a program ends in which a call did more than its effect, declared or inferred, allows; the
            message names the call, what it did and the line.
    """
    usual.holds = False
    token = _checker.set(_new_checker())
    try:
        yield
    finally:
        _checker.reset(token)


def _new_checker() -> Executor:
    from .sanitizer.checked_run import CheckingExecutor

    return CheckingExecutor()


_ALWAYS = os.environ.get(VARIABLE, "") not in ("", "0")
