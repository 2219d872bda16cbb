"""`with`: entering and leaving are calls in program order around a `try`, for managers that are known.

    with M as v: BODY                m = M; x = enter(m)
                                     xcs.try { v = x; BODY } except (e) { gone = leave_failing(m, e), or raise e }
                                     if not gone: leave(m)

Known are files, `suppress`, `closing`, `nullcontext`, clients of HTTP and model services, and classes of the user's
whose `__enter__` and `__exit__` are Python that inference understands, and generators under `@contextmanager`.
"""

from __future__ import annotations

import ast
import contextlib
import types
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

from ....diagnostics.effect import Effect
from ...effects.abstract_type import (
    ANY,
    BOOL,
    NEVER,
    NONE,
    AbstractType,
    CaughtType,
    ExactType,
    InstanceType,
    ListType,
)
from ...effects.infer import infer_call
from ...effects.source import SourceUnavailable, function_source, is_library
from ...effects.summary import EVERYTHING, Summary
from ..control.branches import EXIT, FALLS, RAISES, Completion
from ..expressions.calls import class_function
from ..source.ways_out import leaves
from ..values import Static, Tracer, Unstageable, Value
from .generator_managers import run_through
from .matching import MatchStager

FILES = ("_io", "tempfile")  # modules whose managers give themselves, and only close when they are left
CLIENTS = ("httpx", "requests", "openai", "anthropic")  # likewise
TRIVIAL = (contextlib.suppress, contextlib.nullcontext)  # entering and leaving does nothing that others may notice
ALL_OF_IT = frozenset(((None, EVERYTHING),))


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is known of entering and leaving a manager.

    Attributes:
        enter, leave: the calls, whose one parameter is the manager.
        swallows: leaving may swallow an exception.
    """

    enter: Summary
    leave: Summary
    swallows: bool


def enter(manager: Any) -> Any:
    """`manager.__enter__()`, as `with` calls it.

    Raises:
        TypeError: as Python does, if it is no context manager.
    """
    cls = type(manager)
    if not (hasattr(cls, "__enter__") and hasattr(cls, "__exit__")):
        with manager:  # Python itself says what is missing
            return None
    return cls.__enter__(manager)


def leave(manager: Any) -> None:
    """Leave a `with` whose body has not raised."""
    type(manager).__exit__(manager, None, None, None)


def leave_failing(manager: Any, exception: BaseException) -> bool:
    """Leave a `with` whose body has raised; says whether the manager swallows the exception."""
    return bool(type(manager).__exit__(manager, type(exception), exception, exception.__traceback__))


class ManagerStager(MatchStager):
    """The layer of `with`."""

    def gains_by_with(self, node: ast.With) -> bool:
        """Whether a `with` is worth taking apart."""
        return bool(leaves([node])) or any(map(self.has_gain, node.body)) or self.binds_halfway(node)

    def stage_with(
        self, node: ast.With, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Stage a `with`, with what follows it where its body leaves the block."""
        ways = leaves([node])
        if not ways:
            return self._stage_items(node, node.items, later)
        with self.exits(ways, is_loop=False) as exits:
            completion = self._stage_items(node, node.items, later | exits.names)
        return RAISES if completion is RAISES else self.go_on_after(exits.after(node), rest, later, live, tail)

    def _stage_items(self, node: ast.With, items: Sequence[ast.withitem], later: Set[str]) -> Completion:
        item, *others = items
        made = self._stage_generator_manager(item.context_expr)
        manager = made[0] if made is not None else self.stage_expression(item.context_expr)
        self.at(item.context_expr)
        protocol = made[1] if made is not None else self._protocol(manager, node)
        self.hold(manager)  # entering and leaving it may write it
        held = Tracer(self.ssa(manager), self.type_of(manager))
        entered = Tracer(self.emit_leaf(enter, "enter", [held], (), protocol.enter), protocol.enter.result)
        self.num_temporaries += 1
        gone = f"{EXIT}{self.num_temporaries}_gone"
        self.state.names[gone] = Static(False)

        def inner(live: Set[str]) -> Completion:
            if item.optional_vars is not None:
                self.assign(item.optional_vars, entered)
            return self._stage_items(node, others, live) if others else self.stage_block(node.body, live, tail=False)

        parts: list[ast.AST] = [*(one.optional_vars for one in items if one.optional_vars is not None), *node.body]
        seen = later if protocol.swallows else frozenset[str]()
        completion = self._stage_region(node, parts, later, inner, seen, self._leaving(held, protocol, gone))
        if completion is not RAISES:
            self._leave_once(held, protocol, gone)
        self.state.names.pop(gone, None)
        return completion

    def _leaving(self, held: Tracer, protocol: Protocol, gone: str) -> Callable[[Tracer], Completion]:
        """What is done where the body fails."""

        def go_on() -> Completion:
            self.state.names[gone] = Static(True)
            return FALLS

        def on_failure(exception: Tracer) -> Completion:
            ssa = self.emit_leaf(leave_failing, "leave_failing", [held, exception], (), protocol.leave)

            def fail() -> Completion:
                self.builder.raise_(exception.ssa, None)
                return RAISES

            if not protocol.swallows:
                return fail()
            return self.branch(Tracer(ssa, BOOL), go_on, fail, set(self.state.names))

        return on_failure

    def _leave_once(self, held: Tracer, protocol: Protocol, gone: str) -> None:
        """Leave, unless that has been done where the body failed."""

        def leave_now() -> Completion:
            self.emit_leaf(leave, "leave", [held], (), protocol.leave.replace(result=NONE))
            return FALLS

        is_gone = self.state.names[gone]
        known = self.truth(is_gone)
        if known is None:
            names = set(self.state.names)
            self.branch(is_gone, lambda: FALLS, leave_now, names)
        elif not known:
            leave_now()

    def _protocol(self, manager: Value, node: ast.With) -> Protocol:
        known = self.type_of(manager)
        if isinstance(manager, Tracer) and manager.ssa.owner is self.builder.block.last_op:
            known = manager.type  # made just now: nothing has been written since
        if isinstance(known, ExactType):
            module = known.cls.__module__.partition(".")[0]
            if known.cls in TRIVIAL:
                given = NONE if known.cls is contextlib.suppress else ANY
                calm = Summary(Effect.PURE, result=given)
                return Protocol(calm, calm.replace(result=BOOL), known.cls is contextlib.suppress)
            if module in FILES + CLIENTS or known.cls is contextlib.closing:
                given = ANY if known.cls is contextlib.closing else known
                return _ordered(given)
        if isinstance(known, InstanceType):
            if known.cls.__module__.partition(".")[0] in CLIENTS:
                return _ordered(known)
            if (found := self._own_protocol(known)) is not None:
                return found
        raise Unstageable("a context manager that is not looked into", node.lineno)

    def _stage_generator_manager(self, node: ast.expr) -> tuple[Value, Protocol] | None:
        """A manager that `@contextmanager` has made, if inference understands its generator; None: something else."""
        start = self.mark()
        if not isinstance(node, ast.Call) or self.runs_natively(node):
            return None
        target = self.target(node) if isinstance(node.func, (ast.Name, ast.Attribute)) else None
        callee = target[0].value if target is not None and isinstance(target[0], Static) else None
        through = run_through(callee)
        if target is None or through is None:
            self.go_back(start)
            return None
        positional = [*target[1], *map(self.stage_expression, node.args)]
        keyword = [(str(k.arg), self.stage_expression(k.value)) for k in node.keywords]
        named = {name: self.type_of(value) for name, value in keyword}
        summary = infer_call(through.function, tuple(map(self.type_of, positional)), named)
        if summary.unknown_types or not isinstance(summary.result, ListType):
            self.go_back(start)
            return None
        self.at(node)
        self.program.rely_on(summary.guards)
        keys = frozenset((*range(len(positional)), *named))
        making = Summary(Effect.PURE, result=ExactType(contextlib._GeneratorContextManager), retains=keys)
        manager = Tracer(self.emit_leaf(callee, through.function.__name__, positional, keyword, making), making.result)
        given = ANY if summary.result.element == NEVER else summary.result.element
        entering = _in_order(summary.renamed({})).replace(result=given, retains=frozenset(), fresh=False, builds=False)
        leaving = entering.replace(result=BOOL, writes=entering.writes | ALL_OF_IT, sees_writes=True)
        return manager, Protocol(entering, leaving, through.swallows)

    def _own_protocol(self, known: InstanceType) -> Protocol | None:
        """The protocol of a class of the user's whose methods inference understands."""
        entering = class_function(known.cls, "__enter__")
        leaving = class_function(known.cls, "__exit__")
        if entering is None or leaving is None or is_library(entering.__code__.co_filename):
            return None
        first = infer_call(entering, (known,), {})
        last = infer_call(leaving, (known, ANY, CaughtType(), ANY), {})
        if first.unknown_types or last.unknown_types:
            return None
        for name in ("__enter__", "__exit__"):
            self.program.rely_on_class(known.cls, name)
        # What its attributes hold when it is left isn't known yet, so leaving may write anything.
        last = last.replace(mutates=last.mutates | {0}, writes=last.writes | ALL_OF_IT, sees_writes=True)
        last = _in_order(last).replace(result=BOOL, fresh=False, builds=False)
        return Protocol(_in_order(first), last, _may_swallow(leaving))


def _ordered(given: AbstractType) -> Protocol:
    entering = Summary(Effect.ORDERED, result=given, retains=frozenset((0,)), reason="enters a context manager")
    leaving = Summary(Effect.ORDERED, result=BOOL, mutates=frozenset((0,)), writes=ALL_OF_IT, reason="leaves one")
    return Protocol(entering, leaving, False)


def _may_swallow(leaving: types.FunctionType) -> bool:
    """Whether an `__exit__` gives anything but None: what an attribute holds now says nothing of later."""
    try:
        body = function_source(leaving).node
    except SourceUnavailable:
        return True
    return any(isinstance(inner, ast.Return) and inner.value is not None for inner in ast.walk(body))


def _in_order(summary: Summary) -> Summary:
    """A call with at least an order: what is between entering and leaving stays there."""
    return summary.replace(effect=max(summary.effect, Effect.ORDERED))
