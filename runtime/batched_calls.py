"""Calls that go out together: ready calls of one callable are collected, and leave as one call of its batch form.

Collected calls leave as soon as there are `max_batch` of them, or nothing else is ready on the driving thread, or a
call is about to run there that may take long. So they are put off by steps that take no time, and never wait for a call
that isn't ready. A single one leaves as itself.

A batch that fails says nothing of its calls: each of them is made again by itself, so that each has the result or the
exception that it has alone. A batch form that loses count is a mistake of its author and fails them all.

Guarantees: only the thread that drives the run calls these methods; the batch form runs where its calls would run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from threading import get_ident
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

from ..diagnostics.identity import identity
from .batch_form import BatchForm, BatchResultError
from .call_shape import UNPACKED_NATIVELY, read
from .frame import ISSUED, Frame
from .handled import await_call, call_handling
from .interrupts import is_interrupt
from .leaf_calls import LeafCalls
from .plan import Call, Literal
from .prepared import RETIRED
from .spans import awaited_in_span, in_span
from .task import Task

LONG_NS = 1_000_000
"""A call on the driving thread that takes longer lets collected calls go first: a hundredth of what a request takes."""
MAX_DELAY_NS = 20_000_000
"""Collected calls are put off no longer, however short the steps between."""
_BUILT_IN = (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType)
_GLUE = (__name__.partition(".runtime.")[0] + ".", "builtins", "operator", "copy")


@dataclass(eq=False, slots=True)
class CollectedCall:
    """A call that is ready and waits to go out with others.

    Attributes:
        frame, index: the instruction.
        form: the batch form of what it calls.
        args, kwargs: what it passes.
        place: where a journal has it, if there is one.
    """

    frame: Frame
    index: int
    form: BatchForm
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    place: Any = None


class BatchedCalls(LeafCalls):
    """The layer of a run that collects calls."""

    def _collect(self, frame: Frame, index: int, place: Any = None) -> None:
        form = frame.code.batches[index]
        passed = self._passed(frame, index)
        if passed is None or not form.has_item(*passed):
            self._start_alone(frame, index)
            return
        frame.state[index] = ISSUED
        if not self._collected:
            self._collects = True
            self._collecting_since_ns = time.perf_counter_ns()
        key = (identity(form), identity(frame.handled), form.group(*passed))
        calls = self._collected.setdefault(key, [])
        calls.append(CollectedCall(frame, index, form, *passed, place))
        if len(calls) >= form.max_batch:
            del self._collected[key]
            self._send(calls)

    def _passed(self, frame: Frame, index: int) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """What a call passes; `None` where asking runs code of the program's, or fails as the call itself will."""
        code = frame.code
        if any(type(read(operand, frame.slots)) not in UNPACKED_NATIVELY for operand in code.starred[index]):
            return None
        try:
            _, args, kwargs = code.gather(index, frame.slots)
        except Exception:  # the call itself raises it in a moment
            return None
        return args, kwargs

    def _send_collected(self) -> bool:
        """Lets all collected calls go; says whether there were any."""
        if not self._collected:
            return False
        collected, self._collected = self._collected, {}
        for calls in collected.values():
            self._send(calls)
        return True

    def _run_between(
        self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...], mode: int
    ) -> None:
        key = (identity(frame.code), index)
        if self._collected and (mode == RETIRED or self._may_take_long(frame, index, key)):
            self._send_collected()
        start_ns = time.perf_counter_ns()
        self._run_here(frame, index, call, arguments)
        took_ns = time.perf_counter_ns() - start_ns
        shortest_ns = self.plan.shortest_ns
        shortest_ns[key] = min(took_ns, shortest_ns.get(key, took_ns))

    def _may_take_long(self, frame: Frame, index: int, key: tuple[int, int]) -> bool:
        """Whether collected calls should not be put off by this one: unknown code of the user's is taken to be long."""
        took_ns = self.plan.shortest_ns.get(key)
        if took_ns is None:
            return _is_users(frame, index)
        return took_ns > LONG_NS or time.perf_counter_ns() - self._collecting_since_ns > MAX_DELAY_NS

    def _send(self, calls: Sequence[CollectedCall]) -> None:
        calls = [one for one in calls if self._is_wanted(one)]
        if len(calls) < 2:
            for one in calls:
                self._start_alone(one.frame, one.index)
            return
        self._num_calls += 1
        self._num_batches += 1
        self._num_batched += len(calls)
        self._start_batch(calls)

    def _is_wanted(self, call: CollectedCall) -> bool:
        frame, index = call.frame, call.index
        return not frame.discarded and frame.state[index] == ISSUED and not self.is_cancelled(frame, index)

    def _start_alone(self, frame: Frame, index: int) -> None:
        call = frame.code.calls[index]
        assert call is not None
        call, arguments = self._spanned(frame, index, call, (frame.slots,))
        if frame.code.awaits[index]:
            self._await(frame, index, call, arguments, frame.code.modes[index])
        elif frame.code.external[index]:
            self._issue(frame, index, call, arguments)
        else:
            self._run_here(frame, index, call, arguments)

    def _spanned(
        self, frame: Frame, index: int, call: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A call in a span of its own, where somebody looks at spans."""
        code = frame.code
        if self._tracer is None or not code.external[index]:
            return call, arguments
        span = awaited_in_span if code.awaits[index] else in_span
        return span, (self._tracer, code.instructions[index], call, *arguments)

    def _batch_call(self, calls: Sequence[CollectedCall]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """The function that makes calls as one, and what it takes."""
        first = calls[0]
        is_async = first.frame.code.awaits[first.index]
        call = first.form.call_awaited if is_async else first.form.call
        passed = [(one.args, one.kwargs) for one in calls]
        arguments: tuple[Any, ...] = (passed,)
        if first.frame.handled is not None:
            call, arguments = (await_call if is_async else call_handling), (first.frame.handled, call, passed)
        return self._spanned(first.frame, first.index, call, arguments)

    def _start_batch(self, calls: Sequence[CollectedCall]) -> None:
        first = calls[0]
        if not first.frame.code.external[first.index]:
            self._run_batch_here(calls)
            return
        function, arguments = self._batch_call(calls)
        context = copy_context()
        task = Task(first.frame, first.index, function, arguments, context, self._completions, self.failures)
        task.calls = calls
        self._submit(task)

    def _run_batch_here(self, calls: Sequence[CollectedCall]) -> None:
        first = calls[0]
        function, arguments = self._batch_call(calls)
        values, failure = None, None
        start_ns = time.perf_counter_ns()
        try:
            values = function(*arguments)
        except BaseException as error:
            if is_interrupt(first.frame, error):
                raise
            failure = error
        self._record(first.frame, first.index, start_ns, time.perf_counter_ns(), get_ident(), num_calls=len(calls))
        self._end_batch(calls, values, failure)

    def _end_batch(self, calls: Sequence[CollectedCall], values: Any, error: BaseException | None) -> None:
        if error is None:
            for one, value in zip(calls, values, strict=True):
                if self._is_open(one):
                    self._complete(one.frame, one.index, value)
            return
        for one in calls:
            if not self._is_open(one):
                continue
            if type(error) is BatchResultError:
                self._fail(one.frame, one.index, BatchResultError(*error.args))
            elif not isinstance(error, Exception):
                self._fail(one.frame, one.index, error)
            elif not self.is_cancelled(one.frame, one.index):
                self._start_alone(one.frame, one.index)

    def _is_open(self, call: CollectedCall) -> bool:
        return not call.frame.discarded and call.frame.state[call.index] == ISSUED

    def _stop_batch(self, task: Task) -> None:
        assert task.calls is not None
        wanted = [one for one in task.calls if self._is_wanted(one)]
        if len(wanted) < len(task.calls) and (task is self._kept or self._pool.claim(task)):
            self._in_flight.discard(task)
            self._kept = None if task is self._kept else self._kept
            self._send(wanted)
        elif not wanted and (wake := task.wake) is not None:
            wake()


def _is_users(frame: Frame, index: int) -> bool:
    """Whether a call runs Python code of the user's: that may take any time; builtins and glue take none."""
    instruction = frame.code.instructions[index]
    callee = instruction.callee if isinstance(instruction, Call) else None
    if not isinstance(callee, Literal):
        return True
    function = callee.value
    if type(function) in _BUILT_IN:
        return False
    if (segment := getattr(function, "__xcs_segment__", None)) is not None:  # a piece of a function, with its text
        return not segment.is_short
    where = function if type(function) is FunctionType or isinstance(function, type) else type(function)
    return not (where.__module__ or "").startswith(_GLUE)
