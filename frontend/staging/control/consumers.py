"""Consumers of generators: what takes all elements gets a list whose calls overlap, what stops early is a loop.

Python computes an element, hands it to the consumer, computes the next. Handing over a list instead can't be told apart
where the consumer does nothing in between but gather, or nothing that can fail or be seen (`sum` of numbers), or where
computing the elements has no visible order. Everything else runs natively, as one piece.
"""

from __future__ import annotations

import ast
import collections
import math
import statistics
import types
from collections.abc import Callable, Sequence, Set
from typing import Any

from ....diagnostics.effect import Effect
from ...effects.abstract_type import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    STR,
    AbstractType,
    InstanceType,
    ListType,
    SetType,
    TupleType,
)
from ...effects.classes import has_plain_attributes
from ...effects.lattice import members, widen
from ...effects.summary import Summary
from ...map_function import is_map
from ..expressions.calls import class_function
from ..source.generators import as_generator
from ..source.syntax import assign_name, load_name, placed
from ..values import Maybe, Static, TupleValue, Unstageable, Value
from .branches import Completion
from .hashing import hashes_quietly
from .stop_iteration import GeneratorBodyStager

IsQuiet = Callable[[AbstractType], bool]
"""Whether handing over elements of a type can't fail and runs no code of the user's."""


def is_number(known: AbstractType) -> bool:
    """Whether values of this type can be added up."""
    return all(widen(one) in (INT, FLOAT, BOOL, COMPLEX) for one in members(known)) and known != COMPLEX


def is_ordered(known: AbstractType) -> bool:
    """Whether values of this type can be compared with each other."""
    if isinstance(known, TupleType):
        return all(map(is_ordered, known.elements))
    found = {widen(one) for one in members(known)}
    return found <= {INT, FLOAT, BOOL} or found == {STR}


def is_quiet_pair(known: AbstractType) -> bool:
    """Whether values of this type are items for a dict."""
    return isinstance(known, TupleType) and len(known.elements) == 2 and hashes_quietly(known.elements[0])


def always(known: AbstractType) -> bool:
    """For consumers that only gather."""
    return True


def never(known: AbstractType) -> bool:
    """For consumers that may do anything in between."""
    return False


_OF_NUMBERS = "mean fmean geometric_mean harmonic_mean median median_low median_high stdev pstdev variance pvariance"

FULL_CONSUMERS: dict[Any, IsQuiet] = {
    list: always,
    tuple: always,
    sorted: always,
    collections.deque: always,
    sum: is_number,
    math.prod: is_number,
    math.fsum: never,
    max: is_ordered,
    min: is_ordered,
    set: hashes_quietly,
    frozenset: hashes_quietly,
    collections.Counter: hashes_quietly,
    dict: is_quiet_pair,
    collections.OrderedDict: is_quiet_pair,
    **dict.fromkeys([vars(statistics)[name] for name in _OF_NUMBERS.split()], is_number),
    **dict.fromkeys([statistics.mode, statistics.multimode], hashes_quietly),
}
"""Callables that take all elements of their first argument."""
FILLED: dict[str, tuple[type[AbstractType], str]] = {"extend": (ListType, "append"), "update": (SetType, "add")}
"""Methods that take all elements, each as another method takes one."""
SHORT_CONSUMERS = (any, all, next)
"""Callables that stop as soon as they know."""


class ConsumerStager(GeneratorBodyStager):
    """The layer of generators that are consumed where they stand."""

    # What the rewriting of generators asks.
    def fresh_name(self) -> str:
        """A local name that nothing else has."""
        self.num_temporaries += 1
        return f"_xcs_{self.num_temporaries}"

    def name_of(self, held: object) -> str:
        """A local name bound to a known object."""
        return self.temporary(Static(held))

    def stage_control(self, node: ast.expr) -> Value | None:
        """Calls that consume a generator; everything else from below."""
        value: Value | None = None
        if isinstance(node, ast.Call):
            value = self._map(node) if is_map(self.static_of(node.func)) else self._consume(node)
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            value = self._find_member(node)
        return value if value is not None else super().stage_control(node)

    def _map(self, node: ast.Call) -> Value | None:
        """`xcs.map(f, xs)` is `[f(x) for x in xs]`."""
        lazy = placed(ast.Call(load_name(self.name_of(map), node), node.args, node.keywords), node)
        generator = None if self._looks_up(lazy) else as_generator(lazy, self)
        if generator is None or not self.has_gain(generator):
            return None
        generator = self.with_iterable_read(generator)
        return self.stage_expression(placed(ast.ListComp(generator.elt, generator.generators), generator))

    def _consume(self, node: ast.Call) -> Value | None:
        if not node.args or not all(map(self.is_late, [*node.args[1:], *(k.value for k in node.keywords)])):
            return None
        if isinstance(node.func, ast.Attribute) and node.func.attr in FILLED:
            return self._fill(node, node.func)
        held = self.static_of(node.func)
        stops = any(held is consumer for consumer in SHORT_CONSUMERS)
        quiet = None if stops else self._quiet_for(node)
        if not stops and quiet is None:
            return None
        generator = self.generator_of(node.args[0])
        if generator is None:
            return None
        generator = self.with_iterable_read(generator)
        if (plain := self._with_plain_generator(node, generator)) is not None:
            return plain
        if quiet is None:
            return self._stop_early(node, generator)
        listed = placed(ast.ListComp(generator.elt, generator.generators), generator)
        summary = self.describe(listed).summary
        return self._take_all(node, summary, self.all_of(node.args[0], listed), quiet)

    def generator_of(self, node: ast.expr) -> ast.GeneratorExp | None:
        """The generator that an expression is, if there is something to stage in it."""
        if self._looks_up(node):
            return None  # once, when the iterator is made
        generator = as_generator(node, self)
        if generator is None or not self._has_gain_inside(generator):
            return None
        if not is_generator(node) and self.may_stop_in(generator):
            return None  # the end of the iterator
        return generator

    def _has_gain_inside(self, generator: ast.GeneratorExp) -> bool:
        """Whether there is something to stage in a generator, which is consumed at once: what it binds stays here."""
        if self.program.names([generator]).bound:
            return self.has_gain(placed(ast.ListComp(generator.elt, generator.generators), generator))
        return self.has_gain(generator)

    def with_iterable_read(self, generator: ast.GeneratorExp) -> ast.GeneratorExp:
        """The generator with its first iterable in a temporary if that calls what waits, or reads a name that may be
        unbound: Python evaluates it outside of the generator.
        """
        first, *others = generator.generators
        read = self.program.names([first.iter]).read & self.local_names
        if not self._calls_something(first.iter) and all(map(self.is_surely_bound, read)):
            return generator
        over = ast.comprehension(first.target, self.compute(first.iter), first.ifs, first.is_async)
        return placed(ast.GeneratorExp(generator.elt, [over, *others]), generator)

    def _calls_something(self, iterable: ast.expr) -> bool:
        """Whether there is a call to stage in an iterable, and no array work."""
        summary = self.describe(iterable).summary
        return summary.num_external_sites > 0 and not summary.has_array_work

    def _with_plain_generator(self, node: ast.Call, generator: ast.GeneratorExp) -> Value | None:
        """The call, where only the first iterable of its generator was worth staging."""
        if not isinstance(node.args[0], ast.GeneratorExp) or self._has_gain_inside(generator):
            return None
        return self.stage_expression(placed(ast.Call(node.func, [generator, *node.args[1:]], node.keywords), node))

    def _looks_up(self, node: ast.expr) -> bool:
        return any(self._is_looked_up(argument) or self._looks_up(argument) for argument in _arguments(node))

    def _is_looked_up(self, node: ast.expr) -> bool:
        """Whether a function is an attribute whose lookup may fail or be seen."""
        return isinstance(node, ast.Attribute) and self.static_of(node) is None and self.method_of(node) is None

    def method_of(self, node: ast.expr) -> object:
        """The function behind a method of an object that a name is bound to, if its lookup can't be told; else None."""
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return None
        owner = self.state.names.get(node.value.id)
        known = None if owner is None or not self.is_trivial(node.value) else self.type_of(owner)
        if not isinstance(known, InstanceType) or node.attr in dict(known.attributes):
            return None
        method = class_function(known.cls, node.attr) if has_plain_attributes(known.cls) else None
        if method is not None:
            self.program.rely_on_class(known.cls, node.attr)
        return method

    def all_of(self, node: ast.expr, listed: ast.ListComp) -> Value:
        """The list of all that an iterator gives, which may be a generator: in its body StopIteration is an error."""
        if not is_generator(node):
            return self.stage_expression(listed)
        return self.as_generator_body(lambda: self.stage_expression(listed))

    def is_late(self, node: ast.expr) -> bool:
        """Whether evaluating an argument after the elements makes no difference."""
        return not isinstance(node, ast.Starred) and self.is_trivial(node)

    def _quiet_for(self, node: ast.Call) -> IsQuiet | None:
        """What a consumer takes without being noticed; None if it isn't one that takes everything."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            text = node.func.value
            if isinstance(text, ast.Name) and text.id in self.state.names:
                return always if widen(self.type_of(self.state.names[text.id])) == STR else None
            return always if isinstance(text, ast.Constant) and isinstance(text.value, str) else None
        held = self.static_of(node.func)
        is_callable = type(held) in (type, types.BuiltinFunctionType, types.FunctionType)
        return FULL_CONSUMERS.get(held) if is_callable else None

    def _take_all(self, node: ast.Call, summary: Summary, made: Value, quiet: IsQuiet) -> Value | None:
        known = self.type_of(made)
        element = known.element if isinstance(known, ListType) else known
        if self.static_of(node.func) is list and len(node.args) == 1 and not node.keywords:
            return made
        held = load_name(self.temporary(made), node.args[0])
        call = placed(ast.Call(node.func, [held, *node.args[1:]], node.keywords), node)
        plain = not node.keywords and all(isinstance(a, ast.Constant) for a in node.args[1:])
        if quiet is always or (plain and quiet(element)) or self.is_unnoticed(summary, call):
            return self.stage_expression(call)
        raise Unstageable("a consumer that may fail between elements", node.lineno)

    def is_unnoticed(self, elements: Summary, call: ast.Call) -> bool:
        """Whether computing all elements before the consumer sees the first can't be told apart."""
        if elements.unknown_types or elements.effect.may_write or elements.mutates:
            return False
        consumer = self.describe(call).summary
        if elements.effect is not Effect.READS and not elements.sees_writes:
            return consumer.unknown_types or not (consumer.effect.may_write or consumer.mutates)
        return not (consumer.unknown_types or consumer.effect.may_write or consumer.mutates)

    def _fill(self, node: ast.Call, method: ast.Attribute) -> Value | None:
        """`xs.extend(generator)` appends one element after the other; likewise `update` of a set."""
        cls, add = FILLED[method.attr]
        owner = self.state.names.get(method.value.id) if isinstance(method.value, ast.Name) else None
        if owner is None or not isinstance(self.type_of(owner), cls) or len(node.args) > 1 or node.keywords:
            return None
        if isinstance(owner, Maybe):
            return None  # Python looks at the list first
        generator = self.generator_of(node.args[0])
        if generator is None:
            return None
        generator = self.with_iterable_read(generator)
        if (plain := self._with_plain_generator(node, generator)) is not None:
            return plain
        function = placed(ast.Attribute(method.value, add, ast.Load()), node)
        body: list[ast.stmt] = [placed(ast.Expr(placed(ast.Call(function, [generator.elt], []), node)), node)]
        loop = _loops(generator, body, None)

        def fill() -> Value:
            self._run(loop, set())
            return Static(None)

        return self.as_generator_body(fill) if is_generator(node.args[0]) else fill()

    def _stop_early(self, node: ast.Call, generator: ast.GeneratorExp) -> Value | None:
        """`any`, `all` and `next` of a generator."""
        held = self.static_of(node.func)
        if node.keywords or len(node.args) > (2 if held is next else 1):
            return None
        if held is not next:
            is_any = held is any
            found = self._search(generator, lambda element: element if is_any else _not(element), None)
            return self.stage_expression(found if is_any else _not(found))
        result = self.fresh_name()
        self.state.names[result] = self.stage_expression(node.args[1]) if len(node.args) > 1 else Static(None)
        found = self._search(generator, None, result)
        if len(node.args) == 1:
            stop = placed(ast.Raise(load_name(self.name_of(StopIteration), node), None), node)
            self._run(placed(ast.If(_not(found), [stop], []), node), {result})
        return self.state.names[result]

    def _find_member(self, node: ast.Compare) -> Value | None:
        """`item in generator` compares elements until one is equal."""
        generator = self.generator_of(node.comparators[0])
        if generator is None:
            return None
        item = self.compute(node.left)
        element = self.fresh_name()

        def is_item(value: ast.expr) -> ast.expr:
            held = placed(ast.NamedExpr(ast.Name(element, ast.Store()), value), value)
            same = placed(ast.Compare(held, [ast.Is()], [item]), value)
            equal = placed(ast.Compare(load_name(element, value), [ast.Eq()], [item]), value)
            return ast.fix_missing_locations(placed(ast.BoolOp(ast.Or(), [same, equal]), value))

        found = self._search(generator, is_item, None)
        return self.stage_expression(found if isinstance(node.ops[0], ast.In) else _not(found))

    def _search(
        self, generator: ast.GeneratorExp, test: Callable[[ast.expr], ast.expr] | None, result: str | None
    ) -> ast.expr:
        """A loop over the elements up to the first that passes the test; a name that says whether there is one.

        `result` is bound to that element.
        """
        generator = self.with_iterable_read(generator)
        found = self.temporary(Static(False))
        at = generator

        def leave() -> list[ast.stmt]:
            return [assign_name(found, ast.Constant(True), at), placed(ast.Break(), at)]

        if result is not None:
            body: list[ast.stmt] = [assign_name(result, generator.elt, at), *leave()]
        else:
            assert test is not None
            body = [placed(ast.If(test(generator.elt), leave(), []), at)]
        loop = _loops(generator, body, found)
        names = [found] if result is None else [found, result]

        def search() -> Value:
            self._run(loop, set(names))
            return TupleValue(tuple(self.state.names[name] for name in names))

        held = self.as_generator_body(search)
        assert isinstance(held, TupleValue)
        self.state.names.update(zip(names, held.elements, strict=True))
        return load_name(found, at)

    def _run(self, statement: ast.stmt, live: set[str]) -> None:
        later = set(self.state.names) | self.function_names.bound | live
        self.stage_statement(statement, (), later, later, False)

    # The layer above provides this.
    def stage_statement(
        self, node: ast.stmt, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Stage one statement."""
        raise NotImplementedError


def _loops(generator: ast.GeneratorExp, body: list[ast.stmt], stopped: str | None) -> ast.stmt:
    """The loops of a generator around what is done for each element; all are left once the name `stopped` is true."""
    for depth, inner in enumerate(reversed(generator.generators)):
        if inner.is_async:
            raise Unstageable("asynchronous comprehension", generator.lineno)
        if depth and stopped is not None:
            leave = placed(ast.Break(), generator)
            body = [*body, placed(ast.If(load_name(stopped, generator), [leave], []), generator)]
        for condition in reversed(inner.ifs):
            body = [placed(ast.If(condition, body, []), generator)]
        body = [placed(ast.For(inner.target, inner.iter, body, []), generator)]
    return ast.fix_missing_locations(body[0])


def _arguments(node: ast.expr) -> list[ast.expr]:
    return node.args if isinstance(node, ast.Call) else []


def is_generator(node: ast.expr) -> bool:
    """Whether an iterator is a generator, or a builtin around one."""
    return isinstance(node, ast.GeneratorExp) or (isinstance(node, ast.Call) and any(map(is_generator, node.args)))


def _not(node: ast.expr) -> ast.expr:
    return placed(ast.UnaryOp(ast.Not(), node), node)
