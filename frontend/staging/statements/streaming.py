"""Streams that a function opens and reads itself: the statements that do are one piece, which waits for one answer.

    stream = client.create(..., stream=True)        one call, unordered: everything from the first statement to the
    for chunk in stream: text += chunk.text         last one that reads `stream`
    texts.append(text)                              another one

What such a piece puts into a container that is older than the iteration around it goes through one of its own, so that
iterations overlap; with a handler around, which may see the half of it, it doesn't.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager

from ...effects.abstract_type import DictType, ListType, StreamType
from ...effects.lattice import is_data
from ...syntax_parts import syntax_inside
from ..control.branches import Completion
from ..expressions.gains import Gain
from ..source.live_names import LiveNames
from ..source.syntax import assign_name, copied, placed
from ..source.ways_out import leaves
from ..state.stager import Start
from ..values import Owned, Tracer, Unstageable
from .managing import ManagerStager

_MOVED = {True: "{old}.extend({new})", False: "for {key} in {new}: {old}[{key}] = {new}[{key}]"}
_READING = (ast.For, ast.With, ast.AsyncFor, ast.AsyncWith)


class StreamStager(ManagerStager):
    """The layer of streams that are read where they are opened."""

    def stage_reading(self, node: ast.stmt, later: Set[str]) -> bool:
        """Stage a loop or a `with` as one piece, if all that it does is to open and read a stream."""
        is_one = node.__class__ in _READING and not leaves([node]) and self.gain_of(node) is Gain.WHOLE
        if is_one:
            self._stage_piece([node], later)
        return is_one

    def stage_stream(
        self,
        start: Start,
        nodes: Sequence[ast.stmt],
        index: int,
        last_read: Mapping[str, int],
        live: Set[str],
        stage: Callable[[], Completion],
    ) -> int:
        """Where a statement, staged since `start`, has opened a stream: stage it with those that read it, as one piece.

        Gives the index of the last statement that is staged. `stage` stages the first one alone.
        """
        end = self._end_of_stream(nodes, index, last_read, live)
        piece = nodes[index : end + 1]
        if end == index or leaves(piece):
            return index
        after = LiveNames(last_read, end, live)
        self.go_back(start)
        try:
            if self.is_one_answer(self.infer(self.segment(piece))):
                self._stage_piece(piece, after)
                return end
        except Unstageable:
            self.go_back(start)
        stage()
        return index

    def _end_of_stream(
        self, nodes: Sequence[ast.stmt], index: int, last_read: Mapping[str, int], live: Set[str]
    ) -> int:
        """The index of the last statement that reads the stream which the one at `index` has opened under a name."""
        node = nodes[index]
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(target, ast.Name) or node.targets[1:]:  # type: ignore[attr-defined]
            return index
        value = self.state.names.get(target.id)
        if value.__class__ is not Tracer or value.type.__class__ is not StreamType:  # type: ignore[union-attr]
            return index
        end = last_read.get(target.id, index)
        for later in range(index + 1, len(nodes)):
            names = self.program.names([nodes[later]])
            if target.id in names.bound | names.deleted:
                is_another = isinstance(nodes[later], ast.Assign) and target.id not in names.read
                return self._last_use(target.id, nodes, index, later - 1) if is_another else index
        return index if target.id in live else max(end, index)

    def _last_use(self, name: str, nodes: Sequence[ast.stmt], first: int, last: int) -> int:
        while last > first and name not in self.program.used_names(nodes[last]):
            last -= 1
        return last

    def _stage_piece(self, nodes: Sequence[ast.stmt], later: Set[str]) -> None:
        """Stage statements that open and read a stream, then what they put into older containers."""
        mutated = self.infer(self.segment(nodes)).summary.mutates
        older = [name for name in sorted(map(str, mutated)) if self._is_filled(name, nodes)]
        at, inner = nodes[0], copied(list(nodes)) if older else nodes
        held = {name: self.fresh_name() for name in older}
        for part in syntax_inside(ast.Module([*inner], [])) if older else ():
            if isinstance(part, ast.Name):
                part.id = held.get(part.id, part.id)
        live = {*later, *held.values()}
        dead = sorted(self.program.names(inner).bound - self.function_names.nonlocal_names - live)
        forgetting = [assign_name(name, ast.Constant(None), at) for name in dead]  # they led to what the stream gave
        is_list = {name: isinstance(self.state.type_of(self.state.names[name]), ListType) for name in older}
        before = [assign_name(held[name], _display(is_list[name]), at) for name in older]
        with self._never_swallowing(inner[0]):
            self.stage_native_statements([*before, *inner, *forgetting], live)
        for name in older:
            text = _MOVED[is_list[name]].format(old=name, new=held[name], key=self.fresh_name())
            moved = ast.parse(text).body[0]
            for part in ast.walk(moved):
                placed(part, at)
            self.stage_native_statements([moved], later)

    @contextmanager
    def _never_swallowing(self, node: ast.stmt) -> Iterator[None]:
        """While a statement is staged: a `with` over streams, which pass on what its body raises."""
        is_calm = isinstance(node, (ast.With, ast.AsyncWith)) and all(
            isinstance(self.describe(item.context_expr).summary.result, StreamType) for item in node.items[:1]
        )
        self.calm = frozenset((id(node),) if is_calm and len(node.items) == 1 else ())  # type: ignore[union-attr]
        try:
            yield
        finally:
            self.calm = frozenset()

    def _is_filled(self, name: str, nodes: Sequence[ast.stmt]) -> bool:
        """Whether all that is done to a container from outside of the loop around this is to put something into it."""
        owned = self.state.names.get(name)
        if self.is_tried or not isinstance(owned, Owned) or self.state.heap[owned].made_at >= self.loop_depth:
            return False
        if self.state.heap[owned].in_order:
            return False
        known = self.state.type_of(owned)
        if not isinstance(known, ListType) and not (isinstance(known, DictType) and is_data(known.key)):
            return False
        module = ast.Module([*nodes], [])
        uses = sum(isinstance(part, ast.Name) and part.id == name for part in syntax_inside(module))
        return uses == sum(_puts_into(part, name, owned.cls) for part in syntax_inside(module))


def _display(is_list: bool) -> ast.expr:
    return ast.List([], ast.Load()) if is_list else ast.Dict([], [])


def _puts_into(node: ast.AST, name: str, cls: type) -> bool:
    """Whether a statement is `name.append(...)` or `name[...] = ...`."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="append"), args=[_])):
            return found == name and cls is list
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=found))]):
            return found == name and cls is dict
        case _:
            return False
