"""Comprehensions and generator expressions: run where they stand, until nothing new is learned."""

from __future__ import annotations

import ast

from . import streams
from .abstract_type import ANY, NEVER, DictType, IteratorType, ListType, SetType
from .binding import assigned, captured_names
from .expressions import hash_keys
from .frame import Frame, expression, joined
from .iteration import iterate
from .loops import MAX_ROUNDS
from .narrowing import narrow
from .statements import assign, test
from .value import ELEMENT, KEY, VALUE, Value, as_key, outside


@expression(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
def _comprehension(frame: Frame, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Value:
    first = frame.evaluate(node.generators[0].iter)
    own = assigned([generator.target for generator in node.generators])
    inner = Frame(frame.ledger, frame.inference, frame.scope, own, {}, frame.budget, parent=frame, is_immediate=True)
    inner.capturing = captured_names(node)[0] & own
    ledger = frame.ledger
    num_stream_reads = ledger.num_stream_reads
    ledger.loop_depth += 1
    for _ in range(MAX_ROUNDS):
        names, state = frame.fork(), ledger.state
        _generate(inner, node, 0, first)
        if frame.names == names and ledger.state == state:
            break
        frame.names = joined(names, frame.names)
    else:
        ledger.unknown("a comprehension that doesn't settle", frame.everything())
    ledger.loop_depth -= 1
    cell = ledger.cell(node)
    is_generator = isinstance(node, ast.GeneratorExp)
    if is_generator and any(generator.is_async for generator in node.generators):
        ledger.unknown("an asynchronous comprehension", frame.everything())
    cell.is_lazy |= is_generator and ledger.num_stream_reads > num_stream_reads  # its steps read, when it is stepped
    match node:
        case ast.ListComp():
            return Value(ListType(NEVER), frozenset((cell,)))
        case ast.SetComp():
            return Value(SetType(NEVER), frozenset((cell,)))
        case ast.DictComp():
            return Value(DictType(NEVER, NEVER), frozenset((cell,)))
        case _:
            return Value(IteratorType(_GENERATOR, NEVER), frozenset((cell,)))


_GENERATOR = type(_ for _ in ())


def _async_element(frame: Frame, held: Value) -> Value:
    if streams.is_async_stream(held):
        return streams.async_step(frame, held)
    frame.ledger.unknown("an asynchronous comprehension", frame.everything())
    return outside(ANY)


def _generate(
    frame: Frame, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, depth: int, over: Value | None
) -> None:
    generator = node.generators[depth]
    held = frame.evaluate(generator.iter) if over is None else over
    element = _async_element(frame, held) if generator.is_async else iterate(frame, held, generator.iter)
    if element.type is NEVER and element.bound is None:
        return
    assign(frame, generator.target, element)
    for condition in generator.ifs:
        test(frame, condition)
        narrow(frame, condition, True)
    if depth + 1 < len(node.generators):
        _generate(frame, node, depth + 1, None)
        return
    cell = frame.ledger.cell(node)
    if isinstance(node, ast.DictComp):
        key = frame.evaluate(node.key)
        hash_keys(frame, key, node)
        cell.hold(KEY, key)
        cell.hold(VALUE, frame.evaluate(node.value))
        return
    held = frame.evaluate(node.elt)
    if isinstance(node, ast.SetComp):
        hash_keys(frame, held, node)
        held = as_key(held)
    cell.hold(ELEMENT, held)
