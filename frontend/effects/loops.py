"""Loops: followed until nothing new is learned."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from .abstract_type import ANY, NEVER, AbstractType, TupleType
from .frame import Frame, Names, joined, statement
from .items import iterate
from .iteration import is_stale
from .lattice import is_immutable
from .named_tuples import as_tuple
from .statements import assign, test
from .value import Value, value

MAX_UNROLLED = 8  # elements followed one by one
MAX_ROUNDS = 6  # over a loop, before the types of its names are given up


@statement(ast.While)
def _while(frame: Frame, node: ast.While) -> None:
    def step() -> Names | None:
        test(frame, node.test)
        leaving = None if _is_true(node.test) else frame.fork()
        frame.execute(node.body)
        return leaving

    follow_loop(frame, step, node.orelse)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value)


@statement(ast.For)
def _for(frame: Frame, node: ast.For) -> None:
    over = as_tuple(frame, frame.evaluate(node.iter), node.iter)
    if isinstance(over.type, TupleType) and over.bound is None and _differ(over.type.elements):
        _unrolled(frame, node, [over.part(part) for part in over.type.elements])
        return

    def step() -> Names | None:
        again = frame.evaluate(node.iter) if is_stale(over) else over
        element = iterate(frame, again, node.iter)
        leaving = frame.fork()
        if element.type is NEVER and element.bound is None:
            return leaving
        assign(frame, node.target, element)
        frame.execute(node.body)
        return leaving

    follow_loop(frame, step, node.orelse)


def _differ(elements: Sequence[AbstractType]) -> bool:
    """Whether a few elements are better followed one by one: a tuple of stages, each for what the one before gives."""
    return 1 < len(elements) <= MAX_UNROLLED and any(one != elements[0] for one in elements)


def _unrolled(frame: Frame, node: ast.For, elements: Sequence[Value]) -> None:
    """A loop over exactly these elements."""
    frame.ledger.loop_depth += 1
    frame.exits.append(([], []))
    for element in elements:
        breaks, continues = frame.exits[-1]
        assign(frame, node.target, value(element.type, element.origins))
        frame.execute(node.body)
        for names in continues:
            frame.names = joined(frame.names, names)
        continues.clear()
        if frame.names is None:
            break
    breaks, _ = frame.exits.pop()
    frame.ledger.loop_depth -= 1
    if frame.names is not None:
        frame.execute(node.orelse)
    for names in breaks:
        frame.names = joined(frame.names, names)


def follow_loop(frame: Frame, step: Callable[[], Names | None], orelse: Sequence[ast.stmt]) -> None:
    """Runs `step` (one iteration; gives the names where the loop ends by itself) until nothing new is learned."""
    ledger = frame.ledger
    ledger.loop_depth += 1
    left: Names | None = None
    broken: Names | None = None
    for round_number in range(MAX_ROUNDS + 1):
        entry, state = frame.fork(), ledger.state
        breaks: list[Names] = []
        continues: list[Names] = []
        frame.exits.append((breaks, continues))
        leaving = step()
        frame.exits.pop()
        left = joined(left, leaving)
        for names in breaks:
            broken = joined(broken, names)
        after = frame.names
        for names in continues:
            after = joined(after, names)
        merged = joined(entry, after)
        if merged == entry and ledger.state == state:
            break
        frame.names = merged
        if round_number == MAX_ROUNDS - 1:
            _widen(frame, entry)
    else:
        ledger.unknown("a loop that doesn't settle", frame.everything())
    ledger.loop_depth -= 1
    frame.names = left
    if frame.names is not None:
        frame.execute(orelse)
    frame.names = joined(frame.names, broken)


def _widen(frame: Frame, before: Names | None) -> None:
    """Names whose types still change become `ANY`, and so do the contents of all objects made here."""
    if frame.names is not None and before is not None:
        for name, held in frame.names.items():
            if held != before.get(name) and not is_immutable(held.type):
                frame.names[name] = Value(ANY, held.origins | {None})
            elif held != before.get(name):
                frame.names[name] = Value(ANY, frozenset((None,)))
    for cell in list(frame.ledger.cells.values()):
        cell.unsettle()


@statement(ast.Break, ast.Continue)
def _leave(frame: Frame, node: ast.Break | ast.Continue) -> None:
    if not frame.exits:
        frame.ledger.unknown("a loop's exit outside of it", frame.everything())
    elif frame.names is not None:
        frame.exits[-1][isinstance(node, ast.Continue)].append(frame.names)
    frame.end()
