"""The summary of one Python function: its body, run on arguments of given types until what it relies on is stable."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Mapping, Sequence

from ...diagnostics.effect import Effect
from .abstract_type import ANY, AbstractType, IteratorType
from .binding import WrongArguments, bind_arguments, is_generator, local_names
from .contents import aged, kinds
from .frame import Budget, Frame
from .function_bodies import enter_body, run_body
from .ledger import Inference, Ledger
from .place import whole_kind
from .scope import CodeScope, default_values
from .source import FunctionNode, FunctionSource
from .staleness import shallow
from .summary import ParameterKey, Summary
from .value import NOTHING, Value, outside, parameter

MAX_PASSES = 5  # over one body, until what nested functions share and what is unsettled no longer changes


def run_function(
    inference: Inference,
    budget: Budget,
    function: types.FunctionType,
    source: FunctionSource,
    args: tuple[AbstractType, ...],
    kwargs: Mapping[str, AbstractType],
) -> Summary:
    """One inference of a function's body."""
    node = source.node
    scope = CodeScope.of(function, source.class_name)

    def run(ledger: Ledger, types_: tuple[AbstractType, ...], captured: dict[str, Value]) -> Value:
        values = [parameter(index, one) for index, one in enumerate(types_[: len(args)])]
        named = zip(kwargs, types_[len(args) :], strict=True)
        keyword_values = {name: parameter(name, one) for name, one in named}
        return run_python(inference, budget, ledger, function, node, scope, values, keyword_values, captured)

    result, ledger = settle(run, (*args, *kwargs.values()))
    if is_generator(node) and isinstance(node, ast.AsyncFunctionDef):
        return Summary(Effect.PURE, retains=frozenset((*range(len(args)), *kwargs)))
    if is_generator(node):
        return generator_summary(ledger, result, args, kwargs)
    return ledger.summary(result)


def settle(
    run: Callable[[Ledger, tuple[AbstractType, ...], dict[str, Value]], Value], types_: tuple[AbstractType, ...]
) -> tuple[Value, Ledger]:
    """Repeats a body until the types it relies on survive what it does, and captured names hold all they ever hold."""
    captured: dict[str, Value] = {}
    ledger = Ledger(types_)
    for number in range(MAX_PASSES):
        if number:
            objects = ledger.cells if captured else {}  # captured names must mean the same objects in each pass
            stored = ledger.stores
            ledger = Ledger(types_)
            ledger.cells, ledger.stores = objects, stored
        before = dict(captured)
        result = run(ledger, types_, captured)
        weaker = tuple(aged(one, ledger.stores) for one in types_) if ledger.stores else types_
        if number >= MAX_PASSES // 2:  # what is stored nests ever deeper
            weaker = tuple(new if new == old else shallow(new) for new, old in zip(weaker, types_, strict=True))
        if weaker == types_ and captured == before:
            return result, ledger
        types_ = weaker
    ledger.unknown("names that nested functions share don't settle", [result])
    return outside(ANY), ledger


def run_python(
    inference: Inference,
    budget: Budget,
    ledger: Ledger,
    function: types.FunctionType,
    node: FunctionNode,
    scope: CodeScope,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    captured: dict[str, Value],
) -> Value:
    """Runs a function's body on these values."""
    try:
        bound, extra, rest = bind_arguments(node.args, args, kwargs, default_values(function))
    except WrongArguments:
        return NOTHING
    frame = Frame(ledger, inference, scope, local_names(node), {}, budget)
    frame.captured = captured
    enter_body(frame, node, bound, extra, rest, node)
    defining = scope.cells.get("__class__")
    if defining is not None and args:
        frame.receiver = (defining.cell_contents, args[0])
    result = run_body(frame, node)
    return frame.yielded if is_generator(node) else result


def generator_summary(
    ledger: Ledger, yielded: Value, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
) -> Summary:
    """Calling a generator function only makes the generator; its steps may run any time later."""
    body = ledger.summary(yielded)
    keys: frozenset[ParameterKey] = frozenset((*range(len(args)), *kwargs))
    given = {**dict(enumerate(args)), **kwargs}

    def walks_container(key: ParameterKey | None, kind: str) -> bool:
        if kind == "iterator":  # one of its own, where it is given none
            return key in given and kinds(given[key], True) <= {"list", "dict", "set"}
        return key is not None and whole_kind(kind) in ("list", "dict", "set")

    walks = all(walks_container(key, kind) for key, kind in body.sees)
    steps_are_pure = body.effect is Effect.PURE and walks and not body.mutates
    result = IteratorType(types.GeneratorType, body.result) if steps_are_pure else ANY
    fresh = steps_are_pure
    return Summary(Effect.PURE, result=result, retains=keys, fresh=fresh, builds=fresh, guards=body.guards)
