"""Calls: one leaf, a function of its own, an array op, or native code, by what the callable is."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Mapping, Sequence
from functools import cached_property

from xdsl.ir import SSAValue

from ....diagnostics.effect import Behaviour, Effect
from ...effects.abstract_type import ANY, AbstractType, InstanceType, StaticType
from ...effects.client_paths import method_path
from ...effects.coroutines import looked_into, makes_coroutine
from ...effects.infer import infer_awaited_value, infer_value_call
from ...effects.known import known
from ...effects.lattice import is_immutable
from ...effects.place import EVERYTHING
from ...effects.source import is_library
from ...effects.staged_calls import is_transformation
from ...effects.summary import CALLEE, Summary
from ...frame_reader import reads_frames
from ..source.syntax import placed
from ..state.binding import BindingError, bind_call
from ..state.facts import Shape, StagedFunction
from ..values import Closure, Keywords, Owned, Static, Tracer, TupleValue, Unstageable, Value, containers_in
from .leaf_ops import container_class, keyed
from .outside_objects import OutsideObjectStager


class CallStager(OutsideObjectStager):
    """The layer of calls."""

    def stage_call(self, node: ast.Call) -> Value:
        """A call whose operands are names, literals or native expressions, and which is itself worth staging.

        What runs natively as a whole is decided before any operand is staged: nothing is evaluated twice.
        """
        self.at(node)
        node = self._with_made_callee(node)
        node = self.with_stars_spread(node)
        if self.passes_functions(node) and (value := self._pass_functions(node)) is not None:
            return value
        if self.runs_natively(node):
            entry = known(self.static_of(node.func))
            calls_jax = self._is_transformed(node.func) or (entry is not None and entry.array == "jax")
            return self.stage_native_expression(node, calls_jax=calls_jax)
        if (value := self.stage_array_method(node)) is not None:
            return value
        node = self.with_named_callee(node)
        target = self.target(node)
        if target is None:
            return self.stage_native_expression(node)
        callee = target[0]
        positional = [*target[1], *(self.stage_expression(a) for a in node.args)]
        keyword = [(str(k.arg), self.stage_expression(k.value)) for k in node.keywords]
        self.at(node)
        if isinstance(callee, Tracer):
            return self.call_data(callee, positional, keyword)
        return self._call_static(callee, positional, keyword)

    def runs_natively(self, node: ast.Call) -> bool:
        """Starred arguments, functions of this function as callee or argument, callees that look at who calls them."""
        if reads_frames(self.static_of(node.func)):
            return True
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            return True
        if self._is_transformed(node.func):
            return True
        is_closure = isinstance(node.func, ast.Name) and isinstance(self.state.names.get(node.func.id), Closure)
        if self.is_local_function(node.func) and not is_closure and self.lifted_callee(node.func) is None:
            return True
        passed = [*node.args, *(k.value for k in node.keywords)]
        entry = known(self.static_of(node.func))
        if entry is not None and entry.array == "jax":  # branches of `jax.lax.switch` stand in a list
            passed += [part for one in passed if isinstance(one, (ast.List, ast.Tuple)) for part in one.elts]
        return any(map(self.is_local_function, passed))

    def _is_transformed(self, node: ast.expr) -> bool:
        """Whether a callee is made where it is called, by `jax.vmap` and the like."""
        return isinstance(node, ast.Call) and is_transformation(self.static_of(node.func))

    @cached_property
    def _made(self) -> dict[SSAValue, tuple[ast.Call, dict[str, Value]]]:
        """What `jax.vmap(f)` and the like have made: how, and of which values."""
        return {}

    def stage_native_expression(self, node: ast.expr, *, calls_jax: bool = False) -> Value:
        """An expression as one call of native code; what `jax.vmap(f)` has made is remembered."""
        value = super().stage_native_expression(node, calls_jax=calls_jax)
        is_one = isinstance(node, ast.Call) and is_transformation(self.static_of(node.func))
        if isinstance(node, ast.Call) and is_one and isinstance(value, Tracer):
            names = self.program.names([node]).read
            if all(name in self.state.names or self.known_free_name(name) is not None for name in names):
                used = {name: self.state.names[name] for name in names if name in self.state.names}
                self._made[value.ssa] = node, used
        return value

    def _with_made_callee(self, node: ast.Call) -> ast.Call:
        """The call with `jax.vmap(f)` in the place of a name for it, while all that this reads is the same."""
        value = self.state.names.get(node.func.id) if isinstance(node.func, ast.Name) else None
        made = self._made.get(value.ssa) if isinstance(value, Tracer) else None
        if made is None or any(self.state.names.get(name) is not held for name, held in made[1].items()):
            return node
        inlined = copy.copy(node)
        inlined.func = made[0]
        return inlined

    def _pass_functions(self, node: ast.Call) -> Value | None:
        """A call of the user's own with functions of this one as arguments, looked into; None: it can't be."""
        start = self.mark()
        try:
            summary = self.describe(node).summary
            target = self.target(self.with_named_callee(node))
            function = looked_into(target[0].value) if target is not None and isinstance(target[0], Static) else None
            if target is None or not isinstance(function, types.FunctionType):
                return None
            if not self._looks_into(function, summary, is_async=False) or is_library(function.__code__.co_filename):
                return None
            positional = [*target[1], *map(self.argument, node.args)]
            keyword = [(str(k.arg), self.argument(k.value)) for k in node.keywords]
            self.at(node)
            return self.invoke(function, positional, keyword, summary.renamed({}), is_kept=True)
        except (Unstageable, BindingError):
            self.go_back(start)
            return None

    def with_named_callee(self, node: ast.Call) -> ast.Call:
        """The call with a computed callee under a name of its own: native code finds it computed."""
        if isinstance(node.func, (ast.Name, ast.Attribute)):
            return node
        named = copy.copy(node)
        named.func = self.compute(node.func)
        return named

    def target(self, node: ast.Call) -> tuple[Value, Sequence[Value]] | None:
        """The callee and the receiver to pass before the arguments; None where native code must look it up."""
        if isinstance(node.func, ast.Attribute):
            if (known := self.static_of(node.func)) is not None:
                return Static(known), ()
            return self._method(node.func, node) or self._model(node.func)
        if (lifted := self.lifted_callee(node.func)) is not None:
            return Static(lifted.function), [self.state.names[name] for name in lifted.captured]
        held = self.state.names.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(held, Closure):
            return Static(held.function), held.captured
        if isinstance(held, Owned) and self.is_owned(held):
            method = placed(ast.Attribute(node.func, "__call__", ast.Load()), node)
            return self._method(method, placed(ast.Call(method, node.args, node.keywords), node))
        if isinstance(node.func, ast.Name) and self.type_of_outside(node.func.id) is not None:
            return self.outside_object(node.func), ()
        callee = self.stage_expression(node.func)
        return (callee, ()) if isinstance(callee, (Static, Tracer)) else None

    def _model(self, node: ast.Attribute) -> tuple[Value, Sequence[Value]] | None:
        """A model that an instance of known type holds: a call of its own, which waits for limits without a thread."""
        if not isinstance(node.value, ast.Name):
            return None
        receiver_type = self.type_of(self.lookup(node.value.id, node))
        held = dict(receiver_type.attributes).get(node.attr) if isinstance(receiver_type, InstanceType) else None
        if not isinstance(held, InstanceType) or not hasattr(held.cls, "__xcs_behaviour__"):
            return None
        callee = self.stage_expression(node)
        return (callee, ()) if isinstance(callee, (Static, Tracer)) else None

    def _method(self, node: ast.Attribute, call: ast.Call) -> tuple[Value, Sequence[Value]] | None:
        """A method found on the class of an instance of known type."""
        receiver: Value | None = None
        is_outside = False
        if isinstance(node.value, ast.Name) and not self.is_outside(node.value.id):
            receiver = self.lookup(node.value.id, node.value)
            receiver_type: AbstractType | None = self.type_of(receiver)
        else:
            receiver_type = self.describe(node.value).summary.result
            if isinstance(node.value, ast.Name) and getattr(receiver_type, "cls", object).__dictoffset__:
                is_outside = True  # of data outside the class is known: the object may have a function of that name
                receiver_type = self.type_of_outside(node.value.id)
        if not isinstance(receiver_type, InstanceType) or node.attr in dict(receiver_type.attributes):
            return None
        method = class_function(receiver_type.cls, node.attr)
        if method is None or method_path(receiver_type, node.attr) is not None:
            return None  # the table knows a client's method by its path
        if is_outside and is_library(method.__code__.co_filename):
            return None
        self.program.rely_on_class(receiver_type.cls, node.attr)
        if receiver is not None and self.is_owned(receiver):
            summary = self.describe(call).summary
            is_given = isinstance(node.value, ast.Name) and node.value.id in summary.retains
            if not summary.num_external_sites and not summary.has_array_work and not is_given:
                return None  # as native code its next version is known by what it holds
        if is_outside and isinstance(node.value, ast.Name):
            return Static(method), (self.outside_object(node.value),)
        return Static(method), (self.stage_expression(node.value),)

    def _call_static(self, callee: Value, positional: Sequence[Value], keyword: Sequence[tuple[str, Value]]) -> Value:
        assert isinstance(callee, Static)
        function = callee.value
        if (repeated := self.call_again(function, positional, keyword)) is not None:
            return repeated
        entry = known(function)
        if entry is not None and entry.array is not None:
            return self.emit_array(function, entry.array, positional, keyword)
        function = looked_into(function)
        args = [self.type_of(value) for value in positional]
        named = tuple((name, self.type_of(value)) for name, value in keyword)
        summary = self.program.summary_of(function, tuple(args), named)
        return self.call_function(function, positional, keyword, summary)

    def call_function(
        self,
        function: object,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        summary: Summary,
        *,
        is_async: bool = False,
    ) -> Value:
        """A call of a known callable, awaited if `is_async`: staged on its own where that gains, else a leaf."""
        if (value := self._call_staged(function, positional, keyword, summary, is_async)) is not None:
            return value
        hint = getattr(function, "__qualname__", None) or type(function).__name__
        ssa = self.emit_leaf(function, hint.replace("<locals>.", ""), positional, keyword, summary, is_async=is_async)
        value = self.value_of(ssa, summary)
        if not is_async:
            self.remember_call(function, positional, keyword, value)
        return value

    def _call_staged(
        self,
        function: object,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        summary: Summary,
        is_async: bool,
    ) -> Value | None:
        """A call of a function that is staged on its own; None where that gains nothing, or can't be."""
        if not isinstance(function, types.FunctionType) or not self._looks_into(function, summary, is_async):
            return None
        try:
            return self.invoke(function, positional, keyword, summary)
        except (Unstageable, BindingError) as refusal:
            self.program.note_opaque(function, str(refusal))
            return None

    def _looks_into(self, function: types.FunctionType, summary: Summary, is_async: bool) -> bool:
        gains = self.program.gains_as_function(function, summary)
        return gains and not is_leaf(function) and makes_coroutine(function) == is_async

    def invoke(
        self,
        function: types.FunctionType,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        summary: Summary,
        is_kept: bool = False,
    ) -> Value:
        """A call of a function that is staged on its own; `is_kept`: it may keep its arguments, whatever is known."""
        bound = bind_call(function, positional, dict(keyword))
        self.note_secrets(bound)
        lent = self._lendable(bound) if summary.mutates and not summary.unknown_types and not is_kept else {}
        is_kept = is_kept or bool(summary.mutates or summary.retains or summary.unknown_types)
        for name, value in bound.items():
            if is_kept and name not in lent and self._is_changeable(value):
                self.hold(value)  # the callee sees an ordinary object: it is no longer ours alone
        bound = {name: self.as_argument(value) for name, value in bound.items()}
        start = self.mark()
        try:
            staged, operands = self._staged(function, bound, lent)
            if lent and staged.lent.keys() != lent.keys():  # it lets some of them go
                self.go_back(start)
                for value in lent.values():
                    self.hold(value)
                staged, operands = self._staged(function, bound, {})
                lent = {}
        except Unstageable:
            self.go_back(start)
            raise
        self.program.rely_on(summary.guards)
        keys = keyed(positional, keyword)
        if lent:
            summary = summary.without_writes_of(frozenset(k for k, value in keys.items() if value in lent.values()))
        behaviour = self._invoke_behaviour(summary)
        if staged.written is not None and not staged.is_recursive and (None, EVERYTHING) in summary.writes:
            self.program.note_writes(staged.written, staged.writes)  # staged, it has shown what it does
        else:
            self.note_write(behaviour, summary, keys)
        if any(not places for places, _, _ in staged.writes):
            self.program.note_update()
        result = staged.result if staged.result != ANY else summary.result  # `ANY` while a recursive call is traced
        results = [staged.ir_result, *(staged.ir_versions if lent else ())]
        ssa, *versions = self.builder.invoke(staged.symbol, operands, behaviour, results)
        for (name, after), version in zip(staged.lent.items() if lent else (), versions, strict=True):
            state = self.state.heap[lent[name]]
            held = {name_: value for name_, value in state.attributes.items() if name_ in staged.attributes[name]}
            self.change(lent[name], version, after, state.sealed, attributes=held)
        if staged.gives in lent:
            return lent[staged.gives]
        return Tracer(ssa, result, self.result_places(summary, keys))

    def _lendable(self, bound: Mapping[str, Value]) -> dict[str, Owned]:
        """Arguments that nobody else sees, nor anything in them: the callee may change them as its own.

        One that is made where it is passed has nothing to keep: what the callee does to it may as well be told by kind.
        """
        held = [one for value in bound.values() for one in containers_in(value)]
        return {
            name: value
            for name, value in bound.items()
            if isinstance(value, Owned) and self.is_sealed(value) and held.count(value) == 1
            if container_class(self.type_of(value)) is value.cls
            if self.state.heap[value].within is not None or any(one is value for one in self.state.names.values())
        }

    def _staged(
        self, function: types.FunctionType, bound: Mapping[str, Value], lent: Mapping[str, Owned]
    ) -> tuple[StagedFunction, list[SSAValue]]:
        """The function staged for these arguments, and what it is passed when it runs; `lent` is lent to it."""
        for owned in lent.values():
            self.require_carried(owned)
            self.lend(owned)
        operands: list[SSAValue] = []
        shape = tuple((name, self._shape(value, operands, name in lent)) for name, value in bound.items())
        return self.program.stage_function(function, shape), operands

    def _shape(self, value: Value, operands: list[SSAValue], lent: bool = False) -> Shape:
        """What a callee is specialised on for this argument; what it is passed when it runs goes to `operands`."""
        if isinstance(value, Static):
            return Shape(static=StaticType(value.value))
        if isinstance(value, TupleValue):
            return Shape(elements=tuple(self._shape(element, operands) for element in value.elements))
        if isinstance(value, Keywords):
            parts = tuple(self._shape(element, operands) for element in value.values)
            return Shape(elements=parts, names=value.names)
        if isinstance(value, Closure):
            parts = tuple(self._shape(element, operands) for element in value.captured)
            return Shape(elements=parts, closure=StaticType(value.function))
        operands.append(self.ssa(value))
        if lent:
            assert isinstance(value, Owned)
            held = self.state.heap[value].attributes
            operands.extend(map(self.ssa, held.values()))
            attributes = tuple((name, self.type_of(one)) for name, one in held.items())
            return Shape(
                type=self.type_of(value), lent=True, in_order=self.state.heap[value].in_order, attributes=attributes
            )
        return Shape(type=self.type_of(value), places=self.places_of(value))

    def _invoke_behaviour(self, summary: Summary) -> Behaviour:
        if summary.unknown_types:
            return Behaviour(Effect.DYNAMIC, external=summary.external)
        behaviour = summary.behaviour()
        return Behaviour(behaviour.effect, behaviour.sees_writes, external=behaviour.external)

    def _is_changeable(self, value: Value) -> bool:
        return not isinstance(value, Static) and not is_immutable(self.state.type_of(value))

    def call_data(
        self,
        callee: Tracer,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        *,
        is_async: bool = False,
    ) -> Value:
        """A call of a callable that is data, awaited if `is_async`."""
        callee_type = self.type_of(callee)
        args = [self.type_of(value) for value in positional]
        kwargs = {name: self.type_of(value) for name, value in keyword}
        summary = (infer_awaited_value if is_async else infer_value_call)(callee_type, args, kwargs)
        method = class_function(callee_type.cls, "__call__") if isinstance(callee_type, InstanceType) else None
        if method is not None and isinstance(callee_type, InstanceType):
            taken = [callee, *positional]
            if (value := self._call_staged(method, taken, keyword, self.as_method(summary), is_async)) is not None:
                self.program.rely_on_class(callee_type.cls, "__call__")
                return value
        ssa = self.emit_leaf(callee, "", positional, keyword, summary, is_async=is_async)
        return self.value_of(ssa, summary)

    def as_method(self, summary: Summary) -> Summary:
        """The summary of calling an instance as that of its `__call__` with the instance as first argument."""
        keys: dict[int | str, int | str] = {CALLEE: 0}
        keys.update({index: index + 1 for index in range(64)})
        keys.update({k: k for k in summary.mutates | summary.retains if isinstance(k, str) and k != CALLEE})
        return summary.renamed(keys)


def class_function(cls: type, name: str) -> types.FunctionType | None:
    """A plain method of a class, found without running a descriptor."""
    for base in cls.__mro__:
        if name in base.__dict__:
            found = base.__dict__[name]
            found = looked_into(found)
            return found if isinstance(found, types.FunctionType) else None
    return None


def is_leaf(function: object) -> bool:
    """Whether a function is declared to be one leaf."""
    return hasattr(function, "__xcs_leaf__") or hasattr(function, "__xcs_behaviour__")
