"""Ordering by a key: the keys are computed first, side by side, then Python compares them.

Python computes a key for each element in order. `sorted` compares when all are there; `max`, `min`, `nlargest` and
`nsmallest` compare in between, which can't be told apart under the same conditions as for other consumers.
"""

from __future__ import annotations

import ast
import heapq
from collections.abc import Callable, Set

from ....diagnostics.effect import Effect
from ...effects.abstract_type import INT, ListType
from ...effects.lattice import widen
from ...effects.place import overlap
from ..source.generators import applied_unless_none
from ..source.syntax import call_node, load_name, placed, store_name
from ..values import Owned, Tracer, Unstageable, Value
from .consumers import always, is_ordered
from .reductions import ReductionStager

CHOOSERS = (heapq.nlargest, heapq.nsmallest)
"""Functions that are told how many elements to give."""
OPTIONS: dict[Callable[..., object], Set[str]] = {
    sorted: {"reverse"},
    max: {"default"},
    min: {"default"},
    **dict.fromkeys(CHOOSERS, frozenset[str]()),
}
"""Functions that order by a key, with the other keywords that they take."""


class SortKeyStager(ReductionStager):
    """The layer of functions that order by a key."""

    def stage_control(self, node: ast.expr) -> Value | None:
        """Calls that order by a key; everything else from below."""
        value = self._order_by_key(node) if isinstance(node, ast.Call) else None
        return value if value is not None else super().stage_control(node)

    def _order_by_key(self, node: ast.Call) -> Value | None:
        if not node.keywords:
            return None
        held = self.static_of(node.func)
        options = next((names for function, names in OPTIONS.items() if held is function), None)
        if options is None or len(node.args) != (2 if held in CHOOSERS else 1):
            return None
        others = {keyword.arg: keyword.value for keyword in node.keywords}
        key = others.pop("key", None)
        if key is None or not set(others) <= options:
            return None
        counts = node.args[:-1]
        if not self._is_known(key) or not all(map(self.is_trivial, (*others.values(), *counts))):
            return None
        if any(widen(self.describe(count).summary.result) != INT for count in counts):
            return None
        element = self.fresh_name()
        one = applied_unless_none(key, load_name(element, node), self)
        if one is None or not self.has_gain(one) or not (held is sorted or self._is_taken_quietly(node)):
            return None
        return self._compare(node, node.args[-1], element, one, others)

    def _is_known(self, key: ast.expr) -> bool:
        """Whether evaluating a key function later makes no difference; a method is the one of the class."""
        if not isinstance(key, ast.Attribute):
            return self.is_trivial(key)
        return self.method_of(key) is not None or self.static_of(key) is not None

    def sorted_in_place(self, call: ast.Call, line: ast.AST) -> ast.Assign | None:
        """`xs.sort(key=...)` as `xs[:] = sorted(xs, key=...)`, where nobody can tell them apart.

        Python empties the list while it sorts, and leaves it half sorted if a comparison fails: the key must not look
        at it, and the keys must be of builtin classes that are ordered.
        """
        owner = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "sort" else None
        key = next((keyword.value for keyword in call.keywords if keyword.arg == "key"), None)
        if not isinstance(owner, ast.Name) or key is None or call.args or not self._is_list(owner.id):
            return None
        if owner.id in self.program.names([key]).read:
            return None
        element = store_name(self.fresh_name(), call)
        one = applied_unless_none(key, load_name(element.id, call), self) if self._is_known(key) else None
        if one is None or not self.has_gain(one):
            return None
        listed = placed(ast.ListComp(one, [ast.comprehension(element, owner, [], 0)]), call)
        summary = self.describe(listed).summary
        acts = summary.unknown_types or summary.effect > Effect.UNORDERED or summary.writes or summary.mutates
        sees_it = any(where != owner.id and overlap(kind, "list") for where, kind in summary.sees)
        known = summary.result
        if acts or sees_it or not isinstance(known, ListType) or not is_ordered(known.element):
            return None
        made = call_node(self._name_for(sorted, call), [owner], call.keywords)
        target = placed(ast.Subscript(owner, placed(ast.Slice(), call), ast.Store()), call)
        return placed(ast.Assign([target], made), line)

    def _is_list(self, name: str) -> bool:
        held = self.state.names.get(name)
        return isinstance(held, (Tracer, Owned)) and isinstance(self.type_of(held), ListType)

    def _is_taken_quietly(self, node: ast.Call) -> bool:
        """Whether taking all elements before the first key is computed can't be told apart."""
        summary = self.describe(call_node(self._name_for(list, node), node.args[-1:])).summary
        return not (summary.unknown_types or summary.effect.may_write or summary.mutates)

    def _compare(
        self, node: ast.Call, over: ast.expr, element: str, key: ast.expr, others: dict[str | None, ast.expr]
    ) -> Value:
        """Elements as a list, keys as a list, then Python's own comparison of pairs by their first."""
        held = self.static_of(node.func)
        is_sorted = held is sorted
        listing: ast.expr = call_node(self._name_for(list, node), [over])
        for count in node.args[:-1]:  # of none, no key is computed
            is_any = placed(ast.Compare(count, [ast.Gt()], [ast.Constant(0)]), node)
            listing = placed(ast.IfExp(is_any, listing, ast.List([], ast.Load())), node)
        elements = self.compute(ast.fix_missing_locations(listing))
        target = placed(ast.Name(element, ast.Store()), node)
        listed = placed(ast.ListComp(key, [ast.comprehension(target, elements, [], 0)]), node)
        summary = self.describe(listed).summary
        made = self.stage_expression(listed)
        keys = load_name(self.temporary(made), node)
        pair, first = self.fresh_name(), ast.Constant(0)
        arguments = ast.arguments([], [ast.arg(pair)], None, [], [], None, [])
        by_first = ast.Lambda(arguments, ast.Subscript(ast.Name(pair, ast.Load()), first, ast.Load()))
        keywords = [ast.keyword("key", by_first)]
        if "reverse" in others:
            keywords.append(ast.keyword("reverse", others["reverse"]))
        if "default" in others:
            default = ast.Tuple([ast.Constant(None), others["default"]], ast.Load())
            keywords.append(ast.keyword("default", default))
        pairs = call_node(self._name_for(zip, node), [keys, elements])
        compared = call_node(node.func, [*node.args[:-1], pairs], keywords)
        second: Callable[[ast.expr], ast.expr] = lambda of: ast.Subscript(of, ast.Constant(1), ast.Load())
        known = self.type_of(made)
        quiet = always if is_sorted else is_ordered
        if not (isinstance(known, ListType) and quiet(known.element)) and not self.is_unnoticed(summary, compared):
            raise Unstageable("a consumer that may fail between elements", node.lineno)
        if held is max or held is min:
            return self.stage_native_expression(ast.fix_missing_locations(placed(second(compared), node)))
        item = self.fresh_name()
        each = ast.comprehension(ast.Name(item, ast.Store()), compared, [], 0)
        ordered = ast.ListComp(second(ast.Name(item, ast.Load())), [each])
        return self.stage_native_expression(ast.fix_missing_locations(placed(ordered, node)))

    def _name_for(self, held: object, like: ast.AST) -> ast.Name:
        return load_name(self.name_of(held), like)
