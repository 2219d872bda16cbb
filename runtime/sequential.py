"""The sequential executor: a plan strictly in program order on the calling thread. The oracle of the tests.

In: a plan and the arguments of its entry. Out: an `Outcome`. Effects, `after` edges, windows and sources of loops have
no say here: textual order satisfies them all.

Guarantees: one `SequentialRun` belongs to one run and one thread. Blocks are generators on an explicit stack, so only
`Invoke` depth is limited, as Python limits it. A failure travels as a value and never through a generator, so user code
may raise anything, `StopIteration` included.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..diagnostics.effect import Effect
from ..diagnostics.errors import InternalError
from .call_shape import read
from .handled import await_call, call_handling, raise_from, user_traceback
from .instrument import Instrument, Span
from .last_use import ARRAYS, GONE
from .outcome import Failure, Outcome, RunTotals
from .plan import Block, Call, For, If, Instruction, Invoke, Map, Operand, Plan, Raise, Try, While
from .prepared import prepare
from .progress import watching
from .spans import awaited_in_span, current_tracer, in_span, is_spanned
from .watched_iterator import watched

Values: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Activation:
    """One running block.

    Attributes:
        block: the region.
        slots: its values.
        depth: how many `Invoke`s enclose it.
        handled: the exception of the innermost enclosing handler.
        outer: the activation whose instruction `index` this is for, as its frame number `sequence`.
    """

    block: Block
    slots: list[Any]
    depth: int
    handled: BaseException | None
    outer: Activation | None = None
    index: int = 0
    sequence: int = 0

    def path(self, index: int) -> tuple[int, ...]:
        """The place of instruction `index` in program order, from the entry inwards."""
        parts = [index]
        here = self
        while here.outer is not None:
            parts += (here.sequence, here.index)
            here = here.outer
        return tuple(reversed(parts))

    def enclosing(self) -> Iterator[Instruction]:
        """The instructions that own the block, from the inside out."""
        here = self
        while here.outer is not None:
            yield here.outer.block.instructions[here.index]
            here = here.outer


@dataclass(frozen=True, slots=True)
class Awaiting:
    """An `async` call that has come to its turn."""

    here: Activation
    index: int
    call: Call


Steps: TypeAlias = Generator["Activation | Awaiting", "Values | Failure", "Values | Failure"]


class SequentialRun:
    """One run of one plan."""

    def __init__(self, plan: Plan, instrument: Instrument | None = None) -> None:
        self._plan = plan
        self._instrument = instrument
        self._progress = watching.get()
        self._tracer = current_tracer()
        self._num_calls = 0
        self._call_ns = 0

    def run(self, arguments: Values) -> Outcome:
        """Runs the entry block to its end."""
        start_ns = time.perf_counter_ns()
        stack = [self._steps(self._entry(arguments))]
        result = self._trampoline(stack, None)
        if isinstance(result, Awaiting):
            raise InternalError("expected an event loop to run an `async` call on, found none")
        return self._outcome(result, start_ns)

    async def run_async(self, arguments: Values) -> Outcome:
        """Runs the entry block to its end, awaiting one `async` call after the other."""
        start_ns = time.perf_counter_ns()
        stack = [self._steps(self._entry(arguments))]
        result = self._trampoline(stack, None)
        while isinstance(result, Awaiting):
            result = self._trampoline(stack, await self._await(result.here, result.index, result.call))
        return self._outcome(result, start_ns)

    def _entry(self, arguments: Values) -> Activation:
        block = self._plan.functions[self._plan.entry]
        return Activation(block, _slots(block, arguments, None), 1, None)

    def _outcome(self, result: Values | Failure, start_ns: int) -> Outcome:
        if self._progress is not None:
            self._progress.end_run(id(self))
        totals = RunTotals(self._num_calls, self._call_ns, time.perf_counter_ns() - start_ns)
        if isinstance(result, Failure):
            return Outcome((), result, totals)
        return Outcome(result, None, totals)

    def _trampoline(self, stack: list[Steps], result: Values | Failure | None) -> Values | Failure | Awaiting:
        """Goes on with `result`, to the end or to the next call to await."""
        while stack:
            try:
                # The first `send` into a fresh generator must be `None`.
                step = stack[-1].send(result)  # pyright: ignore[reportArgumentType]
            except StopIteration as end:
                stack.pop()
                result = end.value
            else:
                if isinstance(step, Awaiting):
                    return step
                stack.append(self._steps(step))
                result = None
        if result is None:
            raise InternalError("the entry block ended without a result")
        return result

    def _steps(self, here: Activation) -> Steps:
        last = prepare(self._plan, here.block).last
        for index, instruction in enumerate(here.block.instructions):
            match instruction:
                case Call(is_async=True):
                    result = yield Awaiting(here, index, instruction)
                case Call():
                    result = self._call(here, index, instruction)
                case Raise():
                    cause = instruction.cause
                    result = _attempt(
                        here,
                        instruction,
                        raise_from,
                        read(instruction.exception, here.slots),
                        None if cause is None else read(cause, here.slots),
                        cause is not None,
                    )
                case If():
                    result = yield from self._if(here, index, instruction)
                case For():
                    result = yield from self._for(here, index, instruction)
                case Map():
                    result = yield from self._map(here, index, instruction)
                case While():
                    result = yield from self._while(here, index, instruction)
                case Try():
                    result = yield from self._try(here, index, instruction)
                case Invoke():
                    result = yield from self._invoke(here, index, instruction)
                case _:
                    raise InternalError(f"unknown instruction `{type(instruction).__name__}`")
            if isinstance(result, Failure):
                return result
            for slot, value in zip(instruction.results, result, strict=True):
                here.slots[slot] = value
            result = ()
            _let_go(here.slots, last[index] if last else ())
        return tuple(read(operand, here.slots) for operand in here.block.outputs)

    def _call(self, here: Activation, index: int, instruction: Call) -> Values | Failure:
        self._num_calls += 1
        call = prepare(self._plan, here.block).calls[index]
        assert call is not None
        if self._progress is not None and instruction.behaviour.effect >= Effect.ORDERED:
            self._progress.make_room()
        is_spanned = self._is_spanned(here, index)
        start_ns = time.perf_counter_ns()
        if is_spanned:
            result = _attempt(here, instruction, in_span, self._tracer, instruction, call, here.slots)
        else:
            result = _attempt(here, instruction, call, here.slots)
        return self._finish_call(here, index, instruction, result, start_ns)

    async def _await(self, here: Activation, index: int, instruction: Call) -> Values | Failure:
        self._num_calls += 1
        call = prepare(self._plan, here.block).calls[index]
        assert call is not None
        arguments: Values = (call, here.slots)
        if self._is_spanned(here, index):
            arguments = (awaited_in_span, self._tracer, instruction, *arguments)
        start_ns = time.perf_counter_ns()
        result: Values | Failure
        try:
            result = (await await_call(here.handled, *arguments),)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            error.__traceback__ = user_traceback(error)
            result = Failure(error, instruction.name, instruction.location)
        return self._finish_call(here, index, instruction, result, start_ns)

    def _is_spanned(self, here: Activation, index: int) -> bool:
        return self._tracer is not None and is_spanned(self._plan, prepare(self._plan, here.block), index, here.slots)

    def _finish_call(
        self, here: Activation, index: int, instruction: Call, result: Values | Failure, start_ns: int
    ) -> Values | Failure:
        end_ns = time.perf_counter_ns()
        if instruction.behaviour.external:
            self._call_ns += end_ns - start_ns
        if self._instrument is not None:
            path = here.path(index)
            thread_id = threading.get_ident()
            self._instrument.record(Span(instruction.name, instruction.location, start_ns, end_ns, thread_id, path))
        if isinstance(result, Failure):
            return result
        positional = instruction.arguments.positional
        values = (*result, *(read(positional[position][1], here.slots) for position in instruction.mutates))
        return values[: len(instruction.results)]

    def _if(self, here: Activation, index: int, instruction: If) -> Steps:
        truth = _attempt(here, instruction, bool, read(instruction.condition, here.slots))
        if isinstance(truth, Failure):
            return truth
        block = instruction.then_block if truth[0] else instruction.else_block
        return (yield _enter(here, index, 0, block, ()))

    def _for(self, here: Activation, index: int, instruction: For) -> Steps:
        carried = _read_all(instruction.initial, here)
        iterator = self._iterate(here, instruction)
        if isinstance(iterator, Failure):
            return iterator
        iteration = 0
        while True:
            element = _attempt(here, instruction, next, iterator[0], _END)
            if isinstance(element, Failure):
                return element
            if element[0] is _END:
                return carried
            entered = _enter(here, index, iteration, instruction.body, (element[0], *carried))
            carried = element = outputs = ()  # the iteration has them now
            outputs = yield entered
            if isinstance(outputs, Failure):
                return outputs
            iteration += 1
            carried = outputs[1:] if instruction.breaks else outputs
            if instruction.breaks and outputs[0]:
                return carried

    def _map(self, here: Activation, index: int, instruction: Map) -> Steps:
        lists: Values = tuple([] for _ in instruction.results)
        iterator = self._iterate(here, instruction)
        if isinstance(iterator, Failure):
            return iterator
        iteration = 0
        while True:
            element = _attempt(here, instruction, next, iterator[0], _END)
            if isinstance(element, Failure):
                return element
            if element[0] is _END:
                return lists
            outputs = yield _enter(here, index, iteration, instruction.body, element)
            if isinstance(outputs, Failure):
                check = instruction.before_failure
                earlier = _attempt(here, instruction, check.value, *lists) if check is not None else None
                return earlier if isinstance(earlier, Failure) else outputs
            iteration += 1
            for values, output in zip(lists, outputs, strict=True):
                values.append(output)

    def _iterate(self, here: Activation, instruction: For | Map) -> Values | Failure:
        iterable = read(instruction.iterable, here.slots)
        iterator = _attempt(here, instruction, iter, iterable)
        if self._progress is None or isinstance(iterator, Failure):
            return iterator
        is_inner = any(isinstance(outer, For | Map | While) for outer in here.enclosing())
        return (watched(iterator[0], iterable, self._progress, id(self), instruction.location, is_inner),)

    def _while(self, here: Activation, index: int, instruction: While) -> Steps:
        carried = _read_all(instruction.initial, here)
        iteration = 0
        while True:
            tested = yield _enter(here, index, 2 * iteration, instruction.condition, carried)
            if isinstance(tested, Failure):
                return tested
            truth = _attempt(here, instruction, bool, tested[0])
            if isinstance(truth, Failure):
                return truth
            if not truth[0]:
                return carried
            outputs = yield _enter(here, index, 2 * iteration + 1, instruction.body, carried)
            if isinstance(outputs, Failure):
                return outputs
            carried = outputs
            iteration += 1

    def _try(self, here: Activation, index: int, instruction: Try) -> Steps:
        result = yield _enter(here, index, 0, instruction.body, ())
        if not isinstance(result, Failure):
            return result
        error = result.exception
        return (yield _enter(here, index, 1, instruction.handler, (error,), handled=error))

    def _invoke(self, here: Activation, index: int, instruction: Invoke) -> Steps:
        if here.depth >= sys.getrecursionlimit():
            error = RecursionError("maximum recursion depth exceeded")
            return Failure(error, instruction.name, instruction.location)
        block = self._plan.functions[instruction.symbol]
        slots = _slots(block, _read_all(instruction.operands, here), None)
        return (yield Activation(block, slots, here.depth + 1, here.handled, here, index))


def _let_go(slots: list[Any], used: tuple[int, ...]) -> None:
    """Empties the slots with arrays among those that were used for the last time."""
    for slot in used:
        if type(slots[slot]) in ARRAYS:
            slots[slot] = GONE


_END: Any = object()


def _attempt(here: Activation, instruction: Instruction, function: Callable[..., Any], *args: Any) -> Values | Failure:
    """The result as a tuple of one, or the failure."""
    try:
        if here.handled is not None:
            return (call_handling(here.handled, function, *args),)
        return (function(*args),)
    except BaseException as error:
        error.__traceback__ = user_traceback(error)
        return Failure(error, instruction.name, instruction.location)


def _enter(
    here: Activation,
    index: int,
    sequence: int,
    block: Block,
    parameters: Values,
    handled: BaseException | None = None,
) -> Activation:
    slots = _slots(block, parameters, here)
    return Activation(block, slots, here.depth, handled or here.handled, here, index, sequence)


def _slots(block: Block, parameters: Values, outer: Activation | None) -> list[Any]:
    if len(parameters) != block.num_params:
        raise InternalError(f"expected `{block.num_params}` parameters of a block, found `{len(parameters)}`")
    slots = [*parameters, *[None] * (block.num_slots - len(parameters))]
    if outer is not None:
        for outer_slot, inner_slot in block.captures:
            slots[inner_slot] = outer.slots[outer_slot]
    return slots


def _read_all(operands: tuple[Operand, ...], here: Activation) -> Values:
    return tuple(read(operand, here.slots) for operand in operands)
