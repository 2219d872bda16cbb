"""What a jitted coroutine function is."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Coroutine
from typing import Any

from .border import enter_program, leave_program, raised_by
from .disable_jit import DISABLED, is_disabled
from .journal import recording_of, refuse_plain
from .options import JitOptions
from .timeline import current_instrument
from .wrapped import Wrapped


class AsyncWrapped(Wrapped):
    """A jitted coroutine function: calling it makes a coroutine, and everything happens once that is awaited."""

    __xcs_jitted__ = True
    _xcs_is_async = True

    def __init__(self, function: types.FunctionType, options: JitOptions) -> None:
        super().__init__(function, options)
        mark = getattr(inspect, "markcoroutinefunction", None)  # before Python 3.12 `__code__` is asked
        if mark is not None:
            mark(self)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        """A coroutine with the function's own result, effects and exceptions."""
        function = self.__xcs_wrapped__
        if is_disabled():
            return function(*args, **kwargs)
        try:
            values = self._xcs_programs.bind(args, kwargs)
        except TypeError:
            return function(*args, **kwargs)  # raises Python's own error
        coroutine = self._xcs_run(values, args, kwargs)
        coroutine.__name__, coroutine.__qualname__ = function.__name__, function.__qualname__
        return coroutine

    async def _xcs_run(self, values: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if DISABLED.get() or not _is_in_task():
            refuse_plain(self.__xcs_wrapped__, self._xcs_options.journal, "no task of `asyncio`")
            return await self.__xcs_wrapped__(*args, **kwargs)
        variant = self._xcs_programs.of(values)
        if variant.compiled is None:
            self._xcs_count_plain(variant)
            return await self.__xcs_wrapped__(*args, **kwargs)
        arguments = variant.arguments(values)
        journalled = recording_of(self.__xcs_wrapped__, self._xcs_options.journal, variant.compiled, arguments)
        border = enter_program(self._xcs_counters.tally)
        try:
            outcome = await variant.compiled.run_async(arguments, current_instrument(), journalled)
        finally:
            leave_program(border)
        self._xcs_counters.add_run(outcome.totals)
        if outcome.failure is not None:
            raise raised_by(outcome.failure, border)
        return outcome.values[0]


def _is_in_task() -> bool:
    """Whether this coroutine is run by a task of `asyncio`, not by another library or by hand."""
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio is not None and asyncio.current_task() is not None
    except RuntimeError:  # no loop runs
        return False
