"""Expressions: what has something to gain is staged in evaluation order, the rest runs natively."""

from __future__ import annotations

import ast

from ...effects.seal import SEALED
from ..source.rewriting import children_in_order, get_child, rewrite_children, thaw
from ..source.syntax import load_name, placed
from ..state.state import EMPTY_DICT
from ..values import Maybe, Static, TupleValue, Unbound, Unstageable, Value
from .gains import Gain
from .receivers import ReceiverStager


class ExpressionStager(ReceiverStager):
    """The layer of expressions without control flow; control flow and calls come from the layers above."""

    # Layers above provide these.
    def stage_call(self, node: ast.Call) -> Value:
        """A call whose operands have nothing to stage."""
        raise NotImplementedError

    def stage_repeated(self, node: ast.expr) -> Value | None:
        """What syntax alone tells: text, a call like one that has been staged before; None for anything else."""
        raise NotImplementedError

    def stage_control(self, node: ast.expr) -> Value | None:
        """An expression that evaluates its operands conditionally or repeatedly; None if it isn't one."""
        raise NotImplementedError

    def stage_expression(self, node: ast.expr) -> Value:
        """The value of an expression."""
        if isinstance(node, (ast.IfExp, ast.BoolOp)):
            node = self.chosen(node)
        if (known := self._known(node)) is not None:
            return known
        if (repeated := self.stage_repeated(node)) is not None:
            return repeated
        gain = self.gain_of(node)
        if gain is Gain.NOTHING:
            return self.stage_plain(node)
        if gain is Gain.WHOLE:
            return self.stage_native_expression(node)
        start = self.mark()
        try:
            return self._stage_inside(node)
        except Unstageable as refusal:
            self.go_back(start)
            self.program.note_native(node, self.scope, refusal)
            return self.stage_native_expression(node)

    def _stage_inside(self, node: ast.expr) -> Value:
        """An expression with something to stage in it."""
        self.at(node)
        if (value := self.stage_control(node)) is not None:
            return value
        rewritten = self._with_children_staged(node)
        if rewritten is node:
            return self._stage_operation(node)
        if (known := self._known(rewritten)) is not None:
            return known
        if (repeated := self.stage_repeated(rewritten)) is not None:
            return repeated
        if self.has_gain(rewritten):
            return self._stage_operation(rewritten)
        return self.stage_plain(rewritten)

    def _known(self, node: ast.expr) -> Value | None:
        """Values that need no op: names, literals, displays, known attributes."""
        if node.__class__ is ast.Call:  # what most expressions are is none of the rest
            return self.part_held(node)
        match node:
            case ast.Constant():
                return self.literal(node)
            case ast.Name(id=name):
                return self.lookup(name, node)
            case ast.Lambda() if has_literal_defaults(node.args):
                return self.stage_native_expression(node)
            case ast.Tuple(elts=elements) if not any(isinstance(e, ast.Starred) for e in elements):
                return TupleValue(tuple(map(self.stage_expression, elements)))
            case ast.List(elts=elements) if not any(isinstance(e, ast.Starred) for e in elements):
                return self.own_list([self.stage_expression(e) for e in elements])
            case ast.Dict(keys=[]):
                return self.own(self.builder.make_dict((), ()), EMPTY_DICT, dict, SEALED)
            case ast.Attribute():
                return self.known_attribute(node)
            case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str())):
                return self.part_held(node)
            case ast.Subscript(value=ast.Name() as base, slice=ast.Constant(value=int() as index)):
                return self.known_element(base, index)
            case ast.Subscript(
                value=ast.Name() as base,
                slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as index)),
            ):
                return self.known_element(base, -index)
            case ast.BinOp() | ast.Compare() | ast.UnaryOp():
                return self.folded(node)
            case _:
                return None

    def _with_children_staged(self, node: ast.expr) -> ast.expr:
        places = children_in_order(node)
        if places is None:
            raise Unstageable(f"{type(node).__name__} with something to stage inside", getattr(node, "lineno", 0))
        if not any(self.child_has_gain(get_child(place)) for place in places):
            return node
        fresh = thaw(node)
        if isinstance(fresh, ast.Dict) and len(fresh.keys) > 1:  # taken apart where it stands
            pairs = zip(fresh.keys, fresh.values, strict=True)
            fresh.values = [_merged(value) if key is None else value for key, value in pairs]
        places = children_in_order(fresh)
        assert places is not None
        if (receiver := self.part_of_own(fresh)) is not None and self.has_gain(receiver):
            fresh.func.value = self._with_children_staged(receiver)  # type: ignore[attr-defined]
        may_wait = self.may_wait(fresh)
        rebound = self.program.names([node]).bound

        def is_trivial(child: ast.expr) -> bool:
            is_rebound = isinstance(child, ast.Name) and child.id in rebound
            return child is may_wait or (self.is_trivial(child) and not is_rebound)

        rewrite_children(
            fresh, places, self.child_has_gain, self.compute, self.rewrite, is_trivial, self.settle_receiver
        )
        return fresh

    def child_has_gain(self, node: ast.expr) -> bool:
        """Whether an operand, which may be a slice or a starred one, has something to stage."""
        if isinstance(node, (ast.Slice, ast.Starred, ast.FormattedValue)):
            places = children_in_order(node) or []
            return any(self.child_has_gain(getattr(o, f) if i is None else getattr(o, f)[i]) for o, f, i in places)
        return self.has_gain(node)

    def rewrite(self, node: ast.expr) -> ast.expr:
        """A native expression with the value of `node`, what must be staged in it done."""
        if isinstance(node, (ast.Slice, ast.Starred, ast.FormattedValue)):
            return self._with_children_staged(node)
        if node.__class__ is ast.Call and (repeated := self.stage_repeated(node)) is not None:
            return load_name(self.temporary(repeated), node)
        gain = self.gain_of(node)
        if gain is Gain.NOTHING:
            return node
        if gain is Gain.WHOLE:
            return self.compute(node)
        self.at(node)
        if (value := self.stage_control(node)) is not None:
            return load_name(self.temporary(value), node)
        if isinstance(node, (ast.Tuple, ast.List)):
            return self.compute(node)
        rewritten = self._with_children_staged(node)
        if self.has_gain(rewritten):
            return load_name(self.temporary(self._stage_operation(rewritten)), node)
        return rewritten

    def compute(self, node: ast.expr) -> ast.expr:
        """The value of a node in a temporary."""
        if isinstance(node, ast.FormattedValue):  # formatted where it stands, before what comes after it
            text = self.compute(placed(ast.JoinedStr([node]), node))
            return placed(ast.FormattedValue(text, -1, None), node)
        if isinstance(node, ast.Slice):
            bounds = [None if b is None else b if self.is_trivial(b) else self.compute(b) for b in _bounds(node)]
            return placed(ast.Slice(*bounds), node)
        if isinstance(node, ast.Starred):  # iterated where it stands, before what comes after it
            taken = self.compute(placed(ast.Tuple([node], ast.Load()), node))
            return placed(ast.Starred(taken, ast.Load()), node)
        return load_name(self.temporary(self.stage_expression(node)), node)

    def is_trivial(self, node: ast.expr) -> bool:
        """Whether evaluating a node later makes no difference: local names, known objects, literals."""
        if isinstance(node, ast.Name):
            bound = self.state.names.get(node.id)
            return not isinstance(bound, (Maybe, Unbound)) if bound is not None else self.static_of(node) is not None
        return isinstance(node, ast.Constant) or (isinstance(node, ast.Lambda) and has_literal_defaults(node.args))

    def _stage_operation(self, node: ast.expr) -> Value:
        """An operation that is itself worth staging, on operands that aren't."""
        if isinstance(node, ast.Call):
            return self.stage_call(node)
        if isinstance(node, ast.Await):
            return self.stage_await(node)
        if isinstance(node, ast.Attribute) and (getter := self.getter_of(node)) is not None:
            held = load_name(self.temporary(Static(getter)), node)
            return self.stage_call(ast.copy_location(ast.Call(held, [node.value], []), node))
        return self.stage_array_operation(node)

    def stage_await(self, node: ast.Await) -> Value:
        """`await` of an operand with nothing to stage."""
        raise NotImplementedError

    def stage_array_operation(self, node: ast.expr) -> Value:
        """An operator on arrays."""
        raise NotImplementedError

    def stage_plain(self, node: ast.expr) -> Value:
        """An expression with nothing to gain."""
        return self.stage_native_expression(node)


def has_literal_defaults(arguments: ast.arguments) -> bool:
    """Whether a function's defaults are literals, so that nothing runs where it is defined."""
    return all(
        isinstance(default, ast.Constant) for default in (*arguments.defaults, *filter(None, arguments.kw_defaults))
    )


def _bounds(node: ast.Slice) -> tuple[ast.expr | None, ...]:
    return node.lower, node.upper, node.step


def _merged(node: ast.expr) -> ast.expr:
    """`{**node}`."""
    return placed(ast.Dict([None], [node]), node)
